"""The syntax tree of clauses: words, conditions, and what a line of `when` is made of."""

from whyreset.basis.frozen import Frozen
from whyreset.basis.span import Span


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


class RangeNode(Frozen):
    """`A..B`, or `A` alone."""

    low: Word
    high: Word | None


class ReachNode(Frozen):
    """`2s`, `2s before`, `2s after` or `2s..5s before`."""

    range: RangeNode
    side: str | None


class JoinNode(Frozen):
    """`[no] event [conditions] [relation] within ... [by chance at most P]`."""

    event: Word
    negated: bool
    conditions: tuple[ConditionNode, ...]
    relation: RelationNode | None
    reach: tuple[ReachNode, ...]
    chance: Word | None


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
