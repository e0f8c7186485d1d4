import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyreset.ingest.needles import Needles, hyperscan_search, spellings
from whyreset.ingest.searches import PlainSearch
from whyreset.language.load import load

WORDS = st.text("ab.\\", min_size=1, max_size=3).map(str.encode)


def per_line(hits, data):
    """Which needles each line has; the two searches differ only within lines."""
    lines = {}
    for number, places in hits.items():
        assert places == sorted(places)
        for place in places:
            start = data.rfind(b"\n", 0, place) + 1
            lines[start] = lines.get(start, 0) | 1 << number
    return sorted(lines.items())


@given(
    st.lists(WORDS, min_size=1, max_size=6, unique=True),
    st.text("ab.\\\n", max_size=80).map(str.encode),
)
def test_both_searches_find_the_same(needles, text):
    data = text + b"\n"
    search = hyperscan_search(tuple(needles))
    if search is None:
        pytest.skip("hyperscan is not installed")
    hits = search(data)
    plain = PlainSearch(needles).hits(data, 0, len(data))
    assert per_line(hits, data) == per_line(plain, data)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4), WORDS)
def test_a_hit_concerns_every_matcher_whose_literal_is_there(groups, text):
    needles = Needles(groups)
    mask = needles.mask_of(text)
    concerned = {
        owner for bit, owners in enumerate(needles.owners) if mask >> bit & 1 for owner in owners
    }
    for number, literals in enumerate(groups):
        if any(literal in text for literal in literals):
            assert number in concerned


def test_large_inputs_switch_the_search_without_a_difference():
    data = (b"x" * 200 + b"\nneedle-one\n" + b"y" * 300 + b"\nneedle-three needle-two\n") * 100
    needles = Needles([(b"needle-one",), (b"needle-two",), (b"needle-three",)])
    texts = (b"", b"none", b"needle-one", b"needle-three needle-two")
    masks = [needles.mask_of(text) for text in texts]
    first = per_line(needles.hits(data, 0, len(data)), data)
    for _ in range(60):
        hits = needles.hits(data, 0, len(data))
    assert per_line(hits, data) == first
    part = needles.hits(data, data.index(b"needle-three"), len(data))
    assert per_line(part, data) == first[1:]
    assert [needles.mask_of(text) for text in texts] == masks == [0, 0, *masks[2:]]


def test_the_places_of_a_tag_are_told_apart_from_hits():
    data = (b"x" * 90 + b"\na Z tag b needle\nZ tag \n") * 20
    needles = Needles([(b"needle",), (b"pin",), (b"nail",)], peers=(b"10.0.0.1",), tag=b"Z tag ")
    bare = Needles([(b"needle",), (b"pin",), (b"nail",)], peers=(b"10.0.0.1",))
    places = [found.start() for found in re.finditer(b"Z tag ", data)]
    for start in (0, data.index(b"needle")):
        assert needles.hits(data, start, len(data)) == bare.hits(data, start, len(data))
        if needles.tagged is None:
            pytest.skip("hyperscan is not installed")
        assert needles.tagged == (b"Z tag ", [place for place in places if place >= start])
    assert needles.mask_of(b"Z tag needle") == bare.mask_of(b"needle")
    needles.hits(data, 0, data.rindex(b"Z tag "))
    assert needles.tagged is None


def test_spellings():
    assert spellings(b"plain", escaped=False) == (b"plain",)
    assert b'\\"a\\u003eb\\"' in spellings(b'"a>b"', escaped=False)
    assert spellings(b'"reason":"Killing"', escaped=True) == (b"Killing",)


def test_records_of_log_shippers_are_not_read_for_their_keys() -> None:
    """What stands in each of their records makes no line worth reading."""
    record = (
        b'{"time":"2026-11-22T10:00:00Z","stream":"stderr","_p":"F","log":"","kubernetes":'
        b'{"pod_name":"a-1","namespace_name":"shop","pod_ip":"10.0.0.1","host":"n1",'
        b'"labels":{"app":"a"},"annotations":{},"container_name":"c","container_image":"i"}}'
    )
    found = [
        (matcher.by, literal)
        for definition in load([]).definitions
        for matcher in definition.matchers
        for literal in matcher.literals
        if literal in record
    ]
    assert found == []
