"""Envelopes that are JSON objects: docker, Fluent Bit, journald, stern, Loki and their kin."""

from typing import Any

from whyreset.basis.lazy import lazy
from whyreset.basis.selector import join_labels
from whyreset.ingest.exports import otlp_streams, peel_export
from whyreset.ingest.objects import Object, epoch_of, object_record, stamp_of, text_of
from whyreset.ingest.source_name import make_source, place_of_tag
from whyreset.ingest.stamps import Stamp

_NOWHERE = make_source("-")
_DOCKER_LABELS = {
    "pod": "io.kubernetes.pod.name",
    "namespace": "io.kubernetes.pod.namespace",
    "container": "io.kubernetes.container.name",
}
_POD_LABEL = "k8s-pod/"
_K8S_NAME = lazy(r"k8s_(?P<container>[^_]+)_(?P<pod>[^_]+)_(?P<namespace>[^_]+)_")


def peel_object(found: Object) -> dict[str, Any] | None:
    """What an envelope says, by the names of `Peeling`'s fields; None for an app's own object."""
    for layer in (_journald, _stern, _loki, _docker, _cloud, peel_export, _fluent, _kubernetes):
        peeled = layer(found)
        if peeled is not None:
            stamp = peeled.get("stamp")
            if stamp is None:
                peeled.pop("stamp", None)
            return peeled
    return None


def peel_value(pair: object) -> dict[str, Any] | None:
    """The same, for one `["nanoseconds", "line"]` of Loki's answers."""
    if not isinstance(pair, list) or len(pair) < 2 or not isinstance(pair[1], str):
        return None
    stamp = epoch_of(pair[0]) if isinstance(pair[0], str) else None
    if stamp is None:
        return None
    return {"envelope": "loki", "text": pair[1].removesuffix("\n"), "stamp": stamp}


def _docker(found: Object) -> dict[str, Any] | None:
    text = found.get("log")
    if not isinstance(text, str) or not found.keys() <= {"log", "stream", "time", "attrs"}:
        return None
    attrs = found.get("attrs")
    places = attrs if isinstance(attrs, dict) else {}
    return {
        "envelope": "docker",
        "text": text.removesuffix("\n"),
        "partial": not text.endswith("\n"),
        "stream": text_of(found.get("stream")),
        "stamp": stamp_of(found.get("time")),
        "done": True,
        **{place: text_of(places.get(label)) for place, label in _DOCKER_LABELS.items()},
    }


def _fluent(found: Object) -> dict[str, Any] | None:
    if not _is_fluent(found):
        return None
    text = found.get("log")
    if not isinstance(text, str):
        text = found.get("message")
    peeled: dict[str, Any] = {
        "envelope": "fluentbit",
        "stream": text_of(found.get("stream")),
        "partial": "P" in (found.get("_p"), found.get("logtag")),
        "stamp": stamp_of(found.get("time")) or stamp_of(found.get("date"))
        or stamp_of(found.get("@timestamp")) or stamp_of(found.get("timestamp")),
        "labels": _labels(found.get("kubernetes"), found.get("kubernetes_labels")),
        **places_of(found),
    }  # fmt: skip
    if isinstance(text, str):
        peeled["text"] = text.removesuffix("\n")
    else:
        peeled["done"] = True  # Merge_Log has lifted the message's own keys to the top
    return peeled


_FLAT = frozenset({"kubernetes_pod_name", "kubernetes.pod_name", "kubernetes.pod.name"})


def _is_fluent(found: Object) -> bool:
    if isinstance(found.get("kubernetes"), dict) or not _FLAT.isdisjoint(found):
        return True
    if "stream" in found and not {"log", "_p", "logtag"}.isdisjoint(found):
        return True
    return isinstance(found.get("log"), str) and "date" in found


def places_of(found: Object) -> dict[str, str | None]:
    """Pod, namespace, container and node, in the words of Fluent Bit, Vector or Filebeat."""
    meta = found.get("kubernetes")
    tag = text_of(found.get("tag"))
    places: dict[str, str | None] = {**place_of_tag(tag)} if tag else {}
    for place, names in (
        ("pod", ("pod_name", "pod.name")),
        ("namespace", ("namespace_name", "pod_namespace", "namespace")),
        ("container", ("container_name", "container.name")),
        ("node", ("host", "pod_node_name", "node.name")),
    ):
        for name in names:
            flat = found.get(f"kubernetes_{name}") or found.get(f"kubernetes.{name}")
            value = text_of(_at(meta, name) or flat)
            if value:
                places[place] = value
                break
    if "node" not in places and "openshift" in found:
        places["node"] = text_of(found.get("hostname"))
    return places


def _labels(meta: object, lifted: object) -> str | None:
    """The labels of the pod: of Fluent Bit, fluentd and Filebeat, of Vector, or lifted."""
    for labels in (_at(meta, "labels"), _at(meta, "pod_labels"), lifted):
        if isinstance(labels, dict) and labels:
            return join_labels(labels)
    return None


