"""Envelopes that are JSON objects: docker, Fluent Bit, journald, stern, Loki and their kin."""

from typing import Any

from whyreset.basis.json_text import encode
from whyreset.basis.lazy import lazy
from whyreset.basis.selector import join_labels
from whyreset.ingest.cloud_envelopes import azure, cloudwatch, google, row, splunk, wrapped
from whyreset.ingest.objects import Object, object_record, text_of
from whyreset.ingest.peeling import any_stamp, epoch_stamp
from whyreset.ingest.source_name import make_source, place_of_tag
from whyreset.ingest.stamps import Stamp

_NOWHERE = make_source("-")
_DOCKER_LABELS = {
    "pod": "io.kubernetes.pod.name",
    "namespace": "io.kubernetes.pod.namespace",
    "container": "io.kubernetes.container.name",
}
_JOURNAL = frozenset({"_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER", "_BOOT_ID", "_HOSTNAME"})
_K8S_NAME = lazy(r"k8s_(?P<container>[^_]+)_(?P<pod>[^_]+)_(?P<namespace>[^_]+)_")


def peel_object(found: Object) -> dict[str, Any] | None:
    """What an envelope says, by the names of `Peeling`'s fields; None for an app's own object."""
    return next((peeled for layer in _LAYERS if (peeled := layer(found)) is not None), None)


def peel_value(pair: object) -> dict[str, Any] | None:
    """The same, for one `["nanoseconds", "line"]` of Loki's answers."""
    if not isinstance(pair, list) or len(pair) < 2 or not isinstance(pair[1], str):
        return None
    stamp = epoch_stamp(pair[0]) if isinstance(pair[0], str) else None
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
        "stamp": any_stamp(found.get("time")),
        "done": True,
        **{place: text_of(places.get(label)) for place, label in _DOCKER_LABELS.items()},
    }


def _driver(found: Object) -> dict[str, Any] | None:
    """Docker's driver for fluentd, and Vector's source of its logs: a container without a pod."""
    name, text = text_of(found.get("container_name")), found.get("log", found.get("message"))
    if name is None or "container_id" not in found or not isinstance(text, str):
        return None
    places = _K8S_NAME.match(name.removeprefix("/"))
    return {
        "envelope": "docker",
        "text": text.removesuffix("\n"),
        "partial": found.get("partial_message") == "true" and found.get("partial_last") != "true",
        "stream": text_of(found.get("source")) or text_of(found.get("stream")),
        "stamp": any_stamp(found.get("timestamp")) or any_stamp(found.get("@timestamp")),
        "node": text_of(found.get("host")),
        **(places.groupdict() if places else {"container": name.removeprefix("/")}),
    }


def hit(found: Object) -> dict[str, Any] | None:
    """A hit of Elasticsearch or OpenSearch, whose `_source` is what a shipper sent."""
    if "_index" not in found:
        return None
    source, fields = found.get("_source"), found.get("fields")
    if not isinstance(source, dict) or not source:
        if not isinstance(fields, dict):
            return None
        # Kibana shows the fields of a hit as lists.
        source = {
            key: values[0] for key, values in fields.items() if isinstance(values, list) and values
        }
    peeled = peel_object(source) or {"stamp": any_stamp(source.get("@timestamp")), "done": True}
    if "text" not in peeled:
        peeled["text"] = encode(source).decode()
    return {**peeled, "envelope": "elasticsearch"}


def _fluent(found: Object) -> dict[str, Any] | None:
    if not _is_fluent(found):
        return None
    text = next((found[key] for key in _TEXTS if isinstance(found.get(key), str)), None)
    peeled: dict[str, Any] = {
        "envelope": "fluentbit",
        "stream": text_of(found.get("stream")),
        "partial": "P" in (found.get("_p"), found.get("logtag")),
        "stamp": any_stamp(found.get("time")) or any_stamp(found.get("date"))
        or any_stamp(found.get("@timestamp")) or any_stamp(found.get("timestamp"))
        or any_stamp(found.get("_time")),
        "labels": _labels(found.get("kubernetes"), found.get("kubernetes_labels")),
        **places_of(found),
    }  # fmt: skip
    if isinstance(text, str):
        peeled["text"] = text.removesuffix("\n")
    else:
        peeled["done"] = True  # Merge_Log has lifted the message's own keys to the top
    return peeled


