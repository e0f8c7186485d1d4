"""Loops that a search runs along anew from each place: the square of a line's length in time."""

from collections.abc import Iterable
from re import _constants as codes
from typing import Any, NamedTuple

from whyreset.language.chars import PRINTABLE, Chars, chars_of
from whyreset.language.literals import REPEATS, STARTS, parsed, width_of

_SPACE: Chars = frozenset(" ")
_BROAD = 70
"""Of 95 printable characters: the runs of such a class are whole lines and URLs. Words, names and
numbers are of fewer characters, and short."""
_RARE = 3
"""A choice of so few characters is as good as a literal: `[Cc]all`."""


class _Place(NamedTuple):
    """Where in a line a search may be: everywhere, as far as nothing else is said.

    after   the character before is one of these; None where any may be
    guard   the character before the match is none of these
    word    the match begins where a word begins or ends
    running within a loop that every start runs along
    """

    after: Chars | None = None
    guard: Chars = frozenset()
    word: bool = False
    running: bool = False


Places = set[_Place]


class _QuadraticError(Exception):
    pass


def is_quadratic(pattern: str) -> bool:
    """Whether a search runs along the line from each of its places, and may find nothing there.

    It does where an unbounded loop over most characters comes before anything that few places
    have: an anchor, a literal, or a character that ends the loop itself. What cannot be read, or
    is too odd, is taken for good.
    """
    tree = parsed(pattern)
    if tree is None:
        return False
    try:
        _walk(tree, {_Place()}, tree.state)
    except _QuadraticError:
        return True
    return False


def _walk(items: Iterable[Any], places: Places, state: Any) -> Places:
    """The places behind the items; those that are few are dropped."""
    for code, value in items:
        running = {place for place in places if place.running}
        if running and _can_fail(code, value, state):
            raise _QuadraticError
        places = _step(code, value, places - running, state) | running
        if not places:
            break
    return places


def _can_fail(code: Any, value: Any, state: Any) -> bool:
    return width_of(code, value, state) > 0 or code in (codes.AT, codes.ASSERT, codes.ASSERT_NOT)


def _step(code: Any, value: Any, places: Places, state: Any) -> Places:
    """One item that is not within a loop."""
    if code is codes.SUBPATTERN:
        return _walk(value[3], places, state)
    if code is codes.ATOMIC_GROUP:
        return _walk(value, places, state)
    if code is codes.BRANCH:
        return set().union(*(_walk(branch, places, state) for branch in value[1]))
    if code in REPEATS:
        return _repeat(value, places, state)
    if code is codes.AT:
        return set() if value in STARTS else _at(value, places)
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return _look(code, value, places, state)
    if code in (codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN):
        chars = _chars(code, value)
        if len(chars - _SPACE) <= _RARE and not chars & _SPACE:
            return set()
        return {place._replace(after=chars) for place in places}
    return set()  # back-references and the like: nothing is said about them


def _at(value: Any, places: Places) -> Places:
    if value is codes.AT_BOUNDARY:
        return {place._replace(word=True) for place in places}
    return places


def _repeat(value: Any, places: Places, state: Any) -> Places:
    least, most, body = value
    chars = _all_chars(body)
    if most is codes.MAXREPEAT and len(chars) >= _BROAD:
        return {place._replace(running=True) for place in places if not _stops(place, chars)}
    within = _walk(body, places, state)
    return within if least else places | within


def _stops(place: _Place, chars: Chars) -> bool:
    """Whether few starts share a run of the characters."""
    if place.after is not None and not place.after & chars:
        return True
    return chars <= place.guard or (place.word and not chars & _SPACE)


def _look(code: Any, value: Any, places: Places, state: Any) -> Places:
    direction, body = value
    if direction > 0:
        _walk(body, places, state)
        return places
    if code is codes.ASSERT:
        return {place for place in _walk(body, places, state) if not place.running}
    if len(body) == 1 and body[0][0] in (codes.LITERAL, codes.NOT_LITERAL, codes.IN):
        guard = _chars(*body[0])
        return {place._replace(guard=place.guard | guard) for place in places}
    return places


def _all_chars(items: Iterable[Any]) -> Chars:
    """The characters that a loop may run over."""
    found: Chars = frozenset()
    for code, value in items:
        if code is codes.SUBPATTERN:
            found |= _all_chars(value[3])
        elif code is codes.ATOMIC_GROUP:
            found |= _all_chars(value)
        elif code is codes.BRANCH:
            found = found.union(*map(_all_chars, value[1]))
        elif code in REPEATS:
            found |= _all_chars(value[2])
        else:
            found |= _chars(code, value)
    return found


def _chars(code: Any, value: Any) -> Chars:
    return chars_of(code, value) & PRINTABLE
