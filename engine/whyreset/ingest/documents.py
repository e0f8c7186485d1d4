"""Documents: a stream of JSON objects that are no lines, each of which holds a record or many."""

from collections.abc import Callable, Iterable
from typing import Any

from whyreset.basis.json_text import encode
from whyreset.ingest.bundles import Peeled, unbundled
from whyreset.ingest.continuation import continues
from whyreset.ingest.envelopes import Line, Peeler
from whyreset.ingest.json_envelopes import peel_object
from whyreset.ingest.objects import object_record
from whyreset.ingest.records import step_between
from whyreset.ingest.stamps import Clock
from whyreset.model.record import Record, Source

Object = dict[str, Any]
_OF_KUBERNETES = frozenset({"apiVersion", "kind"})
_MOST_LINES = 256


class Documents:
    """Reads the objects of one input; lines of one stack trace make one record."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._peeler = Peeler(source, clock)
        self._arrived = clock.changed or clock.reference
        self._joiner = Joiner()

    def take(self, found: Object, offset: int) -> list[Record] | None:
        """The records that an object completes; None where it has none, or is an application's own
        and tells no time."""
        record = object_record(found, self._source, offset)
        if record is not None:
            return [record]
        if parts := unbundled(found):
            return self._unbundled(parts, offset)
        if not _OF_KUBERNETES.isdisjoint(found):
            return None
        told = peel_object(found)
        peeled = told or {"done": True}
        if "text" not in peeled:
            peeled["text"] = encode(found).decode()
        record = self.peeled(peeled, offset)
        return None if told is None and record.time_from == "arrival" else self.join(record)

    def peeled(self, peeled: Peeled, offset: int) -> Record:
        """A record by what its envelope says."""
        return self._record(self._peeler.peel_within("", peeled), offset)

    def join(self, record: Record) -> list[Record]:
        """The record that waits no longer for lines, now that another one was told."""
        return self._joiner.add(record)

    def finish(self) -> list[Record]:
        """The records that wait for further lines."""
        return self._joiner.finish()

    def _unbundled(self, parts: Iterable[Peeled], offset: int) -> list[Record]:
        """The records of a bundle; it need not be in the order of time."""
        # No two records of one object may share a place.
        whole = [self.peeled(peeled, offset + number) for number, peeled in enumerate(parts)]
        whole.sort(key=lambda one: one.time)
        return [record for each in whole for record in self.join(each)]

    def _record(self, line: Line, offset: int) -> Record:
        time, time_from = line.time, line.time_from
        if time is None:
            arrival = self._clock.arrival
            time = arrival() if arrival is not None else self._arrived + offset
            time_from = "arrival"
        return Record(
            time, line.source, offset, line.text, line.stream, line.envelope, time_from,
            line.assumed,
        )  # fmt: skip


class Joiner:
    """Puts the lines of one record together, by source and stream; they come one by one."""

    def __init__(self) -> None:
        self._open: dict[tuple[Source, str | None], tuple[list[str], Record, int]] = {}

    def add(self, record: Record) -> list[Record]:
        """The record that waits no longer for lines, now that another one was told."""
        channel = (record.source, record.stream)
        known = self._open.get(channel)
        if known is None:
            self._open[channel] = ([record.text], record, record.time)
            return []
        texts, first, last = known
        near = abs(record.time - last) <= step_between(last, record.time)
        if near and len(texts) < _MOST_LINES:
            if record.time >= last and continues(_bytes(record.text), _before(texts)):
                texts.append(record.text)
                self._open[channel] = (texts, first, record.time)
                return []
            # Many stores show the newest line first.
            if record.time < last and continues(_bytes(texts[0]), _before([record.text])):
                texts.insert(0, record.text)
                self._open[channel] = (texts, record, record.time)
                return []
        self._open[channel] = ([record.text], record, record.time)
        return [first._replace(text="\n".join(texts))]

    def finish(self) -> list[Record]:
        """The records that wait for further lines."""
        waiting = [first._replace(text="\n".join(texts)) for texts, first, _ in self._open.values()]
        self._open.clear()
        return waiting


def _before(texts: list[str]) -> Callable[[int], bytes | None]:
    def before(steps: int) -> bytes | None:
        return _bytes(texts[-steps]) if steps <= len(texts) else None

    return before


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
