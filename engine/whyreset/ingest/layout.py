"""The layout of an input, by its first line; and one line as a record by itself."""

from whyreset.basis.json_text import decode
from whyreset.basis.lazy import lazy
from whyreset.ingest import syslog
from whyreset.ingest.bundles import unbundled
from whyreset.ingest.csv_exports import columns_of
from whyreset.ingest.dumps import dump, listed
from whyreset.ingest.envelopes import ANSI, CRI, TIMESTAMPS, Line, Peeler
from whyreset.ingest.json_envelopes import label_places, peel_object
from whyreset.ingest.peeling import Peeling
from whyreset.ingest.prefixes import (
    CLOUD_FOUNDRY,
    COMPOSE,
    GRAFANA,
    HEROKU,
    KAIL,
    KUBECTL,
    KUBETAIL,
    LOGCLI,
    STERN_SURE,
)
from whyreset.ingest.source_name import POD, make_source
from whyreset.ingest.stamps import Clock
from whyreset.model.record import Record, Source

_SEEN = 4096
"""Bytes at the start of an input by which its layout is told."""
_PODS = lazy(r"(?:NAMESPACE\s+)?NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE(?:\s|$)")
_ARRAY = lazy(r'\[(?:$|\s*\{\s*")')
_OF_KUBERNETES = lazy('"(?:kind|metadata)"')
_WATCHED = lazy(r'\{\s*"type":\s*"(?:ADDED|MODIFIED|DELETED|BOOKMARK)",\s*"object"')
_BUNDLE = lazy(
    r'"values"\s*:\s*\[\s*\[\s*"\d{16,20}"|"(?:resultType|resourceLogs|hits|logEvents)"\s*:|'
    r'\{\s*"(?:events|streams)"\s*:\s*\[\s*\{'
)
# `[reactor-http-epoll-5] WARN ...`: Java's threads look like pods of a StatefulSet.
_THREAD = lazy(r"\[[a-z][a-z0-9.-]*-\d+\] +(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b")
_STERN = lazy(rf"[+-] [a-z0-9. -]+ › |(?=\S*\d)(?!\S+ exited with code){POD} [a-z0-9-]+ ")
_COMMON = lazy(r"Common labels: (\{.*\})")
_FORMS = (
    ("cri", CRI),
    ("syslog", syslog.DATED),
    ("syslog", syslog.RFC5424),
    ("heroku", HEROKU),
    ("syslog", syslog.ISO),
    ("loki", LOGCLI),
    ("loki", GRAFANA),
    ("loki", _COMMON),
    ("cloudfoundry", CLOUD_FOUNDRY),
    ("timestamps", TIMESTAMPS),
    ("kubectl", KUBECTL),
    ("kail", KAIL),
    ("compose", COMPOSE),
    ("stern", STERN_SURE),
    ("pods", _PODS),
    ("sections", lazy("==> .+ <==$")),
    ("kubetail", lazy(r"Will tail \d+ logs\.\.\.")),
)


def detect(head: bytes) -> str:
    """The layout of an input by its first non-empty line (in `head`).

    kubernetes and objects (these are no lines), cri, docker, json, kubectl, timestamps,
    kubetail, kail, compose, stern, syslog, heroku, loki, cloudfoundry, pods (a table of them),
    sections (of several files), csv or plain.
    """
    head = head.lstrip(b"\xef\xbb\xbf\r\n\t ")
    text = _first_line(head)
    if not text:
        return "plain"
    if text[0] == "{":
        return _detect_json(text, head[:_SEEN].decode("utf-8", "replace"))
    if _ARRAY.match(text):
        return "objects"
    for mode, form in _FORMS:
        if form.match(text):
            return mode
    if columns_of(text):
        return "csv"
    if dump(Peeling(text), Clock()) or listed(Peeling(text)):
        return "json"
    found = KUBETAIL.match(text)
    if found and "-" in found[1] and any(char.isdigit() for char in found[1]):
        return "plain" if not found[2] and _THREAD.match(text) else "kubetail"
    return "stern" if _STERN.match(text) else "plain"


def source_in(head: bytes, source: Source) -> Source:
    """The source of an input whose first line says who printed all others; else the same."""
    found = _COMMON.match(_first_line(head.lstrip()))
    try:
        labels = decode(found[1]) if found else None
    except ValueError:
        return source
    if not isinstance(labels, dict):
        return source
    places = label_places(labels)
    return make_source(
        source.name, places["namespace"], places["pod"], places["container"], places["node"]
    )


def peel_record(raw: bytes, clock: Clock, source: Source | None = None, offset: int = 0) -> Record:
    """One line by itself as a record; the time is the clock's where the line tells none."""
    mode = detect(raw + b"\n")
    line = Peeler(source or make_source("-"), clock, mode).peel(raw)
    return _record_of(line, offset, clock.reference)


def _record_of(line: Line, offset: int, arrival: int) -> Record:
    record = Record(arrival, line.source, offset, line.text, line.stream, line.envelope, "arrival")
    if line.time is None:
        return record
    return record._replace(time=line.time, time_from=line.time_from, assumed=line.assumed)


def _first_line(head: bytes) -> str:
    line = head.partition(b"\n")[0]
    text = ANSI.sub("", line[:65536].decode("utf-8", "replace")).rstrip("\r")
    return syslog.in_english(text)


def _detect_json(text: str, head: str) -> str:
    is_open = text.strip() == "{"
    if '"apiVersion"' in head and (is_open or _OF_KUBERNETES.search(head)):
        return "kubernetes"
    if _WATCHED.match(head):
        return "kubernetes"
    if is_open:
        return "objects"
    try:
        found = decode(text)
    except ValueError:
        # The end of a bundle may be far behind.
        return "objects" if _BUNDLE.search(head) else "plain"
    if not isinstance(found, dict):
        return "plain"
    if unbundled(found):
        return "objects"
    peeled = peel_object(found)
    if peeled is None:
        return "plain"
    return "docker" if peeled["envelope"] == "docker" and peeled.get("done") else "json"
