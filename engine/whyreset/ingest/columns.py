"""The fast path: many hits of one block read step by step, each step over all of them.

Nearly all lines with a hit are whole CRI lines that are a record by themselves. They need no
object for the line, the record and its fields; what they need is done a step at a time for the
whole block, in list comprehensions, and only as far as somebody asks:

    the hit itself, and where its line starts              0.6 us
    where it ends, and that no neighbour belongs to it     0.8
    its text and its time                                  0.5
    its pattern, searched, and that nobody quotes it       0.8
    its peer, and the event; the rest is read when asked   0.4

Microseconds of CPU for a hit of a storm, on a machine where mawk took 0.8 for each line of that
log. The long way handles all the rest and gives the same events.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from itertools import chain, compress, repeat
from operator import not_
from typing import Any, NamedTuple

from whyreset.ingest.continuation import SURE, SUSPECT, may_be_suspect
from whyreset.ingest.lines import REACH_BYTES, STEP, cri_time
from whyreset.ingest.matching import Extractor
from whyreset.ingest.needles import Needles
from whyreset.ingest.stamps import SECONDS
from whyreset.ingest.syslog import untagged
from whyreset.ingest.trial import SHORT, Trial
from whyreset.model.event import DISCONNECT, RESET, Event, LineEvent, Value
from whyreset.model.record import Source

HEAD = 40
"""Bytes before the text: a stamp in UTC with nanoseconds, the stream, the tag of a whole line."""
_TAG = 29  # where the stamp ends with its Z
_FIRST, _WIDTH = HEAD - _TAG + 1, HEAD - _TAG + SURE
"""Bytes from there by which lines are told that begin a record of their own."""
_NEWLINE = 10
_TAGS = frozenset({b"Z stdout F ", b"Z stderr F "})
_PARTIAL_OF = {b" stdout F ": b" stdout P ", b" stderr F ": b" stderr P "}
_NEAR = (2 << 10, 16 << 10, REACH_BYTES + 64)
"""Bytes in which the head of the stream's next line is looked for; a record goes no further."""

_line_event = partial(tuple.__new__, LineEvent)
_Row = tuple[int, int, str]  # time, offset, text


class _Columns(NamedTuple):
    """What is known of several lines."""

    times: list[int]
    offsets: list[int]
    texts: list[str]

    def without(self, offsets: set[int]) -> "_Columns":
        """The same without the lines at these offsets."""
        kept = [offset not in offsets for offset in self.offsets]
        times, places = compress(self.times, kept), compress(self.offsets, kept)
        return _Columns(list(times), list(places), list(compress(self.texts, kept)))


class _Begins(dict[bytes, bytes | None]):
    """Tag and first bytes of a line -> its tag, where it surely begins a record; None if it may
    go on with the line before it, or is no whole line. Of most one byte tells."""

    def __missing__(self, head: bytes) -> bytes | None:
        if len(self) > 4096:
            self.clear()
        tag, text = head[: HEAD - _TAG], head[HEAD - _TAG :]
        sure = tag in _TAGS and not may_be_suspect(text)
        self[head] = told = tag if sure else None
        return told


_BEGINS = _Begins()


class _Hosts(dict[str, str | None]):
    """The host of a plain IPv4 address; None for what must be read with more care."""

    def __missing__(self, host: str) -> str | None:
        if len(self) > 16384:
            self.clear()
        self[host] = found = host if host.replace(".", "").isdecimal() else None
        return found


_HOSTS = _Hosts()


class LineReader:
    """Reads the fields of an event from its text, by the pattern that found it."""

    def __init__(self, extractor: Extractor, trial: Trial) -> None:
        self.by = trial.matcher.by
        self.names = trial.fields
        self._extractor = extractor
        self._trial = trial

    def fields(self, text: str) -> Mapping[str, Value]:
        """The fields of the event."""
        return self._extractor.fields(self._trial, text)


