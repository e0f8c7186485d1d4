"""Verdicts ahead of time: a second correlator that does not wait for what may come late."""

import pickle
import time
from collections.abc import Iterable

from whyreset.correlate.correlator import Correlator
from whyreset.model.event import Event
from whyreset.model.rule import Plan
from whyreset.model.verdict import Verdict

_SHARE, _PAUSE = 0.08, 0.4
"""Share of the time that may be spent on looking ahead, and the longest pause (s) for its sake."""
_RETRIES = 4
"""Bursts that are tried again in one look, although nothing came to them."""
_SOON = 0.2
"""Seconds after which a burst is tried again that has grown by less than a tenth."""
_AGAIN = 2.0
"""Seconds after which a burst is tried again although no reset came to it: evidence may have."""
_LAST = 16.0
"""The same, doubled each time, when it is not tried again any more."""
_LIMIT = 50_000


class Early:
    """Takes events as they arrive, and says once for each burst and label what already holds.

    What it knows is never final, and nothing of it reaches the correlator that decides.
    """

    def __init__(self, plan: Plan, announced: dict[str, str] | None = None) -> None:
        self.announced = announced if announced is not None else {}
        self._plan = plan
        self._correlator = Correlator(plan, labels=False)
        self._tried: dict[object, tuple[int, float, float]] = {}
        self._news = self._waiting = False
        self._retries = 0
        self._rest_until = 0.0
        self.active = True

    def take(self, events: Iterable[Event], mark: int | None) -> None:
        """Events that arrived together; time has passed `mark` (ns) in all sources."""
        if not self.active:
            return
        taken = list(events)
        if taken:
            self._correlator.feed_all(taken)
            self._news = True
        if mark is not None:
            self._correlator.advance(mark)
        self._correlator.take_verdicts()

    def suspend(self) -> None:
        """Forget everything: there is no time or memory for it."""
        self.active = False
        self._correlator = Correlator(self._plan, labels=False)
        self._tried = {}

    def resume(self, correlator: Correlator, held: Iterable[Event], plan: Plan) -> None:
        """Begin anew from what was decided, and what waits to be."""
        self.active = True
        self._plan = plan
        self._correlator = Correlator(plan, labels=False)
        self._correlator.set_state(pickle.loads(pickle.dumps(correlator.state())))
        self._correlator.take_verdicts()
        self._tried = {}
        self.take(held, None)
        self._news = True

    def verdicts(self) -> list[Verdict]:
        """What holds now, and was not said before."""
        now = time.monotonic()
        if not self.active or not self._news or now < self._rest_until:
            return []
        self._news = self._waiting = False
        self._retries = _RETRIES
        began = time.thread_time()
        found = self._correlator.provisional(lambda place, count: self._is_due(place, count, now))
        self._news = self._waiting
        spent = time.thread_time() - began
        self._rest_until = now + min(_PAUSE, spent / _SHARE)
        new = []
        for verdict in found:
            if self.announced.get(verdict.id) != verdict.label:
                self.announced[verdict.id] = verdict.label
                new.append(verdict)
        while len(self.announced) > _LIMIT:
            self.announced.pop(next(iter(self.announced)))
        if len(self._tried) > _LIMIT:
            self._tried.clear()
        return new

    def ended(self, verdicts: Iterable[Verdict]) -> None:
        """These were decided: those that are over need not be remembered."""
        for verdict in verdicts:
            if verdict.state == "final":
                self.announced.pop(verdict.id, None)

    def _is_due(self, place: object, count: int, now: float) -> bool:
        """Whether a cluster of so many events is worth another look: when it has grown by a
        tenth, soon after it has grown by less, and a few times later, for evidence that came
        after its resets."""
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
        self._tried[place] = (count, now, wait)
        return True
