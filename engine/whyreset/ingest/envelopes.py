"""Envelopes: one physical line peeled from the outside in."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import orjson

from whyreset.ingest.json_envelopes import peel_object
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock, Stamp, parse_rfc3339, read_header, read_stamp, refine
from whyreset.model.record import Record, Source

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
_CRI = re.compile(rf"({_STAMP}) (stdout|stderr) ([FP])(?: |$)")
_TIMESTAMPS = re.compile(rf"({_STAMP}) ")
_KUBECTL = re.compile(r"\[(?:pod|deployment|job|\w+)/([\w.-]+)/([\w.-]+)\] ?")
_KUBETAIL = re.compile(r"\[([a-z0-9][a-z0-9.-]*)(?: ([a-z0-9][a-z0-9-]*))?\] ")
_KAIL = re.compile(r"([a-z0-9][a-z0-9-]*)/([a-z0-9][a-z0-9.-]*)\[([a-z0-9][a-z0-9-]*)\]: ")
_COMPOSE = re.compile(r"([a-zA-Z0-9][\w.-]*[-_]\d+) +\| ?")
_PM2 = re.compile(r"\d+\|([\w.-]+) +\| ")
_PAIR = r"([a-z0-9][a-z0-9.-]*) ([a-z0-9][a-z0-9-]*) "
_STERN = re.compile(rf"(?:([a-z0-9][a-z0-9-]*) )??{_PAIR}(?=\S)")
# Without the whole input to go by, only a name that a ReplicaSet made is taken for a pod.
_SAFE = "bcdfghjklmnpqrstvwxz2456789"
_STERN_SURE = re.compile(
    rf"(?:([a-z0-9][a-z0-9-]*) )??([a-z0-9][a-z0-9.-]*-[{_SAFE}]{{6,10}}-[{_SAFE}]{{5}}) "
    r"([a-z0-9][a-z0-9-]*) (?=\S)"
)
_TAG = r"([\w.:/@-]+) ([\w./@()-]+)(?:\[(\d+)\])?: "
_SYSLOG = re.compile(rf"(?:<\d{{1,3}}>)?([A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?) {_TAG}")
_SYSLOG_ISO = re.compile(rf"(?:<\d{{1,3}}>)?({_STAMP}) {_TAG}")
_SYSLOG_5424 = re.compile(
    rf"<\d{{1,3}}>1 ({_STAMP}|-) (\S+) (\S+) (\S+) \S+ "
    r"(?:-|(?:\[(?:[^\]\"]|\"(?:\\.|[^\"])*\")*\])+) ?"
)
_MOST_LAYERS = 5


class Line(NamedTuple):
    """One physical line, peeled; `time` (ns) is None where nothing in it tells one.

    `channel` names the stream that its neighbours must share to belong to one record.
    """

    time: int | None
    channel: str
    text: str
    partial: bool
    source: Source
    stream: str | None
    envelope: str
    time_from: str
    assumed: tuple[str, ...]


@dataclass(slots=True)
class Peeling:
    """The state of one line while its envelopes come off, the outermost first."""

    text: str
    envelope: str = ""
    stamps: list[Stamp] = field(default_factory=list)
    name: str | None = None
    namespace: str | None = None
    pod: str | None = None
    container: str | None = None
    node: str | None = None
    stream: str | None = None
    partial: bool = False
    done: bool = False

    def off(self, envelope: str, length: int) -> bool:
        """Take an envelope of `length` characters off the front."""
        self.envelope = self.envelope or envelope
        self.text = self.text[length:]
        return True


class Peeler:
    """Peels lines of one input; `mode` is the layout that its first line showed."""

    def __init__(self, source: Source, clock: Clock, mode: str = "plain") -> None:
        self.source = source
        self.clock = clock
        self.mode = mode

    def peel(self, raw: bytes) -> Line:
        """The line without its envelopes; `raw` has no newline, any bytes are accepted."""
        text = raw.decode("utf-8", "replace").removesuffix("\r")
        if "\x1b" in text:
            text = _ANSI.sub("", text)
        state = Peeling(text.removeprefix("\ufeff"))
        for _ in range(_MOST_LAYERS):
            if state.done or not state.text or not self._layer(state):
                break
        source = self._source(state)
        stamp, time_from = self._time(state)
        return Line(
            stamp.time if stamp else None,
            f"{source.name}|{state.stream}",
            state.text.removesuffix("\r"),
            state.partial,
            source,
            state.stream,
            state.envelope or "plain",
            time_from,
            stamp.assumed if stamp else (),
        )

    def _layer(self, state: Peeling) -> bool:
        first = state.text[0]
        if first == "{":
            return _json_layer(state)
        if first.isdigit():
            layers: tuple[Callable[[Peeling], bool], ...] = (_cri, _iso, _pm2)
        elif first == "[":
            layers = (_kubectl, self._kubetail)
        elif first == "<":
            layers = (_syslog_5424, self._syslog, _iso)
        else:
            layers = (self._syslog, _kail)
        return any(layer(state) for layer in (*layers, self._stern, _compose))

    def _syslog(self, state: Peeling) -> bool:
        found = _SYSLOG.match(state.text)
        if found is None or state.node:
            return False
        stamp = read_stamp(found[1], self.clock)
        if stamp is None:
            return False
        state.stamps.append(stamp)
        return _unit(state, found, 2)

    def _kubetail(self, state: Peeling) -> bool:
        found = _KUBETAIL.match(state.text) if self.mode == "kubetail" else None
        if found is None or state.pod:
            return False
        state.pod, state.container = found[1], found[2]
        return state.off("kubetail", found.end())

    def _stern(self, state: Peeling) -> bool:
        if state.pod or state.stamps:
            return False
        form = _STERN if self.mode == "stern" else _STERN_SURE
        found = _STERN_SURE.match(state.text) or form.match(state.text)
        if found is None:
            return False
        state.namespace, state.pod, state.container = found[1], found[2], found[3]
        return state.off("stern", found.end())

    def _source(self, state: Peeling) -> Source:
        if not (state.pod or state.name or state.container or state.node):
            return self.source
        name = state.name or "/".join(
            part for part in (state.namespace, state.pod, state.container) if part
        )
        return make_source(
            name or self.source.name, state.namespace, state.pod, state.container, state.node
        )

    def _time(self, state: Peeling) -> tuple[Stamp | None, str]:
        if not state.stamps:
            return read_header(state.text, self.clock), "message"
        outer = state.stamps[0]
        if outer.assumed:
            header = read_header(state.text, self.clock)
            for inner in (*state.stamps[1:], *((header,) if header else ())):
                outer = refine(outer, inner)
                if not outer.assumed:
                    break
        return outer, "envelope"


def peel_record(raw: bytes, clock: Clock, source: Source | None = None, offset: int = 0) -> Record:
    """One line by itself as a record; the time is the clock's where the line tells none."""
    mode = detect(raw + b"\n")
    line = Peeler(source or make_source("-"), clock, mode).peel(raw)
    return record_of(line, offset, clock.reference)


