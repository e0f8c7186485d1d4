import itertools
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.ingest.intake import LINE_LIMIT, Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock, parse_rfc3339
from whyreset.model.definition import Definition, Matcher

CASES = json.loads((Path(__file__).parents[1] / "cases" / "ingest" / "records.json").read_text())
REFERENCE = parse_rfc3339("2026-12-01T00:00:00Z")
START = parse_rfc3339("2026-11-22T10:00:00Z")
RESET = Matcher(
    "(?i)connection reset|ECONNRESET", (), (), (), (b"onnection reset", b"ECONNRESET"), "t:1"
)
RESETS = (Definition("reset", (), (RESET,), (), (), (), "t:1"),)


def stamp(milliseconds):
    return f"2026-11-22T10:{milliseconds // 60000:02}:{milliseconds % 60000 / 1000:06.3f}Z"


def cri(lines):
    """Physical lines of a case: `out|` other stream, `p|` partial, `later|` 300 ms on."""
    at, whole = 0, []
    for line in lines:
        mark, bar, text = line.partition("|")
        mark, text = (mark, text) if bar and mark in {"out", "p", "outp", "later"} else ("", line)
        at += 300 if mark == "later" else 1
        stream = "stdout" if mark.startswith("out") else "stderr"
        whole.append(f"{stamp(at)} {stream} {'P' if mark.endswith('p') else 'F'} {text}\n".encode())
    return whole


def precise(lines):
    """The same with stamps to the nanosecond, as container runtimes write them."""
    return [line.replace(b"Z std", b"000000Z std", 1) for line in cri(lines)]


def docker(lines):
    at, whole = 0, []
    for line in lines:
        mark, bar, text = line.partition("|")
        mark, text = (mark, text) if bar and mark in {"out", "p", "outp", "later"} else ("", line)
        at += 300 if mark == "later" else 1
        whole.append(json.dumps({
            "log": text + ("" if mark.endswith("p") else "\n"),
            "stream": "stdout" if mark.startswith("out") else "stderr",
            "time": stamp(at),
        }, separators=(",", ":")).encode() + b"\n")  # fmt: skip
    return whole


@pytest.mark.parametrize("layout", [cri, precise, docker])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_records(case, layout, events):
    whole = layout(case["lines"])
    found = sorted(events(b"".join(whole), definitions=RESETS), key=lambda event: event.offset)
    expected = []
    for rows in case["records"]:
        text, joined = "", False
        for row in rows:
            mark, bar, rest = case["lines"][row].partition("|")
            marked = bar and mark in {"out", "p", "outp", "later"}
            text += ("" if joined or not text else "\n") + (rest if marked else case["lines"][row])
            joined = bool(marked and mark.endswith("p"))
        expected.append((sum(map(len, whole[: rows[0]])), text))
    assert [(event.offset, event.text) for event in found] == expected


def test_time_and_source_are_those_of_the_first_line(events):
    source = make_source("f", "shop", "db-0", "pg")
    (event,) = events(b"".join(cri(CASES[2]["lines"])), source=source)
    assert event.time == START + 1_000_000
    assert event.source == source


LAYOUTS = {
    "cri": lambda cases: b"".join(line for case in cases for line in cri(case["lines"])),
    "docker": lambda cases: b"".join(line for case in cases for line in docker(case["lines"])),
    "plain": lambda cases: b"".join(
        b"2026/11/22 10:00:00 " * (not line[:1].isspace()) + line.encode() + b"\n"
        for case in cases for line in case["lines"]
    ),
    "unstamped": lambda cases: "\n".join(
        line for case in cases for line in case["lines"]
    ).encode(),
    "kubectl": lambda cases: b"".join(
        b"[pod/web-%d/app] " % (number % 2) + line.split(b" ", 3)[0] + b" " + line.split(b" ", 3)[3]
        for case in cases for number, line in enumerate(cri(case["lines"]))
    ),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(deadline=None, max_examples=60)
@given(cases=st.lists(st.sampled_from(CASES), min_size=1, max_size=5), seed=st.integers())
def test_events_do_not_depend_on_where_the_input_was_cut(layout, cases, seed):
    data = LAYOUTS[layout](cases)
    pick = random.Random(seed)
    cuts = [pick.randrange(len(data) + 1) for _ in range(pick.choice((1, 3, 20)))]
    assert scan(data, cuts) == scan(data, [])


def scan(data, cuts):
    """The events by their places, as a record that goes on is told after a later one that ended."""
    intake = Intake(Extractor(RESETS), make_source("x"), Clock(reference=START))
    events, lines = [], 0
    borders = [0, *sorted(cuts), len(data)]
    for start, end in itertools.pairwise(borders):
        batch = intake.feed(data[start:end])
        events += batch.events
        lines += batch.lines
    batch = intake.feed(b"", last=True)
    found = sorted([*events, *batch.events], key=lambda event: event.offset)
    return found, lines + batch.lines


@pytest.mark.parametrize("size", [1, 7, 100, 70_000, 600_000])
def test_long_input_cut_into_equal_blocks(size):
    pick = random.Random(1)
    lines = []
    while sum(map(len, lines)) < 300_000:
        lines += cri(pick.choice(CASES)["lines"])
        lines += cri(["out|" + "y" * pick.randrange(3000)] * pick.randrange(20))
    data = b"".join(lines)[: 20_000 if size < 100 else None]
    events, count = scan(data, range(size, len(data), size))
    assert (events, count) == scan(data, [])
    assert len(events) >= (1 if size < 100 else 10)


def test_every_reset_is_in_exactly_one_record():
    data = b"".join(cri([f"{number}: Connection reset" for number in range(5000)]))
    events, _ = scan(data, range(0, len(data), 4099))
    assert [event.text for event in events] == [f"{n}: Connection reset" for n in range(5000)]


def test_an_overlong_line_is_cut_and_counted(read):
    first, last = cri(["a Connection reset", "b Connection reset"])
    data = first[:-1] + b"x" * (3 * LINE_LIMIT) + b" ECONNRESET\n" + last
    for cuts in ([], range(0, len(data), 300_000)):
        batches = read(data, cuts)
        assert sum(batch.cut for batch in batches) == 1
        assert sum(batch.lines for batch in batches) == 2
        assert sum(batch.bytes for batch in batches) == len(data)
        events = [event for batch in batches for event in batch.events]
        assert [event.offset for event in events] == [0, len(data) - len(last)]
        assert len(events[0].text) < LINE_LIMIT


def test_joined_lines_are_bounded(events):
    piece = "p|" + "z" * 16000
    lines = cri(["p|Connection reset ", *[piece] * 200, "end", "ECONNRESET after"])
    first, *rest = events(b"".join(lines))
    assert len(first.text) <= LINE_LIMIT
    assert [event.text for event in rest] == ["ECONNRESET after"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"2026-11-22T10:00:00Z stderr F a Connection reset", "a Connection reset"),
        (b"2026-11-22T10:00:00Z stderr F a Connection reset\r\n", "a Connection reset"),
        (b"\xef\xbb\xbf2026-11-22T10:00:00Z stderr F a Connection reset\n", "a Connection reset"),
        (b"2026-11-22T10:00:00Z stderr F \xff\0 Connection reset\n", "\ufffd\0 Connection reset"),
        (b"2026-11-22T10:00:00Z stderr F \x1b[31mConnection reset\x1b[0m\n", "Connection reset"),
        (b"2026-11-22T12:00:00+02:00 stderr F a Connection reset\n", "a Connection reset"),
    ],
)
def test_odd_bytes(data, text, events):
    (event,) = events(data)
    assert (event.text, event.time) == (text, START)