class Columns:
    """Lines of one source with the same needles, read together."""

    def __init__(self, extractor: Extractor, source: Source) -> None:
        self._extractor = extractor
        self._source = source
        self._readers: dict[Trial, LineReader] = {}

    def read(  # noqa: PLR0913, PLR0917 - called for each block: no object to pack them in
        self, data: bytes, base: int, starts: list[int], needles: Needles, mask: int,
        partials: bool,
    ) -> tuple[list[Event], list[int]]:  # fmt: skip
        """The events of the lines that start there, and the starts of those not read.

        `base` is added to the starts to make the events' offsets; `partials` tells that some
        lines of the data may be parts of longer ones.
        """
        ends = _ends_of(data, starts)
        starts, ends, rest = _alone(data, starts, ends, partials=partials)
        joined, texts = _texts(data, starts, ends)
        if _may_have_odd(joined, texts):
            plain = [not _is_odd(text) for text in texts]
            rest += compress(starts, map(not_, plain))
            starts, texts = list(compress(starts, plain)), list(compress(texts, plain))
            joined = "\n".join(texts)
        try:
            times = [SECONDS[data[at : at + 19]] + int(data[at + 20 : at + 29]) for at in starts]
        except (ValueError, UnicodeError):
            return [], [*rest, *starts]
        if not texts:
            return [], rest
        offsets = [base + start for start in starts]
        return self._events(joined, _Columns(times, offsets, texts), needles, mask), rest

    def _events(self, joined: str, columns: _Columns, needles: Needles, mask: int) -> list[Event]:
        kinds = self._extractor.kinds(needles, mask)
        if kinds is None:
            source, read = self._source, self._extractor.events
            found = [
                read(time, source, offset, text, needles, mask)
                for time, offset, text in zip(*columns, strict=True)
            ]
            return list(chain.from_iterable(found))
        events: list[Event] = []
        for trials in kinds:
            rivals = tuple(trial for trial in trials if trial.may_match(joined))
            asked = columns
            if trials[0].definition.kind == DISCONNECT and events and events[0].kind == RESET:
                asked = columns.without({event.offset for event in events})
            if rivals and asked.texts:
                events += self._of_kind(rivals, joined, asked)
        return events

    def _of_kind(self, trials: tuple[Trial, ...], joined: str, columns: _Columns) -> list[Event]:
        """The events of one kind, by trials that may each find something in some of the texts."""
        lead = trials[0]
        if not _leads(lead, joined):
            return self._read(trials, zip(*columns, strict=True))
        is_reset = lead.definition.kind == RESET
        matches = lead.search_all(columns.texts)
        if len(trials) > 1 or (not is_reset and "{" in joined):
            matches = [match if match and _is_full(match, lead) else None for match in matches]
        events, left = (self._resets if is_reset else self._others)(lead, columns, matches)
        return events + self._read(trials, left)

    def _resets(
        self, trial: Trial, columns: _Columns, matches: list[Any]
    ) -> tuple[list[Event], Iterable[_Row]]:
        """Resets, whose fields are read when asked for; what has no plain address is left."""
        number, hosts = trial.numbers["peer"], _HOSTS
        reader = self._readers.get(trial)
        if reader is None:
            reader = self._readers[trial] = LineReader(self._extractor, trial)
        times, offsets, texts = columns
        peers = [match and hosts[(match[number] or "").partition(":")[0]] for match in matches]
        rows = zip(
            times, repeat(self._source), offsets, repeat(RESET), peers, texts, repeat(reader)
        )
        if None not in peers:
            return list(map(_line_event, rows)), []
        left = compress(zip(times, offsets, texts, strict=True), [peer is None for peer in peers])
        return [_line_event(row) for row in rows if row[4] is not None], left

    def _others(
        self, trial: Trial, columns: _Columns, matches: list[Any]
    ) -> tuple[list[Event], Iterable[_Row]]:
        """Events that explain resets."""
        source, kind, by = self._source, trial.definition.kind, trial.matcher.by
        events: list[Event] = []
        left: list[_Row] = []
        for time, offset, text, match in zip(*columns, matches, strict=True):
            fields = trial.read(match) if match else None
            if fields is not None and trial.finish(fields):
                events.append(Event(time, source, offset, kind, fields, text, by))
            else:
                left.append((time, offset, text))
        return events, left

    def _read(self, trials: tuple[Trial, ...], rows: Iterable[_Row]) -> list[Event]:
        """The events of one kind, read text by text."""
        source, read = self._source, self._extractor.event
        found = [read(trials, time, source, offset, text) for time, offset, text in rows]
        return [event for event in found if event is not None]


