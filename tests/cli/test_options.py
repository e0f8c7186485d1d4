"""The shapes of options that several commands have."""

import argparse

import pytest

from whyreset.cli.common import number, size


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("4096", 4096), ("1K", 1 << 10), ("256m", 256 << 20), ("2G", 2 << 30)],
)
def test_sizes(text: str, value: int) -> None:
    assert size(1)(text) == value


@pytest.mark.parametrize("text", ["", "0", "K", "1X", "1KK", "-1", "1.5G", "²", "63M"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"is not a size from 64M on, such as"):
        size(64 << 20)(text)


@pytest.mark.parametrize(("text", "most"), [("3", None), ("5", 5), ("07", 9)])
def test_numbers(text: str, most: int | None) -> None:
    assert number(3, most)(text) == int(text)


@pytest.mark.parametrize("text", ["", "2", "6", "-3", "3.0", "x", "²"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not a number from 3 to 5"):
        number(3, 5)(text)
