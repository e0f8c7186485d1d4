"""Required literals: one of them is in every match, and they say something."""

import json
import re

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.language.literals import further_literals, leads, required_literals

CHOSEN = {
    "read tcp .*: connection reset by peer": (b": connection reset by peer",),
    "(?:broken pipe|connection reset)": (b"broken pipe", b"connection reset"),
    "(?:abc|x)": (),
    "(?:reset by peer|reset by)": (b"reset by",),
    "(?:rejected)?lost": (b"lost",),
    "(?:rejected)+ lo": (b"rejected",),
    "(?:rejected)* l": (),
    "(?:rejected){2,}+": (b"rejected",),
    "a(?:bc|bd)e": (),
    "con(?<x>nec)tion": (b"connection",),
    "con(?>nec)tion": (b"connection",),
    r"err\b: (?!never)lost": (b"err: lost",),
    "(?=.*needle)x": (b"needle",),
    "(?!needle)x": (),
    "(?<!needle)pin": (b"pin",),
    "(?i)connection reset": (),
    "(?i:connection) reset": (b" reset",),
    "(?i)104: 105": (b"104: 105",),
    "(?i:x(?-i:needle))": (b"needle",),
    "a<b>upstream": (b"upstream",),
    'key="value"': (b"value",),
    "path/to/it, gone": (b"it, gone",),
    "née perdue": (b"e perdue",),
    "a\\tlong tab": (b"long tab",),
    "ab": (),
    "     ": (),
    "[abc]def[^x]ghij": (b"ghij",),
    "(a)(?:lost|gone away)\\1": (b"gone away", b"lost"),
    "(?:connection){e<=1}": (),
    "[[:alpha:]]needle": (),
    r"\p{Lu}needle": (),
    "(?:" + "|".join(f"{n:c}word{n:c}" for n in range(97, 114)) + ")": (),
    "http.*(?:closed too early|reset by its peer|went away early)": (
        b"closed too early",
        b"reset by its peer",
        b"went away early",
    ),
    "reset.*(?:peer|host|side)": (b"reset",),
    "(": (),
    "(?x) needle # a comment": (b"needle",),
}


@pytest.mark.parametrize("pattern", CHOSEN)
def test_literals_chosen(pattern: str) -> None:
    assert required_literals(pattern) == tuple(sorted(CHOSEN[pattern]))


LEADS = {
    r"^(?:tcp://|<\d{1,3}>)?(?!unix:)(?P<client>\S+) ": ("", "/"),
    r"(?m:^)(?>-(?=\ )|(?:<)?(?P<client>\S+)|x) ": ("", "<"),
    r"^(?P<client>\S+)": ("",),
    r"^(?:v=)?(?:(?:ip:)?(?P<client>\S+))": ("", "=", ":"),
    r"^(?:\d+)?(?P<client>\S+)": ("",),
    r"^\[\d+\] (?P<client>\S+)": (),
    r"^(?P<host>\S+)": (),
}


@pytest.mark.parametrize("pattern", LEADS)
def test_what_may_stand_right_before_a_first_group(pattern: str) -> None:
    assert sorted(leads(pattern, "client")) == sorted(LEADS[pattern])


_TEXT = st.text("abcxyzABZ019 :-<>&\"'/=é\t", min_size=1, max_size=8).map(re.escape)


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{0,2}", "+?", "{1,3}?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        inner.map(lambda part: f"({part})"),
        inner.map(lambda part: f"(?i:{part})"),
        inner.map(lambda part: f"(?={part})"),
        inner.map(lambda part: f"{part}[a-f]"),
    )


PATTERNS = st.recursive(_TEXT, _grow, max_leaves=6)


def test_further_literals_are_the_same_in_every_run() -> None:
    pattern = "peer (?:GET|PUT|POST|HEAD|TRACE|PATCH) connection (?:reset|closed|refused)"
    assert further_literals(pattern, (b" connection ",)) == (
        ("peer ",),
        ("closed", "refused", "reset"),
        ("GET", "HEAD", "PATCH", "POST", "PUT", "TRACE"),
    )


def test_a_literal_with_a_fixed_text_holds_quotes_where_records_are_bare() -> None:
    pattern = r'"(?P<request>[^"]*)" (?P<status>\d{3}) '
    assert required_literals(pattern, {"status": "499"}) == (b" 499 ",)
    assert required_literals(pattern, {"status": "499"}, bare=True) == (b'" 499 ',)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_one_literal_is_in_every_match_even_inside_json(data: st.DataObject) -> None:
    pattern = data.draw(PATTERNS)
    text = data.draw(st.from_regex(pattern))
    assert regex.search(pattern, text)
    literals = required_literals(pattern)
    # As Go, PHP and .NET would write it.
    inside = json.dumps(text).replace("/", "\\/")
    for char in "<>&'=+`":
        inside = inside.replace(char, f"\\u{ord(char):04x}")
    for raw in (text.encode(errors="surrogatepass"), inside.encode()):
        assert not literals or any(literal in raw for literal in literals)
    bare = required_literals(pattern, bare=True)
    assert not bare or any(literal in text.encode(errors="surrogatepass") for literal in bare)
    assert bool(bare) >= bool(literals)
    assert all(len(literal) >= 3 for literal in literals)
    assert len(literals) <= 8
