"""Compiles the matchers of event blocks: expressions, templates, log formats, JSON mappings."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from whyreset.basis.span import Span
from whyreset.basis.suggest import did_you_mean
from whyreset.language.clause_tree import Word
from whyreset.language.expression import group_names
from whyreset.language.kinds import type_of_name
from whyreset.language.literals import required_literals
from whyreset.language.log_format import compile_log_format
from whyreset.language.pattern import CompiledPattern, PatternError
from whyreset.language.report import Desk
from whyreset.language.template import compile_template
from whyreset.language.tree import LineNode, MatcherNode
from whyreset.language.values import plain_value
from whyreset.model.definition import JsonCondition, Mapped

JSON_TYPES = ("addr", "ip", "port", "int", "num", "word", "rest", "duration", "container")
JSON_UNITS = ("ns", "us", "ms", "s")
_PATH_PART = re.compile(r'\.?(?:\["(?P<box>[^"]+)"\]|"(?P<text>[^"]+)"|(?P<key>[\w@$-]+))')


class MatcherMaker:
    """Makes the matchers of one file; what is wrong with them goes to the file's desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def template(self, text: str, span: Span) -> MatcherNode:
        """A template; *span* is that of the text with its backticks."""
        return self._compiled(lambda: compile_template(text), span)

    def log_format(self, dialect: str, text: str, span: Span) -> MatcherNode:
        """A log-format string of nginx, apache, envoy or haproxy."""
        return self._compiled(lambda: compile_log_format(dialect, text), span, log_format=True)

    def expression(self, text: str, span: Span) -> MatcherNode:
        """A regular expression; its groups have types by their names."""
        names = self._names(text, span)
        if names is None:
            return MatcherNode(span, None, (), (), (), ())
        types = tuple((name, type_of_name(name)) for name in names)
        return MatcherNode(span, text, types, (), (), required_literals(text))

    def line(self, word: str, text: str, span: Span) -> LineNode:
        """A regular expression that tells of lines whether a message in them counts."""
        self._names(text, span)
        return LineNode(word, text, span)

    def _names(self, text: str, span: Span) -> list[str] | None:
        """The groups of an expression; None where it cannot be used."""
        try:
            return group_names(text)
        except PatternError as error:
            where = _inside(span, error.offset, error.length)
            self._desk.say("E008", f"bad expression: {error.message}", where, error.hint)
            return None

    def _compiled(
        self, compiler: Callable[[], CompiledPattern], span: Span, *, log_format: bool = False
    ) -> MatcherNode:
        try:
            made = compiler()
        except PatternError as error:
            where = _inside(span, error.offset, error.length)
            self._desk.say("E009", error.message, where, error.hint)
            return MatcherNode(span, None, (), (), (), ())
        literals = required_literals(made.pattern)
        return MatcherNode(span, made.pattern, made.types, (), (), literals, log_format, made.tame)

    def json(
        self, mapped: Sequence[list[Word]], guard: Sequence[list[Any]], span: Span
    ) -> MatcherNode:
        """A mapping of JSON keys, with the conditions on the object."""
        fields = tuple(self._mapped(words) for words in mapped)
        conditions = tuple(
            JsonCondition(_path(path), op, None if value is None else plain_value(value))
            for path, op, value in guard
        )
        return MatcherNode(span, None, (), fields, conditions, _literals(fields, conditions))

    def _mapped(self, words: list[Word]) -> Mapped:
        field, path = words[0].text, _path(words[1].text)
        if len(words) == 2:
            return Mapped(field, path, type_of_name(field))
        name, span = words[2].text, words[2].span
        if name in JSON_UNITS:
            return Mapped(field, path, f"duration:{name}")
        if name not in JSON_TYPES:
            known = (*JSON_TYPES, *JSON_UNITS)
            hint = did_you_mean(name, known) or "known: " + ", ".join(known)
            self._desk.say("E029", f"unknown type or unit `{name}`", span, hint)
        return Mapped(field, path, name)


def _inside(span: Span, offset: int, length: int) -> Span:
    """A place in a quoted text that stands at *span*; the first quote takes one column."""
    column = span.column + 1 + offset
    column = max(span.column, min(column, span.end_column - 1))
    return Span(span.line, column, span.line, min(column + max(1, length), span.end_column))


def _path(text: str) -> tuple[str, ...]:
    return tuple(
        found["box"] or found["text"] or found["key"] for found in _PATH_PART.finditer(text)
    )


def _plain(text: str) -> bool:
    """Whether JSON writes a text as it is, whichever encoder wrote it."""
    return text.isascii() and text.isprintable() and not set(text) & set("\"\\/<>&'")


def _literals(fields: tuple[Mapped, ...], guard: tuple[JsonCondition, ...]) -> tuple[bytes, ...]:
    """What a line must contain: the longest value or key that the guard asks for, else a key."""
    needed = [
        each.value if isinstance(each.value, str) else f'"{each.path[-1]}"'
        for each in guard
        if each.op in ("=", "exists") and (each.op == "exists" or isinstance(each.value, str))
    ]
    needed = [text for text in needed if text and _plain(text.strip('"'))]
    if needed:
        return (max(needed, key=len).encode(),)
    # Any one of the mapped keys makes a record worth looking at.
    keys = [each.path[-1] for each in fields]
    if not all(map(_plain, keys)):
        return ()
    return tuple(dict.fromkeys(f'"{key}"'.encode() for key in keys))
