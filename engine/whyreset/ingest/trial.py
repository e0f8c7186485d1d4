"""One matcher of one definition, ready to be tried on a text; compiled when first needed."""

import re
from typing import Any

from whyreset.ingest.values import Fields, Store, store_of
from whyreset.model.definition import Definition, Matcher

SHORT = 1024  # characters
_LOOPS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<group>\))?(?P<loop>[*+{])")
_DIGITS = re.compile(r"\\d(?:[*+]|\{[\d,]+\})(?=\)?[^\d\\.*+?{}(\[|)])")
_NAMED_GROUP = re.compile(r"(?<!\\)\(\?<(?=[A-Za-z_])")


class Trial:
    """A matcher with its definition.

    plain   no assignments and no conditions: what matches is the event
    mapped  (field, path, store) of each key of a JSON matcher
    """

    __slots__ = ("_groups", "_limited", "_quick", "definition", "mapped", "matcher", "plain")

    def __init__(self, definition: Definition, matcher: Matcher) -> None:
        self.definition = definition
        self.matcher = matcher
        self.plain = not definition.assignments and not definition.where
        self.mapped = tuple((each.field, each.path, store_of(each.type)) for each in matcher.mapped)
        self._quick: Any = None
        self._limited: Any = None
        self._groups: tuple[tuple[int, str, Store], ...] | None = None

    def search(self, text: str, timeout: float) -> Fields | None:
        """The fields of the first match; None without one. TimeoutError after `timeout` seconds.

        A limit costs more than most searches: it is left out where a search cannot take long.
        """
        if self._groups is None:
            self._compile()
        if self._quick is not None and (self.matcher.linear or len(text) <= SHORT):
            found = self._quick(text)
        else:
            if self._limited is None:
                self._limited = _limited_pattern(self.matcher.pattern or "").search
            found = self._limited(text, timeout=timeout)
        if found is None:
            return None
        fields: Fields = {}
        for number, name, store in self._groups or ():
            value = found[number]
            if value is not None:
                store(fields, name, value)
        return fields

    @property
    def size(self) -> int:
        """How many groups its pattern has."""
        return len(self.matcher.types)

    def _compile(self) -> None:
        text = self.matcher.pattern or ""
        pattern = (
            self._quick_pattern(text)
            if self.matcher.linear or self.matcher.tame or is_tame(text)
            else None
        )
        if pattern is not None:
            self._quick = pattern.search
        else:
            pattern = _limited_pattern(text)
            self._limited = pattern.search
        types = dict(self.matcher.types)
        self._groups = tuple(
            (number, name, store_of(types.get(name, "word")))
            for name, number in sorted(pattern.groupindex.items(), key=lambda item: item[1])
        )

    @staticmethod
    def _quick_pattern(text: str) -> Any:
        """The pattern of the standard library, twice as fast where it can read the text."""
        try:
            return re.compile(_NAMED_GROUP.sub("(?P<", text))
        except re.error:
            return _limited_pattern(text)


def _limited_pattern(text: str) -> Any:
    """A pattern whose searches can be limited in time."""
    import regex  # noqa: PLC0415 - slow to import, and many inputs need none of it

    return regex.compile(text)


def is_tame(pattern: str) -> bool:
    r"""Whether a pattern cannot take long on a short text: at most two loops, none nested.

    Conservative: braces count as loops, and a loop over a group as nested; recursion and
    back-references are never tame. Digits up to a character that is none give no choice, so
    they do not count.
    """
    if re.search(r"\\[1-9gkK]|\(\?(?:R|P=|P>|&|\d|\()", pattern):
        return False
    loops = [found for found in _LOOPS.finditer(_DIGITS.sub("", pattern)) if found["loop"]]
    return len(loops) <= 2 and not any(found["group"] for found in loops)
