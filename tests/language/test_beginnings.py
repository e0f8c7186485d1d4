"""The characters with which texts begin that a pattern matches."""

from string import digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyreset.ingest.surroundings import limited_pattern
from whyreset.language.beginnings import beginnings
from whyreset.language.load import load


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"^\[[^]]+] x", "["),
        (r"(?m:^)\[x", "["),
        (r"^(?=.*x)(?:[ab]+ ?|\[c\] ?)?\"?(?<m>[A-C]{2})", '"ABC[ab'),
        (r"^(?>-(?=\ )|(?P<x>q)|) HTTP", " -q"),
        (r"^\d", digits),
        (r"^x*", None),
        (r"^(?:x|)", None),
        (r"^(?i:x)", None),
        (r"(?i)^x", None),
        (r"x", None),
        (r"\bx", None),
        (r"^a|b", None),
        (r"^(a)?\1b", None),
    ],
)
def test_beginnings(pattern, found):
    assert beginnings(pattern) == found


PATTERNS = [
    (limited_pattern(each.pattern), each.begins)
    for definition in load([]).definitions
    for each in definition.matchers
    if each.pattern and each.begins is not None
]
SAMPLES = [
    line
    for definition in load([]).definitions
    for sample in definition.samples
    for line in sample.text.split("\n")
]
LINES = st.one_of(
    st.sampled_from(SAMPLES), st.text(st.characters(codec="ascii", exclude_characters="\n"))
)


def test_many_shipped_patterns_tell_how_lines_begin():
    assert len(PATTERNS) > 100


@given(st.sampled_from(PATTERNS), LINES, st.integers(0, 40))
def test_no_line_matches_that_begins_otherwise(pattern, line, left_out):
    compiled, begins = pattern
    text = line[left_out:]
    if compiled.search(text, timeout=5) is not None:
        assert text[0] in begins or not text[0].isascii()
