"""Tables of pods, as `kubectl get pods` prints them: addresses and labels, as records."""

from collections import Counter
from typing import Any, NamedTuple

from whyreset.basis.json_text import encode
from whyreset.basis.lazy import lazy
from whyreset.basis.units import NS
from whyreset.ingest.batches import Batch
from whyreset.ingest.lines import Buffer
from whyreset.ingest.matching import Extractor
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock
from whyreset.model.record import Record, Source

_ROW = lazy(
    r"(?:(?P<namespace>[a-z0-9][a-z0-9-]*)\s+)?(?:pod/)?(?P<pod>[a-z0-9][a-z0-9.-]*)\s+\d+/\d+\s+"
    r"\S+\s+\d+(?:\s\([^()]* ago\))?\s+(?P<age>(?:\d+[ydhms])+)"
    r"(?:\s+(?P<address>[\d.]+|[\da-f:]*:[\da-f:]*|<none>)\s+(?P<node>\S+)\s+\S+\s+\S+)?"
    r"(?:\s+(?P<labels><none>|[\w./-]+=\S*))?\s*$"
)
_AGE = lazy(r"(\d+)([ydhms])")
_UNITS = {"y": 365 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}
_MOST = 65536


class _Row(NamedTuple):
    offset: int
    fields: dict[str, str | None]


class PodTableScanner:
    """Finds the events in a table of pods: each row is a record with a Pod object as its text.

    A table says neither when it was made nor which pods share the address of their node. So rows
    wait for the end: an address that several pods have is none of theirs.
    """

    ordered = False

    def __init__(self, extractor: Extractor, source: Source, clock: Clock) -> None:
        self._extractor = extractor
        self._source = source
        self._clock = clock
        self._rows: list[_Row] = []
        self._at = 0

    def feed(self, *parts: Buffer, last: bool = False, skipped: int = 0) -> Batch:
        """Take the next whole lines; `last` says that no more will come."""
        block = b"".join(parts)
        lines = block.splitlines(keepends=True)
        batch = Batch(len(block) + skipped, len(lines))
        for line in lines:
            found = _ROW.match(line.decode("utf-8", "replace"))
            if found is not None and len(self._rows) < _MOST:
                self._rows.append(_Row(self._at, found.groupdict()))
            self._at += len(line)
        self._at += skipped
        if last:
            self._take_rows(batch)
        return batch

    def settle(self) -> Batch:
        """The events of the rows so far, when no more will come soon."""
        batch = Batch()
        self._take_rows(batch)
        return batch

    def _take_rows(self, batch: Batch) -> None:
        rows, self._rows = self._rows, []
        pods = Counter(row.fields["address"] for row in rows)
        now = self._clock.arrival() if self._clock.arrival else self._clock.changed
        for row in rows:
            time = max(0, (now or self._clock.reference) - _age(row.fields["age"] or ""))
            record = self._record(row, time, alone=pods[row.fields["address"]] == 1)
            batch.events += self._extractor.extract(record)
            batch.low = time if batch.low is None else min(batch.low, time)
            batch.high = time if batch.high is None else max(batch.high, time)

    def _record(self, row: _Row, time: int, *, alone: bool) -> Record:
        """A pod as the API would give it; `alone` says that no other one has its address."""
        fields = row.fields
        meta: dict[str, Any] = {"name": fields["pod"], "namespace": fields["namespace"]}
        if fields["labels"] not in (None, "<none>"):
            pairs = (each.partition("=") for each in str(fields["labels"]).split(","))
            meta["labels"] = {key: value for key, _, value in pairs}
        has_address = fields["address"] not in (None, "<none>")
        found = {
            "kind": "Pod",
            "metadata": meta,
            "spec": {"nodeName": fields["node"], "hostNetwork": has_address and not alone},
            "status": {"podIP": fields["address"]} if has_address and alone else {},
        }
        source = make_source(
            self._source.name, fields["namespace"], fields["pod"], None, fields["node"]
        )
        return Record(time, source, row.offset, encode(found).decode(), None, "kubectl", "arrival")


def _age(text: str) -> int:
    """Nanoseconds of `40d`, `5d3h` or `90s`."""
    return sum(int(number) * _UNITS[unit] for number, unit in _AGE.findall(text)) * NS