def record_of(line: Line, offset: int, arrival: int) -> Record:
    """The record of a single line; without a time of its own it gets `arrival`."""
    record = Record(arrival, line.source, offset, line.text, line.stream, line.envelope, "arrival")
    if line.time is None:
        return record
    return replace(record, time=line.time, time_from=line.time_from, assumed=line.assumed)


def detect(head: bytes) -> str:
    """The layout of an input by its first non-empty line (in `head`).

    kubernetes, cri, docker, json, kubectl, timestamps, kubetail, kail, compose, stern, syslog
    or plain.
    """
    line = head.lstrip(b"\xef\xbb\xbf\r\n\t ").partition(b"\n")[0]
    text = _ANSI.sub("", line[:65536].decode("utf-8", "replace")).rstrip("\r")
    if text[:1] == "{":
        return _detect_json(text)
    for mode, form in (
        ("cri", _CRI),
        ("syslog", _SYSLOG),
        ("syslog", _SYSLOG_5424),
        ("syslog", _SYSLOG_ISO),
        ("timestamps", _TIMESTAMPS),
        ("kubectl", _KUBECTL),
        ("kail", _KAIL),
        ("compose", _COMPOSE),
        ("stern", _STERN_SURE),
    ):
        if form.match(text):
            return mode
    if re.match(r"[+-] [a-z0-9.-]+ › ", text):
        return "stern"
    found = _KUBETAIL.match(text)
    if found and "-" in found[1] and any(char.isdigit() for char in found[1]):
        return "kubetail"
    found = re.match(r"([a-z0-9][a-z0-9.-]*-(?:\d+|[bcdf-hj-np-tv-z2456789]{5})) [a-z0-9-]+ ", text)
    return "stern" if found and any(char.isdigit() for char in found[1]) else "plain"


