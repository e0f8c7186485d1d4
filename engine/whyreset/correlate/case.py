"""A cluster on trial: what is claimed of it, by whom, and what is left."""

from typing import NamedTuple

from whyreset.basis.units import NS
from whyreset.correlate.burst import Burst, Key, in_order
from whyreset.correlate.judge import Outcome
from whyreset.correlate.stretch import Tally
from whyreset.correlate.unexplained import Attempt, Failures
from whyreset.model.event import Event
from whyreset.model.rule import Rule
from whyreset.model.verdict import Verdict

UNKNOWN_GAP = 60 * NS
"""The gap (ns) that ends bursts which no rule claims."""


class BrokenOffError(Exception):
    """The run is to end before the case is decided."""


class Open(NamedTuple):
    """A burst whose last stretch was cut by `span`: it may go on in the next."""

    rule: Rule | None
    tally: Tally
    outcome: Outcome
    nearest: Attempt | None
    also: tuple[str, ...]


class Case:
    """A cluster on trial: resets that nobody has claimed yet (`bursts` of them by key and gap),
    bursts that went on from the last stretch and those of this one, the rules that claimed
    nothing, all claims, and the final verdicts on the way."""

    def __init__(self, events: list[Event], before: dict[tuple[str, Key], Open]) -> None:
        self.pool = Burst(in_order(events))
        self.size = len(events)
        self.before = before
        self.after: dict[tuple[str, Key], Open] = {}
        self.bursts: dict[tuple[tuple[str, ...], int], list[tuple[Key, Burst]]] = {}
        self.failures = Failures()
        self.claims: list[tuple[Rule | None, Tally, Outcome]] = []
        self.said: list[Verdict] = []


def gap_of(rule: Rule | None) -> int:
    """The gap (ns) that ends a rule's bursts, or those of what is unknown."""
    return rule.gap if rule is not None else UNKNOWN_GAP


def within_reach(bursts: dict[tuple[str, Key], Open], time: int) -> dict[tuple[str, Key], Open]:
    """Those that a reset at `time` (ns) may go on with."""
    return {s: burst for s, burst in bursts.items() if time - burst.tally.end <= gap_of(burst.rule)}
