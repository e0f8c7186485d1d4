"""The scanner: from blocks of bytes to events, touching only lines with a needle in them."""

from dataclasses import dataclass, field

from whyreset.ingest.continuation import SUSPECT, continues
from whyreset.ingest.envelopes import JSON_MODES, ORDERED_MODES, Peeler
from whyreset.ingest.lines import (
    REACH_BYTES,
    REACH_LINES,
    STEP,
    NeedMoreError,
    Row,
    Window,
    cri_time,
)
from whyreset.ingest.matching import TIMEOUT, Extractor
from whyreset.ingest.needles import Hits, Needles
from whyreset.ingest.stamps import Clock
from whyreset.ingest.trial import SHORT, Trial
from whyreset.model.event import Event
from whyreset.model.record import Record, Source

_FULL = frozenset({b" stdout F ", b" stderr F "})
_PARTIAL = (b" stdout P ", b" stderr P ")
_HEAD = 64 << 10
_EDGE_LINES = 64
_PARTIAL_OF = {b" stdout F ": b" stdout P ", b" stderr F ": b" stderr P "}
_NEAR = (2 << 10, 16 << 10, 64 << 10)  # bytes in which the stream's next line is looked for
_TIMED_MODES = frozenset({"cri", "docker", "timestamps", "syslog"})
"""Layouts in which every line has a time; elsewhere a line without one may be all there is."""


@dataclass(slots=True)
class Batch:
    """What one block gave.

    low, high  times (ns) of the first and the last stamped line; no event of a later batch is
               held back from before `high`, except where the input itself is out of order
    timeless   records whose place in time nothing tells
    unreadable lines with a match whose time nothing told; `cut` lines longer than the limit
    sources    per source the first and the last time seen (only of records, where lines of
               several sources are mixed)
    """

    events: list[Event] = field(default_factory=list)
    low: int | None = None
    high: int | None = None
    lines: int = 0
    unreadable: int = 0
    timeless: int = 0
    cut: int = 0
    bytes: int = 0
    sources: dict[Source, tuple[int, int]] = field(default_factory=dict)


