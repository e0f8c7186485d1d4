"""The language server, asked by a real client over its standard input and output."""

import argparse
import json
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlparse

import pytest

from whyreset.cli import lsp
from whyreset.language.format import format_text

pytest.importorskip("pygls")

SHARED = """network office = 203.0.113.0/24
network cluster = 10.42.0.0/16
event order_lost {
  match  `order <order> lost: peer <client:addr>`
  sample `order A17 lost: peer 10.42.3.9` gives order=A17 client=10.42.3.9
}
"""
RULES = """use "shared.rules"
setting patience = 30s

rule warehouse {
  label     termination_fallout
  burst of reset by pod, peer gap 60s
  when {
    peer not in office
    lost: any have order_lost from peer within 5s before, 2s after
    crash on peer within patience if known
    at least 2
  }
  because "µ𝄞 {count} resets; order {lost.order} was lost."
  test "orders are lost" {
    at 10s       order_lost client=10.42.3.9 order=A17
    at 11s..12s every 1s  reset peer=10.42.3.9
    expect termination_fallout count=2
  }
  test "no order was lost" {
    at 11s..12s every 1s  reset peer=10.42.3.9
    expect unknown
  }
  test "orders are lost too early" {
    at 1s        order_lost client=10.42.3.9 order=A17
    at 11s..12s every 1s  reset peer=10.42.3.9
    expect termination_fallout
  }
}
extend rule warehouse for namespace "pay-*" { when { lost: any have order_lost within 9s } }
"""


