"""The scanner: from blocks of bytes to events, touching only lines with a needle in them."""

from itertools import chain
from operator import attrgetter

from whyreset.ingest.batches import Batch
from whyreset.ingest.columns import Columns, Rows
from whyreset.ingest.envelopes import JSON_MODES, ORDERED_MODES, Peeler
from whyreset.ingest.head import HEAD_BYTES, Head
from whyreset.ingest.lines import (
    REACH_BYTES,
    Buffer,
    NeedMoreError,
    Row,
    Window,
    line_starts,
    starts_before,
)
from whyreset.ingest.matching import Extractor
from whyreset.ingest.needles import Needles
from whyreset.ingest.records import Records
from whyreset.ingest.sieve import Sieve
from whyreset.ingest.stamps import Clock
from whyreset.ingest.trial import SHORT
from whyreset.model.event import Event
from whyreset.model.record import Source

_offset = attrgetter("offset")
_EDGE_LINES = 64
_STEP = 4 << 10
"""Bytes of a stream of several sources of which one line is looked at for its source."""
_COUNTED, _SAMPLE = 4 << 20, 16 << 10
"""Behind so many bytes of an input, the lines are counted of so many bytes of a block only: to
count them all would take a third of the time of a log without resets, of each eighth block 3 %."""


class BlockScanner:
    """Finds the events of one input, from `base` on; equal bytes give equal events, however they
    are cut."""

    def __init__(
        self,
        extractor: Extractor,
        source: Source,
        clock: Clock,
        mode: str = "plain",
        base: int = 0,
    ) -> None:
        self.ordered = mode in ORDERED_MODES
        self._extractor = extractor
        self.source = source
        self._clock = clock
        self.mode = mode
        self._window = Window(Peeler(source, clock, mode), base)
        self._records = Records(self._window, source, clock, mode)
        self._columns = Columns(extractor, source)
        self._gathered: dict[tuple[Source, Needles, int], Rows] = {}
        self._head = Head(extractor, source, mode)
        self._head_end = HEAD_BYTES
        self._needles = self._head.needles
        self._narrow: Needles | None = None  # known when the head has been read
        self._sieve: Sieve | None = None
        self._every_line = extractor.reads_every_line(source if mode == "cri" else None)
        self._done = base  # offset up to which lines have been looked at
        self._passed: set[int] = set()  # starts of joined lines in which there was nothing

    @property
    def is_narrow(self) -> bool:
        """Whether only what rules can use is searched for now."""
        return self._narrow is not None and self._narrow is not self._needles

    @property
    def is_timed(self) -> bool:
        """Whether the lines tell times, as far as is known."""
        return self._records.is_timed(self._window.end)

    def again(
        self, extractor: Extractor, base: int, peers: tuple[bytes, ...] | None
    ) -> "BlockScanner":
        """What finds other events in the same input, from `base` on: those of these peers, or
        (None) all that the extractor can find. Its head was read, and shows nothing more."""
        scanner = BlockScanner(extractor, self.source, self._clock, self.mode, base)
        scanner._head, scanner._head_end = self._head, 0
        scanner._narrow = scanner._needles
        if peers is not None:
            scanner._narrow = self._head.narrowed(extractor)
            scanner._narrow.seek(peers)
        return scanner

    def anew(self, extractor: Extractor) -> "BlockScanner":
        """What finds other events in the same input, of which it knows nothing yet."""
        return BlockScanner(extractor, self.source, self._clock, self.mode)

    def may_find(self, lines: bytes) -> bool:
        """Whether any of these lines would be read in the head of an input."""
        is_cut = self.mode == "docker" and lines.count(b'\\n","') < lines.count(b"\n")
        ends = min(len(lines), _SAMPLE), len(lines)  # where there are any, the first lines show it
        hits = (self._needles.hits(lines, 0, end) for end in ends)
        return is_cut or self._every_line or any(hits)

    def feed(self, *parts: Buffer, last: bool = False, skipped: int = 0) -> Batch:
        """The events of the next whole lines (`last`: the final line may lack its newline).

        The lines may come in several parts, which are put together here. `skipped` bytes of the
        input after them were left out (an overlong line).
        """
        size = sum(map(len, parts))
        batch = Batch(size + skipped)
        self._records.slide(self._done - REACH_BYTES, *parts)
        self._count(batch, size, last)
        if self._passed:
            self._passed = {start for start in self._passed if start >= self._window.base}
        if skipped:
            self._records.skip(skipped)
        self._advance(batch, last)
        # of many inputs only the ends are kept, of those that ended nothing
        self._window.slide(self._window.end if last else self._done - REACH_BYTES)
        return batch

    def _count(self, batch: Batch, size: int, last: bool) -> None:
        """Count the last bytes' lines; in a long input only those amid them, since what begins
        with a line has half a line less than its share."""
        window = self._window
        if size > 2 * _SAMPLE and window.end > _COUNTED:
            middle = len(window.data) - size // 2
            found = window.data.count(b"\n", middle, middle + _SAMPLE)
            batch.lines, batch.is_estimated = found * size // _SAMPLE, True
            return
        batch.lines = window.data.count(b"\n", len(window.data) - size)
        batch.lines += bool(last and size and not window.data.endswith(b"\n"))

    def recent(self) -> tuple[bytes, int]:
        """The last lines that were fed, as far as they are kept, and how many of their bytes (at
        the end) wait for more."""
        window, waiting = self._window, self._window.end - self._done
        data = window.data[-(waiting + REACH_BYTES) :]
        if len(data) < len(window.data):
            data = data[data.find(b"\n") + 1 :]
        return data, waiting

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
            head = start
            if start < self._head_end:
                newline = window.data.find(b"\n", self._head_end - 1 - window.base)
                head = window.end if newline < 0 else newline + 1 + window.base
                self._scan(start, head, self._needles, batch)
                self._learn(start, head, batch)
            if head < window.end:
                if self._narrow is None:
                    self._narrow = self._head.narrowed()
                    self._sieve = self._head.sieve(self._narrow)
                self._scan(head, window.end, self._narrow, batch)
        except NeedMoreError as stop:
            self._done = stop.args[0]
            if start < self._head_end:
                self._learn(start, min(self._done, head), batch)
        batch.cut += window.cut
        self._edges(start, batch)

    def _learn(self, start: int, end: int, batch: Batch) -> None:
        self._head.learn(self._window.data, self._window.base, start, end, batch.events)

    def _scan(self, start: int, end: int, needles: Needles, batch: Batch) -> None:
        """Read each line with a hit once; NeedMoreError(offset) where data end."""
        lines = self._lines_hit(start, end, needles)
        if not lines:
            return
        data, base = self._window.data, self._window.base
        events: list[Event] = []
        rest: list[tuple[int, int]] = []
        if self.mode == "cri":
            partials = end < self._window.end or any(map(needles.has_mark, lines))
            for mask, starts in lines.items():
                read, left = self._columns.read(data, base, starts, needles, mask, partials)
                events += read
                rest += [(at, mask) for at in left]
        else:
            rest = [(at, mask) for mask, starts in lines.items() for at in starts]
        stop = self._visit_all(sorted(rest), needles, batch)
        taken = self._records.claimed | self._passed
        if taken or stop is not None:
            events = [
                event
                for event in events
                if event.offset not in taken and (stop is None or event.offset < stop)
            ]
        batch.events += self._records.placed(events)
        if stop is not None:
            raise NeedMoreError(stop)

    def _lines_hit(self, start: int, end: int, needles: Needles) -> dict[int, list[int]]:
        """Per mask of needles the starts (in the data) of the lines that have just these."""
        data, base = self._window.data, self._window.base
        start, end = start - base, end - base
        found = [
            (1 << number, starts_before(data, places))
            for number, places in needles.hits(data, start, end).items()
        ]
        found += self._other_lines(start, end)
        masks: dict[int, int] = dict.fromkeys(chain.from_iterable(starts for _, starts in found), 0)
        if len(masks) == sum(len(starts) for _, starts in found):  # no line has two needles
            return dict(found)
        for bit, starts in found:
            for at in starts:
                masks[at] |= bit
        lines: dict[int, list[int]] = {}
        for at in sorted(masks):
            lines.setdefault(masks[at], []).append(at)
        return lines

    def _other_lines(self, start: int, end: int) -> list[tuple[int, list[int]]]:
        """Lines to be visited whatever is in them."""
        data = self._window.data
        if self._every_line:
            return [(0, line_starts(data, start, end))]
        if self.mode == "docker":
            ends = data.count(b'\\n","', start, end)
            if ends < data.count(b"\n", start, end):  # some line holds a partial text
                starts = line_starts(data, start, end)
                return [(0, [at for at in starts if not _ends(data, at)])]
        return []

    def _visit_all(
        self, lines: list[tuple[int, int]], needles: Needles, batch: Batch
    ) -> int | None:
        """Visit lines (start, mask) in their order; where data end, the offset of that line."""
        data, base, stop, sieve = self._window.data, self._window.base, None, self._sieve
        # A line may be of a form of which few are asked for: then it is of no other.
        also = needles.peers_bit if sieve is not None else 0
        found: list[Event] = []
        for at, mask in lines:
            start = base + at
            if start in self._records.claimed or start in self._passed:
                continue
            if sieve is not None and (look := sieve.look_of(data, at, mask)) is not None:
                if sieve.waits(look):
                    found += self._read_gathered()
                    sieve.learn(found)
                if not sieve.admits(look, self._records.offset(start)):
                    continue
            try:
                found += self._visit(start, needles, mask | also, batch)
            except NeedMoreError:
                stop = start
                break
        found += self._read_gathered()
        if sieve is not None:
            sieve.learn(found, None if stop is None else self._records.offset(stop))
        batch.events += sorted(found, key=_offset)
        return stop

    def _read_gathered(self) -> list[Event]:
        found: list[Event] = []
        for (_, sought, mask), rows in self._gathered.items():
            found += self._columns.events(rows, sought, mask)
        self._gathered.clear()
        return found

    def _visit(self, start: int, needles: Needles, mask: int, batch: Batch) -> list[Event]:
        """A line with a hit, the long way: joined, widened to its record. What is long is matched
        by itself; the others wait for what has the same needles."""
        row = self._window.logical(start)
        if len(row.pieces) > 1 or self.mode in JSON_MODES or not self._has(row):
            needles, mask = self._needles, self._needles.mask_of(row.content)
        if not self._every_line and not needles.concerns(mask):
            self._passed.update(row.pieces)
            return []
        rows = self._records.widen(row)
        text = "\n".join(each.text for each in rows)
        if len(rows) > 1:
            needles, mask = self._needles, self._needles.mask_of(text.encode("utf-8", "replace"))
        record = self._records.record(rows[0], text)
        if record is None:
            batch.unreadable += 1
            return []
        batch.timeless += record.time_from == "arrival"
        batch.see(record.source, record.time, record.time)
        source, time, offset = record.source, record.time, record.offset
        if len(text) > SHORT:
            return self._extractor.events(time, source, offset, text, needles, mask)
        alike = self._gathered.get((source, needles, mask))
        if alike is None:
            alike = self._gathered[source, needles, mask] = Rows(source, [], [], [])
        alike.times.append(time)
        alike.offsets.append(offset)
        alike.texts.append(text)
        return []

    def _has(self, row: Row) -> bool:
        """Whether the content stands in its line as it is: then the line shows its literals."""
        base = self._window.base
        return self._window.data.find(row.content, row.start - base, row.end - base) >= 0

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
        if batch.low is None and not self._records.is_timed(start):
            batch.low = self._records.arrival(start)
            batch.high = self._records.arrival(self._done)
        if self.ordered and batch.low is not None and batch.high is not None:
            batch.see(self.source, batch.low, batch.high)
        if self._sieve is not None:
            self._see_sources(start, batch)

    def _see_sources(self, start: int, batch: Batch) -> None:
        """Whose lines there are, read or not: by some of those from `start` on."""
        for place in range(-(-start // _STEP) * _STEP, self._done, _STEP):
            row = self._window.physical(self._window.start_of(place))
            if row.line is not None and row.time is not None:
                batch.see(row.line.source, row.time, row.time)


def _ends(data: bytes, start: int) -> bool:
    """Whether the text in a docker line ends in a newline."""
    end = data.find(b"\n", start)
    return data.find(b'\\n","', start, end if end >= 0 else len(data)) >= 0