def _at(found: object, path: str) -> object:
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _journald(found: Object) -> dict[str, Any] | None:
    if "__REALTIME_TIMESTAMP" not in found:
        return None
    message = found.get("MESSAGE")
    if isinstance(message, list):
        message = bytes(byte for byte in message if isinstance(byte, int) and 0 <= byte < 256)
        message = message.decode("utf-8", "replace")
    node = text_of(found.get("_HOSTNAME"))
    unit = text_of(found.get("SYSLOG_IDENTIFIER")) or text_of(found.get("_SYSTEMD_UNIT"))
    container = text_of(found.get("CONTAINER_NAME"))
    places = _K8S_NAME.match(container or "")
    return {
        "envelope": "journald",
        "text": message if isinstance(message, str) else "",
        "stamp": epoch_of(found["__REALTIME_TIMESTAMP"]),
        "partial": found.get("CONTAINER_PARTIAL_MESSAGE") == "true",
        "node": node,
        "name": f"{node or '-'}/{unit or '-'}",
        **(places.groupdict() if places else {"container": container}),
    }


def _stern(found: Object) -> dict[str, Any] | None:
    if "podName" not in found or not isinstance(found.get("message"), str):
        return None
    return {
        "envelope": "stern",
        "text": found["message"].removesuffix("\n"),
        "pod": text_of(found["podName"]),
        "namespace": text_of(found.get("namespace")),
        "container": text_of(found.get("containerName")),
        "node": text_of(found.get("nodeName")),
    }


def _loki(found: Object) -> dict[str, Any] | None:
    labels, line = found.get("labels"), found.get("line")
    if isinstance(labels, dict) and isinstance(line, str):
        peeled: dict[str, Any] = {
            "envelope": "loki",
            "text": line.removesuffix("\n"),
            "stamp": stamp_of(found.get("timestamp")),
        }
    else:
        streams = streams_of(found)
        if len(streams) != 1:
            return None
        labels = streams[0]["stream"]
        values = [one for value in streams[0]["values"] if (one := peel_value(value))]
        if not values:
            return None
        # By itself the object is one record: of several values none is lost, but they share the
        # first's time. An input of such objects gives a record for each (`loki_streams`).
        peeled = {
            **values[0],
            "envelope": streams[0].get("envelope", "loki"),
            "text": "\n".join(each["text"] for each in values),
        }
    return {**peeled, **label_places(labels)}


def label_places(labels: Object) -> dict[str, str | None]:
    """Pod, namespace, container, node and output stream by the labels of a Loki stream."""
    return {
        "pod": text_of(labels.get("pod")),
        "namespace": text_of(labels.get("namespace")),
        "container": text_of(labels.get("container")),
        "node": text_of(labels.get("node_name") or labels.get("node")),
        "stream": text_of(labels.get("stream")),
    }


def streams_of(found: Object) -> list[Object]:
    """The streams of a push (`streams`), of an answer (`data.result`), or the object itself.

    OpenTelemetry's records (`resourceLogs`) are brought into the same shape.
    """
    if "resourceLogs" in found:
        return otlp_streams(found)
    streams = found.get("streams") or _at(found, "data.result")
    return [
        stream
        for stream in (streams if isinstance(streams, list) else [found])
        if isinstance(stream, dict)
        and isinstance(stream.get("values"), list)
        and isinstance(stream.get("stream"), dict)
    ]


def _cloud(found: Object) -> dict[str, Any] | None:
    """An entry of Google's Cloud Logging about a container."""
    resource, text = found.get("resource"), found.get("textPayload")
    labels = _at(resource, "labels")
    if not isinstance(labels, dict) or not (isinstance(text, str) or "pod_name" in labels):
        return None
    stream = (text_of(found.get("logName")) or "").rpartition("/")[2]
    peeled: dict[str, Any] = {
        "envelope": "gcp",
        "stamp": stamp_of(found.get("timestamp")),
        "pod": text_of(labels.get("pod_name")),
        "namespace": text_of(labels.get("namespace_name")),
        "container": text_of(labels.get("container_name")),
        "node": text_of(labels.get("node_name")),
        "labels": _cloud_labels(found.get("labels")),
        "stream": stream if stream in ("stdout", "stderr") else None,
    }
    if isinstance(text, str):
        peeled["text"] = text.removesuffix("\n")
    else:
        peeled["done"] = True
    return peeled


def _cloud_labels(labels: object) -> str | None:
    if not isinstance(labels, dict):
        return None
    own = {k.removeprefix(_POD_LABEL): v for k, v in labels.items() if k.startswith(_POD_LABEL)}
    return join_labels(own) if own else None


def _kubernetes(found: Object) -> dict[str, Any] | None:
    if found.keys().isdisjoint(("metadata", "object", "event")):
        return None
    record = object_record(found, _NOWHERE, 0)
    if record is None:
        return None
    return {
        "envelope": "kubernetes",
        "text": record.text,
        "stamp": Stamp(record.time, (), 0),
        "namespace": record.source.namespace,
        "pod": record.source.pod,
        "container": record.source.container,
        "node": record.source.node,
        "done": True,
    }