_TEXTS = ("log", "message", "_msg")
_FILES = ("filename", "file", "path", "file_path", "tailed_path", "log_path", "log.file.path")
_PREFIXES = ("kubernetes_", "kubernetes.", "k8s_", "k8s.")
_FLAT = frozenset(prefix + name for prefix in _PREFIXES for name in ("pod_name", "pod.name"))


def _is_fluent(found: Object) -> bool:
    if isinstance(found.get("kubernetes"), dict) or not _FLAT.isdisjoint(found):
        return True
    if "_msg" in found and "_time" in found:  # VictoriaLogs
        return True
    if "stream" in found and not {"log", "_p", "logtag"}.isdisjoint(found):
        return True
    if isinstance(found.get("log"), str) and "date" in found:
        return True
    return isinstance(found.get("tag"), str) and bool(place_of_tag(found["tag"]))


def places_of(found: Object) -> dict[str, str | None]:
    """Pod, namespace, container and node, in the words of Fluent Bit, Vector or Filebeat."""
    meta = found.get("kubernetes")
    tag = text_of(found.get("tag"))
    places: dict[str, str | None] = {**place_of_tag(tag)} if tag else {}
    for place, names in (
        ("pod", ("pod_name", "pod.name")),
        ("namespace", ("namespace_name", "pod_namespace", "namespace", "namespace.name")),
        ("container", ("container_name", "container.name")),
        ("node", ("host", "pod_node_name", "node.name")),
    ):
        for name in names:
            flat = (text_of(found.get(prefix + name)) for prefix in _PREFIXES)
            value = text_of(_at(meta, name)) or next(filter(None, flat), None)
            if value:
                places[place] = value
                break
    if "pod" not in places and (path := _path_in(found)):
        places |= place_of_tag(path)
    node = text_of(found.get("hostname"))  # or the pod's, where the logger of an app tells it
    if "node" not in places and node and node != places.get("pod"):
        places["node"] = node
    return places


def _path_in(found: Object) -> str | None:
    """The name of the file that a shipper read, where it sends it along."""
    paths = (text_of(found.get(key)) for key in _FILES)
    return next(filter(None, paths), None)


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
    if "__REALTIME_TIMESTAMP" not in found and _JOURNAL.isdisjoint(found):
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
        "stamp": epoch_stamp(found.get("__REALTIME_TIMESTAMP"))
        or epoch_stamp(found.get("_SOURCE_REALTIME_TIMESTAMP")) or any_stamp(found.get("date")),
        "partial": found.get("CONTAINER_PARTIAL_MESSAGE") == "true",
        "node": node,
        "name": f"{node or '-'}/{unit or '-'}",
        **(places.groupdict() if places else {"container": container}),
    }  # fmt: skip


def _stern(found: Object) -> dict[str, Any] | None:
    if "pod" in found:
        return _stern_extended(found)
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


def _stern_extended(found: Object) -> dict[str, Any] | None:
    """Of `-o extjson`, in which a message that is JSON is an object, not a text."""
    message = found.get("message")
    if not found.keys() <= {"namespace", "pod", "container", "message"} or "container" not in found:
        return None
    peeled: dict[str, Any] = {
        "envelope": "stern",
        **{place: text_of(found.get(place)) for place in ("namespace", "pod", "container")},
    }
    if isinstance(message, str):
        return {**peeled, "text": message.removesuffix("\n")}
    return {**peeled, "text": encode(message).decode(), "done": True}


def _loki(found: Object) -> dict[str, Any] | None:
    """A line of logcli, or of what Grafana downloads."""
    labels, line = found.get("labels", found.get("fields")), found.get("line")
    if not isinstance(labels, dict) or not isinstance(line, str):
        return None
    return {
        "envelope": "loki",
        "text": line.removesuffix("\n"),
        "stamp": any_stamp(found.get("timestamp")),
        **label_places(labels),
    }


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
    """The streams of a push (`streams`), of an answer (`data.result`), or the object itself."""
    streams = found.get("streams") or _at(found, "data.result")
    return [
        stream
        for stream in (streams if isinstance(streams, list) else [found])
        if isinstance(stream, dict)
        and isinstance(stream.get("values"), list)
        and isinstance(stream.get("stream"), dict)
    ]


def _kubernetes(found: Object) -> dict[str, Any] | None:
    if found.keys().isdisjoint(("metadata", "object", "event", "involvedObject")):
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


_LAYERS = (
    _journald, _stern, _loki, _docker, _driver, google, azure, hit, cloudwatch, splunk,
    row, _fluent, _kubernetes, wrapped,
)  # fmt: skip
