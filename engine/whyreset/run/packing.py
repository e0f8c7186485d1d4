"""Events on their way between processes: plain tuples, and readers of lines by their names."""

from collections.abc import Mapping, Sequence
from typing import Any

from whyreset.ingest.columns import LineReader
from whyreset.ingest.matching import Extractor
from whyreset.ingest.trial import Trial
from whyreset.model.event import Event, Known

Packed = list[tuple[Any, ...]]
"""The values of events, with the name of a reader in its place, or with what is known."""
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
    rows = []
    for event in events:
        *values, reader = event
        if isinstance(reader, Known):
            rows.append((*values, tuple(reader)))
        elif readers[reader.by] is None:
            rows.append((*values, (reader.by, event.fields)))
        else:
            rows.append((*values, reader.by))
    return rows


def unpacked(rows: Packed, readers: Readers) -> list[Event]:
    """The events that were packed."""
    return [
        Event._make((*row[:6], readers[row[6]] if isinstance(row[6], str) else Known(*row[6])))
        for row in rows
    ]
