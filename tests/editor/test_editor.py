"""Whatever is on the screen, however broken: the editor's questions have an answer."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.editor.completion import complete
from whyreset.editor.definition import definitions
from whyreset.editor.hover import hover
from whyreset.editor.outline import outline, tokens_of
from whyreset.editor.symbols import (
    CLAUSE,
    KIND,
    NETWORK,
    PATTERN,
    RULE,
    SETTING,
    TEAM,
    TEST,
    symbols,
)
from whyreset.editor.workspace import Analysis, Workspace
from whyreset.language.reference.clauses import BURST_CLAUSES, MEMBER_CLAUSES
from whyreset.language.reference.entry import Entry, runnable

CASES = Path(__file__).parents[1] / "cases"
GOOD = sorted((CASES / "language").glob("*.rules"))
TEXTS = [path.read_text("utf-8") for path in (*GOOD, *(CASES / "diagnostics").glob("*.rules"))]


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """One good file, open."""
    path = tmp_path_factory.mktemp("open") / "clauses.rules"
    workspace = Workspace(builtin=False)
    workspace.open(path, (CASES / "language" / "clauses.rules").read_text("utf-8"))
    return workspace.analyse(path)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_tokens_are_the_text_without_spaces(text: str) -> None:
    end = 0
    for token in tokens_of(text):
        assert text[token.start : token.end] == token.text
        assert re.fullmatch(r"[ \t]*:?[ \t]*", text[end : token.start])
        end = token.end
    assert not text[end:].strip()


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_blocks_are_closed_at_the_end(path: Path) -> None:
    lines = outline(path.read_text("utf-8"))
    assert lines[-1].blocks == ()
    assert not any(token.open for line in lines for token in line.tokens)


def test_symbols() -> None:
    found = symbols((CASES / "language" / "clauses.rules").read_text("utf-8"))
    named = {(each.kind, each.name, each.owner) for each in found}
    assert named >= {
        (NETWORK, "a", ""), (SETTING, "patience", ""), (TEAM, "pay", ""), (RULE, "members", ""),
        (CLAUSE, "beat", "bursts"), (TEST, "silent", "bursts"),
    }  # fmt: skip
    text = "event own { match `a` }\nextend rule x for team t { when { c: at least 2 } }\n"
    kind, rule, clause = symbols(text)
    assert (kind.kind, kind.name, kind.extends) == (KIND, "own", False)
    assert (rule.name, rule.extends, clause.owner, clause.extends) == ("x", True, "x", True)


def test_a_part_of_an_expression_leads_to_its_pattern(tmp_path: Path) -> None:
    text = "pattern word /\\w+/\nevent own { match /lost %{word}$/ }\n"
    workspace = Workspace(builtin=False)
    workspace.open(tmp_path / "own.rules", text)
    analysis = workspace.analyse(tmp_path / "own.rules")
    (place,) = definitions(analysis, text, text.index("%{word}") + 3)
    assert (place.symbol.kind, place.symbol.start) == (PATTERN, text.index("word"))
    assert not definitions(analysis, text, text.index("lost"))
    begun = text[: text.index("word}")]
    assert [each.text for each in complete(analysis, begun, len(begun))] == ["word}"]


def ask_everything(analysis: Analysis, text: str, offset: int) -> None:
    for offer in complete(analysis, text, offset):
        assert offer.text
    found = hover(analysis, text, offset)
    assert found is None or found[0]
    for place in definitions(analysis, text, offset):
        assert place.text[place.symbol.start : place.symbol.end].strip("\"'`") in (
            place.symbol.name,
            "",
        )


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), st.data())
def test_any_place_of_any_file(analysis: Analysis, text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    ask_everything(analysis, text, offset)
    ask_everything(analysis, text[:offset], offset)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*"{}\"'`/#,;:=<>\n ", "when", "match", "rule", "json", "not in",
                                 "expect", "at", "1s..", "± ", "µ", "\u2028", "\0"])))  # fmt: skip
def test_any_text(analysis: Analysis, pieces: list[str]) -> None:
    text = "".join(pieces)
    ask_everything(analysis, text, len(text))


@pytest.mark.parametrize(
    "entry", [*MEMBER_CLAUSES, *BURST_CLAUSES], ids=lambda entry: entry.form[:40]
)
def test_hover_tells_what_the_reference_says_of_each_clause(entry: Entry, tmp_path: Path) -> None:
    workspace, path = Workspace(builtin=False), tmp_path / "example.rules"
    text = runnable(entry)
    workspace.open(path, text)
    said = set()
    start = text.index("when {")
    for offset in range(start, text.index("test")):
        found = hover(workspace.analyse(path), text, offset) if text[offset].isalpha() else None
        said.add(found[0] if found else "")
    if not entry.form.startswith("NAME:"):  # of a name the clause that follows is told
        assert any(entry.says in each for each in said)


def test_names_outlive_a_syntax_error(tmp_path: Path) -> None:
    workspace, path = Workspace(builtin=False), tmp_path / "own.rules"
    good = "event own { match `a <order>` }\nnetwork office = 10.0.0.1\n"
    workspace.open(path, good)
    assert workspace.analyse(path).plan is not None
    workspace.open(path, good + "rule {\n")
    assert workspace.analyse(path).plan is None
    assert workspace.known(path).kinds["own"].given == ("order",)
    text = good + "rule x { when { any have own "
    workspace.open(path, text)
    offers = {offer.text for offer in complete(workspace.last(path), text, len(text))}
    assert {"order", "within"} <= offers
