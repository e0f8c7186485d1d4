"""The shapes in which records arrive as lines, and the JSON object inside each as raw bytes."""

import json
import re
from typing import Any, NamedTuple

from whyreset.basis.json_text import decode, encode

_TAGGED = re.compile(rb"([^\s\"\[{][^\x00-\x1f]*?): *(?=\[)")
_TIME = re.compile(r"\[\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\"[^\"\\]*\")\s*,\s*")
_TIME_AND_META = re.compile(r"\[\s*\[\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*,\s*(?=\{)")
_META_ENDS = re.compile(r"\s*\]\s*,\s*(?=\{)")
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_PIECE_OF_BYTES = re.compile(_PIECE.pattern.encode(), re.DOTALL)
_DEEPEST = 200
"""Levels that every decoder and encoder takes; what is nested deeper counts as null."""
_AS_WRITTEN = json.JSONDecoder(parse_int=str, parse_float=str)
_BLANKS = re.compile(r"[ \t\r\n]*")
_MOST_DIGITS = 4000


class Shape(NamedTuple):
    """One record of a line: its object as it came, decoded, and what stood around it.

    time  the wrapper's time as it was written (seconds, exact), None without one
    tag   the wrapper's tag
    """

    record: bytes
    found: dict[str, Any]
    time: str | None = None
    tag: str | None = None


def shapes_of(line: bytes) -> list[Shape] | None:
    """The records of a line; None where it is no JSON of a known shape.

    Known are `{..}`, `[time, {..}]`, `[[time, {meta}], {..}]`, `tag: [time, {..}]` and a whole
    chunk `[{..}, {..}]`.
    """
    line = line.strip()
    if line[:1] == b"{":
        found = object_of(line)
        return None if found is None else [Shape(line, found)]
    tag = None
    if line[:1] != b"[":
        named = _TAGGED.match(line)
        if named is None:
            return None
        tag, line = named[1].decode("utf-8", "replace"), line[named.end() :]
    try:
        text = line.decode()
        value = json_value(line)
    except ValueError:
        return None
    if not isinstance(value, list):
        return None
    if tag is None and value and all(isinstance(each, dict) for each in value):
        return _chunk(text, value)
    return _event(text, value, tag)


def object_of(raw: bytes) -> dict[str, Any] | None:
    """The object that a text is; None if it is none."""
    try:
        found = json_value(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def json_value(raw: bytes) -> Any:
    """The value of a JSON text; ValueError if it is none.

    Half a surrogate pair, numbers of any size and any depth are allowed, as the JSON grammar does:
    the quick decoder is stricter. Of a text too deep for it the values below some depth are null.
    """
    try:
        return decode(raw)
    except ValueError:
        pass
    try:
        return _loads(raw)
    except RecursionError:
        return _shallow_value(raw)


def _loads(raw: bytes) -> Any:
    return json.loads(raw, parse_constant=_refuse, parse_int=_integer)


def _shallow_value(raw: bytes) -> Any:
    """The value of a text in layers of levels, each checked by itself: no depth is too deep."""
    layers: list[list[bytes]] = [[]]
    at = depth = 0
    for found in _PIECE_OF_BYTES.finditer(raw):
        if found[0] in b"{[":
            if depth and depth % _DEEPEST == 0:
                layers[-1].append(raw[at : found.start()])
                layers.append([])
                at = found.start()
            depth += 1
        elif found[0] in b"}]":
            depth -= 1
            if depth > 0 and depth % _DEEPEST == 0:
                _loads(b"".join([*layers.pop(), raw[at : found.end()]]))
                layers[-1].append(b"null")
                at = found.end()
    if depth:
        raise ValueError("brackets that do not pair")
    return _loads(b"".join([*layers[0], raw[at:]]))


def in_utf8(raw: bytes) -> bytes:
    """The text with a mark for each byte that is no UTF-8, so that it can be JSON."""
    return raw.decode("utf-8", "replace").encode()


def wrap(line: bytes, key: str = "log") -> bytes:
    """A line that is no record, as an object that holds it."""
    return encode({key: line.decode("utf-8", "replace").strip("\r\n")})


def with_members(record: bytes, members: bytes, *, first: bool = False) -> bytes:
    """An object's text with more members (`"a":1,"b":2`) at its end or its start."""
    inside = record[1:-1].strip()
    if not inside:
        return b"{%b}" % members
    if first:
        return b"{%b,%b}" % (members, inside)
    return b"%b,%b}" % (record[:-1], members)


def place_of_value(record: bytes, path: tuple[str, ...]) -> tuple[int, int] | None:
    """Where in an object's text the value at a path of keys stands, also where the keys are
    joined by dots; of a key that is there twice the last one. None if there is none."""
    try:
        text = record.decode("utf-8", "surrogateescape")
        place = _place_within(text, 0, path)
        if place is None and len(path) > 1:
            place = _place_within(text, 0, (".".join(path),))
    except ValueError:
        return None
    if place is None or text.isascii():
        return place
    start = len(text[: place[0]].encode("utf-8", "surrogateescape"))
    return start, start + len(text[slice(*place)].encode("utf-8", "surrogateescape"))


def _place_within(text: str, at: int, path: tuple[str, ...]) -> tuple[int, int] | None:
    """The place of a value in the object that begins at `at`."""
    found = None
    at = _next(text, at + 1)
    while text[at : at + 1] != "}":
        key, at = _AS_WRITTEN.raw_decode(text, at)
        start = _next(text, _next(text, at) + 1)
        end = _end_of_value(text, start)
        if key == path[0]:
            found = start, end
        at = _next(text, end)
        if text[at : at + 1] == ",":
            at = _next(text, at + 1)
    if found is None or len(path) == 1:
        return found
    return _place_within(text, found[0], path[1:]) if text[found[0]] == "{" else None


def _end_of_value(text: str, at: int) -> int:
    """The place behind the value that begins at `at`; ValueError if none does."""
    try:
        return _AS_WRITTEN.raw_decode(text, at)[1]
    except RecursionError:
        pass
    depth = 0
    for found in _PIECE.finditer(text, at):
        depth += (found[0] in "{[") - (found[0] in "}]")
        if depth <= 0:
            return found.end()
    raise ValueError("brackets that do not pair")


def _next(text: str, at: int) -> int:
    """The place of what follows blanks."""
    found = _BLANKS.match(text, at)
    return found.end() if found is not None else at


def _integer(digits: str) -> int | float:
    """Of so many digits Python makes no integer."""
    return int(digits) if len(digits) < _MOST_DIGITS else float(digits)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _chunk(text: str, value: list[dict[str, Any]]) -> list[Shape]:
    shapes, at = [], 0
    for found in value:
        at = text.index("{", at)
        start, at = at, _end_of_value(text, at)
        shapes.append(Shape(text[start:at].encode(), found))
    return shapes


def _event(text: str, value: list[Any], tag: str | None) -> list[Shape] | None:
    if len(value) != 2 or not isinstance(value[1], dict):
        return None
    head = _TIME_AND_META.match(text)
    if head is not None:
        rest = _META_ENDS.match(text, _end_of_value(text, head.end()))
        start = rest.end() if rest else -1
    else:
        head = _TIME.match(text)
        start = head.end() if head else -1
    if head is None or start < 0:
        return None
    record = text[start:].rstrip().removesuffix("]").rstrip()
    return [Shape(record.encode(), value[1], head[1].strip('"'), tag)]
