"""Required literals: bytes that every record which a pattern matches must contain."""

import re
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log2
from re import _constants as codes
from re import _parser as parser
from typing import Any

_MIN_LENGTH = 3
_MAX_LITERALS = 16
_MAX_FURTHER = 6
_MANY = 4096
"""Patterns of which the parse tree is kept: each is asked for several times."""

# A record inside JSON is decoded before it is matched, but literals are searched in raw bytes:
# a literal may not hold any character that some JSON writer spells as an escape. Go escapes
# < > &, Gson and System.Text.Json also ' = + and the backtick, PHP the slash.
_ESCAPABLE = re.compile(r"[^ -~]|[<>&\"'`=+\\/]")
_UNPRINTABLE = re.compile(r"[^ -~]")

# What the `regex` module reads otherwise than `re` does, while `re` takes it without a word:
# fuzzy counts `{e<=1}`, POSIX classes `[[:alpha:]]`.
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_OTHER_MEANING = re.compile(r"\{(?!\d+(?:,\d*)?\}|,\d+\})|\[:")
_NAMED_GROUP = re.compile(r"(?<!\\)\(\?<(?=[A-Za-z_])")

_WITHOUT_WIDTH = (codes.AT, codes.ASSERT, codes.ASSERT_NOT)
STARTS = (codes.AT_BEGINNING, codes.AT_BEGINNING_STRING)
REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)

Literals = tuple[str, ...]
"""Alternatives: one of them is in every match. The empty tuple says nothing."""


def required_literals(
    pattern: str, fixed: Mapping[str, str] | None = None, *, bare: bool = False
) -> tuple[bytes, ...]:
    """Byte strings of which at least one is in every string that `pattern` matches.

    `fixed` gives texts that named groups must have matched: a literal with such a text in it is
    preferred, since it tells these records from others. The most selective choice is made;
    () when nothing can be said. Sound for text inside JSON, too, whatever its writer escapes,
    unless it is said to be `bare`.
    """
    tree = parsed(pattern)
    if tree is None:
        return ()
    numbers = tree.state.groupdict
    if fixed and not fixed.keys() <= numbers.keys():
        return ()
    texts = {numbers[name]: text for name, text in (fixed or {}).items()}
    parting = _UNPRINTABLE if bare else _ESCAPABLE
    is_known = not (texts or bare)
    found = _walked(pattern) if is_known else _Walk(_ignores_case(tree), texts, parting).run(tree)
    telling = [
        literals
        for literals in found
        if all(any(text in literal for text in texts.values()) for literal in literals)
    ]
    best = _best(telling) or _best(found)
    return tuple(sorted(text.encode() for text in best))


def further_literals(
    pattern: str | None, known: Collection[bytes] = ()
) -> tuple[tuple[str, ...], ...]:
    """All that is required of a text beside what is known, the rarest first.

    Of each entry one must be in the text.
    """
    if pattern is None or parsed(pattern) is None:
        return ()
    found = set(_walked(pattern))
    found = {each for each in found if {text.encode() for text in each} != set(known)}
    return tuple(sorted(found, key=_score, reverse=True)[:_MAX_FURTHER])


def literals_with(pattern: str, text: str) -> tuple[bytes, ...]:
    """The rarest literals of a bare text in each of which there is this one; () without any."""
    tree = parsed(pattern)
    if tree is None:
        return ()
    found = _Walk(_ignores_case(tree), {}, _UNPRINTABLE).run(tree)
    telling = (literals for literals in found if all(text in each for each in literals))
    return tuple(sorted(each.encode() for each in _best(telling)))


def alternatives(pattern: str) -> tuple[str, ...]:
    """Texts of which one is in every match, however many; () when nothing can be said."""
    tree = parsed(pattern)
    if tree is None:
        return ()
    return _best(_Walk(_ignores_case(tree), {}, _ESCAPABLE, most=64).run(tree))


def leads(pattern: str, group: str) -> tuple[str, ...]:
    """What may stand right before a group with which a pattern starts: "" where it may be the
    first, and the last character of each fixed text that may be in front; () where it is not
    known."""
    tree = parsed(pattern)
    if tree is None or group not in tree.state.groupdict:
        return ()
    return tuple(dict.fromkeys(_leads(list(tree), tree.state.groupdict[group]) or ()))


def _leads(items: Sequence[Any], number: int) -> list[str] | None:
    found = [""]
    for code, value in items:
        if all(each in _WITHOUT_WIDTH for each, _ in _flat([(code, value)])):
            continue
        if code is codes.SUBPATTERN and value[0] == number:
            return found
        if code is codes.MAX_REPEAT and value[:2] == (0, 1):
            found += _last_characters(value[2])
            continue
        inner = _containing(code, value, number)
        if inner is None:
            return None
        within = _leads(list(inner), number)
        return None if within is None else [more or lead for more in within for lead in found]
    return None


def _last_characters(items: Sequence[Any]) -> list[str]:
    """The last character of each alternative that is a fixed text."""
    flat = _flat(items)
    code, value = flat[-1]
    if code is codes.BRANCH:
        return [end for branch in value[1] if len(branch) for end in _last_characters(branch)]
    return [chr(value)] if all(each is codes.LITERAL for each, _ in flat) else []


def _flat(items: Iterable[Any]) -> list[Any]:
    flat: list[Any] = []
    for code, value in items:
        flat += _flat(value[3]) if code is codes.SUBPATTERN else [(code, value)]
    return flat


