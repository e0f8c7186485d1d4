"""Required literals: bytes that every record which a pattern matches must contain."""

import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from re import _constants as codes
from re import _parser as parser
from typing import Any

_MIN_LENGTH = 3
_MAX_LITERALS = 8

# A record inside JSON is decoded before it is matched, but literals are searched in raw bytes:
# a literal may not hold any character that some JSON writer spells as an escape. Go escapes
# < > &, Gson and System.Text.Json also ' = + and the backtick, PHP the slash.
_ESCAPABLE = re.compile(r"[^ -~]|[<>&\"'`=+\\/]")

# What the `regex` module reads otherwise than `re` does, while `re` takes it without a word:
# fuzzy counts `{e<=1}`, POSIX classes `[[:alpha:]]`.
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_OTHER_MEANING = re.compile(r"\{(?!\d+(?:,\d*)?\}|,\d+\})|\[:")
_NAMED_GROUP = re.compile(r"(?<!\\)\(\?<(?=[A-Za-z_])")

Literals = tuple[str, ...]
"""Alternatives: one of them is in every match. The empty tuple says nothing."""


def required_literals(pattern: str) -> tuple[bytes, ...]:
    """Byte strings of which at least one is in every string that `pattern` matches.

    The most selective choice is made; () when nothing can be said. Sound for text inside JSON,
    too, whatever its writer escapes.
    """
    plain = _ESCAPED.sub("x", pattern)
    if _OTHER_MEANING.search(plain):
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = parser.parse(_NAMED_GROUP.sub("(?P<", pattern))
    except (re.error, Warning, OverflowError, RecursionError):
        return ()
    best = _best(_Walk(bool(parsed.state.flags & re.IGNORECASE)).run(parsed))
    return tuple(sorted(text.encode() for text in best))


@dataclass(slots=True)
class _Walk:
    """One way along a sequence: the run of literal characters at hand, and what was found."""

    ignore_case: bool

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
                found.extend(_Walk(ignore_case).run(value[1]))
            elif code is codes.SUBPATTERN:
                _, added, removed, body = value
                inner = (ignore_case or bool(added & re.IGNORECASE)) and not (
                    removed & re.IGNORECASE
                )
                self._runs(body, inner, found, run)
            elif code is codes.ATOMIC_GROUP:
                self._runs(value, ignore_case, found, run)
            else:
                _flush(run, found)
                found.extend(_Walk(ignore_case)._inside(code, value))

    def _literal(
        self, character: str, ignore_case: bool, found: list[Literals], run: list[str]
    ) -> None:
        cased = ignore_case and (not character.isascii() or character.isalpha())
        if cased or _ESCAPABLE.match(character):
            _flush(run, found)
        else:
            run.append(character)

    def _inside(self, code: Any, value: Any) -> list[Literals]:
        """Alternatives that a repeat or a choice requires."""
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            least, _, body = value
            return self.run(body) if least else []
        if code is codes.BRANCH:
            return _union([_best(self.run(branch)) for branch in value[1]])
        return []


def _flush(run: list[str], found: list[Literals]) -> None:
    if len(run) >= _MIN_LENGTH and any(character != " " for character in run):
        found.append(("".join(run),))
    run.clear()


def _union(branches: Sequence[Literals]) -> list[Literals]:
    """One of all branches' literals, if each branch has some and they are few."""
    if not all(branches):
        return []
    every = {text for branch in branches for text in branch}
    # A literal that contains another one is found wherever that one is.
    least = tuple(
        text for text in every if not any(other != text and other in text for other in every)
    )
    return [least] if len(least) <= _MAX_LITERALS else []


def _best(found: Iterable[Literals]) -> Literals:
    return max(found, key=_score, default=())


def _score(literals: Literals) -> tuple[float, Literals]:
    """How rare the literals are: the commonest counts, and each more of them costs a search."""
    rarity = min(sum(map(_weight, text)) for text in literals)
    return rarity - 2.0 * (len(literals) - 1), literals


def _weight(character: str) -> float:
    if character.isalpha():
        return 1.0
    return 0.25 if character == " " or character.isdigit() else 0.5
