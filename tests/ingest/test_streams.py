"""Whole streams: each reset once, with its time, pod and container, whatever printed them."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.stream_layouts import LAYOUTS, resets

from whyreset.basis.times import END
from whyreset.ingest.intake import Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock, parse_rfc3339
from whyreset.model.definition import Definition, Matcher
from whyreset.model.event import Event

REFERENCE = parse_rfc3339("2026-12-01T00:00:00Z")
RESET = Matcher(
    "(?i)connection reset|ECONNRESET", (), (), (), (b"onnection reset", b"ECONNRESET"), "t:1"
)
EXTRACTOR = Extractor((Definition("reset", (), (RESET,), (), (), (), "t:1"),))
NAMES = st.sampled_from(sorted(LAYOUTS))


@cache
def printed(name: str) -> bytes:
    return LAYOUTS[name][0]().encode()


def read(data: bytes, cuts: list[int] | None = None) -> list[Event]:
    intake = Intake(EXTRACTOR, make_source("-"), Clock(reference=REFERENCE))
    events: list[Event] = []
    begin = 0
    for cut in (*sorted(cuts or ()), len(data)):
        events += intake.feed(data[begin:cut]).events
        begin = cut
    return events + intake.feed(b"", last=True).events


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_reset_once(name: str) -> None:
    unit = 10 ** (9 - LAYOUTS[name][1])
    wanted = [(time // unit * unit, pod, container) for time, pod, container in resets()]
    found = [
        (event.time, event.source.pod, event.source.container) for event in read(printed(name))
    ]
    assert sorted(found) == sorted(wanted)


@given(NAMES, st.lists(st.integers(0, 9000), max_size=6))
def test_cut_anywhere(name: str, cuts: list[int]) -> None:
    data = printed(name)
    keys = [(e.time, e.source, e.offset, e.text) for e in read(data)]
    again = read(data, [cut % len(data) for cut in cuts])
    assert sorted((e.time, e.source, e.offset, e.text) for e in again) == sorted(keys)


@settings(max_examples=300, deadline=2000)
@given(st.data())
def test_damaged(data: st.DataObject) -> None:
    raw = bytearray(printed(data.draw(NAMES)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        piece = data.draw(st.one_of(
            st.binary(max_size=4),
            st.sampled_from([b'"', b"{", b"}", b"[", b"]", b"\n", b"\0", b"\\", b"==> x <==\n"]),
            st.sampled_from(sorted(LAYOUTS)).map(lambda name: printed(name)[:400]),
        ))  # fmt: skip
        raw[at : at + data.draw(st.integers(0, 40))] = piece
    for event in read(bytes(raw[: data.draw(st.integers(0, len(raw)))])):
        assert -86_400 * 10**9 < event.time < END


def test_the_labels_above_a_download_are_those_of_all_its_lines() -> None:
    head = (
        'Common labels: {"namespace":"shop","pod":"db-0","container":"pg"}\nLine limit: 1000\n\n\n'
    )
    (event,) = read(head.encode() + b"1795341600123\t2026-11-22T10:00:00.123Z\tread ECONNRESET\n")
    assert event.source[1:5] == ("shop", "db", "db-0", "pg")
    assert event.text == "read ECONNRESET"
    assert event.time == parse_rfc3339("2026-11-22T10:00:00.123Z")


def test_an_object_of_an_app_is_a_record() -> None:
    (event,) = read(b'{\n  "time": "2026-11-22T10:00:00Z",\n  "error": "read ECONNRESET"\n}\n')
    assert event.text == '{"time":"2026-11-22T10:00:00Z","error":"read ECONNRESET"}'
    assert event.time == parse_rfc3339("2026-11-22T10:00:00Z")


@pytest.mark.parametrize(
    "dump",
    [
        '{\n  "port": 8080,\n  "peers": [{"a": 1}]\n}\n',
        '[{"name":"a"},{"name":"b"}]\n',
        '[\n  "a"\n]\n',
    ],
)
@given(st.lists(st.integers(0, 250), max_size=4))
def test_a_log_that_begins_with_an_object(dump: str, cuts: list[int]) -> None:
    lines = "2026-11-22T10:00:00Z read ECONNRESET\n{\n2026-11-22T10:00:01Z read ECONNRESET\n"
    data = (dump + lines).encode()
    events = read(data, [min(cut, len(data)) for cut in cuts])
    assert [event.offset for event in events] == [len(dump), len(dump) + 39]
    assert [event.time for event in events] == [
        parse_rfc3339(f"2026-11-22T10:00:0{n}Z") for n in (0, 1)
    ]


def test_a_quote_that_nothing_closes_loses_only_its_row() -> None:
    rows = b'time,message\n2026-11-22T10:00:00Z,"read\n' + (
        b"2026-11-22T10:00:01Z,read ECONNRESET\n" * 20_000
    )
    assert len(read(rows)) == 20_000


def test_a_heading_that_is_none() -> None:
    lines = b"  ==> a <==\n2026-11-22T10:00:00Z stderr F read ECONNRESET\n"
    (event,) = read(lines)
    assert (event.source.name, event.text) == ("-", "read ECONNRESET")


def test_many_files_in_one_input() -> None:
    data = b"".join(
        b"==> %d.log <==\n2026-11-22T10:00:00Z stderr F read ECONNRESET\n\n" % number
        for number in range(2000)
    )
    events = read(data)
    assert len({event.source.name for event in events}) == len(events) == 2000
