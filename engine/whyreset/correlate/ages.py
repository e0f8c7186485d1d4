"""Ages: how long after the last event of a kind each reset came."""

from bisect import bisect_right
from collections.abc import Sequence
from math import inf

from whyreset.basis.units import format_duration
from whyreset.correlate.answers import NO, Answer, Told, delays_of, told_of
from whyreset.correlate.burst import Burst
from whyreset.correlate.joins import question_of
from whyreset.correlate.lookup import Evidence
from whyreset.correlate.nearest import Nearest
from whyreset.correlate.relations import ENDS
from whyreset.model.rule import AfterLast


class Aging:
    """Resets that come some time after the last event of a kind."""

    def __init__(self, clause: AfterLast, evidence: Evidence, shared: frozenset[str]) -> None:
        self._clause = clause
        # two connections that end in one instant: neither is before the other
        window = clause.high, -int(clause.event in ENDS)
        self._nearest = Nearest(question_of(clause), window, evidence, shared)

    def ask(self, burst: Burst) -> Told:
        """The answer for each reset; with a tolerance, only ages of one timer count."""
        low = self._clause.low
        answers = [
            answer if age is None else Answer(age >= low, answer.event)
            for answer, age in _with_ages(burst, self._nearest.of(burst))
        ]
        if self._clause.tolerance is not None:
            answers = _of_one_timer(burst, answers, self._clause.tolerance)
        return told_of(answers)

    def describe(self, burst: Burst, answers: Sequence[Answer]) -> str:
        """What was found, in words."""
        delays = delays_of(burst, answers)
        if not delays:
            return f"no {self._clause.event} before it was seen"
        return f"{format_duration(min(delays))} to {format_duration(max(delays))} after it"


def _with_ages(burst: Burst, answers: Sequence[Answer]) -> list[tuple[Answer, int | None]]:
    """Each answer, and how long (ns) after the event found the reset came, where one was found and
    the clause holds so far."""
    return [
        (answer, time - answer.event.time if answer.event and answer.holds else None)
        for time, answer in zip(burst.times, answers, strict=True)
    ]


def _of_one_timer(burst: Burst, answers: Sequence[Answer], tolerance: float) -> list[Answer]:
    """The same without those whose ages are not of the timer that most of them may be of."""
    aged = _with_ages(burst, answers)
    low, high = _one_timer([age for _, age in aged if age is not None], tolerance)
    return [NO if age is not None and not low <= age <= high else answer for answer, age in aged]


def _one_timer(ages: Sequence[int], tolerance: float) -> tuple[float, float]:
    """The range of one timer's length that holds most of these ages, the shortest of such."""
    ratio = (1 + tolerance) / (1 - tolerance) if tolerance < 1 else inf
    ordered = sorted(ages)
    fits = [(bisect_right(ordered, low * ratio) - i, low) for i, low in enumerate(ordered)]
    _, low = max(fits, key=lambda fit: (fit[0], -fit[1]), default=(0, 0))
    return low, low * ratio
