"""Which trials may find something in several texts at once.

A trial needs literals, and may ask for what a text begins with. Few trials look for theirs in all
texts together. Many would look for most of theirs in vain, in each block anew: they look at each
*shape* once, which is what is left of a text without the digits of its numbers and ids. A million
lines with 68,000 events have 1,852 shapes, where 58 trials looked at 34,000 in 4,760 groups. A
short literal may be hardly any of a shape (of `dle` only the `l` is left): for what the shapes let
through, it is searched in all texts together after all.
"""

from collections.abc import Callable

from whyreset.basis.lazy import lazy
from whyreset.ingest.text import as_searched, unescaped
from whyreset.ingest.trial import Trial

_BEGIN_IN_PAIRS = lazy(r'(?:="|\\[nr])(.)')
_DIGITS = b"0123456789abcdef"
_MANY = 16
"""Trials from which it is less work to look at shapes."""
_MOST = 8192
"""Shapes that are remembered."""

_Trials = tuple[Trial, ...]


class Shapes:
    """Tells which trials may find something, and remembers it by shapes."""

    def __init__(self) -> None:
        self._known: dict[_Trials, dict[str, frozenset[Trial]]] = {}
        self._count = 0

    def candidates(self, trials: _Trials, joined: str, texts: list[str]) -> Callable[[Trial], bool]:
        """Whether a trial, one of those, may find something in one of the texts, which are `joined`
        by newlines."""
        is_each_one_line = joined.count("\n") < len(texts)
        present = _Present(joined)
        if len(trials) <= _MANY:
            may_match: Callable[[Trial], bool] = present.may_match
        else:
            shapes = _bare(joined).split("\n") if is_each_one_line else map(_bare, texts)
            alike = self._of_shapes(trials, set(shapes))

            def may_match(trial: Trial) -> bool:
                return trial in alike and present.may_match(trial)

        if not is_each_one_line or "{" in joined:
            return may_match  # a message may begin within an object, or another line
        begins = {text[:1] for text in texts}
        if '="' in joined:  # or within a pair
            begins.update(_BEGIN_IN_PAIRS.findall(joined))
            if "\\" in begins:
                return may_match
        return lambda trial: any(map(trial.may_open, begins)) and may_match(trial)

    def _of_shapes(self, trials: _Trials, shapes: set[str]) -> set[Trial]:
        if self._count > _MOST:
            self._known, self._count = {}, 0
        known = self._known.setdefault(trials, {})
        found: set[Trial] = set()
        for shape in shapes:
            candidates = known.get(shape)
            if candidates is None:
                present = _Present(shape, _bare)
                candidates = known[shape] = frozenset(filter(present.may_match, trials))
                self._count += 1
            found |= candidates
        return found


class _Present:
    """Which literals a text has, in the strings of objects as well, each searched for once; both
    are stripped before."""

    def __init__(self, text: str, strip: Callable[[str], str] = str) -> None:
        self._texts = {text, unescaped(text)}
        self._strip = strip
        self._known: dict[object, bool] = {}

    def __contains__(self, literal: object) -> bool:
        known = self._known.get(literal)
        if known is None:
            wanted = self._strip(str(literal))
            known = self._known[literal] = any(wanted in text for text in self._texts)
        return known

    def may_match(self, trial: Trial) -> bool:
        """Whether all literals are there that a trial needs."""
        return trial.may_match(self)


def _bare(text: str) -> str:
    """A text as it is searched, without the digits of all numbers, hexadecimal ones as well."""
    raw = as_searched(text).encode("utf-8", "surrogatepass")
    return raw.translate(None, _DIGITS).decode("utf-8", "surrogatepass")
