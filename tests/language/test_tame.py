"""Which patterns of rules may be searched for without a time limit."""

import pytest

from whyreset.language.load import load
from whyreset.language.tame import is_tame


@pytest.mark.parametrize(
    ("pattern", "tame"),
    [
        (r"read tcp (?<local>\S+)->(?<peer>\S+): read", True),
        (r"(?<a>\d+): (?<b>\d+), (?<c>\d+) \S+", True),
        (r"[*+]{1}a\+\*", True),
        # Each loop has one way to run.
        (r'^(\S+) - (\S+) \[([^\]]*)\] "([A-Z]+) (\S+)" (\d+) (?:-|(\d+)) "([^"]*)"', True),
        (r"(?:\S+ ){3}(\d+)$", True),
        (r"(?:, [^,;]+)*;x", True),
        (r"a++a++a++b", True),
        # The third of three may give each other characters.
        (r"a*a*a*b", False),
        (r"\w+[a-f]+\S+x", False),
        (r"[^ ]+\t+[^ ]+\t+[^ ]+ ", False),
        (r"(?i)[a-z]+X[a-z]+X[a-z]+X", False),
        (r"\d+\b\d*\b\d*\b", False),
        (r"(?mi)oops a+A+a+A+a+A+b", False),
        (r"oops ö+\w+ö+\w+ö+\w+!", False),
        (r"oops [ä-ü]+\w+[^ß]+\w+!", False),
        (r"(?s:;.*)\n(?s:.*)\n(?s:.*)\n(?s:.*)\nz", False),
        # A loop with which it begins is run from each place.
        (r"\w+\d+x", False),
        (r".*?a.*?b", False),
        (r".*y\w*z", False),
        (r"\w+ \d+x", True),
        (r"^\w+\d+x", True),
        # Choices, each twice the time.
        ("x" + "[ab]?" * 24 + "[ab]" * 24 + "c", False),
        ("x" + "(?:a|aa)" * 24 + "c", False),
        (r"(?:GET|POST) /(?:a|b)? (?:-|\d+)", True),
        # One within another.
        (r"(a+)+b", False),
        (r"(?:a|aa)*b", False),
        (r"(?:a+b?)*c", False),
        (r"(?:\S+ ?){3}x", False),
        (r"(?s)boom(?:;.*\n)+z", False),
        (r"(?:[ab](?=[^xy]*x))+c", False),
        (r"(a)\1", False),
        (r"(a", False),
    ],
)
def test_is_tame(pattern, tame):
    assert is_tame(pattern) is tame


def test_most_shipped_patterns_are():
    patterns = [
        matcher.tame
        for definition in load([]).definitions
        for matcher in definition.matchers
        if matcher.pattern is not None and not matcher.linear
    ]
    assert sum(patterns) > 0.8 * len(patterns)
