"""Which characters an item of a parsed pattern takes, over an alphabet that stands for all."""

import re
from collections.abc import Sequence
from re import _constants as codes
from typing import Any

Chars = frozenset[str]

ALPHABET: Chars = frozenset({*map(chr, range(128)), "é", "٣", "\u00a0", "–"})
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
    """The characters of one item; none for what takes no character."""
    if code is codes.LITERAL:
        return frozenset(chr(value))
    if code is codes.NOT_LITERAL:
        return ALPHABET - {chr(value)}
    if code is codes.ANY:
        return ALPHABET - {"\n"}
    if code is not codes.IN:
        return frozenset()
    return _class(value)


def _class(items: Sequence[Any]) -> Chars:
    found: Chars = frozenset()
    for code, value in items:
        if code is codes.CATEGORY:
            found |= _CATEGORIES.get(value, frozenset())
        elif code is codes.RANGE:
            found |= {each for each in ALPHABET if value[0] <= ord(each) <= value[1]}
        elif code is codes.LITERAL:
            found |= {chr(value)}
    return ALPHABET - found if items[0][0] is codes.NEGATE else found
