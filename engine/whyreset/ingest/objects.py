"""Kubernetes objects: what an Event, a Pod or any other object says about time and place."""

from typing import Any

from whyreset.basis.json_text import encode
from whyreset.basis.lazy import lazy
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import parse_rfc3339
from whyreset.model.record import Record, Source

_CONTAINER = lazy(r"\{([^}]+)\}")
Object = dict[str, Any]


def object_record(found: Object, source: Source, offset: int) -> Record | None:
    """An Event, a Pod or any other object as a record; None for what is no object or has no time.

    Its text is the object as compact JSON, the wrapping of a watch or a router taken off. Of an
    Event that is DELETED only the metadata is left: its time is up, nothing happened once more.
    """
    gone = found.get("type") == "DELETED"
    inner = found.get("object") or found.get("event")  # of a watch, of an event router
    if isinstance(inner, dict) and "metadata" not in found:
        found = inner
    # Some exporters leave the metadata of an event out.
    meta = found.get("metadata", {} if "involvedObject" in found else None)
    if not isinstance(meta, dict) or not ("kind" in found or "involvedObject" in found):
        return None
    time = _time(found, meta)
    if time is None:
        return None
    forgotten = gone and found.get("kind") == "Event"
    text = encode({"kind": "Event", "metadata": meta} if forgotten else found).decode()
    return Record(time, _source(found, meta, source), offset, text, None, "kubernetes")


def _time(found: Object, meta: Object) -> int | None:
    series = _dict(found.get("series"))
    status = _dict(found.get("status"))
    for value in (
        series.get("lastObservedTime"),
        found.get("lastTimestamp"),
        found.get("eventTime"),
        found.get("deprecatedLastTimestamp"),
        found.get("firstTimestamp"),
        found.get("deprecatedFirstTimestamp"),
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
        pod = text_of(meta.get("name")) if found.get("kind") == "Pod" else None
        node = text_of(_dict(found.get("spec")).get("nodeName"))
        return make_source(source.name, text_of(meta.get("namespace")), pod, None, node)
    pod = text_of(about.get("name")) if about.get("kind") == "Pod" else None
    container = _CONTAINER.search(text_of(about.get("fieldPath")) or "")
    return make_source(
        source.name, text_of(about.get("namespace")), pod, container[1] if container else None,
        text_of(reporter.get("host")),
    )  # fmt: skip


def _dict(value: object) -> Object:
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str | None:
    """A value that is a text and not an empty one."""
    return value if isinstance(value, str) and value else None
