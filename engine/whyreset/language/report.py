"""The collector of diagnostics: places become messages with the source line shown."""

from collections.abc import Iterable

from whyreset.basis.names import plain
from whyreset.basis.span import Span
from whyreset.basis.suggest import did_you_mean
from whyreset.language import tree
from whyreset.language.clause_tree import Word
from whyreset.language.codes import CODES, CURES
from whyreset.model.diagnostic import Diagnostic


class Report:
    """Diagnostics of all files; the names of files say where each belongs."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._found: list[Diagnostic] = []
        self._first: dict[str, Span] = {}

    def open(self, file: tree.RuleFile) -> "Desk":
        """A desk for a file's own diagnostics."""
        self._lines[file.name] = file.text.split("\n")
        return Desk(self, file.name)

    def add(self, code: str, message: str, file: str, span: Span, hint: str | None) -> None:
        """Note one finding."""
        assert code in CODES, code
        if code.startswith("E"):
            if not self.is_first(file, span):
                return  # only the first is said
            self._first[file] = span
        lines = self._lines[file]
        line = lines[span.line - 1] if 0 < span.line <= len(lines) else ""
        hint = plain(hint) if hint else CURES.get(code)
        self._found.append(Diagnostic(code, plain(message), file, span, hint, line))

    def is_first(self, file: str, span: Span) -> bool:
        """Whether an error here is the first of its file, as far as it is known."""
        first = self._first.get(file)
        return first is None or span < first

    def take(self, diagnostic: Diagnostic) -> None:
        """Note a finding that is complete already."""
        self._found.append(diagnostic)

    @property
    def errors(self) -> list[Diagnostic]:
        """The first error of each file by position: later ones may only follow from it."""
        first: dict[str, Diagnostic] = {}
        for found in self._found:
            best = first.get(found.file)
            if found.is_error and (best is None or found.span < best.span):
                first[found.file] = found
        return list(first.values())

    @property
    def warnings(self) -> list[Diagnostic]:
        """All warnings, by file and position; once each, though variants of a rule repeat them."""
        found = dict.fromkeys(each for each in self._found if not each.is_error)
        return sorted(found, key=lambda each: (each.file, each.span))


class Desk:
    """A report seen from one file."""

    def __init__(self, report: Report, file: str) -> None:
        self._report = report
        self.file = file
        self.failed = False

    def say(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        """Note one finding in this file."""
        self.failed = self.failed or code.startswith("E")
        self._report.add(code, message, self.file, span, hint)

    def unknown(self, code: str, what: str, word: str, span: Span, known: Iterable[str]) -> None:
        """Note an unknown name, with the nearest known one or the list of all."""
        hint = _hint(word, known) if self._report.is_first(self.file, span) else None
        self.say(code, f"unknown {what} `{word}`", span, hint)

    def lacks(self, code: str, owner: str, what: str, word: Word, known: Iterable[str]) -> None:
        """Note that something has no part of this name, with a hint as for `unknown`."""
        message = f"`{owner}` has no {what} `{word.text}`"
        self.say(code, message, word.span, _hint(word.text, known))

    def by(self, span: Span) -> str:
        """`file:line` of a place."""
        return f"{self.file}:{span.line}"


def _hint(word: str, known: Iterable[str]) -> str | None:
    names = sorted(set(known))
    hint = did_you_mean(word, names)
    if hint is None and 0 < len(names) <= 12:
        return "known: " + ", ".join(names)
    return hint