def _detect_json(text: str) -> str:
    head = text[:4096]
    if text.strip() == "{" or ('"apiVersion"' in head and re.search('"(kind|metadata)"', head)):
        return "kubernetes"
    if re.match(r'\{\s*"type":\s*"(ADDED|MODIFIED|DELETED|BOOKMARK)",\s*"object"', head):
        return "kubernetes"
    state = Peeling(text)
    _json_layer(state)
    if state.envelope == "docker":
        return "docker"
    return "json" if state.envelope else "plain"


ORDERED_MODES = ("cri", "docker", "timestamps", "plain", "kubernetes")
JSON_MODES = ("docker", "json")


def _json_layer(state: Peeling) -> bool:
    try:
        found = orjson.loads(state.text)
    except orjson.JSONDecodeError:
        state.done = True
        return False
    if isinstance(found, dict):
        peeled = peel_object(found)
        if peeled is not None:
            for name, value in peeled.items():
                if name == "stamp":
                    state.stamps.append(value)
                elif name == "envelope":
                    state.envelope = state.envelope or value
                elif value is not None:
                    setattr(state, name, value)
            return True
    state.done = True
    return False


def _cri(state: Peeling) -> bool:
    found = _CRI.match(state.text)
    if found is None or not _stamped(state, found[1]):
        return False
    state.stream, state.partial = found[2], found[3] == "P"
    state.done = True
    return state.off("cri", found.end())


def _iso(state: Peeling) -> bool:
    found = _SYSLOG_ISO.match(state.text)
    if found and not state.stamps and _stamped(state, found[1]):
        return _unit(state, found, 2)
    found = _TIMESTAMPS.match(state.text)
    # A logger prints three or six digits; kubectl and docker print the runtime's nanoseconds.
    if found is None or not (state.pod or re.search(r"\.\d{7,9}", found[1])):
        return False
    if state.stamps or not _stamped(state, found[1]):
        return False
    return state.off("kubectl", found.end())


def _kubectl(state: Peeling) -> bool:
    found = _KUBECTL.match(state.text)
    if found is None or state.pod:
        return False
    state.pod, state.container = found[1], found[2]
    return state.off("kubectl", found.end())


def _kail(state: Peeling) -> bool:
    found = _KAIL.match(state.text)
    if found is None or state.pod:
        return False
    state.namespace, state.pod, state.container = found[1], found[2], found[3]
    return state.off("kail", found.end())


def _compose(state: Peeling) -> bool:
    found = _COMPOSE.match(state.text)
    if found is None or state.container:
        return False
    state.container = found[1]
    return state.off("compose", found.end())


def _pm2(state: Peeling) -> bool:
    found = _PM2.match(state.text)
    if found is None or state.container:
        return False
    state.container = found[1]
    return state.off("pm2", found.end())


def _syslog_5424(state: Peeling) -> bool:
    found = _SYSLOG_5424.match(state.text)
    if found is None:
        return False
    if found[1] != "-" and not _stamped(state, found[1]):
        return False
    return _unit(state, found, 2)


def _unit(state: Peeling, found: re.Match[str], at: int) -> bool:
    state.node = found[at] if found[at] != "-" else None
    state.name = f"{found[at]}/{found[at + 1]}"
    return state.off("syslog", found.end())


def _stamped(state: Peeling, text: str) -> bool:
    try:
        state.stamps.append(Stamp(parse_rfc3339(text), (), 0))
    except (ValueError, UnicodeError):
        return False
    return True
