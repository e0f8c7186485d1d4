"""What a pipeline's record says: its time, who printed it, and its text."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from whyreset.basis.json_text import decode, encode
from whyreset.basis.times import END
from whyreset.basis.units import NS
from whyreset.ingest.envelopes import Line, Peeler
from whyreset.ingest.json_envelopes import peel_object, places_of
from whyreset.ingest.source_name import make_source, place_of_tag, with_labels
from whyreset.ingest.stamps import Clock, Stamp, parse_epoch, parse_rfc3339, read_header
from whyreset.ingest.values import look_up
from whyreset.model.record import Record, Source

_TIMES = ("time", "@timestamp", "date", "timestamp", "ts")
_LONGEST_STAMP = 40
EARLIEST = 100_000_000 * NS
"""What is less since the epoch is a number of another kind: how long a request took."""
_OTHERS = frozenset({
    "__REALTIME_TIMESTAMP", "podName", "labels", "streams", "data", "values", "resource",
    "textPayload", "metadata", "object",
})  # fmt: skip
"""Keys of envelopes that may have a `log` of another meaning."""
_MOST_PLACES = 4096
_LIFTED = {"pod": "pod_name", "namespace": "namespace_name", "container": "container_name"}
"""Keys of `filter_kubernetes` without what was around them."""

Path = tuple[str, ...]


class Keys(NamedTuple):
    """Where to find things in a record, as paths of keys; None looks at the usual places."""

    text: Path | None = None
    namespace: Path | None = None
    pod: Path | None = None
    container: Path | None = None
    node: Path | None = None
    tag: Path | None = None


def path_of(text: str) -> Path:
    """`kubernetes.pod_name` as a path."""
    return tuple(text.split("."))


_FILES = tuple(
    path_of(key)
    for key in (
        "tag", "filename", "file", "file_name", "file_path", "filepath", "path", "log_path",
        "tailed_path", "log.file.path",
    )
)  # fmt: skip
"""Where shippers put the name of the file that they read."""


class Reader:
    """Reads records of pipelines; `now` (ns) is the time of those that tell none."""

    def __init__(self, keys: Keys, clock: Clock, now: Callable[[], int]) -> None:
        self.keys = keys
        self._clock = clock._replace(latest=now)
        self._now = now
        self._peeler = Peeler(make_source("-"), self._clock)
        self._places: dict[bytes, dict[str, str | None]] = {}
        self._named = [
            (place, path)
            for place in ("namespace", "pod", "container", "node")
            if (path := getattr(keys, place)) is not None
        ]

    def line(self, raw: bytes, serial: int) -> Record:
        """A line that is no JSON: CRI, kubectl or plain."""
        line = self._peeler.peel(raw)
        return self._record(line, line.source, line.time, serial)

    def read(
        self, raw: bytes, found: dict[str, Any], serial: int,
        outer: str | None = None, tag: str | None = None,
    ) -> Record:  # fmt: skip
        """A record by its object; `outer` is the wrapper's time, `tag` its tag.

        Its time is the first that it tells: a string key, a runtime's stamp before its text, the
        wrapper's time, which has all nanoseconds where a number as `date` was rounded, a number,
        a logger's header.
        """
        told = _told(found, self._clock)
        peeled = self._peeled(found) if _is_text(raw) else None
        if peeled is None:  # an app's own object: its text is the whole of it
            peeled = {"done": True}
        numbered = peeled.pop("stamp", None)
        if told is not None:
            peeled["stamp"] = Stamp(told, (), 0)
        text = "" if "text" in peeled else raw.decode("utf-8", "replace")
        line = self._peeler.peel_within(text, peeled)
        time = told
        if time is None and line.time_from == "envelope" and not line.assumed:
            time = line.time
        if time is None and outer is not None:
            time = _string_time(outer, self._clock)
        if time is None:
            time = numbered.time if numbered is not None else _number(found)
        if time is None:
            time = line.time
        return self._record(line, self._source(line.source, found, tag), time, serial)

    def _record(self, line: Line, source: Source, time: int | None, serial: int) -> Record:
        told = "envelope" if time is not None else "arrival"
        time = self._now() if time is None else time
        return Record(time, source, serial, line.text, line.stream, line.envelope, told)

    def _peeled(self, found: dict[str, Any]) -> dict[str, Any] | None:
        """What the object says beside its text; None if it is no envelope."""
        if self.keys.text is not None:
            text = look_up(found, self.keys.text)
        else:
            text = found.get("log")
            if not found.keys().isdisjoint(_OTHERS) and (peeled := peel_object(found)):
                return peeled
        if not isinstance(text, str):
            return peel_object(found)
        stream = found.get("stream")
        return {
            "envelope": "fluentbit",
            "text": text.removesuffix("\n"),
            "stream": stream if isinstance(stream, str) else None,
            **self._places_of(found),
        }

    def _places_of(self, found: dict[str, Any]) -> dict[str, str | None]:
        """Of the same metadata the same: a pod's come with each of its records."""
        meta = found.get("kubernetes")
        if not isinstance(meta, dict) or "kubernetes_pod_name" in found:
            return places_of(found)
        try:
            key = encode([meta, found.get("tag")])
        except (TypeError, RecursionError):  # an annotation deeper than can be written
            return places_of(found)
        places = self._places.get(key)
        if places is None:
            if len(self._places) >= _MOST_PLACES:
                self._places.clear()
            places = self._places[key] = places_of(found)
        return places

    def _source(self, source: Source, found: dict[str, Any], tag: str | None) -> Source:
        named = {
            place: value
            for place, path in self._named
            if isinstance(value := look_up(found, path), str)
        }
        if not source.pod and "pod" not in named:
            own = look_up(found, self.keys.tag) if self.keys.tag is not None else None
            tag = own if isinstance(own, str) else tag
            named = {**_place_in(found, tag), **named}
            if tag and not named:
                return make_source(tag, None, None, source.container, source.node)
        if not named:
            return source
        places = {
            "namespace": source.namespace, "pod": source.pod, "container": source.container,
            "node": source.node, **named,
        }  # fmt: skip
        name = "/".join(part for key, part in places.items() if part and key != "node")
        made = make_source(name or "-", **places)
        return with_labels(made, source.labels) if source.labels else made


