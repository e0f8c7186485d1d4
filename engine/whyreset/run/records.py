"""Bytes of a pipe as whole lines, and each line as one JSON object."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from whyreset.basis.json_text import are_json, encode
from whyreset.basis.times import format_time
from whyreset.run.reading import EARLIEST, Keys, Path, number_time, seconds_text
from whyreset.run.shapes import (
    Shape,
    in_utf8,
    object_of,
    place_of_value,
    shapes_of,
    with_members,
    wrap,
)

LINE_LIMIT = 250_000
"""Bytes of a line that goes out: below what Fluent Bit is told to read (256k)."""
INPUT_LIMIT = 4 << 20
"""Bytes of a line that comes in; what is beyond is left out."""


class Form(NamedTuple):
    """What comes out: the key of the mark, as a map or flat, labels to drop, `[time, record]`
    pairs, the limit of a line (bytes), what becomes of broken lines, the prefix of tags, `date` as
    a text."""

    key: str = "whyreset"
    flat: bool = False
    drop: frozenset[str] = frozenset()
    pairs: bool = False
    limit: int = LINE_LIMIT
    broken: str = "wrap"
    trust: bool = False
    tag_key: Path = ("tag",)
    tag_prefix: str = ""
    text_dates: bool = False


class Whole(NamedTuple):
    """Lines that are whole, newlines included; `cut`: one line, and not all of it."""

    lines: bytes
    cut: bool = False


class Lines:
    """Cuts bytes into whole lines, in bounded memory."""

    def __init__(self, limit: int = INPUT_LIMIT) -> None:
        self._limit = limit
        self._tail = b""
        self._skipping = False

    @property
    def within(self) -> bool:
        """Whether the last line is not complete yet."""
        return bool(self._tail) or self._skipping

    def feed(self, data: bytes) -> Iterator[Whole]:
        """The lines that these bytes complete."""
        if self._skipping:
            newline = data.find(b"\n")
            if newline < 0:
                return
            self._skipping, data = False, data[newline + 1 :]
        end = data.rfind(b"\n") + 1
        if end:
            tail, self._tail = self._tail, data[end:]
            yield Whole(tail + data[:end] if tail or self._tail else data)
        else:
            self._tail += data
        if len(self._tail) > self._limit:
            cut, self._tail, self._skipping = self._tail[: self._limit], b"", True
            yield Whole(cut + b"\n", cut=True)

    def rest(self) -> Iterator[Whole]:
        """The last line, which has no newline."""
        tail, self._tail = self._tail, b""
        if tail.strip():
            yield Whole(tail + b"\n")


class Around(NamedTuple):
    """What stood around the record of a line: the wrapper's time and tag, or no JSON at all."""

    time: str | None = None
    tag: str | None = None
    raw: bytes | None = None


class Counts:
    """What happened to lines, for the closing remark."""

    def __init__(self) -> None:
        self.records = self.resets = self.dropped = 0
        self.broken = self.cut = self.raw = self.failed = self.taken = 0


class BrokenInputError(Exception):
    """A line that is no JSON, where that is not allowed."""


