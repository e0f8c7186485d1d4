"""The nearest events: what each reset of a burst asks for, in a window of time around it."""

from bisect import bisect_right
from collections.abc import Sequence

from whyreset.correlate.answers import NO, OPEN, YES, Answer
from whyreset.correlate.burst import Burst
from whyreset.correlate.lookup import Evidence
from whyreset.correlate.relations import ENDS, Question
from whyreset.model.event import Event

_TARGETS = {
    "from peer": ("peer",),
    "from caller": ("peer", "namespace", "pod"),
    "from pod": ("namespace", "pod"),
    "on peer": ("peer",),
    "on pod": ("namespace", "pod"),
    "on workload": ("namespace", "workload"),
    "on node": ("node",),
    "to workload": ("namespace", "workload", "local"),
}
"""What a relation takes from a reset: resets that agree in it ask for the same events."""


class Nearest:
    """Finds for each reset the event nearest to it, from `before` (ns) before it to `after` after
    it (negative: the window ends before it).

    shared   the fields in which all resets of a burst agree anyway
    negated  whether the answer is yes where there is none
    """

    def __init__(
        self, question: Question, window: tuple[int, int], evidence: Evidence,
        shared: frozenset[str], *, negated: bool = False,
    ) -> None:  # fmt: skip
        self.question = question
        self._before, self._after = window
        self._evidence = evidence
        targets = _TARGETS.get(question.relation or "", ())
        self.targets = tuple(field for field in targets if field not in shared)
        self._present = not negated
        self._absent = YES if negated else NO

    def of(self, burst: Burst) -> list[Answer]:
        """The answer for each reset; where all ask for the same events, in one look-up."""
        if len(burst) > 2 and all(len(burst.column(f).distinct) == 1 for f in self.targets):
            low, high = burst[0].time - self._before, burst[-1].time + self._after
            found = self._evidence.near(self.question, burst[0], low, high)
            if found is None:
                return [OPEN] * len(burst)
            if self.question.kind not in ENDS:
                return self._among(found, burst, burst.times)
            # No reset explains itself, so what the first is not told of may be the first.
            if not found and not self._evidence.near(self.question, burst[1], low, high):
                return self._among(found, burst, burst.times)
        return [self._one(event) for event in burst]

    def _one(self, reset: Event) -> Answer:
        low, high = reset.time - self._before, reset.time + self._after
        found = self._found(reset, low, high)
        return OPEN if found is None else self._among(found, [reset], [reset.time])[0]

    def _found(self, reset: Event, low: int, high: int) -> list[Event] | None:
        """The events in the window; where it lies before the reset, the last is the nearest."""
        if self._after > 0:
            return self._evidence.near(self.question, reset, low, high)
        last = self._evidence.last(self.question, reset, low, high)
        return self._evidence.near(self.question, reset, high, high) if last is None else [last]

    def _among(self, found: list[Event], resets: Sequence[Event], times: list[int]) -> list[Answer]:
        """The answer for a reset at each time: the nearest of the events found for them all."""
        before, after = self._before, self._after
        missing = self._missing(resets[0], times[0] - before, times[-1] + after)
        if not found and (missing.holds is not None or len(times) == 1 or self._is_untold(resets)):
            return [missing] * len(times)
        places = [event.time for event in found]
        hits: dict[int, Answer] = {}
        answers = []
        for time in times:
            at = bisect_right(places, time + min(after, 0))
            earlier = time - places[at - 1] if at else before + 1
            later = places[at] - time if at < len(places) else after + 1
            if earlier <= before and (earlier <= later or later > after):
                at -= 1
            elif later > after:
                at = -1
            if at >= 0:
                if at not in hits:
                    hits[at] = Answer(self._present, found[at])
                answers.append(hits[at])
            elif missing.holds is not None:
                answers.append(missing)
            else:
                answers.append(self._missing(resets[0], time - before, time + after))
        return answers

    def _missing(self, reset: Event, low: int, high: int) -> Answer:
        proven = self._evidence.proves_absence(self.question, reset, low, high)
        return self._absent if proven else OPEN

    def _is_untold(self, resets: Sequence[Event]) -> bool:
        """Whether no stream tells of what is asked for, at any time. Whose an address is may change
        between two resets."""
        question = self.question
        return question.relation != "on peer" and not self._evidence.streams(question, resets[0])
