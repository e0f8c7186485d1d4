"""Events on their way between processes: plain tuples, and readers of lines by their names."""

from collections.abc import Mapping, Sequence
from typing import Any

from whyreset.ingest.columns import LineReader
from whyreset.ingest.matching import Extractor
from whyreset.ingest.trial import Trial
from whyreset.model.event import Event, LineEvent

Packed = tuple[list[tuple[Any, ...]], bytes]
"""The values of events, and for each whether it is one whose line is read later."""
Readers = Mapping[str, LineReader | None]
"""By the `file:line` of its pattern; None where two patterns stand on one line."""


def readers_of(extractor: Extractor) -> Readers:
    """The readers that both sides know."""
    readers: dict[str, LineReader | None] = {}
    pairs = ((each, matcher) for each in extractor.definitions for matcher in each.matchers)
    for number, (definition, matcher) in enumerate(pairs):
        reader = LineReader(extractor, Trial(definition, matcher, number))
        readers[matcher.by] = None if matcher.by in readers else reader
    return readers


def packed(events: Sequence[Event], readers: Readers) -> Packed:
    """Tuples are pickled several times as fast as events, above all where fields are not read."""
    late = bytes(each.__class__ is LineEvent and readers[each.by] is not None for each in events)
    rows = [
        (*each[:6], each.by) if is_late else tuple(each.whole())
        for each, is_late in zip(events, late, strict=True)
    ]
    return rows, late


def unpacked(packed_events: Packed, readers: Readers) -> list[Event]:
    """The events that were packed."""
    new = tuple.__new__
    return [
        new(LineEvent, (*row[:6], readers[row[6]])) if is_late else new(Event, row)
        for row, is_late in zip(*packed_events, strict=True)
    ]
