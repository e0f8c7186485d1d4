"""Pieces of a regular expression, at whose ends it can be cut and still be one."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_SPECIAL = frozenset("\\^$.|?*+()[]{}")
_CAPTURE = 5
"""What a capture counts for, in characters of fixed text."""
_LEAST = 3
_LONG = 40
_NAME = re.compile(r"\(\?P?<([A-Za-z_]\w*)>")


class Piece(NamedTuple):
    """A word of fixed text, or one element.

    source  as it stands in the pattern
    text    the fixed text; empty for an element
    weight  how much a match of it tells, in characters of fixed text
    """

    source: str
    text: str
    weight: int


def shown(pieces: Iterable[Piece]) -> str:
    """What pieces stand for, as somebody would write it: without what only looks around."""
    return "".join(piece.text or _told(piece.source) for piece in pieces)


def _told(source: str) -> str:
    if source.startswith(("(?!", "(?=", "(?<!", "(?<=", "(?m")):
        return ""
    names = _NAME.findall(source)
    if len(source) <= _LONG:
        return source
    return "".join(f"<{name}>" for name in names) or "..."


def pieces_of(pattern: str) -> tuple[Piece, ...]:
    """The pieces of a pattern; none where its top level has alternatives."""
    made: list[Piece] = []
    for atom in _atoms(pattern):
        if atom == "|":
            return ()
        source, text = atom, _fixed(atom)
        if text and made and made[-1].text and not made[-1].text.endswith(" "):
            last = made.pop()
            source, text = last.source + source, last.text + text
        made.append(Piece(source, text, _weight(source, text)))
    return tuple(made)


def _weight(source: str, text: str) -> int:
    if text:
        word = text.strip()
        return len(word) if len(word) >= _LEAST else 0
    return _CAPTURE * len(_NAME.findall(source))


def _fixed(atom: str) -> str:
    """The one character that an element stands for; empty where it is none."""
    if len(atom) == 1:
        return "" if atom in _SPECIAL else atom
    return atom[1] if len(atom) == 2 and atom[0] == "\\" and not atom[1].isalnum() else ""


def _atoms(pattern: str) -> list[str]:
    """The elements of the top level, each with its quantifier."""
    found: list[str] = []
    at = 0
    while at < len(pattern):
        end = _quantified(pattern, _element_end(pattern, at))
        found.append(pattern[at:end])
        at = end
    return found


def _element_end(pattern: str, at: int) -> int:
    character = pattern[at]
    if character == "\\":
        return at + 2
    if character == "[":
        return _class_end(pattern, at)
    if character == "(":
        return _group_end(pattern, at)
    return at + 1


def _class_end(pattern: str, at: int) -> int:
    at += 2 if pattern[at + 1 : at + 2] == "^" else 1
    at += pattern[at : at + 1] == "]"
    while at < len(pattern) and pattern[at] != "]":
        at += 2 if pattern[at] == "\\" else 1
    return at + 1


def _group_end(pattern: str, at: int) -> int:
    depth = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "[":
            at = _class_end(pattern, at)
            continue
        depth += (character == "(") - (character == ")")
        at += 2 if character == "\\" else 1
        if not depth:
            break
    return at


def _quantified(pattern: str, at: int) -> int:
    """The place behind the quantifier that stands there, if one does."""
    if pattern[at : at + 1] == "{":
        at = pattern.find("}", at) + 1 or len(pattern)
    elif pattern[at : at + 1] in {"*", "+", "?"}:
        at += 1
    else:
        return at
    return at + (pattern[at : at + 1] in {"?", "+"})
