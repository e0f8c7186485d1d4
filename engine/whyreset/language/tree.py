"""The syntax tree of one rule file: what was written and where, before any name is resolved."""

from whyreset.basis.frozen import Frozen
from whyreset.basis.span import Span
from whyreset.language.clause_tree import ClauseNode, ConditionNode, Word
from whyreset.model.definition import KeyCondition, Mapped


class ScopeNode(Frozen):
    """`namespace "pay-*"`, or `team NAME` (then the field is `team`)."""

    field: Word
    value: Word


# ---- events


class MatcherNode(Frozen):
    """A `match`, mapping or log-format line, its pattern compiled already.

    `uses` are the names of the patterns that are written out in it.
    """

    span: Span
    pattern: str | None
    types: tuple[tuple[str, str], ...]
    mapped: tuple[Mapped, ...]
    guard: tuple[KeyCondition, ...]
    literals: tuple[bytes, ...]
    log_format: bool = False
    tame: bool = False
    required: tuple[str, ...] = ()
    form: str = ""
    uses: tuple[str, ...] = ()


class PairNode(Frozen):
    """`field=value`."""

    field: Word
    value: Word


class SampleNode(Frozen):
    """`sample TEXT gives ...`; `gives` None for `gives nothing`."""

    text: Word
    gives: tuple[PairNode, ...] | None


class OriginNode(Frozen):
    """`container "x-*"` of a `from` line."""

    field: Word
    glob: Word


class LineNode(Frozen):
    """`after /EXPRESSION/` or `skip /EXPRESSION/`."""

    word: str
    pattern: str
    span: Span
    uses: tuple[str, ...] = ()


class AssignNode(Frozen):
    """`set field = value [where ...]`."""

    field: Word
    value: Word
    where: tuple[ConditionNode, ...]


# ---- statements


class NetworkNode(Frozen):
    """`[extend] network name = prefixes`."""

    name: Word
    prefixes: tuple[Word, ...]
    extends: bool


class SettingNode(Frozen):
    """`setting name = value`."""

    name: Word
    value: Word


class PatternNode(Frozen):
    """`pattern name /EXPRESSION/`; `uses` are the names of those it is made of."""

    name: Word
    uses: tuple[str, ...]


class TeamNode(Frozen):
    """`team name = scopes`."""

    name: Word
    tests: tuple[ScopeNode, ...]


class UseNode(Frozen):
    """`use "file.rules"`."""

    path: Word


class RequiresNode(Frozen):
    """`requires whyreset >= 0.2`."""

    package: Word
    op: str
    version: Word


class ExportNode(Frozen):
    """`export network NAME, event NAME`: names of this file that all files may use."""

    names: tuple[tuple[str, Word], ...]


class EventNode(Frozen):
    """An `event` block."""

    kind: Word
    origins: tuple[OriginNode, ...]
    matchers: tuple[MatcherNode, ...]
    assignments: tuple[AssignNode, ...]
    where: tuple[ConditionNode, ...]
    lines: tuple[LineNode, ...]
    samples: tuple[SampleNode, ...]


class BurstNode(Frozen):
    """`burst of kind [by keys] gap D`."""

    kind: Word
    keys: tuple[Word, ...]
    gap: Word


class AtNode(Frozen):
    """`at T [..T every D [± P]] kind fields` of a test."""

    start: Word
    end: Word | None
    every: Word | None
    jitter: Word | None
    kind: Word
    fields: tuple[PairNode, ...]


class StreamNode(Frozen):
    """`stream kind T..T` of a test."""

    kind: Word
    start: Word
    end: Word


class ExpectNode(Frozen):
    """`expect label fields` of a test."""

    label: Word
    fields: tuple[PairNode, ...]


class TestNode(Frozen):
    """A `test` block; `known_gap` is the reason why it is known to fail."""

    title: Word
    items: tuple[AtNode | StreamNode | ExpectNode, ...]
    known_gap: Word | None = None


class ItemNode(Frozen):
    """A line `label x`, `title "..."`, `priority 20`, `gap 75s`, ...: its words."""

    key: str
    span: Span
    words: tuple[Word, ...]


class RuleBody(Frozen):
    """The lines of a rule, or of an extension of one."""

    items: tuple[ItemNode, ...] = ()
    burst: BurstNode | None = None
    when: tuple[ClauseNode, ...] = ()
    unless: tuple[ClauseNode, ...] = ()
    tests: tuple[TestNode, ...] = ()


class RuleNode(Frozen):
    """`rule NAME [for ...] { ... }`."""

    name: Word
    scope: tuple[ScopeNode, ...]
    body: RuleBody


class ExtendNode(Frozen):
    """`extend rule NAME [for ...] { ... }`."""

    name: Word
    scope: tuple[ScopeNode, ...]
    body: RuleBody


class DisableNode(Frozen):
    """`disable rule NAME [for ...]`."""

    name: Word
    scope: tuple[ScopeNode, ...]


Statement = (
    NetworkNode
    | SettingNode
    | PatternNode
    | TeamNode
    | UseNode
    | RequiresNode
    | ExportNode
    | EventNode
    | RuleNode
    | ExtendNode
    | DisableNode
)


class RuleFile(Frozen):
    """One parsed file: the name that messages show, its text, its statements in order.

    shipped  it comes with the package: its names are everybody's
    uses     the names of the files that it uses, and of those that they use
    """

    name: str
    text: str
    statements: tuple[Statement, ...] = ()
    shipped: bool = False
    uses: tuple[str, ...] = ()