def _containing(code: Any, value: Any, number: int) -> Any:
    """The part of a choice or an atomic group in which a group stands."""
    if code is codes.BRANCH:
        return next((branch for branch in value[1] if _holds(branch, {number})), None)
    if code is codes.ATOMIC_GROUP:
        return value
    return value[3] if code is codes.SUBPATTERN else None


def _holds(items: Iterable[Any], numbers: Collection[int]) -> bool:
    """Whether one of the groups stands somewhere in the items."""
    for code, value in items:
        if code is codes.SUBPATTERN:
            if value[0] in numbers or _holds(value[3], numbers):
                return True
        elif code is codes.BRANCH:
            if any(_holds(branch, numbers) for branch in value[1]):
                return True
        elif code is codes.ATOMIC_GROUP:
            if _holds(value, numbers):
                return True
        elif code in REPEATS and _holds(value[2], numbers):
            return True
    return False


@lru_cache(maxsize=_MANY)
def parsed(pattern: str) -> Any:
    """The parse tree of the standard library, or None where it reads the pattern otherwise."""
    if _OTHER_MEANING.search(_ESCAPED.sub("x", pattern)):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return parser.parse(_NAMED_GROUP.sub("(?P<", pattern))
    except (re.error, Warning, OverflowError, RecursionError):
        return None


def width_of(code: Any, value: Any, state: Any = None) -> int:
    """The least number of characters that one item of a parse tree takes."""
    least: int = parser.SubPattern(state or parser.State(), [(code, value)]).getwidth()[0]
    return least


def _ignores_case(tree: Any) -> bool:
    return bool(tree.state.flags & re.IGNORECASE)


@lru_cache(maxsize=_MANY)
def _walked(pattern: str) -> list[Literals]:
    """All alternatives that a pattern requires, one tuple per place."""
    tree = parsed(pattern)
    return _Walk(_ignores_case(tree), {}, _ESCAPABLE).run(tree)


@dataclass(slots=True)
class _Walk:
    """One way along a sequence: the run of literal characters at hand, and what was found."""

    ignore_case: bool
    fixed: Mapping[int, str]
    parting: re.Pattern[str]  # characters that end a run
    most: int = _MAX_LITERALS

    def run(self, items: Iterable[Any]) -> list[Literals]:
        """All alternatives that the sequence requires, one tuple per place."""
        found: list[Literals] = []
        run: list[str] = []
        self._runs(items, self.ignore_case, found, run)
        _flush(run, found)
        return found

    def _runs(
        self, items: Iterable[Any], ignore_case: bool, found: list[Literals], run: list[str]
    ) -> None:
        for code, value in items:
            if code is codes.LITERAL:
                self._literal(chr(value), ignore_case, found, run)
            elif code in (codes.AT, codes.ASSERT_NOT):
                continue  # consumes nothing: what stands on both sides is adjacent
            elif code is codes.ASSERT:
                found.extend(self._like(ignore_case).run(value[1]))
            elif code is codes.SUBPATTERN:
                number, added, removed, body = value
                if number in self.fixed:
                    for character in self.fixed[number]:
                        self._literal(character, False, found, run)
                    continue
                inner = (ignore_case or bool(added & re.IGNORECASE)) and not (
                    removed & re.IGNORECASE
                )
                self._runs(body, inner, found, run)
            elif code is codes.ATOMIC_GROUP:
                self._runs(value, ignore_case, found, run)
            elif code is codes.BRANCH and (chosen := self._chosen(value[1])) is not None:
                self._runs(chosen, ignore_case, found, run)
            else:
                _flush(run, found)
                found.extend(self._like(ignore_case)._inside(code, value))

    def _like(self, ignore_case: bool) -> "_Walk":
        return _Walk(ignore_case, self.fixed, self.parting, self.most)

    def _chosen(self, branches: Sequence[Any]) -> Any:
        """The branch that a group with a fixed text asks for."""
        return next((branch for branch in branches if _holds(branch, self.fixed)), None)

    def _literal(
        self, character: str, ignore_case: bool, found: list[Literals], run: list[str]
    ) -> None:
        cased = ignore_case and (not character.isascii() or character.isalpha())
        if cased or self.parting.match(character):
            _flush(run, found)
        else:
            run.append(character)

    def _inside(self, code: Any, value: Any) -> list[Literals]:
        """Alternatives that a repeat or a choice requires."""
        if code in REPEATS:
            least, _, body = value
            return self.run(body) if least or _holds(body, self.fixed) else []
        if code is codes.BRANCH:
            return _union([_best(self.run(branch)) for branch in value[1]], self.most)
        return []


def _flush(run: list[str], found: list[Literals]) -> None:
    if len(run) >= _MIN_LENGTH and any(character != " " for character in run):
        found.append(("".join(run),))
    run.clear()


def _union(branches: Sequence[Literals], most: int) -> list[Literals]:
    """One of all branches' literals, if each branch has some and they are few."""
    if not all(branches):
        return []
    every = sorted({text for branch in branches for text in branch})  # the same in every run
    # A literal that contains another one is found wherever that one is.
    least = tuple(
        text for text in every if not any(other != text and other in text for other in every)
    )
    return [least] if len(least) <= most else []


def _best(found: Iterable[Literals]) -> Literals:
    return max(found, key=_score, default=())


def _score(literals: Literals) -> tuple[float, Literals]:
    """How rare the literals are: the commonest counts, and each more of them costs a search."""
    rarity = min(sum(map(_weight, text)) for text in literals)
    return rarity - 2.0 * log2(len(literals)), literals


def _weight(character: str) -> float:
    if character.isalpha():
        return 1.3 if character.isupper() else 1.0
    if character.isdigit():
        return 0.3
    return 0.25 if character == " " else 0.5
