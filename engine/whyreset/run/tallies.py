"""What was said so far, counted by label and by cause: for summaries and metrics."""

from collections import Counter
from typing import NamedTuple

from whyreset.model.verdict import Verdict
from whyreset.run.replay import Decided

_MOST = 1000
"""Causes that are told apart: in months of a large cluster there may be many."""


class Cause(NamedTuple):
    """Why connections at one place were reset: the label and the rule; `place` is a workload, or
    what comes nearest to one."""

    label: str
    rule: str | None
    place: str


class Count(NamedTuple):
    """Bursts that are over, and their resets."""

    bursts: int
    resets: int


class Tallies:
    """Counts verdicts by (label, state), resets by label, and bursts that are over by label and
    by cause; `titles` has the words for the causes."""

    def __init__(self) -> None:
        self.verdicts: Counter[tuple[str, str]] = Counter()
        self.resets: Counter[str] = Counter()
        self.finals: dict[str, Count] = {}
        self.causes: dict[Cause, Count] = {}
        self.titles: dict[Cause, str] = {}

    def take(self, decided: Decided) -> None:
        """Count what one step decided."""
        for labelled in decided.labels:
            self.resets[labelled.label] += 1
        for verdict in decided.verdicts:
            self.verdicts[verdict.label, verdict.state] += 1
            if verdict.state == "final":
                self._take_final(verdict)

    def _take_final(self, verdict: Verdict) -> None:
        self.finals[verdict.label] = _more(self.finals.get(verdict.label), verdict)
        where = verdict.workload or verdict.pod or verdict.node or "this log"
        place = f"{verdict.namespace}/{where}" if verdict.namespace else where
        cause = Cause(verdict.label, verdict.rule, place)
        if cause in self.causes or len(self.causes) < _MOST:
            self.causes[cause] = _more(self.causes.get(cause), verdict)
            self.titles[cause] = verdict.title


def _more(count: Count | None, verdict: Verdict) -> Count:
    bursts, resets = count or (0, 0)
    return Count(bursts + 1, resets + verdict.count)
