"""A cluster on trial: what is claimed of it, by whom, and what is left."""

from collections.abc import Callable
from typing import NamedTuple

from whyreset.basis.units import NS
from whyreset.correlate.burst import Burst, Key, bursts_of, in_order
from whyreset.correlate.judge import Entry, Outcome
from whyreset.correlate.reach import Reach
from whyreset.correlate.stretch import Tally
from whyreset.correlate.unexplained import Attempt, Failures, Way
from whyreset.model.event import Event
from whyreset.model.rule import Rule
from whyreset.model.verdict import Verdict

UNKNOWN_WAY: Way = (("pod", "peer"), 60 * NS)
"""How bursts are formed of what no rule claims."""


class BrokenOffError(Exception):
    """The run is to end before the case is decided."""


class Open(NamedTuple):
    """A burst whose last stretch was cut by `span`: it may go on in the next."""

    rule: Rule | None
    tally: Tally
    outcome: Outcome
    nearest: Attempt | None
    also: tuple[str, ...]


class Pool:
    """Resets that nobody has claimed yet, and their bursts by the way in which they are formed.

    Many rules begin with the same clause: what it has refused need not be tried by the next one.
    """

    def __init__(self, events: list[Event], reach: Reach) -> None:
        self.events = Burst(in_order(events))
        self._reach: Reach | None = reach  # while all of the cluster is there
        self._bursts: dict[Way, list[tuple[Key, Burst]]] = {}
        self._admitted: dict[tuple[Way, Entry], list[tuple[Key, Burst]]] = {}

    def bursts(
        self, way: Way, key: Callable[[Event], Key], entry: Entry | None = None
    ) -> list[tuple[Key, Burst]]:
        """The bursts in the order of their first events, without those that an entry has refused;
        `key` is the reader of the way's keys."""
        admitted = None if entry is None else self._admitted.get((way, entry))
        if admitted is not None:
            return admitted
        keys, gap = way
        reach = self._reach
        if reach is not None and gap >= reach.gap and set(keys) <= set(reach.keys):
            return [(key(self.events[0]), self.events)]  # the cluster is the burst
        found = self._bursts.get(way)
        if found is None:
            found = self._bursts[way] = bursts_of(self.events, key, gap)
        return found

    def admit(self, way: Way, entry: Entry, bursts: list[tuple[Key, Burst]]) -> None:
        """An entry has refused all bursts but these."""
        self._admitted[way, entry] = bursts

    def take(self, claimed: list[Event]) -> None:
        """These are claimed. A burst without any of them is the same as before."""
        self._reach = None
        self._admitted = {}
        if len(claimed) == len(self.events):
            self.events = Burst()
            return
        taken = set(map(id, claimed))
        self.events = Burst(event for event in self.events if id(event) not in taken)
        for way, bursts in self._bursts.items():
            self._bursts[way] = [each for burst in bursts for each in _left_of(burst, taken, way)]
            self._bursts[way].sort(key=_place)


class Case:
    """A cluster on trial: resets that nobody has claimed yet, bursts that went on from the last
    stretch and those of this one, the rules that claimed nothing, all claims, and the final
    verdicts on the way."""

    def __init__(
        self, events: list[Event], reach: Reach, before: dict[tuple[str, Key], Open]
    ) -> None:
        self.pool = Pool(events, reach)
        self.before = before
        self.after: dict[tuple[str, Key], Open] = {}
        self.failures = Failures()
        self.claims: list[tuple[Rule | None, Tally, Outcome]] = []
        self.said: list[Verdict] = []


def gap_of(rule: Rule | None) -> int:
    """The gap (ns) that ends a rule's bursts, or those of what is unknown."""
    return rule.gap if rule is not None else UNKNOWN_WAY[1]


def within_reach(bursts: dict[tuple[str, Key], Open], time: int) -> dict[tuple[str, Key], Open]:
    """Those that a reset at `time` (ns) may go on with."""
    return {s: burst for s, burst in bursts.items() if time - burst.tally.end <= gap_of(burst.rule)}


def _left_of(burst: tuple[Key, Burst], taken: set[int], way: Way) -> list[tuple[Key, Burst]]:
    """The bursts that are left of one."""
    key, events = burst
    left = [event for event in events if id(event) not in taken]
    return [burst] if len(left) == len(events) else bursts_of(left, lambda _: key, way[1])


def _place(burst: tuple[Key, Burst]) -> tuple[int, str, int]:
    return burst[1][0].place
