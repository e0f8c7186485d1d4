"""Compiles the matchers of event blocks: expressions, templates, log formats, mappings of keys."""

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
from whyreset.language.named_patterns import (
    Expansion,
    NamedPatterns,
    UnknownPatternError,
    refuse_flags,
)
from whyreset.language.pattern import CompiledPattern, PatternError
from whyreset.language.report import Desk
from whyreset.language.template import compile_template
from whyreset.language.tree import LineNode, MatcherNode, PatternNode
from whyreset.language.values import plain_value
from whyreset.model.definition import LOGFMT, KeyCondition, Mapped
from whyreset.model.event import Value

Path = tuple[str, ...]

JSON_TYPES = (
    "addr", "ip", "port", "int", "num", "word", "rest", "duration", "container", "request",
    "url", "with_unit",
)  # fmt: skip
JSON_UNITS = ("ns", "us", "ms", "s")
_TELLING = 4
"""Characters that a text has at least for which it is worth while to search."""
_WILD = re.compile(r"[*?]|\[[^]]*\]")
_PATH_PART = re.compile(r'\.?(?:\["(?P<box>[^"]+)"\]|"(?P<text>[^"]+)"|(?P<key>[\w@$-]+))')


class MatcherMaker:
    """Makes the matchers of one file; what is wrong with them goes to the file's desk."""

    def __init__(self, desk: Desk, patterns: NamedPatterns) -> None:
        self._desk = desk
        self._patterns = patterns

    def template(self, text: str, span: Span) -> MatcherNode:
        """A template; *span* is that of the text with its backticks."""
        return self._compiled(lambda: compile_template(text), span)

    def log_format(self, dialect: str, text: str, span: Span) -> MatcherNode:
        """A log-format string of nginx, apache, envoy or haproxy."""
        return self._compiled(lambda: compile_log_format(dialect, text), span, log_format=True)

    def expression(self, text: str, span: Span) -> MatcherNode:
        """A regular expression; its groups have types, and durations units, by their names."""
        made = self._expanded(text, span)
        names = self._names(made, span) if made else None
        if made is None or names is None:
            return MatcherNode(span, None, (), (), (), ())
        text = made.text
        types = tuple(_typed(name) for name in names)
        for name, (field, _) in zip(names, types, strict=True):
            text = text.replace(f"<{name}>", f"<{field}>")
        literals = required_literals(text)
        return MatcherNode(span, text, types, (), (), literals, uses=made.uses)

    def line(self, word: str, text: str, span: Span) -> LineNode:
        """A regular expression that tells of lines whether a message in them counts."""
        made = self._expanded(text, span)
        if made is None:
            return LineNode(word, text, span)
        self._names(made, span)
        return LineNode(word, made.text, span, made.uses)

    def pattern(self, name: Word, text: str, span: Span) -> PatternNode:
        """A part of expressions that comes after it in the file."""
        if name.text in self._patterns:
            message = f"a second pattern named `{name.text}`"
            self._desk.say("E022", message, name.span)
        made = self._expanded(text, span, name.text)
        is_good = made is not None and self._names(made, span, is_part=True) is not None
        self._patterns.add(name.text, made.text if made and is_good else "")
        return PatternNode(name, made.uses if made else ())

    def _expanded(self, text: str, span: Span, of: str = "") -> Expansion | None:
        """An expression with its parts written out; None where it cannot be used."""
        try:
            return self._patterns.expand(text, of)
        except PatternError as error:
            code = "E057" if isinstance(error, UnknownPatternError) else "E008"
            where = _inside(span, error.offset, error.length)
            self._desk.say(code, error.message, where, error.hint)
            return None

    def _names(self, made: Expansion, span: Span, *, is_part: bool = False) -> list[str] | None:
        """The groups of an expression; None where it cannot be used."""
        try:
            if is_part:
                refuse_flags(made.text)
            return group_names(made.text, is_part=is_part)
        except PatternError as error:
            where = _inside(span, *made.written(error.offset, error.length))
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

    def mapping(
        self, form: str, mapped: Sequence[list[Any]], guard: Sequence[list[Any] | Word], span: Span
    ) -> MatcherNode:
        """A mapping of keys, with the conditions on what holds them: `json` or `logfmt`."""
        fields = tuple(each for words in mapped for each in self._mapped(*words))
        known = dict.fromkeys(each.field for each in fields)
        required = tuple(each for each in guard if isinstance(each, Word))
        for each in required:
            if each.text not in known:
                self._desk.lacks("E011", form, "field", each, known)
        conditions = tuple(
            KeyCondition(tuple(map(_path, each[0])), each[1], tuple(map(plain_value, each[2])))
            for each in guard
            if not isinstance(each, Word)
        )
        names = tuple(each.text for each in required)
        key = logfmt_key if form == LOGFMT else _json_key
        literals = _literals(fields, conditions, names, key)
        return MatcherNode(span, None, (), fields, conditions, literals, required=names, form=form)

    def _mapped(self, field: Word, *keyed: tuple[Word, Word | None]) -> list[Mapped]:
        """The paths of a field; a type counts for those before it, back to the one before."""
        found: list[Mapped] = []
        kind: str | None = None
        for path, type_name in reversed(keyed):
            kind = self._kind(type_name) if type_name else kind or type_of_name(field.text)
            found.append(Mapped(field.text, _path(path.text), kind))
        return found[::-1]

    def _kind(self, name: Word) -> str:
        if name.text in JSON_UNITS:
            return f"duration:{name.text}"
        if name.text not in JSON_TYPES:
            known = (*JSON_TYPES, *JSON_UNITS)
            hint = did_you_mean(name.text, known) or "known: " + ", ".join(known)
            self._desk.say("E029", f"unknown type or unit `{name.text}`", name.span, hint)
        return name.text