class Client:
    """What an editor does."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        self._numbers = count(1)
        self._arrived: Queue[dict[str, Any]] = Queue()
        self.said: list[dict[str, Any]] = []
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            length = int(header.partition(b":")[2])
            while stream.readline().strip():
                pass
            self._arrived.put(json.loads(stream.read(length)))

    def _send(self, **message: Any) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def notify(self, method: str, **params: Any) -> None:
        self._send(method=method, params=params)

    def ask(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._send(id=number, method=method, params=params)
        answer = self.wait(lambda message: message.get("id") == number and "method" not in message)
        assert "error" not in answer, answer
        return answer["result"]

    def wait(self, wanted: Any) -> dict[str, Any]:
        while True:
            message = self._arrived.get(timeout=20)
            self.said.append(message)
            if wanted(message):
                return message

    def published(self, uri: str) -> list[dict[str, Any]]:
        """The next diagnostics of a document."""
        method = "textDocument/publishDiagnostics"
        message = self.wait(lambda m: m.get("method") == method and m["params"]["uri"] == uri)
        found: list[dict[str, Any]] = message["params"]["diagnostics"]
        return found


class Document:
    """A file that is open in the editor; `at` finds places in its text."""

    def __init__(self, client: Client, path: Path, text: str) -> None:
        self.client, self.uri, self.text, self.version = client, path.as_uri(), text, 1
        item = {"uri": self.uri, "languageId": "whyreset", "version": 1, "text": text}
        client.notify("textDocument/didOpen", textDocument=item)

    def change(self, text: str) -> None:
        self.text, self.version = text, self.version + 1
        self.client.notify(
            "textDocument/didChange",
            textDocument={"uri": self.uri, "version": self.version},
            contentChanges=[{"text": text}],
        )

    def ask(self, question: str, marked: str = "", **params: Any) -> Any:
        """Ask about the place of `|` in a piece of the text."""
        if marked:
            params["position"] = self.at(marked)
        return self.client.ask(f"textDocument/{question}", textDocument={"uri": self.uri}, **params)

    def at(self, marked: str) -> dict[str, int]:
        offset = self.text.index(marked.replace("|", "")) + marked.index("|")
        line = self.text.count("\n", 0, offset)
        before = self.text[self.text.rfind("\n", 0, offset) + 1 : offset]
        return {"line": line, "character": len(before.encode("utf-16-le")) // 2}

    def slice(self, where: dict[str, Any]) -> str:
        lines = self.text.split("\n")
        start, end = where["start"], where["end"]
        assert start["line"] == end["line"]
        units = lines[start["line"]].encode("utf-16-le")
        return units[2 * start["character"] : 2 * end["character"]].decode("utf-16-le")


def session(command: list[str], environment: dict[str, str]) -> Iterator[Client]:
    made = Client(command, environment)
    answer = made.ask("initialize", processId=None, rootUri=None, capabilities={})
    offered = answer["capabilities"]
    assert offered["executeCommandProvider"]["commands"] == ["whyreset.runTest"]
    for name in ("completion", "hover", "definition", "codeLens", "documentFormatting"):
        assert offered[f"{name}Provider"], name
    made.notify("initialized")
    yield made
    assert made.ask("shutdown") is None
    made.notify("exit")
    assert made.process.wait(timeout=10) == 0


@pytest.fixture(scope="module")
def client(shell: Any) -> Iterator[Client]:
    """Without the shipped rules, which take a while each time."""
    yield from session(shell.command("lsp", "--stdio", "--no-builtin"), shell.environment)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("team")
    (folder / "shared.rules").write_text(SHARED)
    (folder / "own.rules").write_text("network stale = 1.2.3.4")
    return folder


@pytest.fixture(scope="module")
def own(client: Client, folder: Path) -> Document:
    document = Document(client, folder / "own.rules", RULES)
    assert client.published(document.uri) == []
    return document


def test_diagnostics_while_typing(client: Client, folder: Path) -> None:
    document = Document(client, folder / "typing.rules", RULES.replace("in office", "in ofice"))
    (found,) = client.published(document.uri)
    assert (found["code"], found["severity"], found["source"]) == ("E012", 1, "whyreset")
    assert document.slice(found["range"]) == "ofice"
    assert "did you mean `office`?" in found["message"]
    document.change(RULES)
    assert client.published(document.uri) == []
    document.change(RULES.replace("lost.order}", "lost.odor}"))  # beyond the basic plane
    (found,) = client.published(document.uri)
    assert (found["code"], document.slice(found["range"])) == ("E018", "lost.odor")
    document.change(RULES.replace("rule warehouse {", "rule warehouse"))
    (found,) = client.published(document.uri)
    assert found["code"] == "E001"
    client.notify("textDocument/didClose", textDocument={"uri": document.uri})
    assert client.published(document.uri) == []


def test_warnings_and_samples(client: Client, folder: Path) -> None:
    text = "event own {\n  match /\\S+/\n  sample `x` gives nothing\n}\n"
    document = Document(client, folder / "warned.rules", text)
    found = {each["code"]: each for each in client.published(document.uri)}
    unmet, warning = found["E037"], found["W006"]
    assert (unmet["severity"], warning["severity"]) == (1, 2)
    assert document.slice(unmet["range"]) == "sample `x` gives nothing"


def test_errors_of_a_used_file_stand_in_that_file(client: Client, folder: Path) -> None:
    used = folder / "used.rules"
    used.write_text("network bad = 1.2.3\n")
    user = Document(client, folder / "user.rules", 'use "used.rules"\n')
    assert client.published(user.uri) == []
    assert client.published(used.as_uri())[0]["code"] == "E007"
    opened = Document(client, used, "network good = 1.2.3.0/24\n")  # the screen, not the disk
    assert errors(client.published(opened.uri)) == []
    user.change('use "used.rules"\nextend network good = 1.2.4.0/24\n')
    assert errors(client.published(user.uri)) == []
    user.change('use "unused.rules"\n')
    assert client.published(user.uri)[0]["code"] == "E002"


def test_edits_of_a_used_file_reach_who_uses_it_before_they_are_saved(
    client: Client, folder: Path
) -> None:
    (folder / "base.rules").write_text("network floor = 1.2.3.0/24\n")
    base = Document(client, folder / "base.rules", "network floor = 1.2.3.0/24\n")
    client.published(base.uri)
    user = Document(
        client, folder / "above.rules", 'use "base.rules"\nextend network floor = ::1\n'
    )
    assert errors(client.published(user.uri)) == []
    base.change("network ground = 1.2.3.0/24\n")
    (found,) = errors(client.published(user.uri))
    assert (found["code"], user.slice(found["range"])) == ("E012", "floor")
    base.change("network floor = 1.2.3.0/24\n")
    assert errors(client.published(user.uri)) == []


def test_files_that_go_and_come_back(client: Client, folder: Path) -> None:
    used = folder / "moving.rules"
    used.write_text("network moved = 1.2.3.0/24\n")
    user = Document(
        client, folder / "stays.rules", 'use "moving.rules"\nextend network moved = ::1\n'
    )
    assert errors(client.published(user.uri)) == []
    used.rename(folder / "moved.rules")
    client.notify("workspace/didChangeWatchedFiles", changes=[{"uri": used.as_uri(), "type": 3}])
    assert client.published(user.uri)[0]["code"] == "E002"
    (folder / "moved.rules").rename(used)
    client.notify("workspace/didChangeWatchedFiles", changes=[{"uri": used.as_uri(), "type": 1}])
    assert errors(client.published(user.uri)) == []
    client.notify("textDocument/didClose", textDocument={"uri": user.uri})


def errors(diagnostics: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in diagnostics if each["severity"] == 1]


EMPTY_CLAUSE = "    crash on peer within patience if known\n"


@pytest.mark.parametrize(
    ("instead", "wanted", "unwanted"),
    [
        ("    |\n", {"at", "no", "every", "any", "peer", "access", "order_lost"}, {"label"}),
        ("    peer in |\n", {"cluster", "office"}, {"peer", "in", "at"}),
        ("    peer not in of|\n", {"office"}, {"peer"}),
        ("    no |\n", {"access", "order_lost"}, {"peer", "office"}),
        ("    order_lost |\n", {"order", "client", "from", "on", "within"}, {"peer", "office"}),
        ("    order_lost from |\n", {"peer", "pod"}, {"node", "workload"}),
        ("    crash on |\n", {"pod", "peer", "node", "workload"}, {"cluster"}),
        ("    crash within |\n", {"patience"}, {"crash", "peer"}),
        ("    crash within 5s |\n", {"before", "after", "if"}, {"peer"}),
        ("    at least 2 distinct |\n", {"peer", "peer_port"}, {"status"}),
        ("    direction = |\n", {"read", "write", "handshake", "unknown"}, {"patience"}),
        ("    idle > |\n", {"patience", "unknown"}, {"read"}),
        ("    any have |\n", {"peer", "access", "no"}, {"label"}),
    ],
)  # fmt: skip
def test_completion_in_clauses(
    own: Document, instead: str, wanted: set[str], unwanted: set[str]
) -> None:
    """The rest of the file is as it was: one bad line does not spoil the names."""
    assert_offers(own, RULES.replace(EMPTY_CLAUSE, instead), wanted, unwanted)


@pytest.mark.parametrize(
    ("piece", "wanted", "unwanted"),
    [
        ("|", {"rule", "event", "network", "extend", "disable", "use"}, {"label", "reset"}),
        ("extend rule |", {"warehouse"}, {"office"}),
        ("disable rule ware|", {"warehouse"}, {"office"}),
        ("extend network |", {"office", "cluster"}, {"warehouse"}),
        ("event |", {"reset", "access", "order_lost"}, {"office"}),
        ("export network |", {"office", "cluster"}, {"warehouse"}),
        ("requires |", {"whyreset"}, {"office"}),
        ('use "|', {"shared.rules"}, {"own.rules", "rule"}),
        ("event x {\n  |", {"match", "json", "sample", "nginx"}, {"label"}),
        ("event x {\n  match `a <b:|", {"addr", "ip", "duration"}, {"match"}),
        ("event access {\n  set |", {"status", "client"}, {"peer"}),
        ("event x {\n  json { took = .a |", {"ms", "addr"}, {"match"}),
        ("event x {\n  json { took = .a } |", {"where"}, {"took"}),
        ("rule x {\n  |", {"label", "when", "unless", "burst", "test"}, {"at", "reset"}),
        ("rule x {\n  label |", {"probe_noise", "idle_timeout"}, {"unknown", "label"}),
        ("rule x {\n  severity |", {"info", "critical"}, {"label"}),
        ("rule x {\n  status |", {"stable", "deprecated"}, {"label"}),
        ("rule x {\n  burst of |", {"reset", "access"}, {"peer"}),
        ("rule x {\n  burst of reset by |", {"peer", "pod"}, {"status", "reset"}),
        ('rule x {\n  because "{count} of {|', {"peer", "period"}, {"label"}),
        ("rule x {\n  when { at least 2 }\n  test \"t\" {\n    |", {"at", "expect"}, {"label"}),
        ("rule x {\n  test \"t\" {\n    at 1s |", {"reset", "access"}, {"peer"}),
        ("rule x {\n  test \"t\" {\n    at 1s reset |", {"peer", "idle"}, {"status"}),
        ("rule x {\n  test \"t\" {\n    expect |", {"unknown", "probe_noise"}, {"peer"}),
        ("rule x {\n  test \"t\" {\n    expect unknown |", {"peer", "period"}, {"idle"}),
        ("extend rule warehouse {\n  when {\n    |", {"lost:", "peer", "at"}, {"label"}),
        ("extend rule x for |", {"namespace", "workload", "selector", "team"}, {"x"}),
        ("rule x for |", {"namespace", "workload", "selector", "team"}, {"x"}),
        ("# rule |", set(), {"rule", "warehouse"}),
    ],
)  # fmt: skip
def test_completion_at_the_end(
    own: Document, piece: str, wanted: set[str], unwanted: set[str]
) -> None:
    assert_offers(own, f"{RULES}\n{piece}", wanted, unwanted)


def assert_offers(own: Document, text: str, wanted: set[str], unwanted: set[str]) -> None:
    own.change(text.replace("|", ""))
    lines = text.partition("|")[0].split("\n")
    column = len(lines[-1].encode("utf-16-le")) // 2
    place = {"line": len(lines) - 1, "character": column}
    offers = {item["label"] for item in own.ask("completion", position=place)}
    own.change(RULES)
    assert wanted <= offers
    assert not unwanted & offers


@pytest.mark.parametrize(
    ("marked", "word", "says"),
    [
        ("peer not in of|fice", "office", ["203.0.113.0/24"]),
        ("peer n|ot in", "not", ["none of the networks"]),
        ("have order_|lost", "order_lost", ["`order` `client`", "look-back 5.0s, look-ahead 2.0s"]),
        ("crash on peer wi|thin", "within", ["is near the reset", "look-back 30.0s"]),
        ("on p|eer within", "peer", ["the pod that owns the peer's address"]),
        ("at le|ast 2\n", "least", ["So many resets"]),
        (
            "rule ware|house {",
            "warehouse",
            ["look-back 30.0s, look-ahead 30.0s", "is final 1m 35s"],
        ),
        ("label     termin|ation", "termination_fallout", ["A pod was ended"]),
        ("bu|rst of", "burst", ["What is counted", "Costs"]),
        ("re|set by", "reset", ["reset by peer", "`peer_port`"]),
        ("expect term|", "termination_fallout", ["A pod was ended"]),
        ("if kn|own", "known", ["costs confidence"]),
    ],
)
def test_hover(own: Document, marked: str, word: str, says: list[str]) -> None:
    found = own.ask("hover", marked)
    assert own.slice(found["range"]) == word
    for each in says:
        assert each in found["contents"]["value"]


def test_nothing_to_hover_over(own: Document) -> None:
    assert own.ask("hover", "\n|\nrule warehouse") is None


@pytest.mark.parametrize(
    ("marked", "file", "line"),
    [
        ("peer not in of|fice", "shared.rules", 0),
        ("have order_|lost", "shared.rules", 2),
        ("within pat|ience", "own.rules", 1),
        ("extend rule ware|house", "own.rules", 3),
        ("{ lo|st: any have order_lost within 9s", "own.rules", 8),
        ('use "sha|red', "shared.rules", 0),
    ],
)
def test_definition(own: Document, folder: Path, marked: str, file: str, line: int) -> None:
    (found,) = own.ask("definition", marked)
    assert found["uri"] == (folder / file).as_uri()
    assert found["range"]["start"]["line"] == line


def test_rules_that_are_not_there(shell: Any, folder: Path) -> None:
    command = shell.command("lsp", "--no-builtin", "-r", folder / "lost.rules")
    for client in session(command, shell.environment):
        document = Document(client, folder / "plain.rules", "setting x = 1\n")
        (error,) = errors(client.published(document.uri))
        assert (error["code"], error["range"]["start"]["line"]) == ("E002", 0)
        assert "lost.rules" in error["message"]


def test_with_the_shipped_rules(shell: Any, folder: Path) -> None:
    for client in session(shell.command("lsp"), shell.environment):
        document = Document(client, folder / "own.rules", RULES)
        assert client.published(document.uri) == []
        found = document.ask("definition", "cra|sh on peer")
        assert len({each["uri"] for each in found}) > 1
        for each in found:
            lines = Path(unquote(urlparse(each["uri"]).path)).read_text().split("\n")
            assert lines[each["range"]["start"]["line"]].startswith("event crash")
        assert "tcp_health_check" in {
            each["label"] for each in document.ask("completion", "extend rule |warehouse")
        }
        shipped = Path(unquote(urlparse(found[0]["uri"]).path))
        itself = Document(client, shipped, shipped.read_text())
        assert errors(client.published(itself.uri)) == []


def test_run_this_test(own: Document, client: Client) -> None:
    lenses = own.ask("codeLens")
    assert {lens["command"]["title"] for lens in lenses} == {"run this test"}
    results = [client.ask("workspace/executeCommand", **run_of(lens["command"])) for lens in lenses]
    assert [result["passed"] for result in results] == [True, True, False]
    (failure,) = results[2]["failures"]
    assert failure.startswith("expected termination_fallout, got unknown")
    assert any(line.startswith("✗ any have order_lost") for line in results[2]["evidence"])
    said = [each["params"] for each in client.said if each.get("method") == "window/showMessage"]
    assert [each["type"] for each in said[-3:]] == [3, 3, 1]


def run_of(command: dict[str, Any]) -> dict[str, Any]:
    return {"command": command["command"], "arguments": command["arguments"]}


def test_running_a_test_of_rules_with_errors(own: Document, client: Client) -> None:
    (first, *_) = own.ask("codeLens")
    own.change(RULES.replace("in office", "in ofice"))
    result = client.ask("workspace/executeCommand", **run_of(first["command"]))
    own.change(RULES)
    assert result["failures"] == ["the rules have errors"]


def test_formatting(own: Document) -> None:
    options = {"tabSize": 2, "insertSpaces": True}
    (edit,) = own.ask("formatting", options=options)
    assert edit["newText"] == format_text(RULES)
    assert edit["range"]["start"] == {"line": 0, "character": 0}
    assert edit["range"]["end"] == {"line": RULES.count("\n"), "character": 0}
    own.change(edit["newText"])
    assert own.ask("formatting", options=options) == []
    own.change("rule {")
    assert own.ask("formatting", options=options) is None
    own.change(RULES)


def test_without_pygls(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(lsp, "find_spec", lambda _: None)
    assert lsp.run(argparse.Namespace(rules=[], no_builtin=False)) == 2
    assert "pip install 'whyreset[lsp]'" in capsys.readouterr().err
