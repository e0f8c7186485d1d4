"""Exports: what log stores and the consoles of clouds download as CSV, a record a row."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from whyreset.basis.lazy import lazy
from whyreset.ingest.batches import Batch, Finder
from whyreset.ingest.cloud_envelopes import place_of_stream
from whyreset.ingest.documents import Documents
from whyreset.ingest.lines import Buffer
from whyreset.ingest.matching import Extractor
from whyreset.ingest.peeling import any_stamp
from whyreset.ingest.stamps import Clock, Stamp
from whyreset.model.record import Record, Source

_TEXTS = (
    "message", "logmessage", "log", "line", "content", "textpayload", "logentry", "body", "raw",
    "msg", "jsonpayload.message",
)  # fmt: skip
_TIMES = ("tsns", "timestamp", "timegenerated", "time", "date", "ts", "datetime")
_PLACES = {
    "pod": ("pod", "podname", "pod_name", "pod.name"),
    "namespace": ("namespace", "podnamespace", "namespace_name"),
    "container": ("container", "containername", "container_name", "container.name", "service"),
    "node": ("computer", "node", "node_name", "node.name", "host"),
    "stream": ("stream", "logsource", "log_source"),
    "tag": ("logstream",),
}
_LEAD = lazy(r"^(?:[@_]|kubernetes[._]|k8s[._]|resource\.labels\.)")
_UTC = " [utc]"
_LONGEST = 256 << 10
"""Bytes of a row; a quote that nothing closes would make one of all rows behind it."""


class Columns(NamedTuple):
    """Which columns of a table say what; `is_utc` where its times are told to be."""

    text: int
    time: int
    places: dict[str, int]
    is_utc: bool


def columns_of(heading: str) -> Columns | None:
    """What the first line of a table says; None where it is no table of logs."""
    if "," not in heading or len(heading) > _LONGEST:
        return None
    names = [name.strip().lower() for name in _fields(heading)]
    plain = [_LEAD.sub("", name.removesuffix(_UTC)) for name in names]
    text, time = _first(plain, _TEXTS), _first(plain, _TIMES)
    if text is None or time is None or not all(plain):
        return None
    places = {
        place: at for place, called in _PLACES.items() if (at := _first(plain, called)) is not None
    }
    return Columns(text, time, places, names[time].endswith(_UTC))


def _fields(row: str) -> list[str]:
    """The fields of a row; none where it cannot be read."""
    import csv  # noqa: PLC0415 - seldom met

    try:
        return next(csv.reader([row]), [])
    except csv.Error:
        return []


def _first(names: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


class ExportScanner:
    """Finds the events in the rows of a table, whose first line names its columns."""

    def __init__(self, extractor: Extractor, source: Source, clock: Clock) -> None:
        self._finder = Finder(extractor, source)
        self._documents = Documents(source, clock)
        self._columns: Columns | None = None
        self._held: list[bytes] = []  # the lines of a row so far
        self._size = self._quotes = 0  # of what is held
        self._at = 0

    def feed(self, *parts: Buffer, last: bool = False, skipped: int = 0) -> Batch:
        """The events of the rows that the next whole lines complete."""
        block = b"".join(parts)
        batch = Batch(len(block) + skipped, block.count(b"\n"))
        self._finder.announce(block)
        for offset, row in self._rows(block, last):
            text = row.decode("utf-8", "replace").strip("\ufeff\r\n")
            if self._columns is None:
                self._columns = columns_of(text)
            elif text:
                record = self._record(offset, text, self._columns)
                batch.unreadable += record is None
                self._finder.find(batch, [] if record is None else self._documents.join(record))
        self._at += skipped
        if last:
            self._finder.find(batch, self._documents.finish())
        return batch

    def settle(self) -> Batch:
        """The events of records that wait for further rows; call it when a source is quiet."""
        batch = Batch()
        self._finder.find(batch, self._documents.finish())
        return batch

    def _rows(self, block: bytes, last: bool) -> Iterator[tuple[int, bytes]]:
        """(offset, text) of each row that the block completes: a field may hold newlines."""
        for line in block.splitlines(keepends=True):
            self._held.append(line)
            self._size += len(line)
            self._quotes += line.count(b'"')
            if self._quotes % 2 == 0 or self._size >= _LONGEST:
                yield from self._let_go()
        if last:
            yield from self._let_go()

    def _let_go(self) -> Iterator[tuple[int, bytes]]:
        rows = self._held if self._quotes % 2 else [b"".join(self._held)]
        self._held = []
        self._size = self._quotes = 0
        for row in rows:
            yield self._at, row
            self._at += len(row)

    def _record(self, offset: int, row: str, columns: Columns) -> Record | None:
        fields = _fields(row)
        if len(fields) <= max(columns.text, columns.time):
            return None
        return self._documents.peeled(self._peeled(fields, columns), offset)

    def _peeled(self, fields: list[str], columns: Columns) -> dict[str, Any]:
        places = {
            place: fields[at] or None for place, at in columns.places.items() if at < len(fields)
        }
        told = place_of_stream(places.pop("tag", None) or "")
        stamp = any_stamp(fields[columns.time])
        if stamp is not None and columns.is_utc:
            stamp = Stamp(stamp.time, (), 0)
        text = fields[columns.text]
        return {"envelope": "csv", "text": text, "stamp": stamp, **told, **places}
