"""Bundles: objects that hold many records, such as a push to Loki, OTLP or the hits of a search."""

from collections.abc import Iterator
from typing import Any

from whyreset.basis.json_text import encode
from whyreset.ingest.cloud_envelopes import OTEL_PLACES, cloudwatch
from whyreset.ingest.json_envelopes import hit, label_places, peel_value, streams_of
from whyreset.ingest.objects import Object, text_of
from whyreset.ingest.peeling import epoch_stamp
from whyreset.ingest.source_name import place_of_tag

Peeled = dict[str, Any]
_OTLP_PLACES = {**OTEL_PLACES, "stream": "log.iostream"}
_SCALARS = ("stringValue", "intValue", "doubleValue", "boolValue")
_DEEPEST = 8


def unbundled(found: Object) -> list[Peeled]:
    """What each record of a bundle says, by the names of `Peeling`'s fields; none if it is none."""
    for parts in (_streams, _otlp, _log_events, _hits):
        if peeled := list(parts(found)):
            return peeled
    return []


def peel_bundle(found: Object) -> Peeled | None:
    """A bundle by itself, on a line, as one record: no text is lost, all share the first's time."""
    peeled = unbundled(found)
    if not peeled:
        return None
    return {**peeled[0], "text": "\n".join(each["text"] for each in peeled)}


def _streams(found: Object) -> Iterator[Peeled]:
    for stream in streams_of(found):
        places = label_places(stream["stream"])
        values = [one for value in stream["values"] if (one := peel_value(value))]
        for value in sorted(values, key=lambda one: int(one["stamp"].time)):
            yield {**value, **places}


def _log_events(found: Object) -> Iterator[Peeled]:
    """Of `aws logs get-log-events` and `filter-log-events`, or of a subscription."""
    for event in _objects(found, "events") or _objects(found, "logEvents"):
        peeled = cloudwatch({"logStreamName": found.get("logStream"), **event})
        if peeled is not None:
            yield peeled


def _hits(found: Object) -> Iterator[Peeled]:
    hits = found.get("hits")
    if isinstance(hits, dict):
        for each in _objects(hits, "hits"):
            peeled = hit(each)
            if peeled is not None:
                yield peeled


def _otlp(found: Object) -> Iterator[Peeled]:
    for resource_logs in _objects(found, "resourceLogs"):
        resource = resource_logs.get("resource")
        shared = _attributes(resource) if isinstance(resource, dict) else {}
        for scope_logs in _objects(resource_logs, "scopeLogs"):
            for record in _objects(scope_logs, "logRecords"):
                peeled = _otlp_record(record, {**shared, **_attributes(record)})
                if peeled["text"]:
                    yield peeled


def _otlp_record(record: Object, told: Object) -> Peeled:
    body = _value(record.get("body"), 0)
    stamp = epoch_stamp(record.get("timeUnixNano"))
    if stamp is None or stamp.time == 0:
        stamp = epoch_stamp(record.get("observedTimeUnixNano"))
    places = {place: text_of(told.get(key)) for place, key in _OTLP_PLACES.items()}
    path = text_of(told.get("log.file.path"))
    if path and not places["pod"]:
        places |= place_of_tag(path)
    is_text = isinstance(body, str)
    text = str(body) if is_text else encode(body).decode() if body else ""
    text = "\n".join(part for part in (text.removesuffix("\n"), _failure(told)) if part)
    return {"envelope": "otlp", "stamp": stamp, **places, "text": text, "done": not is_text}


def _failure(told: Object) -> str:
    """The exception that stands beside a record's body, by its trace or its type and message."""
    if trace := text_of(told.get("exception.stacktrace")):
        return trace
    parts = (text_of(told.get(f"exception.{name}")) for name in ("type", "message"))
    return ": ".join(part for part in parts if part)


def _attributes(found: Object) -> Object:
    return {
        pair["key"]: _value(pair.get("value"), 0)
        for pair in _objects(found, "attributes")
        if isinstance(pair.get("key"), str)
    }


def _value(found: object, depth: int) -> object:
    """What a value of OTLP says: each wears its type, `{"stringValue": "..."}`."""
    if not isinstance(found, dict) or depth > _DEEPEST:
        return None
    for name in _SCALARS:
        if name in found:
            return found[name]
    values = found.get("arrayValue") or found.get("kvlistValue")
    if not isinstance(values, dict):
        return None
    members = _objects(values, "values")
    if "arrayValue" in found:
        return [_value(member, depth + 1) for member in members]
    return {str(member.get("key")): _value(member.get("value"), depth + 1) for member in members}


def _objects(found: Object, key: str) -> list[Object]:
    values = found.get(key)
    if not isinstance(values, list):
        return []
    return [value for value in values if isinstance(value, dict)]
