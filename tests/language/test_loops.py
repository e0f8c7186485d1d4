"""Which patterns make a search run along the line from each of its places."""

import pytest

from whyreset.language.load import load
from whyreset.language.loops import is_quadratic

QUADRATIC = [
    r"(\S+) stdout F lost",
    r".*lost",
    r"(?<peer>\S+?) hung up",
    r'(?<agent>[^"]+) lost',
    r"[^,]*,lost",
    r"(?i)\S+ LOST",
    r"\S++ lost",
    r"(?:\S+ )+lost",
    r"(?:(?!lost).)*gone",
    r"x?\S+ lost",
    r"\w*\S*lost",
    r" .*lost",  # a line has many spaces
    r"\d .*lost",
    r"\b.*lost",  # and many words
    r"(?<!\d)\S+ lost",
    r"(?<=[,\w])\S+ lost",
    r"(?:^|.)\S+ lost",
    r"(?:^|:)?\S+ lost",
    r"(?:lost|\S+ gone)",
    r"(?=.*lost)gone",
    r"(?!.*lost)gone",
]
LINEAR = [
    r"^\S+ lost",
    r"(?m)^.*lost",
    r"\A\S+ lost",
    r"\b\S+ lost",
    r"(?:^|\s)\S+ lost",
    r"(?:^|:)\S+ lost",
    r"\s(\S+) lost",
    r"(?<!\S)\S+ lost",
    r"(?<!\S)(?:\d+|\S+) lost",
    r"(?<=\s)\S+ lost",
    r"(?<=^|\s)\S+ lost",
    r"(?<![\w.-])[\w.-]+ lost",
    r'"[^"]*" lost',
    r"\[[^\]]*\] lost",
    r"lost.*gone",
    r"lost \S+",
    r"[Ll]ost .*gone",
    r"(?:lost|gone)\S+ gone",
    r"\S{1,200} lost",
    r"[\d.]+ lost",  # runs of numbers and words are short
    r"\w+ lost",
    r"\S+",  # finds something at once
    r"\S+(?: lost)?",
    r"(a)\1.*lost",
    r"[[:alpha:]]+ lost",  # which the standard library cannot read
]


@pytest.mark.parametrize("pattern", QUADRATIC)
def test_quadratic(pattern: str) -> None:
    assert is_quadratic(pattern)


@pytest.mark.parametrize("pattern", LINEAR)
def test_linear(pattern: str) -> None:
    assert not is_quadratic(pattern)


def test_what_is_shipped_is_linear() -> None:
    plan = load([])
    patterns = [m.pattern for each in plan.definitions for m in each.matchers if m.pattern]
    assert len(patterns) > 300
    assert not [pattern for pattern in patterns if is_quadratic(pattern)]
