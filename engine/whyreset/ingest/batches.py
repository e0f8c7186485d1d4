"""Batches: what one block gave, and what goes into it."""

from collections.abc import Iterable

from whyreset.ingest.matching import Extractor
from whyreset.model.event import Event
from whyreset.model.record import Record, Source


class Batch:
    """What one block gave.

    low, high  times (ns) of the first and the last stamped line; no event of a later batch is
               held back from before `high`, except where the input itself is out of order
    timeless   records whose place in time nothing tells
    lines      the lines in its `bytes`; `is_estimated` where not all of these were looked at
    unreadable lines with a match whose time nothing told; `cut` lines longer than the limit
    sources    per source the first and the last time seen (where lines of several are mixed, of
               records and of some other lines)
    """

    low: int | None = None
    high: int | None = None
    unreadable = 0
    timeless = 0
    cut = 0
    is_estimated = False

    def __init__(self, size: int = 0, lines: int = 0) -> None:
        self.events: list[Event] = []
        self.bytes = size
        self.lines = lines
        self.sources: dict[Source, tuple[int, int]] = {}

    def see(self, source: Source, low: int, high: int) -> None:
        """Lines of a source from one time to another were read, in whatever order."""
        known = self.sources.get(source, (low, high))
        self.sources[source] = (min(known[0], low, high), max(known[1], low, high))


def add(total: Batch, more: Batch) -> None:
    """Put a later batch of the same input behind an earlier one."""
    if total.events:
        total.events += more.events
    else:
        total.events = more.events  # the usual case: nothing to copy
    total.low = more.low if total.low is None else total.low
    total.high = more.high if more.high is not None else total.high
    total.lines += more.lines
    total.unreadable += more.unreadable
    total.timeless += more.timeless
    total.cut += more.cut
    total.bytes += more.bytes
    total.is_estimated |= more.is_estimated
    for source, (low, high) in more.sources.items():
        total.see(source, low, high)


class Finder:
    """Finds the events of records that are no lines of a block, and puts them into batches."""

    def __init__(self, extractor: Extractor, source: Source) -> None:
        self._extractor = extractor
        self._source = source
        self._needles = extractor.needles()

    def announce(self, block: bytes) -> None:
        """So much is to come: of a long input it is worth to set up the faster search."""
        self._needles.hits(block, 0, len(block))

    def find(self, batch: Batch, records: Iterable[Record]) -> None:
        """Put the events of records in, and when their sources were read."""
        for record in records:
            _note(batch, record, self._extractor.extract(record), self._source)


def _note(batch: Batch, record: Record, events: list[Event], source: Source) -> None:
    """Put a record's events in, and the time that it and its input (`source`) were read at."""
    time = record.time
    batch.events += events
    batch.timeless += bool(events) and record.time_from == "arrival"
    batch.low = time if batch.low is None else min(batch.low, time)
    batch.high = time if batch.high is None else max(batch.high, time)
    for each in (source, record.source):
        batch.see(each, time, time)
