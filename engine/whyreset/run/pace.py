"""Time for logs that are followed: event time goes on while they are silent."""

import time

from whyreset.basis.units import NS
from whyreset.ingest.batches import Batch

_SLACK = 2 * NS
"""What a line may take from its stamp to the file (ns), beside the lateness that is allowed."""
AHEAD = 60 * NS
"""How far (ns) a stamp may be ahead of the clock and still be believed."""

_BEHIND, _BEHIND_BYTES = 2.0, 4 << 20
"""Seconds and bytes behind from which there is no time for more than reading."""


class Backlog:
    """Bytes that wait to be read, and since when there are any (seconds, monotonic)."""

    def __init__(self) -> None:
        self._since: float | None = None

    def is_long(self, behind: int, now: float) -> bool:
        """Whether there is no time for more than reading."""
        if not behind:
            self._since = None
            return False
        if self._since is None:
            self._since = now
        return behind > _BEHIND_BYTES and now - self._since > _BEHIND


class Pace:
    """Estimates event time by the newest line and the seconds since: it need not be the clock's.

    A stamp from the future counts only where there are no others.
    """

    def __init__(self) -> None:
        self._newest: tuple[int, float] | None = None
        self._newest_odd: tuple[int, float] | None = None

    def believe(self, batch: Batch, now: float) -> None:
        """See a batch, and leave of its reach only what is no stamp from the future."""
        for told in (batch.low, batch.high):
            if told is not None:
                self.saw(told, now)
        limit = time.time_ns() + AHEAD
        if self._newest is None or batch.high is None or batch.high <= limit:
            return
        batch.high = batch.low if batch.low is not None and batch.low <= limit else None
        batch.sources = {
            source: (first, min(last, limit) if first <= limit else last)
            for source, (first, last) in batch.sources.items()
        }

    def saw(self, high: int, now: float) -> None:
        """A line of the time `high` (ns) was read at `now` (seconds, monotonic)."""
        if high <= time.time_ns() + AHEAD:
            self._newest = _newer(self._newest, high, now)
        else:
            self._newest_odd = _newer(self._newest_odd, high, now)

    def at(self, now: float) -> int | None:
        """Event time (ns) at a moment; None before the first line."""
        newest = self._newest or self._newest_odd
        if newest is None:
            return None
        return newest[0] + round((now - newest[1]) * NS)

    def passed(self, now: float) -> int | None:
        """The time (ns) up to which a log was silent that was read to its end at `now`."""
        time_now = self.at(now)
        return None if time_now is None else time_now - _SLACK


def _newer(known: tuple[int, float] | None, high: int, now: float) -> tuple[int, float]:
    if known is None or high >= known[0] + round((now - known[1]) * NS):
        return high, now
    return known
