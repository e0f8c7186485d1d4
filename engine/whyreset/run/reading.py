"""What a pipeline's record says: its time, who printed it, and its text."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from whyreset.basis.json_text import encode
from whyreset.basis.units import NS
from whyreset.ingest.envelopes import Line, Peeler
from whyreset.ingest.source_name import make_source, place_of_tag
from whyreset.ingest.stamps import Clock, parse_epoch, parse_rfc3339, read_header
from whyreset.ingest.values import look_up
from whyreset.model.record import Record, Source

_STRING_TIMES = ("time", "@timestamp", "date", "timestamp", "ts")
_LONGEST_STAMP = 40

Path = tuple[str, ...]


class Keys(NamedTuple):
    """Where to find things in a record, as paths of keys; None looks at the usual places."""

    text: Path | None = None
    namespace: Path | None = None
    pod: Path | None = None
    container: Path | None = None
    node: Path | None = None


def path_of(text: str) -> Path:
    """`kubernetes.pod_name` as a path."""
    return tuple(text.split("."))


class Reader:
    """Reads records of pipelines; `now` (ns) is the time of those that tell none."""

    def __init__(self, keys: Keys, clock: Clock, now: Callable[[], int]) -> None:
        self.keys = keys
        self._clock = clock
        self._now = now
        self._peeler = Peeler(make_source("-"), clock)

    def line(self, raw: bytes, serial: int) -> Record:
        """A line that is no JSON: CRI, kubectl or plain."""
        line = self._peeler.peel(raw)
        return self._record(line, line.source, line.time, serial)

    def read(
        self, raw: bytes, found: Mapping[str, Any], serial: int,
        outer: str | None = None, tag: str | None = None,
    ) -> Record:  # fmt: skip
        """A record by its object; `outer` is the wrapper's time, `tag` its tag."""
        line = self._peeler.peel(self._plain(raw, found))
        time = time_of(found, outer, self._clock)
        source = self._source(line.source, found, tag)
        return self._record(line, source, line.time if time is None else time, serial)

    def _record(self, line: Line, source: Source, time: int | None, serial: int) -> Record:
        told = "envelope" if time is not None else "arrival"
        time = self._now() if time is None else time
        return Record(time, source, serial, line.text, line.stream, line.envelope, told)

    def _plain(self, raw: bytes, found: Mapping[str, Any]) -> bytes:
        """A record whose text the peeler would not find, in a form in which it does."""
        if self.keys.text is not None:
            text = look_up(dict(found), self.keys.text)
        elif isinstance(found.get("log"), str) and not found.keys() & {"kubernetes", "date", "_p"}:
            text = found["log"]
        else:
            return raw
        if not isinstance(text, str):
            return raw
        kept = {key: found[key] for key in ("stream", "kubernetes", "tag") if key in found}
        try:
            return encode({"date": 0, **kept, "log": text})
        except TypeError:  # half a surrogate pair
            return raw

    def _source(self, source: Source, found: Mapping[str, Any], tag: str | None) -> Source:
        named = {
            place: value
            for place in ("namespace", "pod", "container", "node")
            if (path := getattr(self.keys, place)) is not None
            and isinstance(value := look_up(dict(found), path), str)
        }
        if tag and not source.pod and "pod" not in named:
            named = {**place_of_tag(tag), **named}
            if not named:
                return make_source(tag, None, None, source.container, source.node)
        if not named:
            return source
        places = {
            "namespace": source.namespace, "pod": source.pod, "container": source.container,
            "node": source.node, **named,
        }  # fmt: skip
        name = "/".join(part for key, part in places.items() if part and key != "node")
        return make_source(name or "-", **places)


def time_of(found: Mapping[str, Any], outer: str | None, clock: Clock) -> int | None:
    """The time (ns) of a record: its string keys, its wrapper, its numbers; None if it has none.

    A wrapper's time has all nanoseconds, where a number as `date` was rounded.
    """
    for key in _STRING_TIMES:
        value = found.get(key)
        if isinstance(value, str) and len(value) <= _LONGEST_STAMP:
            time = _string_time(value, clock)
            if time is not None:
                return time
    if outer is not None:
        time = _string_time(outer, clock)
        if time is not None:
            return time
    for key in _STRING_TIMES:
        value = found.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            time = number_time(repr(value))
            if time is not None:
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
    return time if 0 <= time < 1 << 62 else None


def seconds_text(time: int) -> str:
    """Seconds with nine decimals, as event pairs have them."""
    return f"{time // NS}.{time % NS:09}"
