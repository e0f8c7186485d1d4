"""Event time over several sources: the watermark, and events put in order behind it."""

import heapq

from whyreset.basis.units import NS
from whyreset.model.event import Event

LATENESS = 5 * NS
"""How much older than the newest line of its source a line may be (ns)."""


class Order:
    """Holds events back until every live source has passed them by the allowed lateness."""

    def __init__(self, lateness: int = LATENESS) -> None:
        self._lateness = lateness
        self._high: dict[str, int] = {}
        self._held: list[tuple[tuple[int, str, int], int, Event]] = []
        self._tickets = 0
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
        for event in events:
            self._tickets += 1
            heapq.heappush(self._held, (event.place, self._tickets, event))

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
        mark = self.watermark
        taken = []
        while self._held and (mark is None or self._held[0][0][0] < mark):
            event = heapq.heappop(self._held)[2]
            self.late += event.time < self._released
            taken.append(event)
        if mark is not None:
            self._released = max(self._released, mark)
        return taken
