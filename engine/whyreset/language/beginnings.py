"""With which characters the texts begin in which an anchored pattern matches."""

import re
from collections.abc import Sequence
from re import _constants as codes
from typing import Any

from whyreset.language.chars import Chars, chars_of
from whyreset.language.literals import REPEATS, STARTS, parsed

_ZERO_WIDTH = (codes.AT, codes.ASSERT, codes.ASSERT_NOT)
_FOLDS = re.compile(r"\(\?[a-zA-Z]*i")

Items = Sequence[tuple[Any, Any]]


class _UnknownError(Exception):
    pass


def beginnings(pattern: str) -> str | None:
    r"""The ASCII characters of which one is first in each single line that matches, `[` of
    `^\[[^]]+] `; None where it may be any, or be missing, or is not known."""
    tree = parsed(pattern)
    if tree is None or _FOLDS.search(pattern):
        return None
    items = list(tree)
    if not (items and _is_start(*items[0])):
        return None
    try:
        chars, is_empty = _first(items[1:])
    except _UnknownError:
        return None
    return None if is_empty else "".join(sorted(each for each in chars if each.isascii()))


def _is_start(code: Any, value: Any) -> bool:
    if code is codes.SUBPATTERN and len(value[3]) == 1:  # `(?m:^)`
        return _is_start(*value[3][0])
    return code is codes.AT and value in STARTS


def _first(items: Items) -> tuple[Chars, bool]:
    """The characters with which a sequence may begin, and whether it may be empty."""
    found: Chars = frozenset()
    for code, value in items:
        if code in _ZERO_WIDTH:  # what they rule out is more than need be known
            continue
        chars, is_empty = _first_of(code, value)
        found |= chars
        if not is_empty:
            return found, False
    return found, True


def _first_of(code: Any, value: Any) -> tuple[Chars, bool]:
    if code in REPEATS:
        chars, is_empty = _first(value[2])
        return chars, is_empty or value[0] == 0
    if code is codes.SUBPATTERN:
        return _first(value[3])
    if code is codes.ATOMIC_GROUP:
        return _first(value)
    if code is codes.BRANCH:
        branches = [_first(branch) for branch in value[1]]
        return frozenset().union(*(chars for chars, _ in branches)), any(e for _, e in branches)
    chars = chars_of(code, value)
    if not chars:
        raise _UnknownError
    return chars, False
