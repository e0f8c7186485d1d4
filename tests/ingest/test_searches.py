"""The searches of the standard library find what a look at each line finds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyreset.ingest.needles import Needles, hyperscan_search
from whyreset.ingest.searches import ANYWHERE, PlainSearch

FEW = (b"reset", b" 499 ", b"10054", b"xyz")
MANY = (*FEW, b"EOF", b"lose", b" stdout P ", b" stderr P ", *(b"word-%d-z" % n for n in range(12)))
PEERS = (b"10.0.0.1", b"192.0.2.77", b"edge-1.example")
PIECES = (
    "reset", " 499 ", "10054", "xyz", "EOF", "lose", " stdout P ", " stderr P ", "word-3-z",
    "word-11-z", "deadbeef", "\n", " ", "10.0.0.1", " 10.0.0.1", ":10.0.0.1", '"192.0.2.77"',
    "/10.0.0.12", "edge-1.example", " edge-1.example", "1", "a", "z", "..",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map(lambda parts: "".join(parts).encode())


def found_in(hits: dict[int, list[int]], data: bytes) -> set[tuple[int, int]]:
    """Which needles were found in which lines."""
    for places in hits.values():
        assert places == sorted(places)
    return {(n, data.count(b"\n", 0, place)) for n, places in hits.items() for place in places}


def looked_for(needles: tuple[bytes, ...], peers: tuple[bytes, ...], data: bytes):
    """The same, line by line."""
    lines = list(enumerate(data.split(b"\n")))
    found = {(n, at) for at, line in lines for n, each in enumerate(needles) if each in line}
    names = [rb'(?:^|[ ":/=])' + re.escape(peer) + rb"(?!\d)" for peer in peers]
    return found | {
        (len(needles), at) for at, line in lines if any(re.search(name, line) for name in names)
    }


@pytest.mark.parametrize("peers", [(), PEERS])
@pytest.mark.parametrize("needles", [FEW, MANY])
@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_each_line_with_a_needle_is_found(needles, peers, texts):
    search = PlainSearch(needles, peers)
    data = b"".join(text + b"\n" for text in texts)
    for _ in range(2):  # the second time its skeletons are known
        assert found_in(search.hits(data, 0, len(data)), data) == looked_for(needles, peers, data)
    start = len(texts[0]) + 1
    later = found_in(search.hits(data, start, len(data)), data)
    first = data.count(b"\n", 0, start)
    assert later == {each for each in looked_for(needles, peers, data) if each[1] >= first}


REQUEST = b'10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /%s HTTP/1.1" 200 5 "-" ' % (b"x" * 80)


@pytest.mark.parametrize(
    ("line", "found"),  # where objects are none of the lines, and where they may be
    [
        (b"2026-11-22T10:00:00.123456789Z stdout F %s" % REQUEST, (True, True)),
        (REQUEST, (True, True)),
        (b"::ffff:%s" % REQUEST, (True, True)),
        (REQUEST.replace(b"10.0.0.1", b"x") + b"10.0.0.1:80 200", (False, False)),
        (REQUEST.replace(b"10.0.0.1", b"x") + b'"http://10.0.0.1:80" 200', (False, True)),
        (REQUEST.replace(b"10.0.0.1", b"x") + b"remote=10.0.0.1:80", (True, True)),
        (REQUEST.replace(b"10.0.0.1", b"x") + b'remote="::ffff:10.0.0.1"', (True, True)),
        (b"\x1b[36mweb-1  | \x1b[0m%s" % REQUEST, (True, True)),
        (b"Nov 22 10:00:00 n1 web[7]: #033[0;39m\x1b[K%s" % REQUEST, (True, True)),
        (b"seen by x10.0.0.1", (False, False)),
        (b"seen from m10.0.0.1", (False, False)),
    ],
)
@pytest.mark.parametrize("before", [b"", b"another line\n"])
@pytest.mark.parametrize(("is_fast", "count"), [(True, 1), (False, 1), (False, 20)])
def test_a_peer_is_found_where_a_client_stands(  # noqa: PLR0917
    line, found, before, is_fast, count, monkeypatch
):
    if not is_fast:
        monkeypatch.setattr("whyreset.ingest.needles.hyperscan_search", lambda *_: None)
    data = before + line + b"\n"
    groups = [(b"?%d?" % number,) for number in range(count)]
    for in_objects, expected in zip((False, True), found, strict=True):
        needles = Needles(groups, peers=(b"10.0.0.1",), in_objects=in_objects)
        place = data.index(b"10.0.0.1")
        assert needles.hits(data, 0, len(data)).get(count, []) == [place][:expected]
    needles = Needles(groups, peers=(b"10.0.0.1",), opening=ANYWHERE)
    assert bool(needles.hits(data, 0, len(data))) is (b" x10" not in line and b" m10" not in line)


@pytest.mark.parametrize("alike", [True, False])
def test_lines_that_are_alike_or_not(alike):
    texts = [b"word-3-z from=10.0.0.1", b"reset", b" 499 ", b"see=192.0.2.77:80", b"nothing"]
    varying = [b"" if alike else b"x" * (n % 997) + b"y" * (n // 997) for n in range(4000)]
    data = b"".join(b"%s %s\n" % (text, texts[n % 5]) for n, text in enumerate(varying))
    search = PlainSearch(MANY, PEERS)
    for _ in range(2):
        assert found_in(search.hits(data, 0, len(data)), data) == looked_for(MANY, PEERS, data)


@given(TEXTS)
def test_hyperscan_finds_no_less(text):
    search = hyperscan_search(MANY, PEERS)
    if search is None:
        pytest.skip("hyperscan is not installed")
    data = text + b"\n"
    plain = found_in(PlainSearch(MANY, PEERS).hits(data, 0, len(data)), data)
    # It takes 10.0.0.12 for a line of 10.0.0.1, too.
    assert plain <= {(n, line) for n, line in found_in(search(data), data)}


def test_needles_search_without_hyperscan(monkeypatch):
    monkeypatch.setattr("whyreset.ingest.needles.hyperscan_search", lambda *_: None)
    groups = [(needle,) for needle in MANY]
    needles = Needles(groups, peers=PEERS, by_peer=frozenset({0}))
    data = b"a reset\n" * 3000 + b"from 10.0.0.1\n"
    hits = needles.hits(data, 0, len(data))
    assert len(hits[needles.needles.index(b"reset")]) == 3000
    assert hits[len(needles.needles)] == [len(data) - len(b"10.0.0.1\n")]


def test_a_needle_may_begin_within_another():
    data = b"x stdout P stderr P y\nEOF in header, EOF in body\n"
    needles = (b" stdout P ", b" stderr P ", b"EOF in header, EOF ", b"EOF in body")
    assert found_in(PlainSearch(needles).hits(data, 0, len(data)), data) == {
        (0, 0), (1, 0), (2, 1), (3, 1),
    }  # fmt: skip
