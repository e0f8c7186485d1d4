"""One matcher of one definition, ready to be tried on a text; compiled when first needed."""

import re
from collections.abc import Container, Mapping
from time import process_time
from typing import Any

from whyreset.ingest.quoting import is_quoted, never_quotes, zeroed
from whyreset.ingest.surroundings import Surroundings, limited_pattern, line_around
from whyreset.ingest.values import Fields, Store, store_of
from whyreset.model.conditions import UNKNOWN, condition_test
from whyreset.model.definition import Condition, Definition, Matcher

SHORT = 1024  # characters
_GROUP = re.compile(r"\(\?P?<[A-Za-z_]")
_NAMED_GROUP = re.compile(r"(?<!\\)\(\?<(?=[A-Za-z_])")


class Trial:
    """A matcher with its definition.

    number     its place among all of them
    addresses  the groups that may come with a port
    given      the fields that are assigned on no condition
    potential  as many fields as it can find, and those given
    plain   no assignments and no conditions: what matches is the event
    mapped  (field, path, store) of each path of a mapping
    keys    sets of keys; what a mapping is of must have one of each, and so must its text
    surroundings  what its line is asked for; None where nothing is
    """

    __slots__ = (
        "_begins", "_begins_with_word", "_groups", "_is_at_start", "_limited", "_may_be_quoted",
        "_needed", "_numbers", "_quick", "_set", "_text", "_where", "addresses", "definition",
        "given", "keys", "mapped", "matcher", "number", "plain", "potential", "surroundings",
    )  # fmt: skip

    def __init__(self, definition: Definition, matcher: Matcher, number: int) -> None:
        self.definition = definition
        self.matcher = matcher
        self.number = number
        mapped = {(each.field, each.type == "addr") for each in matcher.mapped}
        ports = [kind for _, kind in matcher.types].count("addr") + sum(addr for _, addr in mapped)
        self.addresses = tuple(name for name, kind in matcher.types if kind == "addr")
        found = {name for name, _ in matcher.types} | {each.field for each in matcher.mapped}
        self.given = tuple(
            dict.fromkeys(
                each.field
                for each in definition.assignments
                if not each.where and each.field not in found
            )
        )
        # An address may come with a port.
        groups = len(_GROUP.findall(matcher.pattern or "")) + len({name for name, _ in mapped})
        self.potential = groups + ports + len(self.given)
        self.plain = not definition.assignments and not definition.where
        self._set = [(each, condition_test(each.where)) for each in definition.assignments]
        self._where = [(each, condition_test([each])) for each in definition.where]
        asks = definition.afters or definition.skips
        self.surroundings = Surroundings(definition) if asks else None
        self.mapped = tuple((each.field, each.path, store_of(each.type)) for each in matcher.mapped)
        self.keys = _needed_keys(matcher)
        self._quick: Any = None
        self._limited: Any = None
        self._numbers: dict[str, int] = {}
        self._groups: tuple[tuple[str, Store, int], ...] | None = None
        # The needle by which a line was found may be shorter than what the matcher needs.
        literals = tuple(literal.decode() for literal in matcher.literals)
        self._needed = (*((literals,) if literals else ()), *matcher.needs, *self.keys)
        self._begins = None if matcher.begins is None else frozenset(matcher.begins)
        self._text = matcher.plain or matcher.pattern or ""
        self._is_at_start = self._text.startswith("(?m)^")
        self._begins_with_word = self._text[:1].isalnum()
        self._may_be_quoted = not (
            matcher.pattern is None or matcher.linear or self._text.startswith("^")
        )

    def search(self, text: str, timeout: float) -> Fields | None:
        """The fields of the first match; None without one, or where it is only quoted.

        A match in a line that the definition's `after` and `skip` rule out is none.
        TimeoutError after `timeout` seconds, however many lines are ruled out.
        """
        ends = 0.0
        while (found := self._find(text, timeout)) is not None:
            if self._may_be_quoted and self._is_quoted(text, found):
                return None
            place = self._place(found)
            if not self.surroundings or self.surroundings.admit(text, place, timeout):
                return self.read(found)
            ends = ends or process_time() + timeout
            if process_time() > ends:
                raise TimeoutError
            _, end = line_around(text, place)
            text = text[end + 1 :]
        return None

    def is_out_of_place(self, text: str, timeout: float) -> bool:
        """Whether the message is there, but `after` or `skip` rule its line out."""
        found = self._find(text, timeout) if self.surroundings else None
        if found is None or self.surroundings is None:
            return False
        return not self.surroundings.admit(text, self._place(found), timeout)

    def is_quoted(self, text: str, timeout: float) -> bool:
        """Whether the message is there, but its line only quotes it."""
        found = self._find(text, timeout) if self._may_be_quoted else None
        return found is not None and self._is_quoted(text, found)

    def _find(self, text: str, timeout: float) -> Any:
        """The first match; a limit costs more than most searches: it is left out where a search
        cannot take long."""
        if not self.may_match(text):
            return None
        if self._groups is None:
            self._compile()
        if self._quick is not None and self.is_harmless(text):
            return self._quick(text)
        if self._limited is None:
            self._limited = limited_pattern(self.matcher.pattern or "").search
        return self._limited(text, timeout=timeout)

    def read(self, found: Any) -> Fields:
        """The fields of a match."""
        fields: Fields = {}
        values = found.groups()
        for name, store, place in self._groups or ():
            value = values[place]
            if value is not None:
                store(fields, name, value)
        return fields

    def finish(self, fields: Fields) -> bool:
        """Apply the definition's assignments; whether its conditions hold then."""
        if self.plain:
            return True
        for assignment, is_met in self._set:
            if is_met(fields):
                if assignment.value == UNKNOWN:
                    fields.pop(assignment.field, None)
                else:
                    fields[assignment.field] = assignment.value
        return self.failed(fields) is None

    def failed(self, fields: Fields) -> Condition | None:
        """The first of the definition's conditions that does not hold."""
        return next((each for each, is_met in self._where if not is_met(fields)), None)

    def may_match(self, text: Container[str]) -> bool:
        """Whether all texts are there that a match needs; also of many records at once."""
        for needed in self._needed:
            for literal in needed:
                if literal in text:
                    break
            else:
                return False
        return True

    def may_begin(self, text: str) -> bool:
        """Whether the pattern may match in a text that begins so."""
        return self.may_open(text[:1]) or "\n" in text

    def may_open(self, first: str) -> bool:
        """Whether the pattern may match in a line whose first character is this."""
        return self._begins is None or first in self._begins or first > "\x7f"

    def is_unguarded(self, text: str) -> bool:
        """Whether no guard of the pattern can strike; also of many records at once."""
        return not any(literal in text for guard in self.matcher.guards for literal in guard)

    def is_harmless(self, text: str) -> bool:
        """Whether a text can be searched without a limit, if any can."""
        return self.is_unguarded(text) and (self.matcher.linear or len(text) <= SHORT)

    @property
    def is_quick(self) -> bool:
        """Whether harmless texts can be searched without a limit."""
        if self._groups is None and self.matcher.pattern is not None:
            self._compile()
        return self._quick is not None

    def search_all(self, texts: list[str]) -> list[Any]:
        """The first match in each of several harmless texts."""
        matches = list(map(self._quick, texts))
        return self._spoken(texts, matches) if self._may_be_quoted else matches

    def _spoken(self, texts: list[str], matches: list[Any]) -> list[Any]:
        """The matches in texts that do not only quote the message."""
        if self._begins_with_word:
            found = zip(texts, matches, strict=True)
            heads = "\n".join([text[: match.start()] for text, match in found if match])
            if never_quotes(zeroed(heads).split("\n")):
                return matches
        return [
            None if match and self._is_quoted(text, match) else match
            for text, match in zip(texts, matches, strict=True)
        ]

    def _is_quoted(self, text: str, found: Any) -> bool:
        return is_quoted(text, self._place(found))

    def _place(self, found: Any) -> int:
        """A place in the line of a match."""
        place: int = found.end() - 1 if self._is_at_start else found.start()
        return place

    @property
    def numbers(self) -> Mapping[str, int]:
        """The numbers of the pattern's groups."""
        if self._groups is None:
            self._compile()
        return self._numbers

    @property
    def fields(self) -> frozenset[str]:
        """The names of all fields that it may find, or that are assigned."""
        found = {name for name, _ in self.matcher.types} | {
            each.field for each in self.matcher.mapped
        }
        beside = {f"{name}_port" for name in found}
        beside |= {"path" for each in self.matcher.mapped if each.type == "request"}
        return frozenset(found | beside | {each.field for each in self.definition.assignments})

    @property
    def size(self) -> int:
        """How many groups its pattern has."""
        return len(self.matcher.types)

    def _compile(self) -> None:
        text = self._text
        pattern = self._quick_pattern(text) if self.matcher.linear or self.matcher.tame else None
        if pattern is not None:
            self._quick = pattern.search
        else:
            pattern = limited_pattern(self.matcher.pattern or "")
            self._limited = pattern.search
        types = dict(self.matcher.types)
        self._numbers = dict(pattern.groupindex)
        self._groups = tuple(
            (name, store_of(types.get(name, "word")), number - 1)
            for name, number in sorted(pattern.groupindex.items(), key=lambda item: item[1])
        )

    @staticmethod
    def _quick_pattern(text: str) -> Any:
        """The pattern of the standard library, twice as fast where it can read the text."""
        try:
            return re.compile(_NAMED_GROUP.sub("(?P<", text))
        except re.error:
            return limited_pattern(text)


def _needed_keys(matcher: Matcher) -> tuple[frozenset[str], ...]:
    """Of each guard, and of each required field, the keys by which its paths may begin."""
    guards = [each.paths for each in matcher.guard if each.op != "!="]
    required = [
        [
            each.path
            for each in matcher.mapped
            if each.field == name or (each.type == "request" and name == "path")
        ]
        for name in matcher.required
    ]
    return tuple(
        frozenset(key for path in paths for key in (path[0], ".".join(path)))
        for paths in (*guards, *required)
    )
