"""The filter: lines of records in, the same lines out, with a mark on those that tell of resets.

A record without a hit is not decoded: it leaves as the bytes as which it came.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from whyreset.ingest.matching import Extractor
from whyreset.ingest.needles import Needles
from whyreset.model.event import Event
from whyreset.model.record import Record, Source
from whyreset.run.labeller import Found, Labeller, Mark
from whyreset.run.reading import Reader
from whyreset.run.records import (
    Around,
    Counts,
    Form,
    Lines,
    Regular,
    Whole,
    is_cut,
    pair,
    shortened,
)
from whyreset.run.shapes import in_utf8, object_of, with_members

_PORTION = 1 << 20
"""Bytes after which what waited is given out, so that it is not in memory twice."""
_BACKLOG, _WARM = 32 << 10, 4 << 20
"""Bytes in one read that tell of a backlog: the needles may then make ready for many bytes."""
_UNREADABLE = (ValueError, TypeError, KeyError, RecursionError)
"""What a record can be too odd for: it passes as it is, and must not end the pipeline."""


class Hold(NamedTuple):
    """How long (seconds) a reset may wait for its final label, and how much may wait with it."""

    seconds: float = 0.0
    records: int = 100_000
    size: int = 32 << 20


class Line(NamedTuple):
    """A reset's line on its way: its number and time, and the event that was read from it."""

    number: int
    time: int
    record: bytes
    around: Around | None
    reset: Event


@dataclass(slots=True)
class _Waiting:
    line: Line
    until: float
    mark: Mark


@dataclass(slots=True)
class Queue:
    """What waits behind a held reset, in its order; plain bytes are lines that need nothing."""

    items: deque[bytes | _Waiting] = field(default_factory=deque)
    records: int = 0
    size: int = 0

    def push(self, item: bytes | _Waiting) -> None:
        """Put behind the others."""
        self.items.append(item)
        self._count(item, 1)

    def pop(self) -> None:
        """Take the first away."""
        self._count(self.items.popleft(), -1)

    def _count(self, item: bytes | _Waiting, sign: int) -> None:
        data = item if isinstance(item, bytes) else item.line.record
        self.size += sign * len(data)
        self.records += sign * (data.count(b"\n") if isinstance(item, bytes) else 1)


