"""Patterns that cannot take long on a short text: nearly every loop has one way to run."""

from collections.abc import Sequence
from re import _constants as codes
from re import _parser as parser
from typing import Any

from whyreset.language.chars import Chars, chars_of
from whyreset.language.literals import REPEATS, parsed

_MOST = 2
"""Loops that may have several ways to run: each multiplies the time by the length of the text, as
do the loops behind them, which are then run anew for each way."""
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
    loops = _Loops(folds="(?i" in pattern)
    try:
        # What ends a match may be anything: there is nothing left that could fail.
        loops.walk(list(tree), _NOTHING)
    except _WildError:
        return False
    return loops.open + loops.rerun <= _MOST


class _Loops:
    """Counts the loops that have several ways to run (`open`), and tells whether others come
    behind them (`rerun`); `folds`: letters are of either case."""

    def __init__(self, *, folds: bool) -> None:
        self.open = 0
        self.rerun = False
        self._folds = folds

    def walk(self, items: Items, after: Chars | None, *, within: bool = False) -> None:
        """Take a sequence behind which one of these characters comes (None: any may); within a
        loop all that has several ways to run is wild."""
        for at, (code, value) in enumerate(items):
            following = self._first(items[at + 1 :], after)
            if code in REPEATS:
                self._repeat(code, value, following, within=within)
            elif code is codes.BRANCH:
                if within and self._overlap([self._first(each, following) for each in value[1]]):
                    raise _WildError
                for branch in value[1]:
                    self.walk(branch, following, within=within)
            elif code is codes.SUBPATTERN:
                self.walk(value[3], following, within=within)
            elif code is codes.ATOMIC_GROUP:
                self.walk(value, following, within=within)
            elif code in {codes.ASSERT, codes.ASSERT_NOT}:
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
        if within and not decided:
            raise _WildError
        if most == 1:
            self.walk(body, following, within=within)
        elif len(body) == 1 and self._chars(*body[0]):
            self.rerun |= decided and self.open > 0
            self.open += not decided
        else:
            first = self._first(body, None)
            if not decided or first is None or following is None:
                raise _WildError
            self.rerun |= self.open > 0
            self.walk(body, first | following, within=True)

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
            if parser.SubPattern(parser.State(), [(code, value)]).getwidth()[0]:
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
        if self._folds:
            chars |= {each.swapcase() for each in chars if len(each.swapcase()) == 1}
        return chars
