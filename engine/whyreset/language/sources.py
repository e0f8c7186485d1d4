"""Finds the rule files: shipped ones, those that were named, and those that they `use`."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from whyreset.basis.lazy import lazy
from whyreset.basis.shipped import shipped
from whyreset.basis.span import Span
from whyreset.model.diagnostic import Diagnostic

# The grammar says the same about a `use` statement; this finds the files without parsing,
# so that an unchanged set of files never needs the parser.
_USE = lazy(r'(?:^|;)[ \t\f]*use[ \t\f]*"([^"\\\n]*)"', re.MULTILINE)
_SUFFIX = ".rules"
_CURE = "name a *.rules file in UTF-8 that exists"
PACK = "pack:"
"""How the path of an installed pack of rules begins."""
LONGEST = 40_000
"""Characters of a file: as many as are compiled within a second, whatever they say."""


class RuleText(NamedTuple):
    """One rule file: `name` is what messages show, `kept` whether its tree may be cached.

    `shipped`: it comes with the package; `uses`: the names of the files that it uses, and of
    those that they use.
    """

    name: str
    text: str
    kept: bool = True
    shipped: bool = False
    uses: tuple[str, ...] = ()


class RuleTexts:
    """All rule files in load order: a used file before its user; *problems* are errors."""

    def __init__(self) -> None:
        self.texts: list[RuleText] = []
        self.problems: list[Diagnostic] = []
        self.watched: list[str] = []
        self._seen: dict[Path, str] = {}
        self._reading: list[Path] = []  # a file, and those that use it

    def add_shipped(self) -> None:
        """The rules that come with the package; messages show their base names."""
        for entry in sorted(shipped("rules").iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith(_SUFFIX):
                self._add_text(entry, entry.name)

    def add(self, path: Path) -> None:
        """A file, the *.rules files of a folder sorted by name, or `pack:NAME`."""
        if str(path).startswith(PACK):
            self._add_pack(str(path).removeprefix(PACK))
            return
        if not path.is_dir():
            self._add_file(path)
            return
        try:
            inner = sorted(path.iterdir())
        except OSError as error:
            self._problem(str(path), f"cannot be read: {error.strerror}")
            return
        files = [each for each in inner if each.name.endswith(_SUFFIX) and each.is_file()]
        if not files:
            self._problem(str(path), f"no *{_SUFFIX} file in this folder")
        for each in files:
            self._add_file(each)

    def _add_pack(self, name: str) -> None:
        from whyreset.basis.suggest import did_you_mean  # noqa: PLC0415  seldom asked for
        from whyreset.language.packs import find_pack, pack_names  # noqa: PLC0415  seldom asked for

        folder = find_pack(name)
        files = sorted(folder.glob("*" + _SUFFIX)) if folder else []
        if not files:
            hint = did_you_mean(name, pack_names()) or "packs: " + (
                ", ".join(pack_names()) or "none"
            )
            message = f"the pack `{name}` is not installed, or has no *{_SUFFIX} file"
            place = Span(1, 1, 1, 1)
            self.problems.append(Diagnostic("E044", message, PACK + name, place, hint))
        for each in files:
            self._add_file(each, f"{PACK}{name}/{each.name}")

    def _add_file(self, path: Path, name: str | None = None) -> None:
        real = path.resolve()
        if real in self._seen:
            return
        name = name or os.path.normpath(path)
        if any(each.name == name for each in self.texts):  # `go.rules` here, and the shipped one
            name = f"./{name}"
        self._seen[real] = name
        self.watched.append(str(path))
        text = self._read(path, name)
        if text is None:
            return
        self._reading.append(real)
        uses = [self._use(path, name, used, span, line) for used, span, line in _uses(text)]
        self._reading.pop()
        self.texts.append(RuleText(name, text, uses=tuple(each for each in uses if each)))

    def _use(self, user: Path, name: str, used: str, span: Span, line: str) -> str | None:
        target = user.parent / used
        problem, code, cure = None, "E002", _CURE
        # Rule files are untrusted: a `use` reaches rule files, here or in a folder that is found
        # from here (`../common/names.rules`), and no file of any other name.
        if not used.endswith(_SUFFIX) or used.startswith("/") or "\0" in used:
            problem = f"`use` takes the relative path of a *{_SUFFIX} file"
        elif not target.is_file():
            problem = f"no such file: {used}"
        elif target.resolve() in self._reading:
            problem, code = (
                f"{used} uses this file, or is this file: which one comes first?",
                "E046",
            )
            cure = "put what both need into a third file that both use"
        if problem:
            self.problems.append(Diagnostic(code, problem, name, span, cure, line))
            return None
        self._add_file(target)
        return self._seen.get(target.resolve())

    def _add_text(self, entry: Path, name: str) -> None:
        text = _clean(entry.read_text(encoding="utf-8"))
        self.texts.append(RuleText(name, text, shipped=True))

    def _read(self, path: Path, name: str) -> str | None:
        try:
            if not path.exists():
                self._problem(name, "no such file")
            elif not path.is_file():  # it could not be read again on a reload
                self._problem(name, "a pipe or a device is no rule file")
            else:
                with path.open(encoding="utf-8") as file:
                    return _clean(file.read(LONGEST + 1))  # enough to see that it is too long
        except OSError as error:
            self._problem(name, f"cannot be read: {error.strerror}")
        except ValueError:
            self._problem(name, "not a text in UTF-8")
        return None

    def _problem(self, name: str, message: str) -> None:
        self.problems.append(Diagnostic("E002", message, name, Span(1, 1, 1, 1), _CURE))


def gather(paths: Sequence[Path], *, builtin: bool) -> RuleTexts:
    """The texts of all files that these paths lead to."""
    found = RuleTexts()
    if builtin:
        found.add_shipped()
    for path in paths:
        found.add(Path(path))
    return found


def _clean(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _uses(text: str) -> Iterator[tuple[str, Span, str]]:
    """The paths of a file's `use` statements, with their places."""
    for found in _USE.finditer(text):
        start = found.start(1) - 1
        line_start = text.rfind("\n", 0, start) + 1
        line = text.count("\n", 0, start) + 1
        column = start - line_start + 1
        span = Span(line, column, line, column + len(found[1]) + 2)
        yield found[1], span, text[line_start:].partition("\n")[0]
