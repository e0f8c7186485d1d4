"""Labels: decided as bursts come to their end, told in the order of time."""

import heapq
from typing import Any

from whyreset.correlate.judge import Outcome
from whyreset.correlate.stretch import Tally
from whyreset.correlate.verdicts import confidence_of
from whyreset.model.rule import Rule
from whyreset.model.verdict import Labelled


class Labels:
    """Labels that wait for those of earlier resets."""

    def __init__(self) -> None:
        self._waiting: list[tuple[tuple[int, str, int], int, Labelled]] = []
        self._tickets = 0  # of equal places the one decided first

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, rule: Rule | None, tally: Tally, outcome: Outcome) -> None:
        """What a rule has claimed, or (None) what nobody has."""
        label, name = (rule.label, rule.name) if rule else ("unknown", None)
        confidence = confidence_of(rule, outcome)
        for event in outcome.claimed:
            entry = Labelled(event.whole(), label, name, tally.id, confidence)
            self._tickets += 1
            heapq.heappush(self._waiting, (event.place, self._tickets, entry))

    def take(self, before: int) -> list[Labelled]:
        """Those of resets before a time (ns), in order."""
        taken = []
        while self._waiting and self._waiting[0][0][0] < before:
            taken.append(heapq.heappop(self._waiting)[2])
        return taken

    def state(self) -> Any:
        """Everything that changes, for a snapshot."""
        return self._waiting, self._tickets

    def set_state(self, state: Any) -> None:
        """Go on from a snapshot."""
        self._waiting, self._tickets = state
