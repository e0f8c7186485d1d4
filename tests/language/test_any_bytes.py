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


RULE = """rule r {
  label client_abort
  burst of reset by pod gap 60s
  when { at least 3; %s }
  because "%s"
}
"""
MUCH = {
    "braces": "{" * 20_000,
    "heads": "rule r {" * 5_000,
    "quotes": '"' * 20_000,
    "equals": "a = " * 20_000,
    "comments": "#" * 100_000,
    "ends": "x;" * 50_000,
    "prefixes": "network a = " + ", ".join(["10.0.0.0/8"] * 2_000),
    "networks": "network a = " + ", ".join(f"10.{i >> 8}.{i & 255}.0/24" for i in range(5_000)),
    "groups": "event e { match /" + "(" * 5_000 + "/ }",
    "repeats": "event e { match /" + "(" * 200 + "a" + ")+" * 200 + "/ }",
    "counted": "event e { match /" + "(" * 12 + "a" + "){2}" * 12 + "/ }",
    "captures": "event e { match `" + " ".join(f"<a{i}>" for i in range(1_000)) + "` }",
    "ranges": "1.." * 20_000,
    "a line": "# " + "x" * 250_000,
    "a name": "network " + "a" * 250_000 + " = 10.0.0.0/8",
    "an open text": 'rule r { title "' + "x" * 240_000,
    "zeros": "\0" * 250_000,
    "a version": "requires whyreset >= " + "9" * 100_000,
    "clauses": RULE % ("; ".join(f"idle >= {i}s" for i in range(1, 2_000)), ""),
    "placeholders": RULE % ("idle >= 1s", "{coun}" * 20_000),
    "scopes": RULE % ("idle >= 1s", "")
    + "".join(f'extend rule r for namespace "n{i}" {{ priority {i} }}\n' for i in range(300)),
}


@pytest.mark.parametrize("text", MUCH.values(), ids=MUCH)
def test_much_of_anything(tmp_path: Path, text: str) -> None:
    path = tmp_path / "much.rules"
    path.write_text(text)
    start = time.process_time()
    _, found = check([path], builtin=False)
    assert time.process_time() - start < 2 * SOON
    assert all(len(each.render()) < 2_000 for each in found)


@given(WRITTEN)
def test_any_text_is_formatted_or_refused(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        made = format_text(text)
    except RuleError:
        return
    assert format_text(made) == made