def _place_in(found: dict[str, Any], tag: str | None) -> dict[str, str]:
    """Who printed a record without metadata: by its tag, its file's name or lifted keys."""
    lifted = {
        place: value
        for place, key in _LIFTED.items()
        if isinstance(value := found.get(key), str) and value
    }
    if "pod" in lifted:
        return lifted
    names = (tag, *(look_up(found, path) for path in _FILES))
    places = (place_of_tag(name) for name in names if isinstance(name, str))
    return next(filter(None, places), {})


def _is_text(raw: bytes) -> bool:
    """Whether its strings are text: half a surrogate pair is none, and cannot be printed."""
    if b"\\ud" not in raw and b"\\uD" not in raw:
        return True
    try:
        decode(raw)
    except ValueError:
        return False
    return True


def _told(found: Mapping[str, Any], clock: Clock) -> int | None:
    """The time (ns) that one of a record's string keys tells."""
    for key in _TIMES:
        value = found.get(key)
        if isinstance(value, str) and len(value) <= _LONGEST_STAMP:
            time = _string_time(value, clock)
            if time is not None and time >= EARLIEST:
                return time
    return None


def _number(found: Mapping[str, Any]) -> int | None:
    """The time (ns) that a number of a record tells."""
    for key in _TIMES:
        value = found.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            time = number_time(repr(value))
            if time is not None and time >= EARLIEST:
                return time
    return None


def _string_time(text: str, clock: Clock) -> int | None:
    if text[4:5] != "-":
        return number_time(text)
    try:
        return parse_rfc3339(text)
    except (ValueError, UnicodeError):
        stamp = read_header(text, clock)  # Java's: a blank in it, and no zone
    return stamp.time if stamp is not None else None


def number_time(text: str) -> int | None:
    """Nanoseconds of seconds since the epoch, or milliseconds (told apart by their size)."""
    try:
        time = parse_epoch(text)
    except (ValueError, OverflowError):
        return None
    return time if 0 <= time < END else None


def seconds_text(time: int) -> str:
    """Seconds with nine decimals, as event pairs have them."""
    return f"{time // NS}.{time % NS:09}"
