"""Lines of a window of bytes: physical ones, and partial ones joined per stream."""

import re
from typing import NamedTuple

from whyreset.ingest.envelopes import JSON_MODES, Line, Peeler
from whyreset.ingest.stamps import POWERS, SECONDS
from whyreset.ingest.syslog import may_be_tagged, untagged
from whyreset.model.record import Source

REACH_BYTES = 64 << 10
REACH_LINES = 256
STEP = 200_000_000  # ns between two lines of one record
JOINED_LIMIT = 1 << 20  # bytes of one joined line
_JOINED_REACH = 2 << 20  # bytes of file that its pieces may lie apart

_CRI_HEADS = {
    b" stdout F ": ("stdout", False), b" stderr F ": ("stderr", False),
    b" stdout P ": ("stdout", True), b" stderr P ": ("stderr", True),
}  # fmt: skip
Buffer = bytes | memoryview

_STAMP = 30  # bytes of a CRI stamp in UTC with nanoseconds

_ANSI = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]")


class NeedMoreError(Exception):
    """The data end before it can be told where a record ends."""


class Row(NamedTuple):
    """A line: where it starts and ends (offsets from the start of the input), what it says.

    content  without envelopes; `pieces` are the starts of the physical lines joined in it
    line     all that a peeled line says; None for CRI lines, whose source is the input's
    """

    start: int
    end: int
    time: int | None
    channel: str
    content: bytes
    partial: bool
    line: Line | None
    pieces: tuple[int, ...]

    @property
    def text(self) -> str:
        """The content, decoded."""
        if self.line is not None and not self.pieces[1:]:
            return self.line.text
        return self.content.decode("utf-8", "replace")


def cri_time(data: bytes, start: int, space: int) -> int:
    """The time (ns) of a CRI line's stamp in UTC that ends at `space`; ValueError if odd."""
    whole = SECONDS[data[start : start + 19]]
    if data[space - 1] != 90:  # Z
        raise ValueError("another offset")
    if space - start <= 21:  # no digits: compiled, bytes cannot be sliced to before their start
        return whole
    digits = data[start + 20 : space - 1]
    if not digits.isdigit() or len(digits) > 9 or data[start + 19] != 46:
        raise ValueError("an odd fraction")
    return whole + int(digits) * POWERS[len(digits)]


