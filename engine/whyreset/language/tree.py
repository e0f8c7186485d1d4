"""The syntax tree of one rule file: what was written and where, before any name is resolved."""

from dataclasses import dataclass, field

from whyreset.basis.span import Span
from whyreset.model.definition import JsonCondition, Mapped


@dataclass(frozen=True, slots=True)
class Word:
    """A name, an amount or a text; `quoted` tells `"499"` from `499`."""

    text: str
    span: Span
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class ConditionNode:
    """`field op value`, as written."""

    field: Word
    op: str
    value: Word


@dataclass(frozen=True, slots=True)
class ScopeNode:
    """`namespace "pay-*"`, or `team NAME` (then the field is `team`)."""

    field: Word
    value: Word


# ---- clauses


@dataclass(frozen=True, slots=True)
class QuantifierNode:
    """`any`, `none`, `all`, `first`, or `share` with the share as written."""

    kind: str
    share: Word | None = None


@dataclass(frozen=True, slots=True)
class InNode:
    """`field [not] in a or b`."""

    field: Word
    networks: tuple[Word, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class CompareNode:
    """`field op value`."""

    condition: ConditionNode


@dataclass(frozen=True, slots=True)
class RelationNode:
    """`from peer`, `on pod`, ...: two words."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class ReachNode:
    """`2s`, `2s before` or `2s after`."""

    amount: Word
    side: str | None


@dataclass(frozen=True, slots=True)
class JoinNode:
    """`[no] event [conditions] [relation] within ...`."""

    event: Word
    negated: bool
    conditions: tuple[ConditionNode, ...]
    relation: RelationNode | None
    reach: tuple[ReachNode, ...]


@dataclass(frozen=True, slots=True)
class RangeNode:
    """`A..B`, or `A` alone."""

    low: Word
    high: Word | None


@dataclass(frozen=True, slots=True)
class AfterNode:
    """`A..B [± T] after last event [conditions] [relation]`."""

    range: RangeNode
    tolerance: Word | None
    event: Word
    conditions: tuple[ConditionNode, ...]
    relation: RelationNode | None


@dataclass(frozen=True, slots=True)
class AtLeastNode:
    """`at least N [in D]`."""

    count: Word
    within: Word | None


@dataclass(frozen=True, slots=True)
class DistinctNode:
    """`at least N distinct field`."""

    count: Word
    field: Word


@dataclass(frozen=True, slots=True)
class EveryNode:
    """`every A..B ± T [missing at most S]`."""

    range: RangeNode
    tolerance: Word
    missing: Word | None


@dataclass(frozen=True, slots=True)
class VaryNode:
    """`intervals vary at most P`."""

    share: Word


@dataclass(frozen=True, slots=True)
class AnyOfNode:
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


@dataclass(frozen=True, slots=True)
class ClauseNode:
    """`[name:] [quantifier] body [if known]`."""

    span: Span
    name: Word | None
    quantifier: QuantifierNode | None
    body: Body
    if_known: bool


# ---- events


@dataclass(frozen=True, slots=True)
class MatcherNode:
    """A `match`, `json` or log-format line, its pattern compiled already."""

    span: Span
    pattern: str | None
    types: tuple[tuple[str, str], ...]
    mapped: tuple[Mapped, ...]
    guard: tuple[JsonCondition, ...]
    literals: tuple[bytes, ...]
    log_format: bool = False
    tame: bool = False


@dataclass(frozen=True, slots=True)
class PairNode:
    """`field=value`."""

    field: Word
    value: Word


@dataclass(frozen=True, slots=True)
class SampleNode:
    """`sample TEXT gives ...`; `gives` None for `gives nothing`."""

    text: Word
    gives: tuple[PairNode, ...] | None


@dataclass(frozen=True, slots=True)
class OriginNode:
    """`container "x-*"` of a `from` line."""

    field: Word
    glob: Word


@dataclass(frozen=True, slots=True)
class AssignNode:
    """`set field = value [where ...]`."""

    field: Word
    value: Word
    where: tuple[ConditionNode, ...]


# ---- statements


@dataclass(frozen=True, slots=True)
class NetworkNode:
    """`[extend] network name = prefixes`."""

    name: Word
    prefixes: tuple[Word, ...]
    extends: bool


@dataclass(frozen=True, slots=True)
class SettingNode:
    """`setting name = value`."""

    name: Word
    value: Word


@dataclass(frozen=True, slots=True)
class TeamNode:
    """`team name = scopes`."""

    name: Word
    tests: tuple[ScopeNode, ...]


@dataclass(frozen=True, slots=True)
class UseNode:
    """`use "file.rules"`."""

    path: Word


@dataclass(frozen=True, slots=True)
class EventNode:
    """An `event` block."""

    kind: Word
    origins: tuple[OriginNode, ...]
    matchers: tuple[MatcherNode, ...]
    assignments: tuple[AssignNode, ...]
    where: tuple[ConditionNode, ...]
    samples: tuple[SampleNode, ...]


@dataclass(frozen=True, slots=True)
class BurstNode:
    """`burst of kind [by keys] gap D`."""

    kind: Word
    keys: tuple[Word, ...]
    gap: Word


@dataclass(frozen=True, slots=True)
class AtNode:
    """`at T [..T every D [± P]] kind fields` of a test."""

    start: Word
    end: Word | None
    every: Word | None
    jitter: Word | None
    kind: Word
    fields: tuple[PairNode, ...]


@dataclass(frozen=True, slots=True)
class StreamNode:
    """`stream kind T..T` of a test."""

    kind: Word
    start: Word
    end: Word


@dataclass(frozen=True, slots=True)
class ExpectNode:
    """`expect label fields` of a test."""

    label: Word
    fields: tuple[PairNode, ...]


@dataclass(frozen=True, slots=True)
class TestNode:
    """A `test` block."""

    title: Word
    items: tuple[AtNode | StreamNode | ExpectNode, ...]


@dataclass(frozen=True, slots=True)
class ItemNode:
    """A line `label x`, `title "..."`, `priority 20`, `gap 75s`, ...: its words."""

    key: str
    span: Span
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class RuleBody:
    """The lines of a rule, or of an extension of one."""

    items: tuple[ItemNode, ...] = ()
    burst: BurstNode | None = None
    when: tuple[ClauseNode, ...] = ()
    unless: tuple[ClauseNode, ...] = ()
    tests: tuple[TestNode, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleNode:
    """`rule NAME { ... }`."""

    name: Word
    body: RuleBody


@dataclass(frozen=True, slots=True)
class ExtendNode:
    """`extend rule NAME [for ...] { ... }`."""

    name: Word
    scope: tuple[ScopeNode, ...]
    body: RuleBody


@dataclass(frozen=True, slots=True)
class DisableNode:
    """`disable rule NAME [for ...]`."""

    name: Word
    scope: tuple[ScopeNode, ...]


Statement = (
    NetworkNode | SettingNode | TeamNode | UseNode | EventNode | RuleNode | ExtendNode | DisableNode
)


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One parsed file: the name that messages show, its text, its statements in order."""

    name: str
    text: str
    statements: tuple[Statement, ...] = field(default=())
