"""The plan: rules with names resolved and units converted, ready to be run."""

from dataclasses import dataclass, field

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
RELATIONS = ("from peer", "on pod", "on workload", "on node", "on peer", "to workload")


@dataclass(frozen=True, slots=True)
class Quantifier:
    """How many members must pass: any, none, all, first, or a share (0..1) of them."""

    kind: str
    share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """What every clause has: its canonical text, its name (`beat:`), `if known`."""

    text: str
    name: str | None = None
    if_known: bool = False
    quantifier: Quantifier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InNetwork(Clause):
    """`FIELD [not] in NETWORK or NETWORK` (member)."""

    field: str
    networks: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Clause):
    """`FIELD op value` (member); durations in seconds."""

    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Clause):
    """`[no] EVENT [FIELD op value, ...] [relation] within ...` (member); reach in ns."""

    event: str
    negated: bool
    conditions: tuple[Condition, ...]
    relation: str | None
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterLast(Clause):
    """`D1..D2 ± T after last EVENT [relation]` (member); ns, T a share."""

    event: str
    conditions: tuple[Condition, ...]
    relation: str | None
    low: int
    high: int
    tolerance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast(Clause):
    """`at least N [in D]` (burst)."""

    count: int
    within: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct(Clause):
    """`at least N distinct FIELD` (burst)."""

    count: int
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Every(Clause):
    """`every A..B ± T [missing at most S]` (burst): rhythm, in ns; T and S are shares."""

    low: int
    high: int
    tolerance: float
    missing: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalsVary(Clause):
    """`intervals vary at most P` (burst): the plain coefficient of variation, a share."""

    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf(Clause):
    """`any of { member clauses }` (member): one that holds is enough."""

    clauses: tuple[Clause, ...]


MEMBER_CLAUSES = (InNetwork, Compare, Join, AfterLast, AnyOf)


@dataclass(frozen=True, slots=True)
class ScopeTest:
    """`namespace "pay-*"`, `workload "x"`, or a team (any of its tests)."""

    field: str
    glob: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a rule acts: any of `within` (when given), and none of `outside`."""

    within: tuple[ScopeTest, ...] = ()
    outside: tuple[ScopeTest, ...] = ()


@dataclass(frozen=True, slots=True)
class TestEvents:
    """`at T [..T every D [± P]] KIND field=value ...`; times in ns from the test's start."""

    kind: str
    start: int
    end: int | None
    every: int | None
    jitter: float
    fields: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class TestStream:
    """`stream KIND T..T`: a source of such events was read then (it may have been silent)."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Expectation:
    """`expect LABEL [field=value ...]`; label `nothing` is spelt `unknown`."""

    label: str
    fields: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A test inside a rule: it runs against that rule alone."""

    title: str
    events: tuple[TestEvents, ...]
    streams: tuple[TestStream, ...]
    expectations: tuple[Expectation, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
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
    scope: Scope = field(default_factory=Scope)
    tests: tuple[RuleTest, ...] = ()
    by: str = ""
    patches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that loaded rule files say; `rules` in the order in which they are tried."""

    networks: dict[str, tuple[str, ...]]
    settings: dict[str, Value]
    definitions: tuple[Definition, ...]
    rules: tuple[Rule, ...]
    kinds: dict[str, tuple[str, ...]]
    files: tuple[str, ...] = ()
