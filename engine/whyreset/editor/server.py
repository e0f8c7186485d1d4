"""The language server: what the editor asks over LSP, answered by the modules beside this one."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from whyreset import __version__
from whyreset.basis.span import Span
from whyreset.editor import completion
from whyreset.editor.completion import complete
from whyreset.editor.definition import definitions
from whyreset.editor.hover import hover
from whyreset.editor.symbols import KIND, TEST, symbols
from whyreset.editor.workspace import Analysis, Workspace
from whyreset.language.format import format_text
from whyreset.model.diagnostic import Diagnostic, RuleError
from whyreset.model.verdict import Verdict
from whyreset.run.rule_tests import TestResult, run_test

RUN_TEST = "whyreset.runTest"
_PAUSE = 0.15
"""How long (s) the keys must rest before the text is checked."""
_TRIGGERS = ["<", ":", "{", '"', " "]
_ICONS = {
    completion.WORD: types.CompletionItemKind.Keyword,
    completion.FIELD: types.CompletionItemKind.Field,
    completion.TYPE: types.CompletionItemKind.TypeParameter,
    completion.LABEL: types.CompletionItemKind.EnumMember,
    completion.VALUE: types.CompletionItemKind.Value,
    completion.FILE: types.CompletionItemKind.File,
    KIND: types.CompletionItemKind.Class,
}


class RuleServer(LanguageServer):
    """The server with its open files."""

    def __init__(self, rules: Sequence[Path], *, builtin: bool) -> None:
        super().__init__(
            "whyreset", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full
        )
        self.files = Workspace(rules, builtin)
        self.was_shut = False
        self._uris: dict[Path, str] = {}
        self._told: dict[Path, set[str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    # ---- places

    def path(self, uri: str) -> Path:
        """The file of a document; a new document without a file has a path that is not there."""
        path = Path(to_fs_path(uri) or uri).resolve()
        self._uris[path] = uri
        return path

    def uri(self, path: Path) -> str:
        """The editor's own name of a file, if it has one."""
        return self._uris.get(path.resolve()) or from_fs_path(str(path.resolve())) or str(path)

    def offset(self, path: Path, position: types.Position) -> int:
        """The offset of a position in an open file."""
        lines = self.files.text(path).split("\n")
        found = self.workspace.position_codec.position_from_client_units(lines, position)
        return sum(len(line) + 1 for line in lines[: found.line]) + found.character

    def range(self, text: str, start: int, end: int) -> types.Range:
        """Two offsets as the editor counts."""
        return types.Range(self._position(text, start), self._position(text, end))

    def _position(self, text: str, offset: int) -> types.Position:
        line = text.count("\n", 0, offset)
        column = offset - text.rfind("\n", 0, offset) - 1
        found = types.Position(line, column)
        return self.workspace.position_codec.position_to_client_units(text.split("\n"), found)

    def _span(self, lines: list[str], span: Span) -> types.Range:
        codec = self.workspace.position_codec
        start = types.Position(max(0, span.line - 1), span.column - 1)
        end = types.Position(max(0, span.end_line - 1), span.end_column - 1)
        return types.Range(
            codec.position_to_client_units(lines, start), codec.position_to_client_units(lines, end)
        )

    # ---- diagnostics

    def tell_soon(self, uri: str, pause: float = 0.0) -> None:
        """Check a document when the keys have rested, and publish what is wrong."""
        path = self.path(uri)
        task = asyncio.get_running_loop().create_task(
            self._tell_later(uri, path, self.files.opened.get(path), pause)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell_later(self, uri: str, path: Path, text: str | None, pause: float) -> None:
        """In a thread, one at a time, so that who types on is answered meanwhile."""
        await asyncio.sleep(pause)
        async with self._turn:
            if text is None or self.files.opened.get(path) is not text:
                return  # it has changed, or was closed
            analysis = await asyncio.to_thread(self.files.analyse, path)
        if self.files.opened.get(path) is text:
            self._publish(uri, path, analysis)

    def _publish(self, uri: str, path: Path, analysis: Analysis) -> None:
        """What is wrong with a document, and with the files that it uses if they are not open."""
        found: dict[str, list[types.Diagnostic]] = {uri: []}
        for each in analysis.diagnostics:
            place = analysis.path_of(each)
            if place == path or (each.is_error and place not in self.files.opened):
                found.setdefault(self.uri(place), []).append(self._diagnostic(analysis, each))
        for gone in self._told.get(path, set()) - found.keys():
            found[gone] = []
        self._told[path] = set(found)
        for target, diagnostics in found.items():
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(target, diagnostics)
            )

    def tell_all(self) -> None:
        """Check all open documents: what is on disk may be used by them."""
        self.files.forget()
        for path in list(self.files.opened):
            self.tell_soon(self.uri(path))

    def forget(self, uri: str) -> None:
        """A document was closed: nothing is wrong with it any more."""
        path = self.path(uri)
        self.files.close(path)
        for target in self._told.pop(path, set()):
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(target, []))

    def _diagnostic(self, analysis: Analysis, found: Diagnostic) -> types.Diagnostic:
        lines = next((f.text.split("\n") for f in analysis.files if f.name == found.file), [])
        hint = f"\n{found.hint}" if found.hint else ""
        elsewhere = analysis.path_of(found) == analysis.path and found.file != analysis.file.name
        about = f"{found.file}: " if elsewhere else ""
        severity = types.DiagnosticSeverity
        return types.Diagnostic(
            range=self._span(lines, found.span),
            message=about + found.message + hint,
            severity=severity.Error if found.is_error else severity.Warning,
            code=found.code,
            source="whyreset",
        )

    # ---- tests

    def run_test(self, uri: str, line: int) -> dict[str, Any]:
        """Run the test whose title stands in a line (from 0); what came out, also as a message."""
        path = self.path(uri)
        analysis = self.files.fresh(path)
        by = f"{analysis.file.name}:{line + 1}"
        rules = analysis.plan.rules if analysis.plan else ()
        chosen = [(rule, test) for rule in rules for test in rule.tests if test.by == by]
        if not chosen or analysis.plan is None:
            why = "the rules have errors" if analysis.plan is None else "there is no test here"
            self._say(types.MessageType.Error, f"whyreset: {why}")
            return {"passed": None, "title": None, "failures": [why], "evidence": []}
        result = run_test(analysis.plan, *chosen[0])
        passed = not result.failures
        said = "passed" if passed else "; ".join(result.failures)
        level = types.MessageType.Info if passed else types.MessageType.Error
        self._say(level, f"{result.rule.name}: {result.test.title}: {said}")
        return {
            "passed": passed,
            "title": result.test.title,
            "failures": list(result.failures),
            "evidence": _evidence(result),
        }

    def _say(self, level: types.MessageType, text: str) -> None:
        self.window_show_message(types.ShowMessageParams(level, text))


