"""One pattern on many lines: what it matches, what it captures, and where it nearly matches."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import regex

from whyreset.ingest.allowance import TIMEOUT
from whyreset.ingest.matching import Extractor
from whyreset.language.load import load_text
from whyreset.language.pattern import PatternError
from whyreset.language.template import compile_template
from whyreset.model.definition import Matcher
from whyreset.model.event import Value
from whyreset.model.record import Record

_CLAUSES = ("match", "json", "nginx", "apache", "envoy", "haproxy")
_NEAR = 0.4
"""The share of a template's fixed text that a line must have to be a near miss."""
_PIECE = re.compile(r"<\w+(?::\w*)?>|\\[<>\\^$`]| +|[^\s<\\]+|\\")
_SHOWN = 60
_CAPTURE = 5
"""What a capture counts for, in characters of fixed text."""


class TriedLine(NamedTuple):
    """What became of one line.

    marked  the text with what was captured marked, where the pattern matches
    fields  what the event has
    upto    where a near miss stops: the text after it is not what the template goes on with
    wanted  what the template goes on with there
    """

    text: str
    marked: str | None = None
    fields: tuple[tuple[str, Value], ...] = ()
    upto: int | None = None
    wanted: str = ""


class Pattern:
    """A template, a /regex/, or a whole `match`, `json` or log-format line of an event block.

    Raises RuleError where it does not compile.
    """

    def __init__(self, text: str) -> None:
        plan = load_text(f"event tried {{\n{_clause(text)}\n}}\n", "<pattern>")
        (definition,) = plan.definitions
        self._matcher: Matcher = definition.matchers[0]
        self._extractor = Extractor(plan.definitions)
        self._prefixes = _prefixes(text) if _is_template(text) else []

    def on(self, record: Record) -> TriedLine:
        """Try the pattern on the text of a record."""
        events = self._extractor.extract(record)
        if events:
            fields = tuple(events[0].fields.items())
            return TriedLine(record.text, self._marked(record.text), fields)
        for share, prefix, wanted in self._prefixes:
            if share < _NEAR:
                break
            found = _search(prefix, record.text)
            if found is not None:
                return TriedLine(record.text, upto=found.end(), wanted=wanted)
        return TriedLine(record.text)

    @property
    def problems(self) -> Sequence[str]:
        """What the extractor had to switch off."""
        return self._extractor.problems

    def _marked(self, text: str) -> str:
        """The text with `‹name: value›` for each capture."""
        found = _search(self._matcher.pattern, text) if self._matcher.pattern else None
        if found is None:  # of JSON it is the keys that are read
            return text
        spans = sorted(
            (found.span(name), name) for name in found.groupdict() if found[name] is not None
        )
        made, at = [], 0
        for (start, end), name in spans:
            if start < at:  # inside another one
                continue
            made += [text[at:start], f"‹{name}: {text[start:end]}›"]
            at = end
        return "".join(made) + text[at:]


def near_miss(tried: TriedLine) -> str:
    """A sentence for a near miss: what stood where, and what was wanted."""
    upto = tried.upto or 0
    found = tried.text[upto:][:_SHOWN] or "the end"
    before = tried.text[:upto][-_SHOWN:]
    return f"matches up to `{before}`, then `{tried.wanted}` is wanted, not `{found}`"


def _clause(text: str) -> str:
    if text.split(" ", maxsplit=1)[0] in _CLAUSES:
        return text
    if not _is_template(text):
        return f"match {text}"
    return f"match `{text}`"


def _is_template(text: str) -> bool:
    regular = len(text) > 2 and text[0] == text[-1] == "/"
    return not regular and text.split(" ", maxsplit=1)[0] not in _CLAUSES


def _prefixes(text: str) -> list[tuple[float, str, str]]:
    """Shorter and shorter beginnings: the share of fixed text, the pattern, and what follows."""
    pieces = [(found.start(), found[0]) for found in _PIECE.finditer(text)]
    fixed = [_CAPTURE if piece.startswith("<") else len(piece.strip()) for _, piece in pieces]
    total = sum(fixed) or 1
    made = []
    for count in range(len(pieces) - 1, 0, -1):
        try:
            pattern = compile_template(text[: pieces[count][0]].rstrip()).pattern
        except PatternError:
            continue
        made.append((sum(fixed[:count]) / total, pattern, text[pieces[count][0] :].strip()))
    return made


def _search(pattern: str, text: str) -> "regex.Match[str] | None":
    try:
        return regex.search(pattern, text, timeout=TIMEOUT)
    except TimeoutError:
        return None