def _texts(data: bytes, starts: list[int], ends: list[int]) -> tuple[str, list[str]]:
    """The texts of lines decoded, all in one and each by itself."""
    raw = b"\n".join([data[start + HEAD : end] for start, end in zip(starts, ends, strict=True)])
    joined = raw.decode("utf-8", "replace")
    return joined, joined.split("\n") if starts else []


def _leads(trial: Trial, joined: str) -> bool:
    """Whether what a trial finds in short texts are events at once: nothing is asked of their
    lines, and resets have a peer, on no conditions."""
    if trial.surroundings or not trial.is_quick or not trial.is_unguarded(joined):
        return False
    is_reset = trial.definition.kind == RESET
    return not is_reset or ("peer" in trial.addresses and not trial.definition.where)


def _is_full(match: Any, trial: Trial) -> bool:
    """Whether a match has all that the trial can find, each address with its port."""
    return None not in match.groups() and all(":" in match[name] for name in trial.addresses)


def _ends_of(data: bytes, starts: list[int]) -> list[int]:
    find, size = data.find, len(data)
    ends = [find(b"\n", start) for start in starts]
    if ends and ends[-1] < 0:
        ends[-1] = size
    return ends


def _alone(
    data: bytes, starts: list[int], ends: list[int], *, partials: bool
) -> tuple[list[int], list[int], list[int]]:
    """Starts and ends of the lines that are a record by themselves; the other starts.

    `partials`: some lines of the data may be parts of longer ones.
    """
    own = _tags(data, map(_TAG.__add__, starts))
    following = _tags(data, map((_TAG + 1).__add__, ends))
    told = [tag is not None and tag == other for tag, other in zip(own, following, strict=True)]
    if all(told):
        return starts, ends, []
    lines = zip(starts, ends, own, told, strict=True)
    sure = [
        alone
        or (tag is not None and not partials and _is_followed_soon(data, end, tag))
        or _is_alone(data, start, end, partials=partials)
        for start, end, tag, alone in lines
    ]
    rest = [start for start, alone in zip(starts, sure, strict=True) if not alone]
    return list(compress(starts, sure)), list(compress(ends, sure)), rest


def _tags(data: bytes, places: Iterable[int]) -> list[bytes | None]:
    """The tags at these places, of lines that surely begin a record."""
    begins = _BEGINS
    return [begins[data[at : at + _FIRST]] or begins[data[at : at + _WIDTH]] for at in places]


def _is_followed_soon(data: bytes, end: int, tag: bytes) -> bool:
    """Whether the next line of the stream surely begins a record, or is too far for one; what
    is looked through for one line need not be for the next."""
    reach = end + _NEAR[-1]
    at = data.find(tag, end, reach)
    if at < 0:
        return reach <= len(data)
    begins = _BEGINS[data[at : at + _FIRST]] or _BEGINS[data[at : at + _WIDTH]]
    return begins is not None and data[at - _TAG - 1] == _NEWLINE


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


def _is_odd(text: str) -> bool:
    if len(text) > SHORT - HEAD or text[-1:] == "\r" or "\x1b" in text:
        return True
    return untagged(text) is not text


def _may_have_odd(joined: str, texts: list[str]) -> bool:
    """Whether a text may be long, coloured, end in a carriage return, or begin with the header of
    a syslog."""
    if "\x1b" in joined or "\r" in joined or max(map(len, texts), default=0) > SHORT - HEAD:
        return True
    return any(head[:1] == "<" or head[3:] == " " for head in {text[:4] for text in texts})
