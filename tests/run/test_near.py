"""Near misses: which definition a text almost fits, and where it stops to fit."""

import json
from functools import cache
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from whyreset.language.load import check, load_text
from whyreset.language.regex_pieces import pieces_of
from whyreset.model.rule import Plan
from whyreset.run.near import NearMisses

LINES = Path(__file__).parents[1] / "cases" / "near" / "lines.jsonl"
CASES = [json.loads(text) for text in LINES.read_text("utf-8").splitlines()]


@cache
def shipped() -> Plan:
    plan, found = check((), builtin=True)
    assert plan is not None, "\n".join(each.render() for each in found)
    return plan


@cache
def near_misses() -> NearMisses:
    return NearMisses(shipped().definitions)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["line"][:40] or "empty")
def test_near_misses(case: dict[str, str]) -> None:
    near = near_misses().of(case["line"])
    if "kind" not in case:
        assert near is None
        return
    assert near is not None
    assert (near.kind, near.by.partition(":")[0]) == (case["kind"], case["file"])
    assert near.wanted.startswith(case["wanted"])
    assert near.found == case["found"]
    assert near.wanted in str(near)


def test_a_line_that_is_ruled_out_is_told() -> None:
    plan = load_text("event reset { match /connection lost/; skip /^dump: / }")
    near = NearMisses(plan.definitions).of("dump: 12 connection lost")
    assert near is not None
    assert str(near) == "fits, but a line that `after` and `skip` let through is wanted"


@pytest.mark.parametrize("flags", ["", "(?i)"])
def test_case_counts_where_the_pattern_says_so(flags: str) -> None:
    plan = load_text(f"event reset {{ match /{flags}lost the connection to worker <\\d+>/ }}")
    near = NearMisses(plan.definitions).of("LOST the connection to worker many")
    assert (near is not None and near.upto.startswith("LOST")) == bool(flags)


def test_a_sample_with_its_end_cut_off_is_near() -> None:
    """Texts that lack their last word: most are near the definition that they are samples of."""
    texts = [
        sample.text.rsplit(" ", 1)[0]
        for definition in shipped().definitions
        for sample in definition.samples
        if sample.gives is not None and sample.text.count(" ") > 5 and "{" not in sample.text
    ]
    assert sum(near_misses().of(text) is not None for text in texts) > len(texts) / 3


@given(st.text(max_size=300))
def test_any_text_is_looked_at(text: str) -> None:
    near = near_misses().of(text)
    assert near is None or near.wanted


def test_pieces_make_up_the_pattern_and_can_be_cut() -> None:
    for definition in shipped().definitions:
        for matcher in definition.matchers:
            pieces = pieces_of(matcher.pattern or "")
            if not pieces:
                continue
            assert "".join(piece.source for piece in pieces) == matcher.pattern
            for count in {1, len(pieces) // 2, len(pieces)} - {0}:
                regex.compile("".join(piece.source for piece in pieces[:count]))


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        (r"a (?<b>\d+)c{2,3}? \(d\]", ["a ", "", "", " ", "(d]"]),
        (r"one [\]x]+two|three", []),
        (r"[^]]\n\.x", ["", "", ".x"]),
    ],
)
def test_pieces(pattern: str, texts: list[str]) -> None:
    assert [piece.text for piece in pieces_of(pattern)] == texts


def test_a_condition_that_fails_is_told() -> None:
    text = "event order_lost {\n match `order <order:word> lost`\n where order = A18\n}\n"
    near = NearMisses(load_text(text).definitions).of("order A17 lost")
    assert near is not None
    assert str(near) == "fits, but `where order = A18` does not hold: it is A17"


def test_a_message_that_is_quoted_is_told() -> None:
    near = near_misses().of('  log.Printf("http: TLS handshake error from 10.1.0.7:40100: EOF")')
    assert near is not None
    assert str(near).startswith("fits, but source code, a comment or prose quotes it")
