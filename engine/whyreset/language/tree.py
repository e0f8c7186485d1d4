"""The syntax tree of one rule file: what was written and where, before any name is resolved."""

from whyreset.basis.frozen import Frozen
from whyreset.basis.span import Span
from whyreset.model.definition import JsonCondition, Mapped


class Word(Frozen):
    """A name, an amount or a text; `quoted` tells `"499"` from `499`."""

    text: str
    span: Span
    quoted: bool = False


class ConditionNode(Frozen):
    """`field op value`, as written."""

    field: Word
    op: str
    value: Word


class ScopeNode(Frozen):
    """`namespace "pay-*"`, or `team NAME` (then the field is `team`)."""

    field: Word
    value: Word


# ---- clauses


class QuantifierNode(Frozen):
    """`any`, `none`, `all`, `first`, or `share` with the share as written."""

    kind: str
    share: Word | None = None


class InNode(Frozen):
    """`field [not] in a or b`."""

    field: Word
    networks: tuple[Word, ...]
    negated: bool


class CompareNode(Frozen):
    """`field op value`."""

    condition: ConditionNode


class RelationNode(Frozen):
    """`from peer`, `on pod`, ...: two words."""

    text: str
    span: Span


class ReachNode(Frozen):
    """`2s`, `2s before` or `2s after`."""

    amount: Word
    side: str | None


class JoinNode(Frozen):
    """`[no] event [conditions] [relation] within ...`."""

    event: Word
    negated: bool
    conditions: tuple[ConditionNode, ...]
    relation: RelationNode | None
    reach: tuple[ReachNode, ...]


class RangeNode(Frozen):
    """`A..B`, or `A` alone."""

    low: Word
    high: Word | None


class AfterNode(Frozen):
    """`A..B [± T] after last event [conditions] [relation]`."""

    range: RangeNode
    tolerance: Word | None
    event: Word
    conditions: tuple[ConditionNode, ...]
    relation: RelationNode | None


class AtLeastNode(Frozen):
    """`at least N [in D]`."""

    count: Word
    within: Word | None


class DistinctNode(Frozen):
    """`at least N distinct field`."""

    count: Word
    field: Word


class EveryNode(Frozen):
    """`every A..B ± T [missing at most S]`."""

    range: RangeNode
    tolerance: Word
    missing: Word | None


class VaryNode(Frozen):
    """`intervals vary at most P`."""

    share: Word


class AnyOfNode(Frozen):
    """`any of { clauses }`."""

    clauses: "tuple[ClauseNode, ...]"


Body = (
    InNode
    | CompareNode
    | JoinNode
    | AfterNode
    | AtLeastNode
    | DistinctNode
    | EveryNode
    | VaryNode
    | AnyOfNode
)


class ClauseNode(Frozen):
    """`[name:] [quantifier] body [if known]`."""

    span: Span
    name: Word | None
    quantifier: QuantifierNode | None
    body: Body
    if_known: bool


# ---- events


class MatcherNode(Frozen):
    """A `match`, `json` or log-format line, its pattern compiled already."""

    span: Span
    pattern: str | None
    types: tuple[tuple[str, str], ...]
    mapped: tuple[Mapped, ...]
    guard: tuple[JsonCondition, ...]
    literals: tuple[bytes, ...]
    log_format: bool = False
    tame: bool = False


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