def _evidence(result: TestResult) -> list[str]:
    return [line for verdict in result.got for line in _marked(verdict)]


def _marked(verdict: Verdict) -> list[str]:
    marks = {True: "✓", False: "✗", None: "?"}
    return [f"{marks[each.holds]} {each.clause}  {each.found}" for each in verdict.evidence]


def build_server(rules: Sequence[Path] = (), *, builtin: bool = True) -> RuleServer:
    """A server with all its handlers; `start_io` runs it."""
    server = RuleServer(rules, builtin=builtin)
    _register_changes(server)
    _register_words(server)
    _register_places(server)
    _register_tests(server)
    return server


def _register_changes(server: RuleServer) -> None:
    @server.feature(types.SHUTDOWN)
    def _(_: None) -> None:
        server.was_shut = True

    def take(uri: str) -> None:
        source = server.workspace.get_text_document(uri).source
        server.files.open(server.path(uri), source)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def _(params: types.DidOpenTextDocumentParams) -> None:
        take(params.text_document.uri)
        server.tell_soon(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def _(params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        take(uri)
        server.tell_soon(uri, _PAUSE)
        for other in server.files.dependents(server.path(uri)):
            server.tell_soon(server.uri(other), _PAUSE)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def _(_: types.DidSaveTextDocumentParams) -> None:
        server.tell_all()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def _(_: types.DidChangeWatchedFilesParams) -> None:
        server.tell_all()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def _(params: types.DidCloseTextDocumentParams) -> None:
        server.forget(params.text_document.uri)


def _register_words(server: RuleServer) -> None:
    files = server.files

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=_TRIGGERS)
    )
    def _(params: types.CompletionParams) -> list[types.CompletionItem]:
        path = server.path(params.text_document.uri)
        at = server.offset(path, params.position)
        return [
            types.CompletionItem(
                label=offer.text,
                kind=_ICONS.get(offer.kind, types.CompletionItemKind.Reference),
                detail=offer.says or offer.kind,
                sort_text=f"{place:04}",
            )
            for place, offer in enumerate(complete(files.last(path), files.text(path), at))
        ]

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def _(params: types.HoverParams) -> types.Hover | None:
        path = server.path(params.text_document.uri)
        text = files.text(path)
        found = hover(files.known(path), text, server.offset(path, params.position))
        if found is None:
            return None
        content = types.MarkupContent(types.MarkupKind.Markdown, found[0])
        return types.Hover(content, server.range(text, found[1].start, found[1].end))


def _register_places(server: RuleServer) -> None:
    files = server.files

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def _(params: types.DefinitionParams) -> list[types.Location]:
        path = server.path(params.text_document.uri)
        at = server.offset(path, params.position)
        return [
            types.Location(
                server.uri(place.path),
                server.range(place.text, place.symbol.start, place.symbol.end),
            )
            for place in definitions(files.known(path), files.text(path), at)
        ]

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def _(params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        path = server.path(params.text_document.uri)
        text = files.text(path)
        try:
            formatted = format_text(text, str(path))
        except RuleError:
            return None  # the diagnostics say why
        if formatted == text:
            return []
        return [types.TextEdit(server.range(text, 0, len(text)), formatted)]


def _register_tests(server: RuleServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def _(params: types.CodeLensParams) -> list[types.CodeLens]:
        uri = params.text_document.uri
        text = server.files.text(server.path(uri))
        return [
            types.CodeLens(
                place,
                types.Command("run this test", RUN_TEST, arguments=[uri, place.start.line]),
            )
            for symbol in symbols(text)
            if symbol.kind == TEST
            for place in [server.range(text, symbol.start, symbol.end)]
        ]

    @server.command(RUN_TEST)
    def _(uri: str, line: int) -> dict[str, Any]:
        return server.run_test(uri, line)