class BlockScanner:
    """Finds the events of one input; equal bytes give equal events, however they are cut."""

    def __init__(
        self, extractor: Extractor, source: Source, clock: Clock, mode: str = "plain"
    ) -> None:
        self.ordered = mode in ORDERED_MODES
        self._extractor = extractor
        self._source = source
        self._clock = clock
        self._mode = mode
        self._window = Window(Peeler(source, clock, mode))
        only = source if mode == "cri" else None
        escaped = mode in JSON_MODES
        self._needles = extractor.needles(only, extra=_triggers(mode), escaped=escaped)
        self._narrow = self._needles
        if extractor.is_narrow and mode == "cri":
            before = (b" F ", b'"')
            self._narrow = extractor.needles(only, extra=_triggers(mode), before=before)
        self._every_line = extractor.reads_every_line(only)
        self._done = 0  # offset up to which lines have been looked at
        self._claimed: set[int] = set()  # starts of the lines of records that were matched
        self._passed: set[int] = set()  # of joined lines in which there was nothing
        self._first_stamp: int | None = None  # offset of the first line that tells a time
        self._head_read = 0
        self._looked: dict[str, tuple[int, int, int | None]] = {}
        self._skips: list[tuple[int, int]] = []
        self._arrived = (0, clock.changed or clock.reference)

    def feed(self, block: bytes, *, last: bool = False, skipped: int = 0) -> Batch:
        """The events of the next whole lines (`last`: the final line may lack its newline).

        `skipped` bytes of the input after this block were left out (an overlong line).
        """
        window = self._window
        batch = Batch(lines=block.count(b"\n"), bytes=len(block) + skipped)
        batch.lines += bool(last and block and not block.endswith(b"\n"))
        if self._clock.arrival is not None:
            self._arrived = (window.end, self._clock.arrival())
        window.slide(self._done - REACH_BYTES, block)
        if self._claimed or self._passed:
            self._claimed = {start for start in self._claimed if start >= window.base}
            self._passed = {start for start in self._passed if start >= window.base}
        if skipped:
            place, total = self._skips[-1] if self._skips else (-1, 0)
            if place == window.end:
                self._skips.pop()
            self._skips.append((window.end, total + skipped))
        self._read_head()
        self._advance(batch, last)
        return batch

    def settle(self) -> Batch:
        """The events that wait for further lines of their record, when none will come soon."""
        batch = Batch()
        self._advance(batch, last=True)
        return batch

    def _advance(self, batch: Batch, last: bool) -> None:
        window, start = self._window, self._done
        window.final, window.cut = last, 0
        self._done = window.end
        try:
            # The head shows which kinds the source has at all; further on only what rules can use.
            head = start
            if start < _HEAD:
                newline = window.data.find(b"\n", _HEAD - 1 - window.base)
                head = window.end if newline < 0 else newline + 1 + window.base
                self._scan(start, head, self._needles, batch)
            if head < window.end:
                self._scan(head, window.end, self._narrow, batch)
        except NeedMoreError as stop:
            self._done = stop.args[0]
        batch.cut += window.cut
        self._edges(start, batch)

    def _scan(self, start: int, end: int, needles: Needles, batch: Batch) -> None:
        """Visit each line with a hit once, in order; NeedMoreError(offset) where data end."""
        window = self._window
        data, base, size = window.data, window.base, len(window.data)
        hits = self._hits(start - base, end - base, needles)
        source, give, events = self._source, self._extractor.events, batch.events
        rfind, find, suspect, claimed = data.rfind, data.find, SUSPECT.match, self._claimed
        passed = self._passed
        short = self._mode == "cri"
        line_end, count, index = -1, len(hits), 0
        trials: dict[int, Trial | None] = {}
        while index < count:
            place, mask = hits[index]
            index += 1
            line_start = rfind(b"\n", 0, place) + 1 if place else 0
            line_end = find(b"\n", place)
            if line_end < 0:
                line_end = size
            while index < count and hits[index][0] < line_end:
                mask |= hits[index][1]
                index += 1
            if (claimed and base + line_start in claimed) or (
                passed and base + line_start in passed
            ):
                continue
            # The usual case in few steps: a full CRI line between two that begin records.
            space = find(b" ", line_start, line_end)
            head = data[space : space + 10]
            if short and head in _FULL and not suspect(data, space + 10, line_end):
                try:
                    time = cri_time(data, line_start, space)
                    alone = self._is_alone(line_end, head, time)
                except (ValueError, UnicodeError):
                    alone = False
                text = data[space + 10 : line_end].decode("utf-8", "replace") if alone else "\x1b"
                if "\x1b" not in text:
                    if mask not in trials:
                        trials[mask] = self._extractor.only_trial(needles, mask)
                    trial = trials[mask]
                    if trial is not None and len(text) <= SHORT:
                        fields = trial.search(text, TIMEOUT)
                        if fields is not None and len(fields) >= trial.size:
                            matcher, kind = trial.matcher, trial.definition.kind
                            offset = base + line_start
                            events.append(
                                Event(time, source, offset, kind, fields, text, matcher.by)
                            )
                            continue
                    events += give(
                        time, source, base + line_start, text.removesuffix("\r"), needles, mask
                    )
                    continue
            try:
                self._visit(base + line_start, mask, batch)
            except NeedMoreError:
                raise NeedMoreError(base + line_start) from None

    def _is_alone(self, line_end: int, head: bytes, time: int) -> bool:
        """Whether the next CRI line of the stream surely begins a record; ValueError if odd.

        False means only that the long way must decide.
        """
        data = self._window.data
        start = line_end + 1
        for reach in _NEAR:
            near = data.find(head, start, start + reach)
            if near >= 0:
                begins = data.rfind(b"\n", line_end, near) + 1
                return (
                    20 <= near - begins <= 35
                    and data.find(_PARTIAL_OF[head], line_end, near) < 0
                    and not SUSPECT.match(data, near + 10, near + 600)
                )
            begins = data.find(b"\n", start + reach) + 1
            space = data.find(b" ", begins, begins + 40)
            if not begins or space < 0 or data.find(_PARTIAL_OF[head], line_end, begins) >= 0:
                return False
            if cri_time(data, begins, space) - time > STEP:
                return True
        return False

    def _visit(self, start: int, mask: int, batch: Batch) -> None:
        """A line with a hit, the long way: joined, widened to its record, matched."""
        window = self._window
        row = window.logical(start)
        if len(row.pieces) > 1 or self._mode in JSON_MODES or self._narrow is not self._needles:
            mask = self._needles.mask_of(row.content)
        if not self._every_line and not self._needles.concerns(mask):
            self._passed.update(row.pieces)
            return
        rows = self._widen(row)
        text = "\n".join(each.text for each in rows)
        if len(rows) > 1:
            mask = self._needles.mask_of(text.encode("utf-8", "replace"))
        for each in rows:
            self._claimed.update(each.pieces)
        record = self._record(rows[0], text)
        if record is None:
            batch.unreadable += 1
            return
        batch.timeless += record.time_from == "arrival"
        _seen(batch, record.source, record.time, record.time)
        batch.events += self._extractor.events(
            record.time, record.source, record.offset, text, self._needles, mask
        )

    def _widen(self, row: Row) -> list[Row]:
        """The lines of the record around a line: back to its first, on to its last."""
        window, floor = self._window, row.start - REACH_BYTES
        rows = [row]
        while len(rows) < REACH_LINES and SUSPECT.match(rows[-1].content):
            previous = window.before(rows[-1], floor)
            if previous is None or previous.start in self._claimed:
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
        return rows

    def _goes_on(self, previous: Row, row: Row, floor: int) -> bool:
        if (
            previous.time is not None
            and row.time is not None
            and abs(row.time - previous.time) > STEP
        ):
            return False

        def before(steps: int) -> bytes | None:
            if steps == 1:
                return previous.content
            found = self._window.before(previous, floor)
            return found.content if found else None

        return continues(row.content, before)

    def _record(self, row: Row, text: str) -> Record | None:
        line, offset = row.line, self._offset(row.start)
        source = line.source if line else self._source
        time, time_from = row.time, line.time_from if line else "envelope"
        if time is None:
            time = self._inherited(row)
            if time is None:
                if self._is_timed(row.start):
                    return None
                time, time_from = self._arrival(row.start), "arrival"
        return Record(
            time, source, offset, text, line.stream if line else row.channel,
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

    def _arrival(self, start: int) -> int:
        """Lines that tell no time come one nanosecond a byte after the reference."""
        origin, time = self._arrived
        return time + max(0, start - origin)

    def _offset(self, start: int) -> int:
        skipped = 0
        for place, total in self._skips:
            if start < place:
                break
            skipped = total
        return start + skipped

    def _hits(self, start: int, end: int, needles: Needles) -> Hits:
        """Places of interest between two places of the data (which are line borders)."""
        data = self._window.data
        hits = needles.hits(data, start, end)
        if self._every_line:
            return _merge(hits, _line_starts(data, start, end))
        if self._mode == "docker":
            ends = data.count(b'\\n","', start, end)
            if ends < data.count(b"\n", start, end):  # some line holds a partial text
                starts = _line_starts(data, start, end)
                return _merge(hits, [at for at in starts if not _ends(data, at)])
        return hits

    def _read_head(self) -> None:
        """Find the first line that tells a time among those that start in the first bytes."""
        window = self._window
        if self._is_timed(window.end) or self._head_read > REACH_BYTES:
            return
        while self._head_read < window.end and self._head_read <= REACH_BYTES:
            row = window.physical(self._head_read)
            self._head_read = row.end + 1
            if row.time is not None:
                self._first_stamp = row.start
                break

    def _is_timed(self, start: int) -> bool:
        """Whether the input is one whose lines tell times, as far as lines before `start` show."""
        if self._mode in _TIMED_MODES:
            return True
        return self._first_stamp is not None and self._first_stamp < start

    def _edges(self, start: int, batch: Batch) -> None:
        """Times of the first and the last stamped line between `start` and what is done."""
        window = self._window
        if start >= self._done:
            return
        at = start
        for _ in range(_EDGE_LINES):
            row = window.physical(at)
            batch.low, at = row.time, row.end + 1
            if batch.low is not None or at >= self._done:
                break
        at = self._done
        for _ in range(_EDGE_LINES):
            at = window.start_of(at - 1)
            batch.high = window.physical(at).time
            if batch.high is not None or at <= start:
                break
        if batch.low is None and not self._is_timed(start):
            batch.low, batch.high = self._arrival(start), self._arrival(self._done)
        if self.ordered and batch.low is not None and batch.high is not None:
            _seen(batch, self._source, batch.low, batch.high)


def _triggers(mode: str) -> tuple[bytes, ...]:
    """What marks a line that must be read though no literal may show in it."""
    if mode == "docker":
        return ()
    if mode == "json":  # Fluent Bit's partial mark; journald's message as a list of bytes
        return (b'"P"', b'"MESSAGE":[', b'"MESSAGE" : [')
    return _PARTIAL


def _seen(batch: Batch, source: Source, low: int, high: int) -> None:
    known = batch.sources.get(source)
    if known is None:
        batch.sources[source] = (min(low, high), max(low, high))
    else:
        batch.sources[source] = (min(known[0], low, high), max(known[1], low, high))


def _line_starts(data: bytes, start: int, end: int) -> list[int]:
    starts = []
    while start < end:
        starts.append(start)
        start = data.find(b"\n", start, end) + 1 or end
    return starts


def _ends(data: bytes, start: int) -> bool:
    """Whether the text in a docker line ends in a newline."""
    end = data.find(b"\n", start)
    return data.find(b'\\n","', start, end if end >= 0 else len(data)) >= 0


def _merge(hits: Hits, starts: list[int]) -> Hits:
    return sorted([*hits, *((start, 0) for start in starts)])
