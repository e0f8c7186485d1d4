"""Kubernetes objects: streams and lists of JSON, pretty-printed or not, as records."""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from whyreset.ingest.matching import Extractor
from whyreset.ingest.scan import Batch
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock, parse_rfc3339
from whyreset.model.record import Record, Source

OBJECT_LIMIT = 4 << 20
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"(\s*:)?|[{}]|"', re.DOTALL)
_CONTAINER = re.compile(r"\{([^}]+)\}")
Object = dict[str, Any]


class ObjectSplitter:
    """Cuts a stream of JSON objects, and the `items` of lists, into single objects."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._base = 0  # offset of the buffer in the input
        self._at = 0  # how much of the buffer has been read
        self._depth = 0
        self._unit = 0  # the depth at which an object begins: 1 within a list's items
        self._start: int | None = None
        self.cut = 0

    def feed(self, block: bytes) -> Iterator[tuple[int, bytes]]:
        """(offset, text) of each object that the block completes."""
        self._buffer += block
        for found in _TOKEN.finditer(bytes(self._buffer), self._at):
            token = found[0]
            if token == b'"':  # a string that the block does not complete
                break
            if token[:1] == b'"' and found.end() == len(self._buffer) and not found[1]:
                break  # whether it is a key is in the next block
            self._at = found.end()
            if token == b"{":
                if self._depth == self._unit:
                    self._start = found.start()
                self._depth += 1
            elif token == b"}":
                yield from self._close(found.end())
            elif self._depth == 1 and found[1] and token.startswith(b'"items"'):
                self._unit = 1
        self._drop()

    def _close(self, end: int) -> Iterator[tuple[int, bytes]]:
        self._depth = max(0, self._depth - 1)
        if self._depth == self._unit and self._start is not None:
            if end - self._start > OBJECT_LIMIT:
                self.cut += 1
            else:
                yield self._base + self._start, bytes(self._buffer[self._start : end])
            self._start = None
        if self._depth == 0:
            self._unit = 0

    def _drop(self) -> None:
        """Forget what is no longer needed; an object over the limit is read, but not kept."""
        keep = self._at if self._start is None else self._start
        if len(self._buffer) - keep > OBJECT_LIMIT:
            self.cut += self._start is not None
            self._start = None
            # An endless string is given up too: parsing goes on behind it.
            keep = max(self._at, len(self._buffer) - OBJECT_LIMIT)
            self._at = keep
        del self._buffer[:keep]
        self._base += keep
        self._at -= keep
        if self._start is not None:
            self._start -= keep


class ObjectScanner:
    """Finds the events in a stream of Kubernetes objects."""

    ordered = False

    def __init__(self, extractor: Extractor, source: Source, clock: Clock) -> None:
        self._extractor = extractor
        self._source = source
        self._clock = clock
        self._splitter = ObjectSplitter()

    def feed(self, block: bytes, *, last: bool = False, skipped: int = 0) -> Batch:
        """The events of the objects that the block completes."""
        batch = Batch(lines=block.count(b"\n"), bytes=len(block) + skipped)
        batch.lines += bool(last and block and not block.endswith(b"\n"))
        before = self._splitter.cut
        for offset, text in self._splitter.feed(block):
            found = _decoded(text)
            if found is None:
                batch.unreadable += 1
                continue
            record = object_record(found, self._source, offset)
            if record is None:
                batch.unreadable += 1
                continue
            batch.events += self._extractor.extract(record)
            self._mark(batch, record)
        batch.cut = self._splitter.cut - before
        return batch

    def settle(self) -> Batch:
        """Nothing waits here for lines to come."""
        return Batch()

    def _mark(self, batch: Batch, record: Record) -> None:
        time = record.time
        batch.low = time if batch.low is None else min(batch.low, time)
        batch.high = time if batch.high is None else max(batch.high, time)
        for source in (self._source, record.source):
            low, high = batch.sources.get(source, (time, time))
            batch.sources[source] = (min(low, time), max(high, time))


def object_record(found: Object, source: Source, offset: int) -> Record | None:
    """An Event, a Pod or any other object as a record; None for what is no object or has no time.

    Its text is the object as compact JSON, a watch event's wrapping taken off.
    """
    if "object" in found and isinstance(found["object"], dict) and "metadata" not in found:
        found = found["object"]
    meta = found.get("metadata")
    if not isinstance(meta, dict) or not ("kind" in found or "involvedObject" in found):
        return None
    time = _time(found, meta)
    if time is None:
        return None
    text = orjson.dumps(found).decode()
    return Record(time, _source(found, meta, source), offset, text, None, "kubernetes")


def _time(found: Object, meta: Object) -> int | None:
    series = _dict(found.get("series"))
    status = _dict(found.get("status"))
    for value in (
        series.get("lastObservedTime"),
        found.get("eventTime"),
        found.get("lastTimestamp"),
        found.get("firstTimestamp"),
        status.get("startTime"),
        meta.get("creationTimestamp"),
    ):
        if isinstance(value, str):
            try:
                return parse_rfc3339(value)
            except (ValueError, UnicodeError):
                continue
    return None


def _source(found: Object, meta: Object, source: Source) -> Source:
    about = found.get("involvedObject") or found.get("regarding")
    reporter = _dict(found.get("source"))
    if not isinstance(about, dict):
        pod = _text(meta.get("name")) if found.get("kind") == "Pod" else None
        node = _text(_dict(found.get("spec")).get("nodeName"))
        return make_source(source.name, _text(meta.get("namespace")), pod, None, node)
    pod = _text(about.get("name")) if about.get("kind") == "Pod" else None
    container = _CONTAINER.search(_text(about.get("fieldPath")) or "")
    return make_source(
        source.name, _text(about.get("namespace")), pod, container[1] if container else None,
        _text(reporter.get("host")),
    )  # fmt: skip


def _decoded(text: bytes) -> Object | None:
    try:
        found = orjson.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _dict(value: object) -> Object:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
