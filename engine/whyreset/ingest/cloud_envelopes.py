"""Envelopes of the clouds and of log stores, which their users download: one object a record."""

from typing import Any

from whyreset.basis.json_text import encode
from whyreset.basis.lazy import lazy
from whyreset.basis.selector import join_labels
from whyreset.ingest.objects import Object, text_of
from whyreset.ingest.peeling import any_stamp
from whyreset.ingest.source_name import place_of_tag

_POD_LABEL = "k8s-pod/"
_LOG_EVENT = frozenset({"ingestionTime", "eventId", "logStreamName", "id"})
_RESOURCES = ("ResourceAttributes", "resource", "resources_string", "resource_attributes")
OTEL_PLACES = {
    "pod": "k8s.pod.name",
    "namespace": "k8s.namespace.name",
    "container": "k8s.container.name",
    "node": "k8s.node.name",
}
_WRAPPED = ("@message", "message", "short_message", "Log")
_STORED = frozenset(
    {"@message", "short_message", "source_type", "ContainerAppName", "RevisionName"}
)
_TASK = lazy(r"[^/]+/(?P<container>[^/]+)/[0-9a-f]{32}")


def cloudwatch(found: Object) -> dict[str, Any] | None:
    """A log event of CloudWatch: its stream's name may tell the pod or the task."""
    text, stamp = found.get("message"), any_stamp(found.get("timestamp"))
    if not isinstance(text, str) or stamp is None or _LOG_EVENT.isdisjoint(found):
        return None
    return {
        "envelope": "cloudwatch",
        "text": text.removesuffix("\n"),
        "stamp": stamp,
        **place_of_stream(text_of(found.get("logStreamName")) or ""),
    }


def place_of_stream(name: str) -> dict[str, str]:
    """Who printed what is in a log stream: a file of Container Insights, or a task of ECS."""
    place = place_of_tag(name)
    if not place and (found := _TASK.fullmatch(name)):
        place = found.groupdict()
    return place


def google(found: Object) -> dict[str, Any] | None:
    """An entry of Google's Cloud Logging about a container or a node."""
    resource, text = found.get("resource"), found.get("textPayload")
    labels = resource.get("labels") if isinstance(resource, dict) else None
    if not isinstance(labels, dict):
        return None
    payload = found.get("jsonPayload")
    if not isinstance(text, str) and isinstance(payload, dict):
        text = payload.get("MESSAGE")  # of a node's journal
    if not isinstance(text, str) and "pod_name" not in labels:
        return None
    stream = (text_of(found.get("logName")) or "").rpartition("/")[2]
    own = found.get("labels")
    own = own if isinstance(own, dict) else {}
    peeled: dict[str, Any] = {
        "envelope": "gcp",
        "stamp": any_stamp(found.get("timestamp")),
        "pod": text_of(labels.get("pod_name")),
        "namespace": text_of(labels.get("namespace_name")),
        "container": text_of(labels.get("container_name")),
        "node": text_of(labels.get("node_name"))
        or text_of(own.get("compute.googleapis.com/resource_name")),
        "labels": _pod_labels(own),
        "stream": stream if stream in ("stdout", "stderr") else None,
    }
    if isinstance(text, str):
        peeled["text"] = text.removesuffix("\n")
    else:
        peeled["done"] = True
    return peeled


def _pod_labels(labels: Object) -> str | None:
    own: dict[object, object] = {
        k.removeprefix(_POD_LABEL): v for k, v in labels.items() if k.startswith(_POD_LABEL)
    }
    return join_labels(own) if own else None


def azure(found: Object) -> dict[str, Any] | None:
    """A row of Azure's ContainerLogV2, or of the older ContainerLog."""
    if "TimeGenerated" not in found:
        return None
    message = found.get("LogMessage", found.get("LogEntry"))
    peeled: dict[str, Any] = {
        "envelope": "azure",
        "stamp": any_stamp(found["TimeGenerated"]),
        "pod": text_of(found.get("PodName")),
        "namespace": text_of(found.get("PodNamespace")),
        "container": text_of(found.get("ContainerName")),
        "node": text_of(found.get("Computer")),
        "stream": text_of(found.get("LogSource")) or text_of(found.get("LogEntrySource")),
    }
    if isinstance(message, str):
        return {**peeled, "text": message.removesuffix("\n")}
    if isinstance(message, dict):
        return {**peeled, "text": encode(message).decode(), "done": True}
    return None


def splunk(found: Object) -> dict[str, Any] | None:
    """A result of a search in Splunk, whose `_raw` is what a forwarder sent."""
    result = found.get("result")
    result = result if isinstance(result, dict) else found
    raw = result.get("_raw")
    if not isinstance(raw, str):
        return None
    return {
        "envelope": "splunk",
        "text": raw.removesuffix("\n"),
        "stamp": any_stamp(result.get("_time")),
    }


def wrapped(found: Object) -> dict[str, Any] | None:
    """What Datadog, CloudWatch's Insights, Graylog, Vector and Azure's apps keep of a line, where
    that is an object by itself: rules can read the words of any other beside its fields."""
    inner = found.get("attributes", found.get("content"))
    if not isinstance(inner, dict):
        inner = found
        if _STORED.isdisjoint(found):
            return None  # of an app, whose messages are its own
    text = next((inner[key] for key in _WRAPPED if isinstance(inner.get(key), str)), None)
    if text is None or not text.startswith('{"') or not text.rstrip().endswith("}"):
        return None
    stamps = (any_stamp(inner.get(key)) for key in ("@timestamp", "timestamp", "TimeStamp"))
    return {
        "envelope": "wrapped",
        "text": text.rstrip("\n"),
        "stamp": next(filter(None, stamps), None),
        "container": text_of(inner.get("ContainerAppName")) or text_of(inner.get("service")),
    }


def row(found: Object) -> dict[str, Any] | None:
    """A record of OpenTelemetry as tables have it."""
    text = found.get("Body", found.get("body"))
    about = next((found[name] for name in _RESOURCES if isinstance(found.get(name), dict)), None)
    if not isinstance(text, str) or about is None:
        return None
    return {
        "envelope": "otlp",
        "text": text.removesuffix("\n"),
        "stamp": any_stamp(found.get("Timestamp", found.get("timestamp"))),
        **{place: text_of(about.get(name)) for place, name in OTEL_PLACES.items()},
    }
