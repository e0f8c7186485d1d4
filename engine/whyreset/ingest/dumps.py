"""Records as Fluent Bit and fluentd print them beside their tags, and Loki's values."""

from typing import Any

from whyreset.basis.json_text import decode, encode
from whyreset.basis.lazy import lazy
from whyreset.ingest.json_envelopes import peel_object, peel_value
from whyreset.ingest.peeling import Peeling
from whyreset.ingest.source_name import place_of_tag
from whyreset.ingest.stamps import Clock, Stamp, parse_epoch, read_stamp

_STAMPED = lazy(
    r"(?:\[\d+\] )?(?:(?P<tag>[\w.@/-]+): )?\[\[?(?P<epoch>\d{10}(?:\.\d{1,9})?)"
    r"(?:, \{.*?\}\])?, (?P<record>\{.*\})\]\s*$"
)
# The same without its end: the first line of several, or cut short
_BEGUN = lazy(
    r"(?:\[\d+\] )?(?P<tag>[\w.@/-]+): \[\[?(?P<epoch>\d{10}(?:\.\d{1,9})?)"
    r"(?:, \{.*?\}\])?, (?P<record>\{\"[\w.@/-]+\"=>.*)$"
)
_FLUENTD = lazy(
    r"(?P<date>\d{4}-\d\d-\d\d[ T][\d:.]{8,18} ?(?:Z|[+-]\d\d:?\d\d))(?:\t| )"
    r"(?P<tag>[\w.@/-]+)(?:\t|: )(?P<record>\{.*\})\s*$"
)
# Fluent Bit prints strings as they are, quotes in them too: what follows tells where one ends.
_END = r'(?=, "[\w.@/-]+"=>|\}(?:, "[\w.@/-]+"=>|[\]}\s]*$))'
_PAIR = lazy(rf'"(?P<key>[\w.@/-]+)"=>(?:"(?P<text>.*?)(?:"{_END}|$)|(?P<other>[^\s,{{}}"]+))')
_KUBERNETES = ("pod_name", "namespace_name", "container_name", "host")


def dump(state: Peeling, clock: Clock) -> bool:
    """`[0] tag: [epoch, {record}]`, `tag: [[epoch, {}], {record}]`, `date tag: {record}`."""
    layouts = (_STAMPED, _FLUENTD, _BEGUN)
    found = next(filter(None, (layout.match(state.text) for layout in layouts)), None)
    if found is None or state.stamps:
        return False
    record = _decoded(found["record"])
    if record is None:
        return False
    groups = found.groupdict()
    if groups.get("epoch"):
        state.stamps.append(Stamp(parse_epoch(groups["epoch"]), (), 0))
    else:
        stamp = read_stamp(groups["date"], clock)
        state.stamps += [stamp] if stamp else []
    state.take({"envelope": "fluentbit", **place_of_tag(groups["tag"] or "")})
    peeled = peel_object(record)
    if peeled is None:
        text = record.get("log", record.get("message"))
        if isinstance(text, str):
            peeled = {"text": text.removesuffix("\n"), "stream": record.get("stream")}
        else:
            peeled = {"done": True}
    if "text" not in peeled:
        peeled["text"] = encode(record).decode()
    return state.take(peeled)


def listed(state: Peeling) -> bool:
    """`["nanoseconds","line"]`, or `[{...}, {...}]`: what each says is told by the first."""
    if state.text[:2] not in {'["', "[{"}:
        return False
    try:
        found = decode(state.text)
    except ValueError:
        return False
    peeled = peel_value(found)
    if peeled is None:
        parts = [peel_object(each) if isinstance(each, dict) else None for each in found]
        texts = [part["text"] for part in parts if part and "text" in part]
        if not texts or len(texts) < len(parts) or parts[0] is None:
            return False
        peeled = {**parts[0], "text": "\n".join(texts)}
    return state.take(peeled)


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        found = decode(text)
    except ValueError:
        return _ruby(text)
    return found if isinstance(found, dict) else None


def _ruby(text: str) -> dict[str, Any] | None:
    """The record of a dump `{"log"=>"text", "kubernetes"=>{...}}`; None if it is no such thing."""
    flat: dict[str, Any] = {}
    for found in _PAIR.finditer(text):
        value = _string(found["text"]) if found["text"] is not None else found["other"]
        flat.setdefault(found["key"], value)
    if not flat:
        return None
    places = {name: flat.pop(name) for name in _KUBERNETES if name in flat}
    return {**flat, "kubernetes": places} if places else flat


def _string(text: str) -> str:
    try:
        return str(decode(f'"{text}"'))
    except ValueError:
        return text
