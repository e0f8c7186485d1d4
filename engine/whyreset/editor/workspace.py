"""Rule files as an editor holds them: compiled from the text on the screen, not from the disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from whyreset.basis.frozen import Frozen
from whyreset.basis.shipped import shipped
from whyreset.editor.symbols import Place, symbols
from whyreset.language.files import read_files
from whyreset.language.kinds import Kinds
from whyreset.language.plan import assemble
from whyreset.language.report import Report
from whyreset.language.sources import RuleText, RuleTexts
from whyreset.language.tree import EventNode, RuleFile
from whyreset.model.diagnostic import Diagnostic
from whyreset.model.rule import Plan
from whyreset.run.checking import of_files
from whyreset.run.samples import unmet_samples, unshown_patterns


class _OpenTexts(RuleTexts):
    """Rule files, with the texts that are open in the editor in the place of those on disk."""

    def __init__(self, opened: Mapping[Path, str]) -> None:
        super().__init__()
        self._opened = opened
        self.paths: dict[str, Path] = {}

    def _read(self, path: Path, name: str) -> str | None:
        self.paths[name] = path
        text = self._opened.get(path.resolve())
        return super()._read(path, name) if text is None else text


class Analysis(Frozen):
    """What is known of one open file and of those that are loaded with it.

    plan         None where one of the files has an error
    diagnostics  of all files; `paths` says where each file is, by the name in the diagnostic
    files        the trees; a file that cannot be parsed has no statements
    kinds        event kinds and their fields
    opened       the texts on the screen, which may be newer
    """

    path: Path
    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    files: tuple[RuleFile, ...]
    paths: dict[str, Path]
    kinds: Kinds
    opened: Mapping[Path, str]

    def places(self) -> list[Place]:
        """Everything that these files define, as they stand in the editor now."""
        found = []
        for file in self.files:
            path = self.paths[file.name].resolve()
            text = self.opened.get(path, file.text)
            found += [Place(path, text, symbol) for symbol in symbols(text)]
        return found

    def names(self, kind: str) -> list[str]:
        """The names of one kind of symbol, each once."""
        return list(dict.fromkeys(p.symbol.name for p in self.places() if p.symbol.kind == kind))

    def path_of(self, found: Diagnostic) -> Path:
        """The file that a diagnostic is about; what is not there is said of the open file."""
        path = self.paths.get(found.file)
        return path.resolve() if path and path.is_file() else self.path

    @property
    def file(self) -> RuleFile:
        """The open file itself."""
        return self.files[-1]


@dataclass(slots=True)
class Workspace:
    """The open files; `rules` and `builtin` say what is loaded before each, as for `check`."""

    rules: Sequence[Path] = ()
    builtin: bool = True
    opened: dict[Path, str] = field(default_factory=dict)
    _shipped: list[RuleText] = field(default_factory=list)
    _now: dict[Path, Analysis] = field(default_factory=dict)
    _last: dict[Path, Analysis] = field(default_factory=dict)

    def open(self, path: Path, text: str) -> None:
        """A file is open with this text; called again with each change."""
        self.opened[path.resolve()] = text.replace("\r\n", "\n").replace("\r", "\n")
        for other in self.dependents(path):
            self._now.pop(other, None)

    def dependents(self, path: Path) -> list[Path]:
        """The other open files that were last compiled together with a file."""
        path = path.resolve()
        return [
            other
            for other in self.opened
            if other != path
            and (known := self._now.get(other) or self._last.get(other))
            and any(each.resolve() == path for each in known.paths.values())
        ]

    def forget(self) -> None:
        """Files came, went or changed on disk: what was compiled may be of them."""
        self._now.clear()

    def fresh(self, path: Path) -> Analysis:
        """What is known of the text on the screen, whether it has errors or not."""
        now = self._now.get(path.resolve())
        return now if now and now.file.text == self.text(path) else self.analyse(path)

    def known(self, path: Path) -> Analysis:
        """What is known of the text on the screen, or of the last one without errors."""
        fresh = self.fresh(path)
        return self.last(path) if fresh.plan is None else fresh

    def close(self, path: Path) -> None:
        """A file is open no more: what is on disk counts."""
        self.opened.pop(path.resolve(), None)
        self._last.pop(path.resolve(), None)
        self._now.pop(path.resolve(), None)

    def text(self, path: Path) -> str:
        """The text of an open file."""
        return self.opened[path.resolve()]

    def last(self, path: Path) -> Analysis:
        """What is known of the last text without errors: at once, for those who type."""
        return self._last.get(path.resolve()) or self.analyse(path)

    def analyse(self, path: Path) -> Analysis:
        """Compile an open file as `whyreset check` would."""
        path = path.resolve()
        found = self._gather(path)
        report = Report()
        for problem in found.problems:
            report.take(problem)
        files = read_files(found.texts, report)
        plan = assemble(files, report, ())
        errors = report.errors
        analysis = Analysis(
            path=path,
            plan=None if errors else plan,
            diagnostics=tuple(errors or _shown(plan, files[-1])) + tuple(report.warnings),
            files=tuple(files),
            paths=found.paths,
            kinds=_kinds(files),
            opened=self.opened,
        )
        self._now[path] = analysis
        if analysis.plan is not None or path not in self._last:
            self._last[path] = analysis
        return analysis

    def _gather(self, path: Path) -> _OpenTexts:
        """The texts in load order; the file that is asked about comes last."""
        found = _OpenTexts(self.opened)
        if self.builtin:
            self._add_shipped(found)
        for each in self.rules:
            if each.resolve() != path:
                found.add(each)
        own = next((text for text in found.texts if found.paths[text.name].resolve() == path), None)
        if own is None:
            found.add(path)
        else:  # it is in a folder of `rules`, or it is a shipped one
            found.texts.remove(own)
            found.texts.append(own._replace(text=self.opened[path]))
        # Trees of texts that change with each key are not worth keeping on disk.
        found.texts = [
            text._replace(kept=found.paths[text.name].resolve() not in self.opened)
            for text in found.texts
        ]
        return found

    def _add_shipped(self, found: _OpenTexts) -> None:
        if not self._shipped:
            own = RuleTexts()
            own.add_shipped()
            self._shipped = own.texts
        folder = shipped("rules").resolve()
        found.texts += self._shipped
        found.paths.update((each.name, folder / each.name) for each in self._shipped)


def _kinds(files: Sequence[RuleFile]) -> Kinds:
    kinds = Kinds()
    for file in files:
        for statement in file.statements:
            if isinstance(statement, EventNode):
                kinds.learn(statement)
    return kinds


def _shown(plan: Plan, file: RuleFile) -> list[Diagnostic]:
    """What the samples of one file show; those of others are not tried."""
    here = of_files(plan, {file.name})
    found = list(unmet_samples(here))
    if not found and not file.shipped:
        found = list(unshown_patterns(here))
    texts = {file.name: file.text.split("\n")}
    return [each.placed(texts) for each in found]
