"""Near misses: the definition that a text almost fits, and where it stops to fit."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

import regex

from whyreset.ingest.allowance import TIMEOUT
from whyreset.ingest.matching import Extractor
from whyreset.ingest.text import Text
from whyreset.ingest.values import holds_at, look_up
from whyreset.language.regex_pieces import Piece, pieces_of, shown
from whyreset.model.definition import JSON, Definition, KeyCondition, Matcher

_NEAR = 0.5
"""The share of a pattern's fixed text that a text must have."""
_LEAST = 12
"""How many characters of it there must be: more than `ECONNRESET` alone."""
_ALMOST = 0.75
_MANY = 18
"""The same for a text that may part from the pattern right where that begins."""
_MOST = 12
_CAPTURES = 25
_BEGIN = re.compile(r"[\[\"\d]|\w+ \S*Z ")
"""How the lines of access logs begin."""
_SHOWN = 60
_FLAGS = re.compile(r"\(\?[a-zA-Z]*[ix][a-zA-Z]*\)")


UNQUOTED = "a message of the line's own"
IN_PLACE = "a line that `after` and `skip` let through"
_WHERE = "where "


class Near(NamedTuple):
    """A definition that a text almost fits.

    kind, by  the event that it would be, and the line that defines it
    upto      the text up to where it fits; of JSON the key that does not; empty if all of it fits
    wanted    what would have to follow, or to hold: `where FIELD OP VALUE`
    found     what does; empty where the text has most of the words, but not `wanted`
    """

    kind: str
    by: str
    upto: str
    wanted: str
    found: str

    def __str__(self) -> str:
        if self.wanted == UNQUOTED:
            return f"fits, but source code, a comment or prose quotes it: {UNQUOTED} is wanted"
        if self.wanted == IN_PLACE:
            return f"fits, but {IN_PLACE} is wanted"
        if self.wanted.startswith(_WHERE):
            return f"fits, but `{self.wanted}` does not hold: it is {self.found}"
        if not self.found:
            return f"has most of the words, but not `{self.wanted}`"
        return f"fits up to `{self.upto}`, then `{self.wanted}` is wanted, not `{self.found}`"


class _Known(NamedTuple):
    """A pattern in pieces: `sums` are the weights of its first 0, 1, ... pieces, `fixed` that of
    its fixed text; `spelt` if a match has that text as it stands."""

    kind: str
    matcher: Matcher
    pieces: tuple[Piece, ...]
    sums: tuple[int, ...]
    fixed: int
    spelt: bool

    def possible(self, text: str) -> int:
        """How many of the first pieces may match: the fixed text of all of them is there."""
        if self.spelt:
            for number, piece in enumerate(self.pieces):
                if piece.text not in text:
                    return number
        return len(self.pieces)


def _known(kind: str, matcher: Matcher, pieces: tuple[Piece, ...]) -> _Known:
    sums = tuple(accumulate((piece.weight for piece in pieces), initial=0))
    fixed = sum(piece.weight for piece in pieces if piece.text)
    spelt = not any(_FLAGS.match(piece.source) for piece in pieces)
    return _Known(kind, matcher, pieces, sums, fixed, spelt)


