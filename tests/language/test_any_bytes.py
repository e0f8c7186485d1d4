"""Whatever is in a rule file: a plan or diagnostics, soon."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whyreset.language.format import format_text
from whyreset.language.load import check
from whyreset.model.diagnostic import RuleError

SOON = 1.0
"""Seconds; of processor time, for the machine may be busy."""
PIECES = [
    *(b"rule", b"when", b"{", b"}", b"event reset", b"match /", b"`<", b"\n", b'"', b"..", b"\0"),
    *(b"\xff\xfe", b"\xc3\xa9", b"at least 4", b" \xc2\xb1 ", b"use", b"#", b";", b"9" * 400),
]
WRITTEN = st.one_of(st.binary(max_size=300), st.lists(st.sampled_from(PIECES)).map(b" ".join))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WRITTEN)
def test_any_bytes_end_in_a_plan_or_in_diagnostics(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any.rules"
    path.write_bytes(data)
    start = time.process_time()
    plan, found = check([path], builtin=False)
    assert time.process_time() - start < SOON
    assert (plan is None) == any(each.is_error for each in found)
    assert all(each.render() for each in found)


@pytest.mark.parametrize(
    "text",
    ["{" * 20_000, "rule r {" * 5_000, '"' * 20_000, "a = " * 20_000, "#" * 100_000, "x;" * 50_000,
     "network a = " + ", ".join(["10.0.0.0/8"] * 2_000), "match /" + "(" * 5_000, "1.." * 20_000],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_much_of_anything(tmp_path: Path, text: str) -> None:
    path = tmp_path / "much.rules"
    path.write_text(text)
    start = time.process_time()
    check([path], builtin=False)
    assert time.process_time() - start < 2 * SOON


@given(WRITTEN)
def test_any_text_is_formatted_or_refused(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        made = format_text(text)
    except RuleError:
        return
    assert format_text(made) == made
