"""Event time over several sources: the watermark, and events held back until it has passed them."""

from bisect import bisect_left
from operator import itemgetter

from whyreset.basis.units import NS
from whyreset.correlate.burst import in_order
from whyreset.model.event import Event

LATENESS = 5 * NS
"""How much older than the newest line of its source a line may be (ns)."""

_NEVER = 1 << 63
_time = itemgetter(0)


class Order:
    """Holds events back until every live source has passed them by the allowed lateness."""

    def __init__(self, lateness: int = LATENESS) -> None:
        self._lateness = lateness
        self._high: dict[str, int] = {}
        self._held: list[list[Event]] = []
        self._first = _NEVER  # the time of the first event that waits
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
        if events:
            self._held.append(in_order(events))
            self._first = min(self._first, self._held[-1][0].time)

    @property
    def watermark(self) -> int | None:
        """No event older than this is expected (ns); None when no source is live."""
        if not self._high:
            return None
        return min(self._high.values()) - self._lateness

    @property
    def held(self) -> int:
        """How many events wait."""
        return sum(map(len, self._held))

    @property
    def waiting(self) -> list[Event]:
        """The events that wait, in any order."""
        return [event for events in self._held for event in events]

    def release(self) -> None:
        """Memory is short: all sources count as read so far that half of what waits is let go."""
        middle = self._middle
        for source in self._high:
            self.progress(source, middle)

    def let_half_go(self, source: str) -> None:
        """Too many wait: a source counts as read so far that the older half of them is let go.
        The newer half still waits, since older ones may come among them."""
        self.progress(source, self._middle)

    @property
    def _middle(self) -> int:
        times = sorted(event.time for events in self._held for event in events)
        return times[len(times) // 2] + self._lateness + 1 if times else -1

    def take(self) -> list[Event]:
        """The events before the watermark, in order within what was added together; later
        arrivals count as late."""
        mark = self.watermark
        if mark is not None and mark <= self._first:
            self._released = max(self._released, mark)
            return []
        taken: list[Event] = []
        held: list[list[Event]] = []
        for events in self._held:
            ready = len(events) if mark is None else bisect_left(events, mark, key=_time)
            self.late += bisect_left(events, self._released, 0, ready, key=_time)
            taken += events[:ready]
            if ready < len(events):
                held.append(events[ready:])
        self._held = held
        self._first = min([events[0].time for events in held], default=_NEVER)
        if mark is not None:
            self._released = max(self._released, mark)
        return taken
