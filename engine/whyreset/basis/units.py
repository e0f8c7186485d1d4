"""Durations: their spelling in rules and logs, and back."""

import re

from whyreset.basis.lazy import lazy

NS = 1_000_000_000

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": NS,
    "m": 60 * NS,
    "min": 60 * NS,
    "h": 3600 * NS,
    "d": 86400 * NS,
}
UNIT_WORDS = r"(?i:m(?:illi)?sec(?:ond)?s?|sec(?:ond)?s?|min(?:ute)?s?|hours?|days?)"
"""A pattern of units as sentences spell them: `61 seconds`, `5 min`."""
LONGEST = 1 << 62
"""The longest duration, ns: 146 years."""
_SPELT = 64
"""Characters of a duration at most: to look for the parts of more digits takes the cube of them."""
UNIT_NAMES = tuple(_UNITS)
_WORD = lazy(rf"(?<=\d)\s*(?P<word>{UNIT_WORDS})\b")
_OF_WORDS = {"se": "s", "mi": "m", "ho": "h", "da": "d", "ms": "ms"}
_PART = lazy(r"(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|min|s|m|h|d)")


def parse_duration(text: str) -> int:
    """Nanoseconds of `2s`, `500ms`, `15m` or the sum `1m30s`; ValueError for anything else, and
    for more than LONGEST."""
    text = text.strip()
    parts = _PART.findall(text) if len(text) <= _SPELT else ()
    if not parts or _PART.sub("", text).strip():
        raise ValueError(f"not a duration: {text!r}")
    spans = [float(number) * _UNITS[unit] for number, unit in parts]
    if sum(spans) > LONGEST:
        raise ValueError(f"too long a duration: {text!r}")
    return sum(map(round, spans))


def read_duration(text: str) -> int:
    """Nanoseconds of a duration in a log line: as above, or with its unit as a word."""
    return parse_duration(_WORD.sub(_short, text))


def _short(found: re.Match[str]) -> str:
    word = found["word"].lower()
    return "ms" if word.startswith("milli") else _OF_WORDS[word[:2]]


def format_duration(nanoseconds: float) -> str:
    """The shortest reading for people: `350ms`, `10.0s`, `4m 10s`, `2h 5m`."""
    seconds = nanoseconds / NS
    if seconds < 0:
        return "-" + format_duration(-nanoseconds)
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 60:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes}m {rest}s" if rest else f"{minutes}m"
    hours, rest = divmod(whole, 3600)
    return f"{hours}h {rest // 60}m" if rest >= 60 else f"{hours}h"


def spell_duration(nanoseconds: int) -> str:
    """The exact spelling that `parse_duration` reads back: `90s`, `1500ms`, `15m`."""
    for unit in ("d", "h", "m", "s", "ms", "us"):
        if nanoseconds and nanoseconds % _UNITS[unit] == 0:
            count = nanoseconds // _UNITS[unit]
            larger = {"m": 2, "h": 1, "d": 1}
            if count >= larger.get(unit, 1):
                return f"{count}{unit}"
    return f"{nanoseconds}ns" if nanoseconds else "0s"