class NearMisses:
    """Finds the definition that comes nearest to a text in which no event was found."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._extractor = Extractor(definitions)
        self._patterns = [
            _known(definition.kind, matcher, pieces)
            for definition in definitions
            for matcher in definition.matchers
            if matcher.pattern and (pieces := pieces_of(matcher.pattern))
        ]
        self._words: dict[str, list[tuple[int, int]]] = {}
        for number, known in enumerate(self._patterns):
            for piece in known.pieces:
                if piece.text and piece.weight:
                    self._words.setdefault(piece.text, []).append((number, piece.weight))
        self._laid_out = [
            known
            for known in self._patterns
            if known.sums[-1] - known.fixed >= _CAPTURES
            and known.matcher.pattern
            and known.matcher.pattern.startswith(("^", "(?m:^)"))
        ]
        self._mapped = [
            (definition.kind, matcher)
            for definition in definitions
            for matcher in definition.matchers
            if matcher.form == JSON and len(matcher.guard) > 1
        ]

    def of(self, text: str) -> Near | None:
        """The nearest one; None where nothing is near."""
        body = Text(text)
        refused = next(self._refused(body), None)
        if refused is not None:
            return refused
        found = body.decoded()
        mapped = self._nearly_mapped(found) if found is not None else None
        if mapped is not None:
            return mapped
        nearly = [each for part in (text, *body.leaves()) for each in self._nearly_matched(part)]
        nearly = nearly or list(self._nearly_laid_out(text))
        return max(nearly, key=lambda each: each[0])[1] if nearly else None

    def _refused(self, body: Text) -> Iterator[Near]:
        """Of definitions that fit, but whose conditions fail, or whose message is only quoted or
        stands in a line that they rule out."""
        for trial in self._extractor.candidates(body.text):
            kind, by = trial.definition.kind, trial.matcher.by
            fields = self._extractor.find(trial, body)
            if fields is None and _in_time(trial.is_quoted, body.text):
                yield Near(kind, by, "", UNQUOTED, "")
            elif fields is None and _in_time(trial.is_out_of_place, body.text):
                yield Near(kind, by, "", IN_PLACE, "")
            elif fields is not None and not trial.finish(fields):
                failed = trial.failed(fields)
                assert failed is not None
                found = str(fields.get(failed.field, "not there"))
                yield Near(
                    kind, by, "", f"{_WHERE}{failed.field} {failed.op} {failed.value}", found
                )

    def _nearly_mapped(self, found: dict[str, Any]) -> Near | None:
        best: tuple[int, Near] | None = None
        for kind, matcher in self._mapped:
            failed = [each for each in matcher.guard if not holds_at(each, found)]
            # A key that merely exists says little: one with its value must be among the rest.
            rest = [each for each in matcher.guard if each.op != "exists" and each not in failed]
            if len(failed) == 1 and rest and (best is None or len(rest) > best[0]):
                best = len(rest), _missed_key(kind, matcher, failed[0], found)
        return best[1] if best else None

    def _nearly_matched(self, text: str) -> Iterator[tuple[int, Near]]:
        weights: Counter[int] = Counter()
        for word, places in self._words.items():
            if word in text:
                for number, weight in places:
                    weights[number] += weight
        candidates = []
        for number, there in weights.items():
            total = self._patterns[number].fixed
            if there >= _LEAST and there >= _NEAR * total:
                candidates.append((-there, number, there >= max(_MANY, _ALMOST * total)))
        for _, number, almost in sorted(candidates)[:_MOST]:
            near = _longest(self._patterns[number], text, almost=almost)
            if near is not None:
                yield near

    def _nearly_laid_out(self, text: str) -> Iterator[tuple[int, Near]]:
        """Of log formats, which have many captures and hardly a word."""
        if not _BEGIN.match(text):
            return
        for known in self._laid_out:
            near = _longest(known, text, almost=False)
            if near is not None:
                yield near


def _in_time(test: Callable[[str, float], bool], text: str) -> bool:
    try:
        return test(text, TIMEOUT)
    except TimeoutError:
        return False


def _missed_key(kind: str, matcher: Matcher, failed: KeyCondition, found: dict[str, Any]) -> Near:
    keys = ["." + ".".join(path) for path in failed.paths]
    key, values = " or ".join(keys), " or ".join(map(str, failed.values))
    wanted = f"{key} {failed.op} {values}" if values else key
    values_there = (look_up(found, path) for path in failed.paths)
    value = next((each for each in values_there if each is not None), None)
    return Near(kind, matcher.by, key, wanted, "no such key" if value is None else str(value))


def _longest(known: _Known, text: str, *, almost: bool) -> tuple[int, Near] | None:
    """How much of the pattern fits, and the near miss; None where too little does."""
    kind, matcher, pieces = known.kind, known.matcher, known.pieces
    least = 1 if almost else max(_LEAST, _NEAR * known.sums[-1])
    for count in range(known.possible(text), 0, -1):
        weight = known.sums[count]
        if weight < least:
            break
        found = _search("".join(piece.source for piece in pieces[:count]), text)
        if found is None:
            continue
        if wanted := shown(pieces[count:]):
            upto, rest = text[: found.end()], text[found.end() :]
            rest = rest[:_SHOWN] or "the end"
            return weight, Near(kind, matcher.by, _ending(upto), wanted[:_SHOWN], rest)
        return None  # all of it: a condition of the definition fails
    missing = next((each.text for each in pieces if each.weight and each.text not in text), "")
    if almost and missing:
        return 0, Near(kind, matcher.by, "", missing.strip(), "")
    return None


def _ending(text: str) -> str:
    return text if len(text) <= _SHOWN else f"...{text[-_SHOWN:]}"


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> "regex.Pattern[str] | None":
    try:
        return regex.compile(pattern)
    except regex.error:
        return None


def _search(pattern: str, text: str) -> "regex.Match[str] | None":
    compiled = _compiled(pattern)
    try:
        return compiled.search(text, timeout=TIMEOUT) if compiled else None
    except TimeoutError:
        return None
