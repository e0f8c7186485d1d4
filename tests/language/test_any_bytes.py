"""Whatever is in a rule file: a plan or diagnostics, soon."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whyreset.language.format import format_text
from whyreset.language.load import check
from whyreset.language.sources import LONGEST
from whyreset.model.diagnostic import RuleError

SOON = 3.0
"""Seconds of processor time: one is promised, and a busy machine takes up to three times it."""
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
ODD = {
    "braces": "{" * 20_000,
    "heads": "rule r {" * 5_000,
    "quotes": '"' * 20_000,
    "equals": "a = " * 10_000,
    "comments": "#" * LONGEST,
    "ends": "x;" * 20_000,
    "groups": "event e { match /" + "(" * 5_000 + "/ }",
    "repeats": "event e { match /" + "(" * 200 + "a" + ")+" * 200 + "/ }",
    "counted": "event e { match /" + "(" * 12 + "a" + "){2}" * 12 + "/ }",
    "captures": "event e { match `" + " ".join(f"<a{i}>" for i in range(1_000)) + "` }",
    "ranges": "1.." * 13_000,
    "a name": "network " + "a" * 39_000 + " = 10.0.0.0/8",
    "an open text": 'rule r { title "' + "x" * 39_000,
    "zeros": "\0" * LONGEST,
    "a version": "requires whyreset >= " + "9" * 39_000,
    "placeholders": RULE % ("idle >= 1s", "{coun}" * 6_500),
    "far too much": "x" * 1_000_000,
}
"""Files that are refused, or say next to nothing."""


def full(head: str, piece: str, tail: str = "") -> str:
    """As long a file as is read, of pieces with a number in the place of N."""
    pieces = (LONGEST - len(head) - len(tail)) // len(piece.replace("N", "10000"))
    return head + "".join(piece.replace("N", str(number)) for number in range(pieces)) + tail


BEGIN = "rule r { label idle_timeout; burst of reset by peer gap 9s; when { "
FULL = {
    "settings": full("", "setting aN=1;"),
    "networks": full("", "network aN=10.1.1.1;"),
    "prefixes": full("network a=", "aN::,", "::"),
    "clauses": full(BEGIN, "idle>Ns;", "} }"),
    "the same clause": full(BEGIN, "idle>1s;", "} }"),
    "joins": full(BEGIN, "no access status=N from peer within 1s;", "} }"),
    "a long network": full(
        "network a = "
        + ", ".join(f"10.{i >> 8}.{i & 255}.0/25" for i in range(900))
        + "\nnetwork b = 10.0.0.0/8\n"
        + BEGIN,
        "peer in a or b;",
        "} }",
    ),
    "rules": full("", BEGIN.replace("rule r", "rule rN") + "idle>Ns } };"),
    "extensions": full(BEGIN + "at least 2 } };", 'extend rule r for workload "N" {gap 9s};'),
    "events": full("", "event eN {match `a`};"),
    "templates": full("event e {", "match `aN`;", "}"),
    "expressions": full("event e {", "match /a(?<bN>b*)/;", "}"),
    "formats": full("event access {", "nginx '$status aN';", "}"),
    "conditions": full("event e {match `a <b>`; set b=c where b=c", ",b=N", "}"),
}
"""Files that are as long as they may be, of the statements that take longest."""


@pytest.mark.parametrize("text", [*ODD.values(), *FULL.values()], ids=[*ODD, *FULL])
def test_much_of_anything(tmp_path: Path, text: str) -> None:
    path = tmp_path / "much.rules"
    path.write_text(text)
    start = time.process_time()
    _, found = check([path], builtin=False)
    assert time.process_time() - start < SOON
    assert all(len(each.render()) < 2_000 for each in found)
    assert any(each.code == "E047" for each in found) is (len(text) > LONGEST)


@given(WRITTEN)
def test_any_text_is_formatted_or_refused(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        made = format_text(text)
    except RuleError:
        return
    assert format_text(made) == made
