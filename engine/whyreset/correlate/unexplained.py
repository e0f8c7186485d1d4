"""The honest unknown: what was looked for, what was nearest, and what was missing."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

from mypy_extensions import mypyc_attr

from whyreset.correlate.burst import Key
from whyreset.correlate.judge import Outcome
from whyreset.correlate.lookup import Evidence
from whyreset.correlate.owners import Owners
from whyreset.correlate.stretch import Tally
from whyreset.correlate.verdicts import evidence_of, place_of
from whyreset.model.conditions import UNKNOWN
from whyreset.model.event import Event
from whyreset.model.rule import AfterLast, AnyOf, Clause, Compare, Every, IntervalsVary, Join, Rule
from whyreset.model.verdict import Verdict

_WANTED = (
    ("access", "the access log of the proxy or of the service itself"),
    ("termination", "`kubectl get events -A -o json` or the k3s journal"),
)


_WAITING = 256
"""Attempts that are kept until they are compared."""


class Attempt(NamedTuple):
    """A rule that looked at a burst and claimed nothing."""

    rule: Rule
    outcome: Outcome


Way = tuple[tuple[str, ...], int]
"""How bursts are formed: their key's fields, and the gap (ns) that ends them."""


@mypyc_attr(serializable=True)
class _Tried:
    """A burst that no rule claimed anything of, and the attempt that got furthest."""

    def __init__(self, burst: Sequence[Event]) -> None:
        self.burst = burst
        self.nearest: Attempt | None = None
        self.reached = (False, 0, False, 0)

    def covers(self, reset: Event) -> bool:
        """Whether a reset with the key of the burst is one of it."""
        return self.burst[0].place <= reset.place <= self.burst[-1].place


class Failures:
    """What rules that claimed nothing made of the bursts of a case.

    Of each burst only the nearest attempt is kept: of thousands of peers it would be much. They
    are compared when somebody asks, or when there are many.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[Rule, Key, Sequence[Event], Outcome]] = []
        self._by_burst: dict[tuple[int, Way], _Tried] = {}
        self._by_key: dict[tuple[Way, Key], list[_Tried]] = {}
        self._attempts = 0

    def add(self, rule: Rule, key: Key, burst: Sequence[Event], outcome: Outcome) -> None:
        """A rule has tried a burst; rules with the same keys and gap are given the same one."""
        self._waiting.append((rule, key, burst, outcome))
        if len(self._waiting) > _WAITING:
            self._compare()

    def _compare(self) -> None:
        """Keep of what waits what is needed."""
        for rule, key, burst, outcome in self._waiting:
            way = rule.keys, rule.gap
            tried = self._by_burst.get((id(burst), way))
            if tried is None:
                tried = self._by_burst[id(burst), way] = _Tried(burst)
                self._by_key.setdefault((way, key), []).append(tried)
            self._attempts += 1
            attempt = Attempt(rule, outcome)
            if outcome.notes:
                reached = *_nearness(attempt), -self._attempts  # of equals the one tried first
                if tried.nearest is None or reached > tried.reached:
                    tried.nearest, tried.reached = attempt, reached
        self._waiting.clear()

    def nearest(self, reset: Event, keys: Iterable[tuple[Way, Key]]) -> Attempt | None:
        """The attempt that got furthest with a reset, by its key for each way to form bursts."""
        self._compare()
        tried = [
            each
            for key in keys
            for each in self._by_key.get(key, ())
            if each.nearest is not None and each.covers(reset)
        ]
        return max(tried, key=attrgetter("reached")).nearest if tried else None


def unknown_verdict(
    tally: Tally, nearest: Attempt | None, world: tuple[Evidence, Owners], state: str
) -> Verdict:
    """The verdict of a burst that no rule claimed."""
    evidence, owners = world
    missing = [text for kind, text in _WANTED if not evidence.coverage.streams(kind)]
    if owners.labelled and owners.labels_of(tally.first) is None:
        missing.append("the labels of the pod, for which rules ask (`kubectl get pods -A -o json`)")
    peer = next(iter(tally.peers)) if len(tally.peers) == 1 else f"{len(tally.peers)} peers"
    whom = f" from {peer}" if tally.peers else ""
    because = f"{tally.count} reset{'s' if tally.count > 1 else ''}{whom} that no rule explains."
    if nearest is not None and _progress(nearest) > 0:
        failed = nearest.outcome.notes[-1].finding()
        rule = nearest.rule
        because += f" Nearest is {rule.label} ({rule.name}), but “{failed.clause}”: {failed.found}."
    if missing:
        because += f" Not read: {'; '.join(missing)}."
        remedy = f"Run again together with {' and '.join(missing)}."
    else:
        remedy = "See who sends the RST: capture on the node while it happens."
    return Verdict(
        label="unknown",
        rule=None,
        title="No rule explains these resets",
        severity="warning",
        confidence=0.0,
        period=None,
        jitter=None,
        missed=None,
        because=because,
        remedy=remedy,
        verify=("tcpdump -nn -tttt -i any 'tcp[tcpflags] & tcp-rst != 0'",),
        evidence=evidence_of(tally, nearest.outcome) if nearest else (),
        **place_of(tally, state),
    )


def _nearness(attempt: Attempt) -> tuple[bool, int, bool]:
    """Whether any clause holds, how much was found that tells a cause, and whether only an
    exception stopped the rule."""
    notes = attempt.outcome.notes
    weight = sum(_weight(note.clause) for note in notes if note.holds)
    return _progress(attempt) > 0, weight, notes[-1].excepts


def _weight(clause: Clause) -> int:
    """What a clause that holds tells: that the peer is known, and in a network, or that there are
    resets enough, is true of most bursts."""
    if isinstance(clause, Compare):
        return int(clause.condition.value != UNKNOWN)
    return 2 * isinstance(clause, Join | AfterLast | AnyOf | Every | IntervalsVary)


def _progress(attempt: Attempt) -> float:
    """The share of the rule's clauses that are known to hold."""
    held = sum(note.holds is True for note in attempt.outcome.notes)
    return held / max(1, len(attempt.rule.when))
