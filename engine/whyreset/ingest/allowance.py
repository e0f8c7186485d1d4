"""What a pattern may take of a record: so much time, and so long a text once it took too much."""

from collections.abc import Callable
from typing import TypeVar

from whyreset.ingest.trial import SHORT, Trial
from whyreset.model.definition import Matcher

_T = TypeVar("_T")

TIMEOUT = 0.2  # seconds a pattern may search one text


class Allowance:
    """Ends searches that take too long, so that one line can neither hold up a run nor take a
    pattern away from the lines behind it.

    A trial that takes more than `timeout` seconds is made from then on only of texts at most
    half as long; of none, if that was a short text. `problems` tells of each.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self.problems: list[str] = []
        self._most: dict[Trial, int] = {}

    def refuses(self, trial: Trial) -> bool:
        """Whether a trial is not made any more, of whatever text."""
        return not self._most.get(trial, 1)

    def slow(self) -> list[Matcher]:
        """The matchers that took too long at some text."""
        return [trial.matcher for trial in self._most]

    def search(self, trial: Trial, text: str, search: Callable[[], _T]) -> _T | None:
        """What a search of a text gives; None if it takes too long, or is not made any more."""
        if self._most and len(text) > self._most.get(trial, len(text)):
            return None
        try:
            return search()
        except TimeoutError:
            self._limit(trial, len(text))
            return None

    def _limit(self, trial: Trial, length: int) -> None:
        most = self._most[trial] = length // 2 if length > SHORT else 0
        self.problems.append(
            f"{trial.matcher.by}: the pattern took more than {self.timeout:g}s on one record and "
            + (f"is only tried on {most:,} characters at most" if most else "is not tried any more")
        )