class Window:
    """The last part of an input; all places are offsets from the input's start.

    Walks go at most `REACH_BYTES` and `REACH_LINES` far, so that what they find depends on the
    bytes of the input alone, not on where it was cut into blocks.
    """

    def __init__(self, peeler: Peeler, base: int = 0) -> None:
        self.peeler = peeler
        self.data = b""
        self.base = base
        self.final = False
        self.cut = 0
        self._rows: dict[int, Row] = {}
        self._joined: dict[int, Row] = {}
        self._is_cri = peeler.mode not in JSON_MODES

    @property
    def source(self) -> Source:
        """The source of lines that name none themselves."""
        return self.peeler.source

    @property
    def end(self) -> int:
        """Where the data end."""
        return self.base + len(self.data)

    def slide(self, keep: int, *parts: Buffer) -> None:
        """Drop the lines that start before `keep`, add whole lines, given in parts."""
        at = keep - self.base
        if at > 0:
            at = at if self.data[at - 1 : at] == b"\n" else self.data.find(b"\n", at) + 1
            at = at or len(self.data)
        at = max(at, 0)
        self.data = b"".join((memoryview(self.data)[at:], *parts))
        self.base += at
        self._rows.clear()
        if self._joined:
            self._joined = {at: row for at, row in self._joined.items() if at >= self.base}

    def start_of(self, place: int) -> int:
        """The start of the physical line around a place."""
        return self.data.rfind(b"\n", 0, place - self.base) + 1 + self.base

    def physical(self, start: int) -> Row:
        """The physical line that starts there."""
        row = self._rows.get(start)
        if row is None:
            row = self._rows[start] = self._read(start)
        return row

    def logical(self, start: int) -> Row:
        """The same, joined with its further parts; NeedMoreError if they are not all there."""
        row = self._joined.get(start)
        if row is None:
            row = self.physical(start)
            if row.partial:
                row = self._join(row)
        return row

    def before(self, row: Row, floor: int) -> Row | None:
        """The line before in the same stream, if it starts at `floor` or later."""
        at = row.start
        for _ in range(REACH_LINES):
            if at <= self.base:
                return None
            at = self.start_of(at - 1)
            if at < floor:
                return None
            found = self.physical(at)
            if found.channel == row.channel:
                return self._joined.get(at, found)
            if _too_late(found, row):
                return None
        return None

    def after(self, row: Row) -> Row | None:
        """The next line of the same stream; NeedMoreError if that cannot be told yet."""
        at = row.end + 1
        for _ in range(REACH_LINES):
            if at >= self.end:
                if self.final:
                    return None
                raise NeedMoreError
            if at > row.end + REACH_BYTES:
                return None
            passed = self._passed(row, at)
            if passed is not None:
                at = passed
                continue
            found = self.physical(at)
            if found.channel == row.channel:
                return self.logical(at)
            if _too_late(row, found):
                return None
            at = found.end + 1
        return None

    def _passed(self, row: Row, start: int) -> int | None:
        """Behind the line that starts there, if it is a plain CRI line of the other stream that
        comes soon after a row: of the many that are walked over no rows need be made."""
        data, at = self.data, start - self.base
        head = _CRI_HEADS.get(data[at + _STAMP : at + _STAMP + 10])
        if head is None or not self._is_cri or head[0] == row.channel or row.time is None:
            return None
        if data.find(b" ", at, at + _STAMP) >= 0:
            return None
        try:
            time = cri_time(data, at, at + _STAMP)
        except (ValueError, UnicodeError):
            return None
        end = data.find(b"\n", at)
        return None if end < 0 or time - row.time > STEP else end + 1 + self.base

    def _join(self, first: Row) -> Row:
        pieces, parts, size = [first.start], [first.content], len(first.content)
        last, at = first, first.end + 1
        while last.partial:
            if at >= self.end:
                if self.final:
                    break
                raise NeedMoreError
            if at - first.start > _JOINED_REACH:
                self.cut += 1
                break
            found = self.physical(at)
            if found.channel == first.channel:
                last = found
                pieces.append(at)
                if size < JOINED_LIMIT:
                    parts.append(found.content[: JOINED_LIMIT - size])
                size += len(found.content)
            at = found.end + 1
        self.cut += size > JOINED_LIMIT
        row = first._replace(
            end=last.end, content=b"".join(parts), partial=False, pieces=tuple(pieces)
        )
        for piece in pieces:
            self._joined[piece] = row
        return row

    def _read(self, start: int) -> Row:
        data, at = self.data, start - self.base
        end = data.find(b"\n", at)
        if end < 0:
            end = len(data)
        if self._is_cri:
            space = data.find(b" ", at, min(end, at + 40))
            head = _CRI_HEADS.get(data[space : space + 10]) if space > 0 else None
            if head is not None:
                try:
                    time = cri_time(data, at, space)
                except (ValueError, UnicodeError):
                    return self._peel(start, data[at:end])
                content = data[space + 10 : end].removesuffix(b"\r")
                if b"\x1b" in content:
                    content = _ANSI.sub(b"", content)
                if may_be_tagged(content[:5].decode("latin-1")):
                    content = untagged(content.decode("utf-8", "replace")).encode()
                return Row(start, self.base + end, time, head[0], content, head[1], None, (start,))
        return self._peel(start, data[at:end])

    def _peel(self, start: int, raw: bytes) -> Row:
        line = self.peeler.peel(raw)
        end = start + len(raw)
        content = line.text.encode("utf-8", "replace")
        if line.envelope == "cri" and line.source is self.source:
            # The same stream as that of the lines that were read the short way.
            channel = line.stream or ""
            return Row(start, end, line.time, channel, content, line.partial, line, (start,))
        return Row(start, end, line.time, line.channel, content, line.partial, line, (start,))


def _too_late(first: Row, second: Row) -> bool:
    """Whether so much time lies between two lines that no record can span them."""
    return first.time is not None and second.time is not None and second.time - first.time > STEP


def starts_before(data: bytes, places: list[int]) -> list[int]:
    """Starts of the lines in which these places are. Both ascend: of a line in which there are
    many, each byte is looked at once."""
    starts: list[int] = []
    passed = 0
    for place in places:
        newline = data.rfind(b"\n", passed, place)
        if newline >= 0 or not starts:
            starts.append(newline + 1)
        passed = place
    return starts


def line_starts(data: bytes, start: int, end: int) -> list[int]:
    """Starts of the lines between two places, the first of which is one."""
    starts = []
    while start < end:
        starts.append(start)
        start = data.find(b"\n", start, end) + 1 or end
    return starts