class Filter:
    """Feed it what was read; it returns what is to be written, and `release` the rest of it."""

    def __init__(
        self, extractor: Extractor, labeller: Labeller, reader: Reader, form: Form, hold: Hold
    ) -> None:
        self.counts = Counts()
        self._extractor = extractor
        self._needles: Needles = extractor.needles(escaped=True)
        self._every_line = extractor.reads_every_line()
        self.labeller = labeller
        self._reader = reader
        self._form = form
        self._hold = hold
        self._lines = Lines()
        self._regular = Regular(self.counts, form, reader.keys)
        self._serial = 0
        self._is_warm = False
        self._queue = Queue()

    @property
    def within_a_line(self) -> bool:
        """Whether more bytes belong to the last line."""
        return self._lines.within

    @property
    def due(self) -> float | None:
        """When (monotonic seconds) the first held record is to be let go; None if none is held."""
        first = self._queue.items[0] if self._queue.items else None
        return first.until if isinstance(first, _Waiting) else None

    def feed(self, data: bytes, now: float) -> bytes:
        """Take bytes as they come; `now` is in monotonic seconds."""
        if len(data) >= _BACKLOG and not self._is_warm:
            self._is_warm = True
            self._needles.hits(b"", 0, _WARM)
        out = b"".join([self._pass(whole, now) for whole in self._lines.feed(data)])
        return out + self.release(now) if self._hold.seconds else out

    def finish(self, now: float) -> bytes:
        """The input has ended: nothing need wait any longer."""
        out = b"".join([self._pass(whole, now) for whole in self._lines.rest()])
        self.labeller.finish()
        return out + self.release(math.inf)

    def release(self, now: float) -> bytes:
        """What need not wait any longer, in portions; empty when there is no more of it."""
        queue, hold, out, size = self._queue, self._hold, [], 0
        self._refresh(now)
        while queue.items and size < _PORTION:
            item = queue.items[0]
            if isinstance(item, bytes):
                out.append(item)
            else:
                number = item.line.number
                final = self.labeller.finals.pop(number, None)
                full = queue.records > hold.records or queue.size > hold.size
                if final is None and now < item.until and not full:
                    break
                self.labeller.held.discard(number)
                out.append(self._marked(item.line, final or item.mark))
            queue.pop()
            size += len(out[-1])
        return b"".join(out)

    def _refresh(self, now: float) -> None:
        """Look once more at resets whose time is up, before they go."""
        due: list[_Waiting] = []
        for item in self._queue.items:
            if isinstance(item, _Waiting):
                if item.until > now:
                    break  # those behind it came later
                if item.line.number not in self.labeller.finals:
                    due.append(item)
        if due:
            marks = self.labeller.again([item.line.reset for item in due])
            for item in due:
                item.mark = marks.get(item.line.number, item.mark)

    def _pass(self, whole: Whole, now: float) -> bytes:
        block, around = self._regular.block(whole)
        found, lines = self._examine(block, around)
        seen = self._seen(block, around) if self.labeller.wants_time else []
        marks = self.labeller.take(found, seen)
        out: list[bytes] = []
        at = 0
        for start, end, line in lines:
            self._put(out, self._plain(block, at, start, around))
            at = end
            if isinstance(line, bytes):
                self._put(out, line)
            elif line.number in marks:
                self._mark(out, line, marks[line.number], now)
        self._put(out, self._plain(block, at, len(block), around))
        return b"".join(out)

    def _mark(self, out: list[bytes], line: Line, mark: Mark, now: float) -> None:
        self.counts.resets += 1
        if not self._hold.seconds:
            out.append(self._marked(line, mark))
            return
        self.labeller.held.add(line.number)
        self._queue.push(_Waiting(line, now + self._hold.seconds, mark))

    def _put(self, out: list[bytes], lines: bytes) -> None:
        if lines and self._queue.items:
            self._queue.push(lines)
        elif lines:
            out.append(lines)

    def _marked(self, line: Line, mark: Mark) -> bytes:
        if mark.label in self._form.drop:
            self.counts.dropped += 1
            return b""
        form = self._form
        members = mark.members(form.key, flat=form.flat)
        record = with_members(line.record, members)
        if len(record) > form.limit:
            self.counts.cut += not is_cut(line.record)
            short = shortened(line.record, form.limit - len(members) - 32)
            record = with_members(short, members)
        return (pair(record, line.time, line.around) if form.pairs else record) + b"\n"

    def _examine(
        self, block: bytes, around: dict[int, Around]
    ) -> tuple[list[Found], list[tuple[int, int, Line | bytes]]]:
        """The records with hits, and the places (start, end) of lines that do not just pass."""
        found: list[Found] = []
        lines: list[tuple[int, int, Line | bytes]] = []
        for start, mask in self._hit(block):
            end = block.index(b"\n", start)
            raw = block[start:end]
            each, instead = self._read(raw, around.get(start), mask)
            reset = each.reset if each is not None else None
            if each is not None:
                found.append(each)
            if each is not None and reset is not None:
                number, time = each.record.offset, each.record.time
                marked = instead or (raw if raw.isascii() else in_utf8(raw))
                line = Line(number, time, marked, around.get(start), reset)
                lines.append((start, end + 1, line))
            elif instead is not None:
                lines.append((start, end + 1, instead + b"\n" if instead else b""))
        return found, lines

    def _hit(self, block: bytes) -> list[tuple[int, int]]:
        """Start and needles of the lines with a needle in them."""
        if self._every_line:
            starts, at = [], 0
            while at < len(block):
                starts.append(at)
                at = block.index(b"\n", at) + 1
            return [(at, -1) for at in starts]
        masks: dict[int, int] = {}
        rfind = block.rfind
        for bit, places in self._needles.hits(block, 0, len(block)).items():
            for place in places:
                start = rfind(b"\n", 0, place) + 1
                masks[start] = masks.get(start, 0) | 1 << bit
        return sorted(masks.items())

    def _read(
        self, raw: bytes, around: Around | None, mask: int
    ) -> tuple[Found | None, bytes | None]:
        """A record with its events, if it has any, and the line that takes its place, if any."""
        self._serial += 1
        instead: bytes | None = None
        try:
            known = object_of(raw)
            if known is None:
                raw = in_utf8(raw)
                known = object_of(raw)
            if known is None:
                instead = self._regular.broken(raw)
                around = Around(raw=raw)
                if not instead:
                    return None, b""
            record = self._record(raw, known, around, self._serial)
            if mask < 0:
                mask = self._needles.mask_of(raw)
            events: Sequence[Event] = self._extractor.events(
                record.time, record.source, record.offset, record.text, self._needles, mask
            )
        except _UNREADABLE:
            self.counts.failed += 1
            return None, instead
        key = self._form.key
        if events and known is not None and (key in known or f"{key}_label" in known):
            self.counts.taken += 1  # labelled before, or a key of the record's own
            return None, None
        return Found(record, self.labeller.told(events)) if events else None, instead

    def _record(
        self, raw: bytes, known: dict[str, Any] | None, around: Around | None, number: int
    ) -> Record:
        if around is not None and around.raw is not None:
            return self._reader.line(around.raw, number)
        time, tag = (around.time, around.tag) if around is not None else (None, None)
        return self._reader.read(raw, known or {}, number, time, tag)

    def _seen(self, block: bytes, around: dict[int, Around]) -> list[tuple[Source, int]]:
        """Who printed the last record of a block, and when: time goes on without events."""
        start = block.rfind(b"\n", 0, len(block) - 1) + 1
        record = self._glanced(block[start:-1], around.get(start))
        if record is None or record.time_from == "arrival":
            return []
        return [(record.source, record.time)]

    def _glanced(self, raw: bytes, around: Around | None) -> Record | None:
        """The record of a line that passes; None where it cannot be read."""
        try:
            known = object_of(raw)
            return self._record(raw, known, around, 0) if known is not None else None
        except _UNREADABLE:
            return None

    def _plain(self, block: bytes, start: int, end: int, around: dict[int, Around]) -> bytes:
        """Lines that pass as they are."""
        if not self._form.pairs or start == end:
            return block[start:end] if (start, end) != (0, len(block)) else block
        out = []
        while start < end:
            stop = block.index(b"\n", start)
            raw, outside = block[start:stop], around.get(start)
            time = 0
            if outside is None or outside.time is None:
                record = self._glanced(raw, None)
                time = record.time if record is not None else 0
            out.append(pair(raw, time, outside) + b"\n")
            start = stop + 1
        return b"".join(out)
