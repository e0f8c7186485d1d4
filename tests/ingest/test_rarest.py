"""The search for the rarest byte finds what a look at each line finds, whatever it has learned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyreset.ingest.rarest import ByteSearch

GROUPS = (
    (b"received SIGTERM",),
    (b" P ",),
    (b"aa",),
    (b" stdout P ", b" stderr P "),  # share their end
    (b" F 10.244.", b" F 10.128.0."),  # their beginning
    (b"abcab", b"abcb"),
)
PIECES = (
    "received SIGTERM", "SIGTERM", " P ", " stdout P ", " stderr P ", "stdout P ", " F 10.244.",
    " F 10.128.0.", "10.244.", "F", "P", "G", "abcab", "abcb", "ab", "a", "b",
    " ", "\n", "\n", "x" * 600, "P" * 40, " P" * 40,
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map(lambda parts: "".join(parts).encode())


def lines_with(hits: dict[int, list[int]], data: bytes, start: int) -> set[tuple[int, int]]:
    for places in hits.values():
        assert places == sorted(places)
        assert all(place >= start for place in places)
    return {(n, data.rfind(b"\n", 0, place)) for n, places in hits.items() for place in places}


@pytest.mark.parametrize("needles", GROUPS, ids=lambda needles: needles[0].decode())
@given(texts=st.lists(TEXTS, min_size=1, max_size=6), before=TEXTS)
def test_each_line_with_a_needle_is_found(needles, texts, before):
    search = ByteSearch({needle: number for number, needle in enumerate(needles)})
    for text in texts:  # what the first ones showed holds for the others
        data = before + b"\n" + text + b"\n"
        start = len(before) + 1
        hits: dict[int, list[int]] = {}
        search.find_hits(data, start, len(data), hits)
        for number, places in hits.items():
            assert all(data.startswith(needles[number], place) for place in places)
        ends = [at for at in range(start - 1, len(data) - 1) if data[at : at + 1] == b"\n"]
        expected = {
            (number, at)
            for at in ends
            for number, needle in enumerate(needles)
            if needle in data[at + 1 :].partition(b"\n")[0]
        }
        assert lines_with(hits, data, start) == expected


def test_what_becomes_common_is_looked_for_otherwise_from_the_next_block_on():
    search = ByteSearch({b"received SIGTERM": 0})
    quiet, loud = b"x" * 9000 + b"\n", b"SIGNAL " * 9000 + b"\nreceived SIGTERM\n"
    for block in (quiet, loud, loud, quiet):
        hits: dict[int, list[int]] = {}
        search.find_hits(block, 0, len(block), hits)
        assert hits == ({0: [63001]} if block is loud else {})
