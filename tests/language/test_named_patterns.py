"""Named patterns: where a place of the written-out text stands in what was written."""

import pytest

from whyreset.language.named_patterns import NamedPatterns


@pytest.mark.parametrize(
    ("offset", "written"),
    [(0, (0, 1)), (1, (1, 1)), (2, (2, 4)), (8, (2, 4)), (9, (6, 1)), (10, (7, 4)), (17, (11, 1))],
)
def test_a_place_within_a_part_is_at_its_name(offset: int, written: tuple[int, int]) -> None:
    patterns = NamedPatterns({})
    patterns.add("a", "xyz")
    made = patterns.expand("12%{a}3%{a}4")
    assert made.text == "12(?:xyz)3(?:xyz)4"
    assert made.written(offset, 1) == written


def test_patterns_of_patterns_cannot_grow_without_bound() -> None:
    patterns = NamedPatterns({})
    patterns.add("a", "x" * 3000)
    with pytest.raises(ValueError, match="longer than"):
        patterns.expand("%{a}" * 100_000)
