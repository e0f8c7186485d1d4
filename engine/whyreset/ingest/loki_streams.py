"""Loki's streams, and OTLP's in their shape: many lines in one object, each with its own time."""

from collections.abc import Iterator
from typing import Any

from whyreset.ingest.continuation import continues
from whyreset.ingest.envelopes import Peeler
from whyreset.ingest.json_envelopes import label_places, peel_value, streams_of
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock
from whyreset.model.record import Record, Source

Object = dict[str, Any]


def stream_records(found: Object, source: Source, clock: Clock, offset: int) -> list[Record]:
    """The records of all values, in the order of time; none where it is no such object.

    Values of one stream that are the lines of one stack trace make one record.
    """
    records = [
        record
        for stream in streams_of(found)
        for record in _joined(_records(stream, source, clock))
    ]
    records.sort(key=lambda record: record.time)
    # No two records of one object may share a place.
    return [record._replace(offset=offset + number) for number, record in enumerate(records)]


def _records(stream: Object, source: Source, clock: Clock) -> Iterator[Record]:
    places = label_places(stream["stream"])
    parts = (places["namespace"], places["pod"], places["container"])
    name = "/".join(part for part in parts if part)
    here = make_source(name or source.name, *parts, places["node"])
    peeler = Peeler(here, clock)
    values = [one for value in stream["values"] if (one := peel_value(value))]
    for value in sorted(values, key=lambda one: int(one["stamp"].time)):
        line = peeler.peel(value["text"].encode("utf-8", "replace"))
        time, output = value["stamp"].time, places["stream"] or line.stream
        envelope = stream.get("envelope", "loki")
        yield Record(time, here, 0, line.text, output, envelope, "envelope")


def _joined(records: Iterator[Record]) -> Iterator[Record]:
    first: Record | None = None
    texts: list[str] = []

    def before(steps: int) -> bytes | None:
        return texts[-steps].encode("utf-8", "replace") if steps <= len(texts) else None

    for record in records:
        if first is not None and continues(record.text.encode("utf-8", "replace"), before):
            texts.append(record.text)
            continue
        if first is not None:
            yield first._replace(text="\n".join(texts))
        first, texts = record, [record.text]
    if first is not None:
        yield first._replace(text="\n".join(texts))
