"""The honest unknown: what was looked for, what was nearest, and what was missing."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from whyreset.correlate.judge import Outcome
from whyreset.correlate.lookup import Evidence
from whyreset.correlate.owners import Owners
from whyreset.correlate.stretch import Tally
from whyreset.correlate.verdicts import place_of
from whyreset.model.event import Event
from whyreset.model.rule import Rule
from whyreset.model.verdict import Verdict

_WANTED = (
    ("access", "the access log of the proxy or of the service itself"),
    ("termination", "`kubectl get events -A -o json` or the k3s journal"),
)


class Attempt(NamedTuple):
    """A rule that looked at a burst and claimed nothing."""

    rule: Rule
    burst: Sequence[Event]
    outcome: Outcome


def unknown_verdict(
    tally: Tally, nearest: Attempt | None, world: tuple[Evidence, Owners], state: str
) -> Verdict:
    """The verdict of a burst that no rule claimed."""
    evidence, owners = world
    missing = [text for kind, text in _WANTED if not evidence.streams(kind)]
    if owners.labelled and owners.labels_of(tally.first) is None:
        missing.append("the labels of the pod, for which rules ask (`kubectl get pods -A -o json`)")
    peer = next(iter(tally.peers)) if len(tally.peers) == 1 else f"{len(tally.peers)} peers"
    whom = f" from {peer}" if tally.peers else ""
    because = f"{tally.count} reset{'s' if tally.count > 1 else ''}{whom} that no rule explains."
    if nearest is not None and _progress(nearest) > 0:
        failed = nearest.outcome.notes[-1].finding()
        because += f" Nearest is {nearest.rule.name}, but “{failed.clause}”: {failed.found}."
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
        evidence=nearest.outcome.findings() if nearest else (),
        **place_of(tally, state),
    )


def nearest_attempt(first: Event, attempts: Iterable[Attempt]) -> Attempt | None:
    """The attempt on the burst with this reset that got furthest; of equals the one tried first.

    The attempts are those on bursts with the reset's key, which do not overlap in time.
    """
    on_these = [
        attempt
        for attempt in attempts
        if attempt.outcome.notes
        and attempt.burst[0].place <= first.place <= attempt.burst[-1].place
    ]
    return max(on_these, key=_nearness, default=None)


def _nearness(attempt: Attempt) -> tuple[float, bool]:
    """How far it got; a clause that fails tells more than one that could not be told."""
    return _progress(attempt), attempt.outcome.notes[-1].holds is not None


def _progress(attempt: Attempt) -> float:
    """The share of the rule's clauses that are known to hold."""
    held = sum(note.holds is True for note in attempt.outcome.notes)
    return held / max(1, len(attempt.rule.when))
