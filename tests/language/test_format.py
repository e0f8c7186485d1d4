"""The canonical form: given by a pair of files, stable, and without effect on what is compiled."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.basis.frozen import Frozen
from whyreset.basis.shipped import shipped
from whyreset.basis.span import Span
from whyreset.language.format import WIDTH, format_text
from whyreset.language.parse import parse
from whyreset.language.report import Report
from whyreset.language.tree import RuleFile
from whyreset.model.diagnostic import RuleError

CASES = Path(__file__).parents[1] / "cases"
PAIRS = sorted((CASES / "format").glob("*.before"))
GOOD = sorted((CASES / "language").glob("*.rules"))
SHIPPED = sorted(Path(str(shipped("rules"))).glob("*.rules"))
WITH_ERRORS = sorted((CASES / "diagnostics").glob("*.rules"))
WITH_SYNTAX = [path for path in WITH_ERRORS if path.stem[:4] != "E001" and path.stem != "E040"]
COMMENT = re.compile(r"#[^\n]*")


def meaning(value: Any) -> Any:
    """A tree without the places where things were written."""
    if isinstance(value, Span):
        return None
    if isinstance(value, Frozen):
        return (type(value).__name__, *(meaning(getattr(value, name)) for name in value._fields))
    if isinstance(value, tuple):
        return tuple(map(meaning, value))
    return value


def statements(text: str) -> Any:
    report = Report()
    found = parse(text, report.open(RuleFile("text", text)))
    return meaning(found)


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_pair(path: Path) -> None:
    assert format_text(path.read_text()) == path.with_suffix(".after").read_text()


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_canonical_stays(path: Path) -> None:
    after = path.with_suffix(".after").read_text()
    assert format_text(after) == after


@pytest.mark.parametrize("path", GOOD + SHIPPED, ids=lambda path: path.stem)
def test_files_keep_their_meaning_and_comments(path: Path) -> None:
    text = path.read_text()
    made = format_text(text)
    assert format_text(made) == made
    assert statements(made) == statements(text)
    assert made.count("#") == text.count("#")
    assert all(line == line.rstrip() for line in made.splitlines())
    assert "\n\n\n" not in made


SPACES = st.sampled_from(["", " ", "  ", "\t"])
ENDS = st.sampled_from(["\n", "\n\n\n", "\n# own line\n", "  # beside\n", "\n  \n#x\n\n# y\n", ";"])
TIGHT = re.compile(r"""("(?:\\.|[^"\n])*"|'(?:\\.|[^'\n])*'|`[^`\n]*`|#[^\n]*|/(?:\\.|[^/\n])+/)""")


def noisy(text: str, data: st.DataObject) -> str:
    """The same file with other spaces, line ends and comments."""
    made = []
    for piece in TIGHT.split(text):
        if TIGHT.fullmatch(piece):
            made.append(piece)
            continue
        for part in re.split(r"( +|\n+)", piece):
            if part.startswith(" "):
                made.append(" " + data.draw(SPACES))
            elif part.startswith("\n"):
                made.append(data.draw(ENDS) if not made[-1].startswith("#") else "\n")
            else:
                made.append(part)
    return "".join(made)


@settings(max_examples=20)
@given(st.sampled_from([path.read_text() for path in GOOD]), st.data())
def test_any_layout(text: str, data: st.DataObject) -> None:
    written = noisy(text, data)
    try:
        meant = statements(written)
    except RuleError:
        return
    if not meant:  # a `;` in the middle of a list
        return
    made = format_text(written)
    assert statements(made) == meant
    assert format_text(made) == made
    assert [each.rstrip() for each in COMMENT.findall(TIGHT.sub(strip_text, made))] == [
        each.rstrip() for each in COMMENT.findall(TIGHT.sub(strip_text, written))
    ]


def strip_text(found: re.Match[str]) -> str:
    """Texts may hold a `#`; comments stay."""
    return found[0] if found[0].startswith("#") else ""


@pytest.mark.parametrize("path", WITH_SYNTAX, ids=lambda path: path.stem)
def test_what_does_not_compile_may_still_be_formatted(path: Path) -> None:
    made = format_text(path.read_text(), path.name)
    assert format_text(made) == made


def test_what_cannot_be_parsed_is_said() -> None:
    with pytest.raises(RuleError) as caught:
        format_text("rule x {\n  labl y\n}\n", "x.rules")
    (found,) = caught.value.diagnostics
    assert (found.code, found.file, found.span.line) == ("E001", "x.rules", 2)


def test_a_flat_block_is_broken_where_it_is_too_long() -> None:
    long = "rule r { when { " + "; ".join(f"peer in network_{i}" for i in range(9)) + " } }\n"
    made = format_text(long)
    assert len(long) > WIDTH
    assert made.startswith("rule r {\n  when {\n    peer in network_0\n")
