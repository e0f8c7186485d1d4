"""Which characters an item of a parsed pattern takes, over an alphabet that stands for all."""

import re
from collections.abc import Sequence
from re import _constants as codes
from typing import Any

Chars = frozenset[str]

_ASCII: Chars = frozenset(map(chr, range(128)))
_BEYOND: Chars = frozenset({"é", "٣", "\u00a0", "–"})
ALPHABET: Chars = _ASCII | _BEYOND
"""ASCII, and for all beyond a letter, a digit, a space, and a sign."""
PRINTABLE: Chars = frozenset(map(chr, range(32, 127)))

_CATEGORIES = {
    category: frozenset(re.findall(text, "".join(ALPHABET)))
    for category, text in (
        (codes.CATEGORY_DIGIT, r"\d"),
        (codes.CATEGORY_NOT_DIGIT, r"\D"),
        (codes.CATEGORY_WORD, r"\w"),
        (codes.CATEGORY_NOT_WORD, r"\W"),
        (codes.CATEGORY_SPACE, r"\s"),
        (codes.CATEGORY_NOT_SPACE, r"\S"),
    )
}


def chars_of(code: Any, value: Any) -> Chars:
    """The characters that one item may take; none for what takes no character."""
    if code is codes.LITERAL:
        return _literal(value)
    if code is codes.NOT_LITERAL:
        return ALPHABET - (_literal(value) & _ASCII)
    if code is codes.ANY:
        return ALPHABET - {"\n"}
    if code is not codes.IN:
        return frozenset()
    negated = value[0][0] is codes.NEGATE
    return ALPHABET - _exactly(value) if negated else _at_most(value)


def _literal(value: int) -> Chars:
    """A character; one beyond ASCII may be any that stands for those."""
    return frozenset(chr(value)) if value < 128 else _BEYOND


def _at_most(items: Sequence[Any]) -> Chars:
    """The characters that may be in a class."""
    beyond = any(
        (code is codes.LITERAL and value >= 128) or (code is codes.RANGE and value[1] >= 128)
        for code, value in items
    )
    return _exactly(items) | _BEYOND if beyond else _exactly(items)


def _exactly(items: Sequence[Any]) -> Chars:
    """The characters that surely are in a class."""
    found: Chars = frozenset()
    for code, value in items:
        if code is codes.CATEGORY:
            found |= _CATEGORIES.get(value, frozenset())
        elif code is codes.RANGE:
            found |= {each for each in _ASCII if value[0] <= ord(each) <= value[1]}
        elif code is codes.LITERAL and value < 128:
            found |= {chr(value)}
    return found
