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
log. The long way handles all the rest and gives the same events: it visits line by line, and what
it has found of one source is matched here as well, by those with the same literals together.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, compress, repeat
from operator import not_
from typing import Any, NamedTuple

from whyreset.ingest.alone import HEAD, alone
from whyreset.ingest.matching import Extractor
from whyreset.ingest.needles import Needles
from whyreset.ingest.stamps import SECONDS
from whyreset.ingest.syslog import may_be_tagged, untagged
from whyreset.ingest.text import Text
from whyreset.ingest.trial import SHORT, Trial
from whyreset.ingest.values import Fields
from whyreset.model.event import DISCONNECT, RESET, Event, Value, event_of
from whyreset.model.record import Source

_event = partial(tuple.__new__, Event)
_Row = tuple[int, int, str]  # time, offset, text


class Rows(NamedTuple):
    """What is known of several records of one source."""

    source: Source
    times: list[int]
    offsets: list[int]
    texts: list[str]

    def without(self, offsets: set[int]) -> "Rows":
        """The same without the records at these offsets."""
        kept = [offset not in offsets for offset in self.offsets]
        times, places = compress(self.times, kept), compress(self.offsets, kept)
        return Rows(self.source, list(times), list(places), list(compress(self.texts, kept)))

    def each(self) -> Iterator[_Row]:
        """One record after the other."""
        return zip(self.times, self.offsets, self.texts, strict=True)


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
    """Records with the same needles, read together: `source` is that of an input's own lines."""

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
        starts, ends, rest = alone(data, starts, ends, partials=partials, tagged=needles.tagged)
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
        return self._events(joined, Rows(self._source, times, offsets, texts), needles, mask), rest

    def events(self, rows: Rows, needles: Needles, mask: int) -> list[Event]:
        """The events of records whose texts are short."""
        return self._events("\n".join(rows.texts), rows, needles, mask)

    def _events(self, joined: str, rows: Rows, needles: Needles, mask: int) -> list[Event]:
        events: list[Event] = []
        kinds = self._extractor.kinds(needles, mask, rows.source)
        may_match = self._extractor.shapes.candidates(tuple(chain(*kinds)), joined, rows.texts)
        for trials in kinds:
            asked = rows
            if trials[0].definition.kind == DISCONNECT and events and events[0].kind == RESET:
                asked = rows.without({event.offset for event in events})
            if asked.texts:
                events += self._of_kind(filter(may_match, trials), joined, asked)
        return events

    def _of_kind(self, trials: Iterator[Trial], joined: str, rows: Rows) -> list[Event]:
        """The events of one kind, by trials that may each find something in some of the texts;
        how many there are is looked up only for texts in which the first does not find all."""
        lead = next(trials, None)
        if lead is None:
            return []
        if not _leads(lead, joined):
            return self._read((lead, *trials), rows.source, rows.each())
        rival = next(trials, None)
        events, left = self._resets(lead, rival, rows, lead.search_all(rows.texts))
        if not left:
            return events
        rivals = () if rival is None else (rival, *trials)
        return events + self._read((lead, *rivals), rows.source, left)

    def _resets(
        self, trial: Trial, rival: Trial | None, rows: Rows, matches: list[Any]
    ) -> tuple[list[Event], list[_Row]]:
        """Resets, whose fields are read when asked for; what has no plain address is left, and
        where a rival may find more."""
        number, hosts = trial.numbers["peer"], _HOSTS
        if rival is not None:
            matches = [
                match
                if match and (_is_full(match, trial) or _is_more(trial, trial.read(match), rival))
                else None
                for match in matches
            ]
        reader = self._readers.get(trial)
        if reader is None:
            reader = self._readers[trial] = LineReader(self._extractor, trial)
        source, times, offsets, texts = rows
        peers = [match and hosts[(match[number] or "").partition(":")[0]] for match in matches]
        made = zip(times, repeat(source), offsets, repeat(RESET), peers, texts, repeat(reader))
        if None not in peers:
            return list(map(_event, made)), []
        left = compress(rows.each(), [peer is None for peer in peers])
        return [_event(each) for each in made if each[4] is not None], list(left)

    def _read(self, trials: Iterable[Trial], source: Source, rows: Iterable[_Row]) -> list[Event]:
        """The events of one kind, each by the trial that finds most in its text."""
        times, offsets, texts = zip(*rows, strict=True)
        best = self._extractor.best(trials, source, list(map(Text, texts)))
        return [
            event_of(
                time, source, offset, found[0].definition.kind, found[1], text,
                found[0].matcher.by,
            )
            for found, time, offset, text in zip(best, times, offsets, texts, strict=True)
            if found is not None
        ]  # fmt: skip


def _texts(data: bytes, starts: list[int], ends: list[int]) -> tuple[str, list[str]]:
    """The texts of lines decoded, all in one and each by itself."""
    raw = b"\n".join([data[start + HEAD : end] for start, end in zip(starts, ends, strict=True)])
    joined = raw.decode("utf-8", "replace")
    return joined, joined.split("\n") if starts else []


def _leads(trial: Trial, joined: str) -> bool:
    """Whether what a trial finds in short texts are resets at once: they have a peer, and nothing
    is asked of them or of their lines."""
    if trial.definition.kind != RESET or trial.surroundings or trial.definition.where:
        return False
    return "peer" in trial.addresses and trial.is_quick and trial.is_unguarded(joined)


def _is_full(match: Any, trial: Trial) -> bool:
    """Whether a match has all that the trial can find, each address with its port."""
    return None not in match.groups() and all(":" in match[name] for name in trial.addresses)


def _is_more(trial: Trial, fields: Fields, rival: Trial) -> bool:
    """Whether the fields that a trial found are more than any that a rival could find."""
    count = len(fields) + len(trial.given)
    return (count, -trial.number) > (rival.potential, -rival.number)


def _ends_of(data: bytes, starts: list[int]) -> list[int]:
    find, size = data.find, len(data)
    ends = [find(b"\n", start) for start in starts]
    if ends and ends[-1] < 0:
        ends[-1] = size
    return ends


def _is_odd(text: str) -> bool:
    if len(text) > SHORT - HEAD or text[-1:] == "\r" or "\x1b" in text:
        return True
    return untagged(text) is not text


def _may_have_odd(joined: str, texts: list[str]) -> bool:
    """Whether a text may be long, coloured, end in a carriage return, or begin with the header of
    a syslog."""
    if "\x1b" in joined or "\r" in joined or max(map(len, texts), default=0) > SHORT - HEAD:
        return True
    heads = {text[:5] for text in texts}
    return any(may_be_tagged(head) for head in heads if head[4:] != "-" or "]: " in joined)
