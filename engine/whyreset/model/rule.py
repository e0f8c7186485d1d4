"""The plan: rules with names resolved and units converted, ready to be run."""

from collections.abc import Iterable
from typing import NamedTuple

from whyreset.basis.frozen import Frozen
from whyreset.basis.units import NS
from whyreset.model.definition import Condition, Definition
from whyreset.model.event import Value

LABELS = (
    "probe_noise",
    "client_abort",
    "termination_fallout",
    "idle_timeout",
    "resource_exhaustion",
    "protocol_mismatch",
    "backend_crash",
    "unknown",
)
SEVERITIES = ("info", "low", "warning", "critical")
STATUSES = ("stable", "experimental", "deprecated")
RELATIONS = (
    "from peer",
    "from caller",
    "from pod",
    "on pod",
    "on workload",
    "on node",
    "on peer",
    "to workload",
)
FROM_CLIENT = ("from peer", "from caller")
"""Relations that compare the event's client with the reset's peer."""
BY_OWNER = ("from pod", "on peer", "to workload")
"""Relations for which it must be known whose an address is."""


class Quantifier(Frozen):
    """How many members must pass: any, none, all, first, or a share (0..1) of them."""

    kind: str
    share: float = 0.0


class Clause(Frozen, kw_only=True):
    """What every clause has: its canonical text, its name (`beat:`), `if known`."""

    text: str
    name: str | None = None
    if_known: bool = False
    quantifier: Quantifier | None = None


class InNetwork(Clause, kw_only=True):
    """`FIELD [not] in NETWORK or NETWORK` (member)."""

    field: str
    networks: tuple[str, ...]
    negated: bool = False


class Compare(Clause, kw_only=True):
    """`FIELD op value` (member); durations in seconds."""

    condition: Condition


class Join(Clause, kw_only=True):
    """`[no] EVENT [FIELD op value, ...] [relation] within ... [by chance at most P]` (member);
    reach in ns, P a share.

    A window that ends before the reset (`within 5s..30s before`) has a negative `after`.
    """

    event: str
    negated: bool
    conditions: tuple[Condition, ...]
    relation: str | None
    before: int
    after: int
    chance: float | None = None


class AfterLast(Clause, kw_only=True):
    """`D1..D2 ± T after last EVENT [relation]` (member); ns, T a share."""

    event: str
    conditions: tuple[Condition, ...]
    relation: str | None
    low: int
    high: int
    tolerance: float | None


class AtLeast(Clause, kw_only=True):
    """`at least N [in D]` (burst)."""

    count: int
    within: int | None = None


class Distinct(Clause, kw_only=True):
    """`at least N distinct FIELD` (burst)."""

    count: int
    field: str


class Every(Clause, kw_only=True):
    """`every A..B ± T [missing at most S]` (burst): rhythm, in ns; T and S are shares."""

    low: int
    high: int
    tolerance: float
    missing: float = 0.5


class IntervalsVary(Clause, kw_only=True):
    """`intervals vary at most P` (burst): the plain coefficient of variation, a share."""

    share: float


class AnyOf(Clause, kw_only=True):
    """`any of { member clauses }` (member): one that holds is enough."""

    clauses: tuple[Clause, ...]


MEMBER_CLAUSES = (InNetwork, Compare, Join, AfterLast, AnyOf)


SELECTOR = "selector"


class ScopeTest(NamedTuple):
    """`namespace "pay-*"`, `workload "x"`, or `selector "app=x"` of the labels of a pod."""

    field: str
    glob: str


class Scope(Frozen):
    """Where a rule acts: any test of each group in `within`, and no test of `outside`."""

    within: tuple[tuple[ScopeTest, ...], ...] = ()
    outside: tuple[ScopeTest, ...] = ()


class TestEvents(Frozen):
    """`at T [..T every D [± P]] KIND field=value ...`; times in ns from the test's start."""

    kind: str
    start: int
    end: int | None
    every: int | None
    jitter: float
    fields: tuple[tuple[str, Value], ...]

    @property
    def count(self) -> int:
        """How many events the line stands for."""
        if not self.every or self.end is None:
            return 1
        return max(0, self.end - self.start) // self.every + 1


class TestStream(Frozen):
    """`stream KIND T..T`: a source of such events was read then (it may have been silent)."""

    kind: str
    start: int
    end: int


class Expectation(Frozen):
    """`expect LABEL [field=value ...]`; label `nothing` is spelt `unknown`."""

    label: str
    fields: tuple[tuple[str, Value], ...]


class RuleTest(Frozen):
    """A test inside a rule: it runs against that rule alone.

    `known_gap` says why it is known to fail; such a test is watched and never counts as failed.
    """

    title: str
    events: tuple[TestEvents, ...]
    streams: tuple[TestStream, ...]
    expectations: tuple[Expectation, ...]
    by: str
    known_gap: str | None = None


def asking(clauses: Iterable[Clause]) -> list[Join | AfterLast]:
    """Those of several clauses, and of their alternatives, that ask for other events."""
    found: list[Join | AfterLast] = []
    for clause in clauses:
        if isinstance(clause, AnyOf):
            found += asking(clause.clauses)
        elif isinstance(clause, Join | AfterLast):
            found.append(clause)
    return found


class Rule(Frozen, kw_only=True):
    """One rule; `gap` and `span` in ns, `keys` the fields of its bursts, `confidence` (0..1)
    what its verdicts are worth when every clause holds."""

    name: str
    label: str
    title: str
    kind: str
    keys: tuple[str, ...]
    gap: int
    when: tuple[Clause, ...]
    unless: tuple[Clause, ...] = ()
    severity: str = "warning"
    priority: int = 0
    span: int = 600 * NS
    confidence: float = 0.95
    because: str = ""
    remedy: str = ""
    verify: tuple[str, ...] = ()
    scope: Scope = Scope()
    tests: tuple[RuleTest, ...] = ()
    by: str = ""
    patches: tuple[str, ...] = ()
    status: str = "stable"


def asks_labels(rules: Iterable[Rule]) -> bool:
    """Whether some rule acts by the labels of pods."""
    return any(
        test.field == SELECTOR
        for rule in rules
        for group in (*rule.scope.within, rule.scope.outside)
        for test in group
    )


class Plan(Frozen):
    """Everything that loaded rule files say; `rules` in the order in which they are tried.

    `settings` are as they are written, for texts: clauses have their values already; `disabled`
    are rules that act nowhere, with the place that says so.
    """

    networks: dict[str, tuple[str, ...]]
    settings: dict[str, str]
    definitions: tuple[Definition, ...]
    rules: tuple[Rule, ...]
    kinds: dict[str, tuple[str, ...]]
    files: tuple[str, ...] = ()
    disabled: tuple[tuple[str, str], ...] = ()
