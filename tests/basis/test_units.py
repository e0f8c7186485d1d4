"""Durations in log lines, with their units as letters or as words."""

import time

import pytest

from whyreset.basis.units import NS, parse_duration, read_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("61s", 61),
        ("300 s", 300),
        ("250 ms", 0.25),
        ("1m30s", 90),
        ("5 minutes", 300),
        ("1.5 sec", 1.5),
        ("12 MSec", 0.012),
        ("3 milliseconds", 0.003),
        ("2 hours", 7200),
        ("1 day", 86400),
    ],
)
def test_in_log_lines(text: str, seconds: float) -> None:
    assert read_duration(text) == round(seconds * NS)


@pytest.mark.parametrize("text", ["5 sec", "3 hours", "5 msgs"])
def test_rules_have_one_spelling(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


def test_digits_without_end_are_no_duration() -> None:
    """Their time was the cube of their number: fifteen seconds for these."""
    began = time.process_time()
    with pytest.raises(ValueError, match="not a duration"):
        read_duration("21us" + "5" * 10_000)
    assert time.process_time() - began < 5
