"""What keepers of logs write out: Elasticsearch's hits, Splunk's results, Azure's rows, OTLP."""

from typing import Any

from whyreset.basis.json_text import encode
from whyreset.ingest.objects import Object, stamp_of, text_of

_ATTRIBUTES = {
    "pod": "k8s.pod.name",
    "namespace": "k8s.namespace.name",
    "container": "k8s.container.name",
    "node": "k8s.node.name",
}
_RESOURCES = ("ResourceAttributes", "resource", "resources_string", "resource_attributes")


def peel_export(found: Object) -> dict[str, Any] | None:
    """What such an object says, by the names of `Peeling`'s fields; None for any other."""
    for layer in (_hit, _splunk, _azure, _row):
        peeled = layer(found)
        if peeled is not None:
            return peeled
    return None


def otlp_streams(found: Object) -> list[Object]:
    """OTLP's records of one object in the shape of Loki's streams, one for each resource."""
    streams = []
    for resource in _objects(found.get("resourceLogs")):
        places = _places(_attributes(_object(resource.get("resource")).get("attributes")))
        values = [
            [str(time), text]
            for scope in _objects(resource.get("scopeLogs"))
            for record in _objects(scope.get("logRecords"))
            if (time := _nanoseconds(record)) and (text := _text(record))
        ]
        if values:
            streams.append({"envelope": "otlp", "stream": places, "values": values})
    return streams


def _hit(found: Object) -> dict[str, Any] | None:
    source = found.get("_source")
    if not isinstance(source, dict) or "_index" not in found:
        return None
    return {"envelope": "elasticsearch", "text": encode(source).decode()}


def _splunk(found: Object) -> dict[str, Any] | None:
    result = found.get("result")
    result = result if isinstance(result, dict) else found
    raw = result.get("_raw")
    if not isinstance(raw, str):
        return None
    return {
        "envelope": "splunk",
        "text": raw.removesuffix("\n"),
        "stamp": stamp_of(result.get("_time")),
    }


def _azure(found: Object) -> dict[str, Any] | None:
    """A row of Container Insights, of the second version of its table or of the first."""
    text = found.get("LogMessage", found.get("LogEntry"))
    if "TimeGenerated" not in found or not isinstance(text, str | dict):
        return None
    return {
        "envelope": "azure",
        "text": text.removesuffix("\n") if isinstance(text, str) else encode(text).decode(),
        "stamp": stamp_of(found["TimeGenerated"]),
        "pod": text_of(found.get("PodName")),
        "namespace": text_of(found.get("PodNamespace")),
        "container": text_of(found.get("ContainerName")),
        "node": text_of(found.get("Computer")),
        "stream": text_of(found.get("LogSource") or found.get("LogEntrySource")),
    }


def _row(found: Object) -> dict[str, Any] | None:
    """A record of OpenTelemetry as tables have it."""
    text = found.get("Body", found.get("body"))
    about = next((found[name] for name in _RESOURCES if isinstance(found.get(name), dict)), None)
    if not isinstance(text, str) or about is None:
        return None
    return {
        "envelope": "otlp",
        "text": text.removesuffix("\n"),
        "stamp": stamp_of(found.get("Timestamp", found.get("timestamp"))),
        **{place: text_of(about.get(name)) for place, name in _ATTRIBUTES.items()},
    }


def _places(attributes: dict[str, object]) -> dict[str, object]:
    places = {place: attributes.get(name) for place, name in _ATTRIBUTES.items()}
    return {**places, "stream": attributes.get("log.iostream")}


def _nanoseconds(record: Object) -> int:
    for name in ("timeUnixNano", "observedTimeUnixNano"):
        value = record.get(name)
        if isinstance(value, int | str) and str(value).isdecimal() and int(value):
            return int(value)
    return 0


def _text(record: Object) -> str:
    """The body, and below it the exception that stands beside it."""
    attributes = _attributes(record.get("attributes"))
    told = _plain(record.get("body"))
    text = told if isinstance(told, str) else encode(told).decode() if told else ""
    failure = attributes.get("exception.stacktrace") or ": ".join(
        str(attributes[name])
        for name in ("exception.type", "exception.message")
        if attributes.get(name)
    )
    return "\n".join(part for part in (text, failure) if isinstance(part, str) and part)


def _attributes(found: object) -> dict[str, object]:
    return {
        key: _plain(each.get("value"))
        for each in _objects(found)
        if isinstance(key := each.get("key"), str)
    }


def _plain(value: object) -> object:
    """What a value of OTLP's says, without the name of its type."""
    value = _object(value)
    if "kvlistValue" in value:
        return _attributes(_object(value["kvlistValue"]).get("values"))
    return next(iter(value.values()), None)


def _object(value: object) -> Object:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Object]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
