"""Records: from a line with a hit to the whole record around it, and to its time."""

from whyreset.basis.units import NS
from whyreset.ingest.continuation import SUSPECT, continues
from whyreset.ingest.lines import REACH_BYTES, REACH_LINES, STEP, Buffer, Row, Window
from whyreset.ingest.source_name import untimed
from whyreset.ingest.stamps import Clock
from whyreset.model.event import Event
from whyreset.model.record import Record, Source

_QUARTER = 900 * NS  # zones differ by quarters of an hour
_TIMED_MODES = frozenset({"cri", "docker", "timestamps", "syslog"})
"""Layouts in which every line has a time; elsewhere a line without one may be all there is."""


class Records:
    """The records of one input, as far as its window shows them.

    claimed  starts of the lines of records that were read: none is read twice
    """

    def __init__(self, window: Window, source: Source, clock: Clock, mode: str) -> None:
        self.claimed: set[int] = set()
        self._window = window
        self._source = source
        self._clock = clock
        self._mode = mode
        self._first_stamp: int | None = None  # offset of the first line that tells a time
        self._head_read = window.base
        self._head_end = window.base + REACH_BYTES
        self._looked: dict[str, tuple[int, int, int | None]] = {}
        self._skips: list[tuple[int, int]] = []
        self._arrived = (0, clock.changed or clock.reference)

    def slide(self, keep: int, *parts: Buffer) -> None:
        """Go on to the next block; lines that start before `keep` are not needed any more."""
        if self._clock.arrival is not None:
            self._arrived = (self._window.end, self._clock.arrival())
        self._window.slide(keep, *parts)
        if self.claimed:
            self.claimed = {start for start in self.claimed if start >= self._window.base}
        self._read_head()

    def skip(self, skipped: int) -> None:
        """So many bytes of the input behind the window were left out."""
        end = self._window.end
        place, total = self._skips[-1] if self._skips else (-1, 0)
        if place == end:
            self._skips.pop()
        self._skips.append((end, total + skipped))

    def widen(self, row: Row) -> list[Row]:
        """The lines of the record around a line: back to its first, on to its last."""
        window, floor = self._window, row.start - REACH_BYTES
        rows = [row]
        while len(rows) < REACH_LINES and SUSPECT.match(rows[-1].content):
            previous = window.before(rows[-1], floor)
            if previous is None or previous.start in self.claimed:
                break
            if not self._goes_on(previous, rows[-1], floor):
                break
            rows.append(previous)
        rows.reverse()
        while len(rows) < REACH_LINES:
            following = window.after(rows[-1])
            if following is None or following.start - rows[0].start > REACH_BYTES:
                break
            if not self._goes_on(rows[-1], following, floor):
                break
            rows.append(following)
        for each in rows:
            self.claimed.update(each.pieces)
        return rows

    def _goes_on(self, previous: Row, row: Row, floor: int) -> bool:
        if (
            previous.time is not None
            and row.time is not None
            and _apart(previous, row) > step_between(previous.time, row.time)
        ):
            return False

        def before(steps: int) -> bytes | None:
            if steps == 1:
                return previous.content
            found = self._window.before(previous, floor)
            return found.content if found else None

        return continues(row.content, before)

    def record(self, row: Row, text: str) -> Record | None:
        """The record that begins with a line; None where nothing tells its time."""
        line = row.line
        source = line.source if line else self._source
        time, time_from = row.time, line.time_from if line else "envelope"
        if time is None:
            time = self._inherited(row)
            if time is None:
                if self.is_timed(row.start):
                    return None
                time, time_from = self.arrival(row.start), "arrival"
                if self._clock.arrival is None:
                    source = untimed(source)
        return Record(
            time, source, self.offset(row.start), text, line.stream if line else row.channel,
            line.envelope if line else "cri", time_from, line.assumed if line else (),
        )  # fmt: skip

    def _inherited(self, row: Row) -> int | None:
        """The time of the nearest line before in the same stream that has one."""
        floor = row.start - REACH_BYTES
        looked, stamped, known = self._looked.get(row.channel, (-1, -1, None))
        at: Row | None = row
        result: tuple[int, int | None] = (-1, None)
        while at is not None:
            if at.start <= looked:
                result = (stamped, known)
                break
            if at.time is not None:
                result = (at.start, at.time)
                break
            at = self._window.before(at, floor)
        self._looked[row.channel] = (max(row.start, looked), *result)
        return result[1] if result[0] >= floor else None

    def arrival(self, start: int) -> int:
        """Lines that tell no time come one nanosecond a byte after the reference."""
        origin, time = self._arrived
        return time + max(0, start - origin)

    def placed(self, events: list[Event]) -> list[Event]:
        """The same with their offsets counted in the input, not in the window."""
        if not self._skips:
            return events
        return [event._replace(offset=self.offset(event.offset)) for event in events]

    def offset(self, start: int) -> int:
        """Where a place in the window is in the input."""
        skipped = 0
        for place, total in self._skips:
            if start < place:
                break
            skipped = total
        return start + skipped

    def _read_head(self) -> None:
        """Find the first line that tells a time among those that start in the first bytes."""
        window = self._window
        if self.is_timed(window.end) or self._head_read > self._head_end:
            return
        while self._head_read < window.end and self._head_read <= self._head_end:
            row = window.physical(self._head_read)
            self._head_read = row.end + 1
            if row.time is not None:
                self._first_stamp = row.start
                break

    def is_timed(self, start: int) -> bool:
        """Whether the input is one whose lines tell times, as far as lines before `start` show."""
        if self._mode in _TIMED_MODES:
            return True
        return self._first_stamp is not None and self._first_stamp < start


def _apart(first: Row, second: Row) -> int:
    """Nanoseconds between two lines; a zone that only one of them tells does not part them."""
    between = abs((second.time or 0) - (first.time or 0))
    if first.line and second.line and first.line.assumed != second.line.assumed:
        return min(between % _QUARTER, -between % _QUARTER)
    return between


def step_between(first: int, second: int) -> int:
    """The time (ns) that may lie between two lines of one record; some envelopes tell only seconds,
    which a logger's header within them makes exact for the first line alone."""
    return STEP if first % NS and second % NS else STEP + NS
