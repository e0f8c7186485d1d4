"""Which lines of a block are a record by themselves, told without an object for any of them."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import compress

from whyreset.ingest.continuation import SURE, SUSPECT, may_be_suspect
from whyreset.ingest.lines import REACH_BYTES, STEP, cri_time
from whyreset.ingest.needles import Tagged

HEAD = 40
"""Bytes before the text: a stamp in UTC with nanoseconds, the stream, the tag of a whole line."""
_TAG = 29  # where the stamp ends with its Z
_FIRST, _WIDTH = HEAD - _TAG + 2, HEAD - _TAG + SURE
"""Bytes from there by which lines are told that begin a record of their own."""
_NEWLINE = 10
_TAGS = frozenset({b"Z stdout F ", b"Z stderr F "})
_PARTIAL_OF = {b" stdout F ": b" stdout P ", b" stderr F ": b" stderr P "}
_NEAR = (2 << 10, 32 << 10, REACH_BYTES + 64)
"""Bytes in which the head of the stream's next line is looked for; a record goes no further."""


class _Begins(dict[bytes, bytes | None]):
    """Tag and first bytes of a line -> its tag, where it surely begins a record; None if it may
    go on with the line before it, or is no whole line. Of most two bytes tell."""

    def __missing__(self, head: bytes) -> bytes | None:
        if len(self) > 4096:
            self.clear()
        tag, text = head[: HEAD - _TAG], head[HEAD - _TAG :]
        sure = tag in _TAGS and not may_be_suspect(text)
        self[head] = told = tag if sure else None
        return told


_BEGINS = _Begins()


def alone(
    data: bytes, starts: list[int], ends: list[int], *, partials: bool, tagged: Tagged | None = None
) -> tuple[list[int], list[int], list[int]]:
    """Starts and ends of the lines that are a record by themselves; the other starts.

    `partials`: some lines of the data may be parts of longer ones; `tagged`: where the tag of the
    lines of one stream stands, if that is known.
    """
    own = _tags(data, map(_TAG.__add__, starts))
    following = _tags(data, map((_TAG + 1).__add__, ends))
    told = [tag is not None and tag == other for tag, other in zip(own, following, strict=True)]
    if all(told):
        return starts, ends, []
    lines = zip(starts, ends, own, told, strict=True)
    sure = [
        told_already
        or (tag is not None and not partials and _is_followed_soon(data, start, end, tag, tagged))
        or _is_alone(data, start, end, partials=partials)
        for start, end, tag, told_already in lines
    ]
    rest = [start for start, is_sure in zip(starts, sure, strict=True) if not is_sure]
    return list(compress(starts, sure)), list(compress(ends, sure)), rest


def _tags(data: bytes, places: Iterable[int]) -> list[bytes | None]:
    """The tags at these places, of lines that surely begin a record."""
    begins = _BEGINS
    return [begins[data[at : at + _FIRST]] or begins[data[at : at + _WIDTH]] for at in places]


def _is_followed_soon(data: bytes, start: int, end: int, tag: bytes, tagged: Tagged | None) -> bool:
    """Whether the next line of the stream surely begins a record, or is too far or too late for
    one."""
    low = end
    places = tagged.places if tagged is not None and tagged.tag == tag else None
    for reach in _NEAR:
        if places is None:
            at = data.find(tag, low, end + reach)
        else:
            at = _first(places, low, end + reach - len(tag))
        if at >= 0:
            begins = _BEGINS[data[at : at + _FIRST]] or _BEGINS[data[at : at + _WIDTH]]
            return begins is not None and data[at - _TAG - 1] == _NEWLINE
        low = min(end + reach, len(data)) - len(tag)
        searched = data.rfind(b"\n", end, low - HEAD) + 1  # a line of the other stream
        if searched and _is_later(data, start, searched):
            return True
    return end + _NEAR[-1] <= len(data)


def _first(places: list[int], low: int, high: int) -> int:
    """The first place from `low` to `high`; -1 if there is none."""
    number = bisect_left(places, low)
    return places[number] if number < len(places) and places[number] <= high else -1


def _is_later(data: bytes, start: int, other: int) -> bool:
    """Whether so much time lies between two lines that no record spans them."""
    try:
        since = cri_time(data, start, start + _TAG + 1)
        return cri_time(data, other, other + _TAG + 1) - since > STEP
    except (ValueError, UnicodeError):
        return False


def _is_alone(data: bytes, start: int, end: int, *, partials: bool) -> bool:
    """Whether a line is surely a record by itself; False means only that the long way decides."""
    tag = data[start + _TAG : start + HEAD]
    if tag not in _TAGS or SUSPECT.match(data, start + HEAD):
        return False
    near = -1 if partials else data.find(tag, end, end + _NEAR[0])
    if near >= 0 and data[near - _TAG - 1] == _NEWLINE:
        return not SUSPECT.match(data, near + len(tag))
    try:
        return _is_followed(
            data, end, tag[1:], cri_time(data, start, start + _TAG + 1), partials=partials
        )
    except (ValueError, UnicodeError):
        return False


def _is_followed(data: bytes, end: int, head: bytes, time: int, *, partials: bool) -> bool:
    """Whether the next line of the stream surely begins a record; ValueError if it is odd."""
    start = end + 1
    for reach in _NEAR:
        near = data.find(head, start, start + reach)
        begins = (
            data.rfind(b"\n", end, near) + 1 if near >= 0 else data.find(b"\n", start + reach) + 1
        )
        if not begins or (partials and data.find(_PARTIAL_OF[head], end, max(near, begins)) >= 0):
            return False
        if near >= 0:
            return 20 <= near - begins <= 35 and not SUSPECT.match(
                data, near + len(head), near + 600
            )
        space = data.find(b" ", begins, begins + 40)
        if space < 0:
            return False
        if cri_time(data, begins, space) - time > STEP:
            return True
    return True
