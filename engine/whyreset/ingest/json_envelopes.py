"""Envelopes that are JSON objects: docker, Fluent Bit, journald, stern and Loki."""

from typing import Any

from whyreset.ingest.stamps import Stamp, parse_epoch, parse_rfc3339

Object = dict[str, Any]


def peel_object(found: Object) -> dict[str, Any] | None:
    """What an envelope says, by the names of `Peeling`'s fields; None for an app's own object."""
    for layer in (_journald, _stern, _loki, _docker, _fluent):
        peeled = layer(found)
        if peeled is not None:
            stamp = peeled.get("stamp")
            if stamp is None:
                peeled.pop("stamp", None)
            return peeled
    return None


def _docker(found: Object) -> dict[str, Any] | None:
    text = found.get("log")
    if not isinstance(text, str) or not found.keys() <= {"log", "stream", "time", "attrs"}:
        return None
    return {
        "envelope": "docker",
        "text": text.removesuffix("\n"),
        "partial": not text.endswith("\n"),
        "stream": _text(found.get("stream")),
        "stamp": _stamp(found.get("time")),
        "done": True,
    }


def _fluent(found: Object) -> dict[str, Any] | None:
    meta = found.get("kubernetes")
    meta = meta if isinstance(meta, dict) else None
    flat = "kubernetes_pod_name" in found
    if meta is None and not flat and not ("stream" in found and ("log" in found or "_p" in found)):
        return None
    text = found.get("log")
    if not isinstance(text, str):
        text = found.get("message")

    def place(name: str) -> str | None:
        return _text(meta.get(name) if meta is not None else found.get(f"kubernetes_{name}"))

    peeled: dict[str, Any] = {
        "envelope": "fluentbit",
        "stream": _text(found.get("stream")),
        "partial": "P" in (found.get("_p"), found.get("logtag")),
        "stamp": _stamp(found.get("time")) or _stamp(found.get("date"))
        or _stamp(found.get("@timestamp")),
        "pod": place("pod_name"),
        "namespace": place("namespace_name"),
        "container": place("container_name"),
        "node": place("host"),
    }  # fmt: skip
    if isinstance(text, str):
        peeled["text"] = text.removesuffix("\n")
    else:
        peeled["done"] = True  # Merge_Log has lifted the message's own keys to the top
    return peeled


def _journald(found: Object) -> dict[str, Any] | None:
    if "__REALTIME_TIMESTAMP" not in found:
        return None
    message = found.get("MESSAGE")
    if isinstance(message, list):
        message = bytes(byte for byte in message if isinstance(byte, int) and 0 <= byte < 256)
        message = message.decode("utf-8", "replace")
    node = _text(found.get("_HOSTNAME"))
    unit = _text(found.get("SYSLOG_IDENTIFIER")) or _text(found.get("_SYSTEMD_UNIT"))
    return {
        "envelope": "journald",
        "text": message if isinstance(message, str) else "",
        "stamp": _epoch(found["__REALTIME_TIMESTAMP"]),
        "node": node,
        "name": f"{node or '-'}/{unit or '-'}",
    }


def _stern(found: Object) -> dict[str, Any] | None:
    if "podName" not in found or not isinstance(found.get("message"), str):
        return None
    return {
        "envelope": "stern",
        "text": found["message"].removesuffix("\n"),
        "pod": _text(found["podName"]),
        "namespace": _text(found.get("namespace")),
        "container": _text(found.get("containerName")),
        "node": _text(found.get("nodeName")),
    }


def _loki(found: Object) -> dict[str, Any] | None:
    labels, line = found.get("labels"), found.get("line")
    if not isinstance(labels, dict) or not isinstance(line, str):
        return None
    return {
        "envelope": "loki",
        "text": line.removesuffix("\n"),
        "stamp": _stamp(found.get("timestamp")),
        "pod": _text(labels.get("pod")),
        "namespace": _text(labels.get("namespace")),
        "container": _text(labels.get("container")),
        "node": _text(labels.get("node_name") or labels.get("node")),
        "stream": _text(labels.get("stream")),
    }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _stamp(value: object) -> Stamp | None:
    if isinstance(value, str):
        try:
            return Stamp(parse_rfc3339(value), (), 0)
        except (ValueError, UnicodeError):
            return _epoch(value)
    return _epoch(value)


def _epoch(value: object) -> Stamp | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return Stamp(parse_epoch(value), (), 0)
    except ValueError:
        return None