def _typed(name: str) -> tuple[str, str]:
    """The field of a group and its type: `duration_ms` is a duration in milliseconds."""
    field, _, unit = name.rpartition("_")
    if unit in JSON_UNITS and type_of_name(field) == "duration":
        return field, f"duration:{unit}"
    return name, type_of_name(name)


def _inside(span: Span, offset: int, length: int) -> Span:
    """A place in a quoted text that stands at *span*; the first quote takes one column."""
    column = span.column + 1 + offset
    column = max(span.column, min(column, span.end_column - 1))
    return Span(span.line, column, span.line, min(column + max(1, length), span.end_column))


def _path(text: str) -> Path:
    return tuple(
        found["box"] or found["text"] or found["key"] for found in _PATH_PART.finditer(text)
    )


def _plain(text: str) -> bool:
    """Whether JSON writes a text, or a key in its quotes, as it is, whoever encodes it."""
    text = text.strip('"')
    return bool(text) and text.isascii() and text.isprintable() and not set(text) & set("\"\\/<>&'")


def _literals(
    fields: tuple[Mapped, ...], guard: tuple[KeyCondition, ...], required: tuple[str, ...],
    key: Callable[[Path], str],
) -> tuple[bytes, ...]:  # fmt: skip
    """What a line must contain: the longest values or keys of which the guard asks for one, or
    one of the keys of a required field; where it asks for none, text of a glob, or else any mapped
    key."""
    needed = [_asked(each, key) for each in guard if each.op in ("=", "exists")]
    needed = list(filter(None, needed))
    keys = [tuple(key(each.path) for each in fields if each.field == name) for name in required]
    if not needed:
        globs = [tuple(map(_fixed, each.values)) for each in guard if each.op == "~"]
        needed = [texts for texts in globs if all(texts)]
        keys = keys or [tuple(key(each.path) for each in fields)]
    needed = [texts for texts in needed + keys if all(map(_plain, texts))]
    best = max(needed, key=lambda texts: min(map(len, texts), default=0), default=())
    return tuple(dict.fromkeys(text.encode() for text in best))


def _asked(condition: KeyCondition, key: Callable[[Path], str]) -> tuple[str, ...]:
    """Texts of which a condition asks for one; none where it asks for a number."""
    if condition.op == "exists":
        return tuple(map(key, condition.paths))
    texts = tuple(each for each in condition.values if isinstance(each, str))
    return texts if len(texts) == len(condition.values) else ()


def _fixed(glob: Value) -> str:
    """The longest text that a glob fixes; "" where it fixes next to nothing, or a number, which
    may be written in many ways."""
    text = max(_WILD.split(str(glob)), key=len)
    return text if len(text) >= _TELLING and any(map(str.isalpha, text)) else ""


def logfmt_key(path: Path) -> str:
    """How a key stands before its value."""
    return f"{'.'.join(path)}="


def _json_key(path: Path) -> str:
    """How the last key of a path stands in an object; a path may be one key with dots."""
    return f'"{path[-1]}"' if len(path) == 1 else f'{path[-1]}"'
