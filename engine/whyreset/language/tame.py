"""Patterns that cannot take long on a short text: nearly every loop has one way to run."""

import re
from collections.abc import Sequence
from re import _constants as codes
from typing import Any

from whyreset.language.chars import ALPHABET, Chars, chars_of
from whyreset.language.literals import REPEATS, STARTS, parsed, width_of

_MOST = 2
"""Loops that may have several ways to run: each multiplies the time by the length of the text, as
do the loops behind them, which are then run anew for each way, and a loop with which the pattern
begins, which is run from each place."""
_CHOICES = 8
"""What may be left out, or be this or that, in several ways: each doubles the time."""
_WIDE = 16
"""A loop of so many rounds is as long as the text."""
_BEGUN = 3
"""Characters at the beginning of a pattern that few places of a text have."""
_ZERO_WIDTH = (codes.AT, codes.ASSERT, codes.ASSERT_NOT)
_NOTHING: Chars = frozenset()

Items = Sequence[tuple[Any, Any]]


class _WildError(Exception):
    pass


def is_tame(pattern: str) -> bool:
    r"""Whether a search of a short text needs no limit.

    A loop over characters of which none can follow it has one way to run, however the search
    goes on: `[^"]*"`, `\S+ `. Up to two others do no harm, where none is within another loop.
    Back-references, and what cannot be read, are never tame.
    """
    tree = parsed(pattern)
    if tree is None:
        return False
    loops = _Loops(folds=_has_flag("i", pattern), dotall=_has_flag("s", pattern))
    try:
        # What ends a match may be anything: there is nothing left that could fail.
        loops.walk(list(tree), _NOTHING)
    except _WildError:
        return False
    long = loops.open + loops.rerun + bool(_begins_with_loop(list(tree)))
    return long <= _MOST and loops.choices <= _CHOICES


def _has_flag(flag: str, pattern: str) -> bool:
    return re.search(rf"\(\?[a-zA-Z]*{flag}[a-zA-Z]*[-:)]", pattern) is not None


def _begins_with_loop(items: Items) -> bool | None:
    """Whether a search runs along a loop from each place of a text; None where nothing is there
    that tells."""
    width = 0
    for code, value in items:
        if code is codes.AT and value in STARTS:
            return False
        if code in REPEATS:
            least, most, body = value
            if most >= _WIDE:
                return True
            told = _begins_with_loop(body) if least else None
        elif code is codes.SUBPATTERN:
            told = _begins_with_loop(value[3])
        elif code is codes.BRANCH:
            branches = [_begins_with_loop(each) for each in value[1]]
            told = any(branches) or (False if None not in branches else None)
        else:
            told = None
        width += width_of(code, value)
        if told is not None or width >= _BEGUN:
            return bool(told)
    return None


class _Loops:
    """Counts the loops that have several ways to run (`open`), the choices that have, and tells
    whether further loops come behind them (`rerun`).

    folds   letters are of either case
    dotall  a dot may be the end of a line
    """

    def __init__(self, *, folds: bool, dotall: bool) -> None:
        self.open = self.choices = 0
        self.rerun = False
        self._folds = folds
        self._dotall = dotall

    def walk(self, items: Items, after: Chars | None, *, within: bool = False) -> None:
        """Take a sequence behind which one of these characters comes (None: any may); within a
        loop all that has several ways to run is wild."""
        for at, (code, value) in enumerate(items):
            following = self._first(items[at + 1 :], after)
            if code in REPEATS:
                self._repeat(code, value, following, within=within)
            elif code is codes.BRANCH:
                self._choose([self._first(each, following) for each in value[1]], within=within)
                for branch in value[1]:
                    self.walk(branch, following, within=within)
            elif code is codes.SUBPATTERN:
                self.walk(value[3], following, within=within)
            elif code is codes.ATOMIC_GROUP:
                self.walk(value, following, within=within)
            elif code in {codes.ASSERT, codes.ASSERT_NOT}:
                if within and any(each in REPEATS for each, _ in value[1]):
                    raise _WildError
                self.walk(value[1], None, within=within)
            elif code is not codes.AT and not self._chars(code, value):
                raise _WildError

    def _repeat(self, code: Any, value: Any, following: Chars | None, *, within: bool) -> None:
        least, most, body = value
        decided = (
            least == most
            or code is codes.POSSESSIVE_REPEAT
            or not self._overlap([self._first(body, None), following])
        )
        if most == 1:
            self._choose([self._first(body, None), following], within=within)
            self.walk(body, following, within=within)
        elif within and not decided:
            raise _WildError
        elif len(body) == 1 and self._chars(*body[0]):
            self.rerun |= decided and self.open > 0
            self.open += not decided
        else:
            first = self._first(body, None)
            if not decided or first is None or following is None:
                raise _WildError
            self.rerun |= self.open > 0
            self.walk(body, first | following, within=True)

    def _choose(self, ways: Sequence[Chars | None], *, within: bool) -> None:
        """One of several ways is taken; where their beginnings tell which, there is no choice."""
        if self._overlap(ways):
            if within:
                raise _WildError
            self.choices += 1

    @staticmethod
    def _overlap(several: Sequence[Chars | None]) -> bool:
        """Whether two of several sets may have a character in common."""
        known = [chars for chars in several if chars is not None]
        return len(known) < len(several) or sum(map(len, known)) > len(_NOTHING.union(*known))

    def _first(self, items: Items, after: Chars | None) -> Chars | None:
        """The characters with which a sequence may go on; None where they are not known."""
        found = _NOTHING
        for code, value in items:
            if code in _ZERO_WIDTH:
                return None
            chars = self._first_of(code, value)
            if chars is None:
                return None
            found |= chars
            if width_of(code, value):
                return found
        return None if after is None else found | after

    def _first_of(self, code: Any, value: Any) -> Chars | None:
        if code in REPEATS:
            return self._first(value[2], _NOTHING)
        if code is codes.SUBPATTERN:
            return self._first(value[3], _NOTHING)
        if code is codes.ATOMIC_GROUP:
            return self._first(value, _NOTHING)
        if code is codes.BRANCH:
            firsts = [self._first(branch, _NOTHING) for branch in value[1]]
            known = [first for first in firsts if first is not None]
            return _NOTHING.union(*known) if len(known) == len(firsts) else None
        return self._chars(code, value) or None

    def _chars(self, code: Any, value: Any) -> Chars:
        chars = chars_of(code, value)
        if self._dotall and code is codes.ANY:
            return ALPHABET
        if self._folds:
            chars |= {each.swapcase() for each in chars if len(each.swapcase()) == 1}
        return chars
