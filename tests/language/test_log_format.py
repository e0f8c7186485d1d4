"""Log formats: the layouts people have, and the fields their lines give."""

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
import regex

from whyreset.language.literals import required_literals
from whyreset.language.log_format import DIALECTS, compile_log_format
from whyreset.language.pattern import PatternError
from whyreset.model.event import FIELDS

CASES = [
    tomllib.loads(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parents[1] / "cases" / "log_formats").glob("*.toml"))
]
FORMATS = [case for cases in CASES for case in cases["format"]]
LINES = [(layout, line) for layout in FORMATS for line in layout["line"]]
WRONG = [case for cases in CASES for case in cases["wrong"]]


def name_of(value: dict[str, Any]) -> str:
    return f"{value['dialect']} {value['name']}" if "name" in value else value.get("text", "")


@pytest.mark.parametrize(("layout", "line"), LINES, ids=lambda value: name_of(value)[:60])
def test_line_gives_fields(layout: dict[str, Any], line: dict[str, Any]) -> None:
    found = regex.search(
        compile_log_format(layout["dialect"], layout["text"]).pattern, line["text"]
    )
    if "gives" not in line:
        assert found is None
        return
    assert found is not None
    assert {k: v for k, v in found.groupdict().items() if v is not None} == line["gives"]


@pytest.mark.parametrize(("layout", "line"), LINES, ids=lambda value: name_of(value)[:60])
def test_line_contains_a_required_literal(layout: dict[str, Any], line: dict[str, Any]) -> None:
    pattern = compile_log_format(layout["dialect"], layout["text"]).pattern
    literals = required_literals(pattern)
    if "gives" in line and literals:
        assert any(literal in line["text"].encode() for literal in literals)


@pytest.mark.parametrize(("layout", "line"), LINES, ids=lambda value: name_of(value)[:60])
def test_line_is_found_inside_a_record_and_with_columns_added(
    layout: dict[str, Any], line: dict[str, Any]
) -> None:
    pattern = compile_log_format(layout["dialect"], layout["text"]).pattern
    found = regex.search(pattern, f"first\n{line['text']} more\nlast")
    assert (found is not None) == ("gives" in line)


@pytest.mark.parametrize("layout", FORMATS, ids=name_of)
def test_groups_are_typed_access_fields(layout: dict[str, Any]) -> None:
    compiled = compile_log_format(layout["dialect"], layout["text"])
    types = dict(compiled.types)
    assert set(types) == set(regex.compile(compiled.pattern).groupindex)
    assert set(types) <= set(FIELDS["access"])
    expected = layout.get("types", {})
    assert {name: types.get(name) for name in expected} == expected


@pytest.mark.parametrize("case", WRONG, ids=name_of)
def test_wrong_format_says_where_and_what_to_do(case: dict[str, Any]) -> None:
    with pytest.raises(PatternError) as raised:
        compile_log_format(case["dialect"], case["text"])
    error = raised.value
    assert (error.message, error.offset, error.length) == (
        case["message"], case["offset"], case["length"],
    )  # fmt: skip
    assert error.hint == case.get("hint", error.hint)


def test_every_dialect_has_cases() -> None:
    assert {layout["dialect"] for layout in FORMATS} == set(DIALECTS)


HOSTILE = [
    " ",
    '"',
    ",",
    ", ",
    '" "',
    "- ",
    "a",
    "[",
    "\\",
    '\\"',
    "10.0.0.1, ",
    "{",
    "/",
    "1",
    "a:",
]


@pytest.mark.parametrize("layout", FORMATS, ids=name_of)
def test_time_is_linear_in_the_line(layout: dict[str, Any]) -> None:
    pattern = regex.compile(compile_log_format(layout["dialect"], layout["text"]).pattern)
    real = next(line["text"] for line in layout["line"] if "gives" in line)
    for stuff in HOSTILE:
        for start in ("", real[: len(real) // 3], real[: 2 * len(real) // 3], real[:-1]):
            line = start + stuff * (100_000 // len(stuff))
            seconds = min(_seconds(pattern, line) for _ in range(2))
            assert seconds < 2, (stuff, start)  # a quadratic pattern takes minutes


def _seconds(pattern: Any, line: str) -> float:
    began = time.process_time()
    pattern.search(line, timeout=2)
    return time.process_time() - began