def test_a_line_without_time_inherits_it_or_counts_as_unreadable(read, events):
    data = b"2026/11/22 10:00:00 start\nplain Connection reset\n"
    (event,) = events(data)
    assert event.time == START
    stamped = b"2026-11-22T10:00:00Z stdout F x\n"
    batches = read(b"garbage Connection reset\n" + stamped, source=make_source("x"))
    # nothing before it tells a time: it arrives
    assert [event.time for batch in batches for event in batch.events] == [REFERENCE]
    far = b"".join(cri(["x" * 1000] * 70)) + b"garbage\n" * 300 + b"lost Connection reset\n"
    assert sum(batch.unreadable for batch in read(far)) == 1


def test_without_any_time_lines_arrive_in_order(events):
    found = events(b"a Connection reset\nb Connection reset\n", clock=Clock(reference=START))
    assert [event.time - START for event in found] == [0, 19]
    live = events(b"Connection reset\n", clock=Clock(arrival=lambda: START + 5))
    assert [event.time for event in live] == [START + 5]


def test_bounds_do_not_pass_a_record_that_is_held_back():
    lines = cri(["a", "out|b", "later|java.net.SocketException: Connection reset"])
    intake = Intake(Extractor(RESETS), make_source("x"), Clock())
    first = intake.feed(b"".join(lines))
    assert first.events == []
    assert (first.low, first.high) == (START + 1_000_000, START + 2_000_000)
    settled = intake.settle()
    assert [event.time for event in settled.events] == [settled.high]
    assert intake.feed(b"", last=True).events == []


def test_mixed_sources_are_not_ordered(read):
    data = (
        b"[pod/api-7c9d8b5f64-x2x4z/api] 2026-11-22T10:00:00.1Z a Connection reset\n"
        b"[pod/db-0/pg] 2026-11-22T09:00:00.1Z b Connection reset\n"
    )
    intake = Intake(Extractor(RESETS), make_source("x"), Clock())
    batch = intake.feed(data, last=True)
    assert not intake.ordered
    assert [event.source.pod for event in batch.events] == ["api-7c9d8b5f64-x2x4z", "db-0"]
    assert {source.pod for source in batch.sources} == {"api-7c9d8b5f64-x2x4z", "db-0"}


def test_a_matcher_without_literals_sees_every_line(events):
    every = Definition("reset", (), (Matcher(r"^\w$", (), (), (), (), "t:2"),), (), (), (), "t:2")
    found = events(b"".join(cri(["a", "bb", "c"])), definitions=[every])
    assert [event.text for event in found] == ["a", "c"]


def test_escaped_literals_are_found_in_json(events):
    killing = Definition(
        "termination", (),
        (Matcher('"reason":"Killing" a->b', (), (), (), (b'"reason":"Killing" a->b',), "t:3"),),
        (), (), (), "t:3",
    )  # fmt: skip
    text = 'x "reason":"Killing" a->b'
    inner = json.dumps({"msg": text}).replace(">", "\\u003e")
    for line in (text, inner):
        wrapped = json.dumps({"log": line + "\n", "stream": "stdout", "time": stamp(1)})
        for data in (cri([line])[0], wrapped.encode() + b"\n"):
            assert [event.kind for event in events(data, definitions=[killing])] == ["termination"]


def test_journald_bytes_are_searched_too(events):
    message = list(b"\x1b[31mConnection reset\x1b[0m")
    entry = {"__REALTIME_TIMESTAMP": "1764000000000000", "MESSAGE": message}
    data = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
    assert len(events(data)) == 1
