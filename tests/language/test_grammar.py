"""The grammar is free of conflicts, and no text makes the parser fail in an unforeseen way."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.language.load import load_text
from whyreset.language.tables import build_parser
from whyreset.model.diagnostic import Diagnostic, RuleError
from whyreset.model.rule import Plan

CASES = Path(__file__).parents[1] / "cases"
GOOD = [path.read_text("utf-8") for path in sorted((CASES / "language").glob("*.rules"))]
BAD = [path.read_text("utf-8") for path in sorted((CASES / "diagnostics").glob("*.rules"))]
TOKENS = sorted({token for text in GOOD for token in re.findall(r"\w+|\s+|[^\w\s]", text)})


def test_builds_in_strict_mode() -> None:
    pytest.importorskip("interegular", reason="lark's strict mode needs it")
    build_parser("rules", strict=True)


def survives(text: str) -> None:
    """Either a plan, or diagnostics that can be shown; no other exception."""
    try:
        outcome: Plan | list[Diagnostic] = load_text(text)
    except RuleError as error:
        outcome = error.diagnostics
    assert isinstance(outcome, Plan) or [each.render() for each in outcome]


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    survives(text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=30).map(" ".join))
def test_any_words_of_the_language(text: str) -> None:
    survives(text)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(GOOD + BAD), st.data())
def test_any_edit_of_a_rule_file(text: str, data: st.DataObject) -> None:
    pieces = re.findall(r"\w+|\s+|[^\w\s]", text)
    at = data.draw(st.integers(0, len(pieces) - 1))
    drop = data.draw(st.integers(0, 3))
    new = data.draw(st.lists(st.sampled_from([*TOKENS, "9" * 500, "0", "\0"]), max_size=3))
    survives("".join(pieces[:at] + new + pieces[at + drop :]))


@pytest.mark.parametrize(
    "expression",
    [
        "x((a{65535}){65535}){65535}",
        "x(?:(?:(?:ab){500}c){500,600}d){500,}",
        "x{500}{500}{500}",
        "x" * 5000,
        "(" * 1900 + "x" + ")" * 1900,
        "x{99999999999}",
        r"\N{nope}",
    ],
    ids=lambda text: text[:20],
)
def test_expressions_that_would_exhaust_memory_are_refused(expression: str) -> None:
    with pytest.raises(RuleError) as caught:
        load_text(f"event own {{ match /{expression}/ }}")
    assert [each.code for each in caught.value.diagnostics] == ["E008"]