class Regular:
    """Makes every line one JSON object; lines that are so already stay the bytes they are."""

    def __init__(self, counts: Counts, form: Form, keys: Keys) -> None:
        self._counts = counts
        self._broken = form.broken
        self._trust = form.trust
        self._limit = form.limit
        self._changes: list[Callable[[bytes], bytes]] = []
        if form.tag_prefix:
            self._changes.append(retagger(form.tag_key, form.tag_prefix))
        if form.text_dates:
            self._changes.append(redated)
        self._text_key = keys.text[0] if keys.text and len(keys.text) == 1 else "log"

    def block(self, whole: Whole) -> tuple[bytes, dict[int, Around]]:
        """Lines `{..}`, and by the place of a line what stood around it, if anything did."""
        data = whole.lines
        lines = data.count(b"\n")
        self._counts.records += lines
        if not (self._changes or whole.cut) and self._is_regular(data, lines):
            return data, {}
        self._counts.records -= lines
        return self._irregular(whole)

    def _is_regular(self, data: bytes, lines: int) -> bool:
        if not (data.startswith(b"{") and data.endswith(b"}\n")):
            return False
        if data.count(b"}\n{") + 1 != lines:
            return False
        each = data[:-1].split(b"\n")
        # Only a line longer than all others can be too long: few blocks are so large.
        if len(data) > self._limit and max(map(len, each)) > self._limit:
            return False
        return self._trust or are_json(each)

    def _irregular(self, whole: Whole) -> tuple[bytes, dict[int, Around]]:
        parts: list[bytes] = []
        around: dict[int, Around] = {}
        at = 0
        for line in whole.lines.split(b"\n"):
            for record, outside in self._records(line, whole.cut):
                self._counts.records += 1
                if outside is not None:
                    around[at] = outside
                parts += (record, b"\n")
                at += len(record) + 1
        return b"".join(parts), around

    def _records(self, line: bytes, cut: bool) -> Iterator[tuple[bytes, Around | None]]:
        line = line.strip()
        if not line:
            return
        if cut or len(line) > self._limit:
            yield self._long(line, cut)
            return
        if self._trust and line[:1] == b"{" and line[-1:] == b"}":
            yield self._changed(line), None
            return
        shapes = shapes_of(line) or shapes_of(in_utf8(line))
        if shapes is None:
            yield from self._no_record(line)
            return
        for shape in shapes:
            if shape.time is None and shape.tag is None:
                yield self._changed(_one_line(shape.record)), None
            else:
                yield self._changed(_unwrapped(shape)), Around(shape.time, shape.tag)

    def _changed(self, record: bytes) -> bytes:
        for change in self._changes:
            record = change(record)
        return record

    def _no_record(self, line: bytes) -> Iterator[tuple[bytes, Around | None]]:
        if line[:1] in {b"{", b"["} and not line.startswith(b"[pod/"):
            self._counts.broken += 1
            if self._broken == "fail":
                raise BrokenInputError(line[:200].decode("utf-8", "replace"))
            if self._broken == "drop":
                return
        else:
            self._counts.raw += 1
        yield wrap(line, self._text_key), Around(raw=line)

    def broken(self, line: bytes) -> bytes | None:
        """What becomes of a line that looked like a record and was none; None: it is dropped."""
        found = [record for record, _ in self._no_record(line)]
        return found[0] if found else None

    def _long(self, line: bytes, cut: bool) -> tuple[bytes, Around | None]:
        self._counts.cut += 1
        if not cut and object_of(line) is not None:
            return shortened(line, self._limit), None
        kept = line[: self._limit // 8]  # each byte may become an escape of six
        return with_members(wrap(kept, self._text_key), _CUT), Around(raw=kept)


_CUT = b'"whyreset_cut":true'
_FIRST_DATE = re.compile(rb'\{\s*"date"\s*:\s*([\d.eE+-]+)')
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')


def shortened(record: bytes, limit: int) -> bytes:
    """A record whose longest strings are cut so that it fits; other members stay as they are.

    Where that is not enough nothing but the beginning of its text is left.
    """
    excess = len(record) + 64 - limit
    spans = sorted(
        (match.span() for match in _STRING.finditer(record)), key=lambda span: span[0] - span[1]
    )
    cuts: list[tuple[int, int]] = []
    for start, end in spans:
        if excess <= 0 or end - start < 256 or record[end : end + 1] == b":":
            break
        keep = max(128, end - start - excess - 16)
        at = _before_escape(record, start, start + keep)
        cuts.append((at, end))
        excess -= end - at - 4
    if excess > 0:
        return with_members(wrap(record[: limit // 8]), _CUT)
    for at, end in sorted(cuts, reverse=True):
        record = record[:at] + b'..."' + record[end:]
    return record if is_cut(record) else with_members(record, _CUT)


def is_cut(record: bytes) -> bool:
    """Whether a record was shortened before."""
    return record.endswith(_CUT + b"}")


def _before_escape(record: bytes, start: int, at: int) -> int:
    """A place not within an escape or a character, at or a little before `at`."""
    slash = record.rfind(b"\\", max(start, at - 12), at)
    if slash >= 0:
        while record[slash - 1 : slash] == b"\\":
            slash -= 1
        at = slash
        # the two halves of one character are two escapes in a row
        if record[at - 6 : at - 4] == b"\\u" and record[at - 4 : at - 3] in b"dD":
            at -= 6
    while record[at] & 0xC0 == 0x80:
        at -= 1
    return at


def _one_line(record: bytes) -> bytes:
    return record.replace(b"\n", b" ") if b"\n" in record else record


def _unwrapped(shape: Shape) -> bytes:
    """The record alone; the wrapper's time and tag become its `date` and `tag`, if it has none."""
    members = []
    if shape.time is not None and not shape.found.keys() & {"date", "time"}:
        time = number_time(shape.time)
        members.append(b'"date":%b' % encode(shape.time if time is None else format_time(time)))
    if shape.tag is not None and "tag" not in shape.found:
        members.append(b'"tag":%b' % encode(shape.tag))
    return with_members(shape.record, b",".join(members), first=True) if members else shape.record


def pair(record: bytes, time: int, around: Around | None) -> bytes:
    """`[time, {..}]`, with the wrapper's own time where there was one."""
    told = around.time if around is not None else None
    seconds = told if told is not None and number_time(told) is not None else seconds_text(time)
    return b"[%b,%b]" % (seconds.strip('"').encode(), record)


def retagger(path: Path, prefix: str) -> Callable[[bytes], bytes]:
    """Puts a prefix before the tag of each record that has one."""
    member = re.compile(rb"%b\s*:\s*\"" % re.escape(encode(path[-1])))
    start = encode(prefix)[1:-1]

    def retag(record: bytes) -> bytes:
        places = [found.end() for found in member.finditer(record)]
        if len(places) > 1 or len(path) > 1:
            # a label of that name, or a text: which one is the record's own?
            place = place_of_value(record, path)
            places = [place[0] + 1] if place and record[place[0] : place[0] + 1] == b'"' else []
        return record[: places[0]] + start + record[places[0] :] if places else record

    return retag


def redated(record: bytes) -> bytes:
    """A record whose `date` is a text, if it was a number: parsers of Fluent Bit read no other."""
    found = _FIRST_DATE.match(record)
    place: tuple[int, int] | None
    if found is not None and b'"date"' not in record[found.end() :]:
        place = found.span(1)
    else:
        place = place_of_value(record, ("date",)) if b'"date"' in record else None
    if place is None:
        return record
    time = number_time(record[slice(*place)].decode("utf-8", "replace"))
    if time is None or time < EARLIEST:
        return record
    return b'%b"%b"%b' % (record[: place[0]], format_time(time).encode(), record[place[1] :])
