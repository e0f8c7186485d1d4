"""Lazy patterns: the same as compiled ones, later."""

import re

import pytest

from whyreset.basis.lazy import lazy


def test_as_a_compiled_pattern() -> None:
    pattern = lazy(r"(?P<a>\d)x", re.IGNORECASE)
    found = pattern.search("1 2X")
    assert found is not None
    assert found["a"] == "2"
    assert pattern.fullmatch("1") is None
    assert pattern.sub("-", "1x2x3") == "--3"
    assert [each["a"] for each in pattern.finditer("1x2x")] == ["1", "2"]
    assert lazy(rb"\d").findall(b"12") == [b"1", b"2"]


def test_compiled_at_first_use() -> None:
    pattern = lazy("(")
    with pytest.raises(re.error):
        pattern.search("")


def test_unknown_methods() -> None:
    with pytest.raises(AttributeError):
        lazy("a").searches("")  # type: ignore[attr-defined]
