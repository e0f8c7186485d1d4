"""Event time over several sources: the watermark, and events put in order behind it."""

from bisect import bisect_left
from operator import attrgetter

from whyreset.basis.units import NS
from whyreset.model.event import Event

LATENESS = 5 * NS
"""How much older than the newest line of its source a line may be (ns)."""

_place, _time = attrgetter("place"), attrgetter("time")


class Order:
    """Holds events back until every live source has passed them by the allowed lateness."""

    def __init__(self, lateness: int = LATENESS) -> None:
        self._lateness = lateness
        self._high: dict[str, int] = {}
        self._held: list[Event] = []
        self._released = -1
        self.late = 0

    def open(self, source: str) -> None:
        """A source is live: the watermark waits for it."""
        self._high.setdefault(source, -1)

    def progress(self, source: str, high: int) -> None:
        """A source has been read up to the time `high` (ns), by its lines or by a tick."""
        if high > self._high.get(source, -1):
            self._high[source] = high

    def close(self, source: str) -> None:
        """The source has ended: nothing waits for it any more."""
        self._high.pop(source, None)

    def add(self, events: list[Event]) -> None:
        """Take events in any order."""
        self._held += events

    @property
    def watermark(self) -> int | None:
        """No event older than this is expected (ns); None when no source is live."""
        if not self._high:
            return None
        return min(self._high.values()) - self._lateness

    @property
    def held(self) -> int:
        """How many events wait."""
        return len(self._held)

    def take(self) -> list[Event]:
        """The events before the watermark, in order; later arrivals count as late."""
        try:
            self._held.sort()  # a tuple of time, source, offset: no key need be made
        except TypeError:  # two sources of one name that differ in what is known of them
            self._held.sort(key=_place)
        mark = self.watermark
        ready = len(self._held) if mark is None else bisect_left(self._held, mark, key=_time)
        taken = self._held[:ready]
        del self._held[:ready]
        if taken and taken[0].time < self._released:
            self.late += bisect_left(taken, self._released, key=_time)
        if mark is not None:
            self._released = max(self._released, mark)
        return taken
