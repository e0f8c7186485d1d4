"""Looks at open bursts: which of them are worth one now, and how much time they may take."""

import time
from collections.abc import Iterable

from whyreset.correlate.correlator import Correlator
from whyreset.model.verdict import Verdict

_SHARE, _PAUSE = 0.08, 0.4
"""Share of the time that may be spent on looking ahead, and the longest pause (s) for its sake."""
_SLICE = 0.1
"""Seconds (CPU) after which a look is broken off; the rest comes at the next one."""
_LONGEST = 2.0
"""Seconds (CPU) after which a look at one burst is broken off: nothing is read meanwhile."""
_RETRIES = 4
"""Bursts that are tried again in one look, although nothing came to them."""
_SOON = 0.2
"""Seconds after which a burst is tried again that has grown by less than a tenth."""
_AGAIN = 2.0
"""Seconds after which a burst is tried again although no reset came to it: evidence may have."""
_LAST = 16.0
"""The same, doubled each time, when it is not tried again any more."""
_LIMIT = 50_000


class Looks:
    """Says once for each burst and label what already holds; `announced` is what was said.

    `news` is to be set when something was fed to the correlator.
    """

    def __init__(self) -> None:
        self.announced: dict[str, str] = {}
        self.news = False
        self._tried: dict[object, tuple[int, float, float]] = {}
        self._too_large: dict[object, int] = {}  # events at which a look took too long
        self._last: tuple[object, int] = (None, 0)
        self._waiting = False
        self._retries = 0
        self._until = 0.0  # CPU seconds at which this look ends
        self._rest_until = 0.0

    def forget(self) -> None:
        """Begin anew, with other bursts."""
        self._tried, self._too_large = {}, {}

    def at(self, correlator: Correlator) -> list[Verdict]:
        """What holds now, and was not said before."""
        now = time.monotonic()
        if not self.news or now < self._rest_until:
            return []
        self.news = self._waiting = False
        self._retries = _RETRIES
        began = time.thread_time()
        self._until = began + _SLICE
        found = self._found(correlator, began + _LONGEST, now)
        self.news = self._waiting
        spent = time.thread_time() - began
        self._rest_until = now + min(_PAUSE, spent / _SHARE)
        if spent > _SLICE:
            self._rest_until = now + spent / _SHARE
        new = [each for each in found if self.announced.get(each.id) != each.label]
        self.announced.update({each.id: each.label for each in new})
        while len(self.announced) > _LIMIT:
            self.announced.pop(next(iter(self.announced)))
        if len(self._tried) > _LIMIT:
            self.forget()
        return new

    def ended(self, verdicts: Iterable[Verdict]) -> None:
        """These were decided: those that are over need not be remembered."""
        for verdict in verdicts:
            if verdict.state == "final":
                self.announced.pop(verdict.id, None)

    def _found(self, correlator: Correlator, latest: float, now: float) -> list[Verdict]:
        """What the bursts that are due would come to, until `latest` (CPU seconds): a burst for
        which that is too soon is let be until it is over."""
        ends, self._last = correlator.stopped, (None, 0)
        correlator.stopped = lambda: ends() or time.thread_time() > latest
        try:
            found = correlator.provisional(lambda place, count: self._is_due(place, count, now))
        finally:
            correlator.stopped = ends
        if time.thread_time() > latest:
            place, count = self._last
            self._too_large[place] = count
        return found

    def _is_due(self, place: object, count: int, now: float) -> bool:
        """Whether a cluster of so many events is worth another look: when it has grown by a
        tenth, soon after it has grown by less, and a few times later, for evidence that came
        after its resets."""
        if count >= self._too_large.get(place, count + 1):
            return False
        known, tried, wait = self._tried.get(place, (0, 0.0, 0.0))
        grown = count - known
        if not known or grown < 0 or grown >= max(1, known // 10):
            wait = _AGAIN
        elif grown:
            if now < tried + _SOON:
                self._waiting = True
                return False
        else:
            if now < tried + wait or wait > _LAST or not self._retries:
                return False
            self._retries -= 1
            wait = 2 * wait
        if time.thread_time() > self._until:
            self._waiting = True
            return False
        self._tried[place] = (count, now, wait)
        self._last = (place, count)
        return True
