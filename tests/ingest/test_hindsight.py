"""What is found in hindsight is what would have been found when it was read."""

import json
import pickle
import zlib
from itertools import cycle

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from whyreset.basis.times import END
from whyreset.basis.units import NS
from whyreset.ingest import hindsight, past
from whyreset.ingest.head import HEAD_BYTES
from whyreset.ingest.hindsight import Hindsight
from whyreset.ingest.intake import Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock, parse_rfc3339
from whyreset.language.load import load_text

PLAN = load_text("", builtin=True)
WHOLE = Extractor(PLAN.definitions)
NARROW = Extractor(PLAN.definitions, narrow=True, peers=())
SOURCE, CLOCK = make_source("stdin"), Clock(reference=parse_rfc3339("2026-11-22T12:00:00Z"))
CLIENTS = (
    "203.0.113.7", "203.0.113.70", "10.42.0.9", "2001:db8::7", "edge-1.example", "10.42.0.200",
)  # fmt: skip
ACCESS = '{client} - - [22/Nov/2026:10:{m:02}:{s:02} +0000] "GET /{n} HTTP/1.1" {status} 12 "-" "-"'
JSON = '{{"level":"info","remote_ip":"{client}","method":"GET","uri":"/{n}","status":{status}}}'
RESET = "read tcp 10.42.0.3:8080->{client}:{n}: read: connection reset by peer"
PROSE = "{m} items from {client} were put into the basket of order {n} at {s}"
TEXTS = (ACCESS, JSON, PROSE, RESET)
HEAD = 1200
"""Lines that fill more than the head of an input, in which everything is found."""


def stamped(clock, text):
    return f"2026-11-22T{clock}.000000001Z stdout F {text}\n"


def timestamps(clock, text):
    return f"2026-11-22T{clock}.000000001Z {text}\n"


def docker(clock, text):
    said = {"log": f"{text}\n", "stream": "stdout", "time": f"2026-11-22T{clock}.000000001Z"}
    return json.dumps(said, separators=(",", ":")) + "\n"


def plain(clock, text):
    has_time = text.startswith("{") or " [22/Nov/2026:" in text
    return f"{text}\n" if has_time else f"2026/11/22 {clock} {text}\n"


def prefixed(clock, text):
    """Two pods in one stream."""
    return f"[pod/web-{len(text) % 2}/nginx] 2026-11-22T{clock}.000000001Z {text}\n"


def log_of(layout, lines):
    """A long head, in which each client but the last made requests, and these lines."""
    head = [(0 if n % 3 else 1, n % (len(CLIENTS) - 1), 200) for n in range(HEAD)]
    said = []
    for n, (kind, client, status) in enumerate(head + lines):
        m, s = divmod(n, 60)
        text = TEXTS[kind].format(client=CLIENTS[client], m=m % 60, s=s, n=n, status=status)
        said.append(layout(f"10:{m % 60:02}:{s:02}", text))
    return "".join(said).encode()


def requests(events, client):
    """The requests of a client, in the order of the lines."""
    found = [e for e in events if e.kind == "access" and e.get("client") == client]
    return [(e.offset, e.time, dict(e.fields)) for e in sorted(found, key=lambda e: e.offset)]


def found_in_hindsight(data, sizes, asked):
    """What is found by a reader who is asked for a client after some of the pieces, or is given
    the rules anew."""
    intake, kept = Intake(NARROW, SOURCE, CLOCK), Hindsight(PLAN.definitions)
    recall = kept.open()
    found, start = [], 0
    for number, size in enumerate(cycle(sizes)):
        if start >= len(data):
            break
        piece = data[start : start + size]
        start += len(piece)
        batch = intake.feed(piece)
        kept.keep("-", piece, start, batch, intake.scanner)
        found += batch.events
        what = asked[number] if number < len(asked) else None
        if what == NEW_RULES:
            kept.change(PLAN.definitions)
        elif what == RESTART:
            state = pickle.loads(pickle.dumps(kept.state(recall)))
            kept = Hindsight(PLAN.definitions)
            recall = kept.open()
            kept.set_state(state, recall, CLOCK)
        elif what is not None:
            found += recall.recall(CLIENTS[what])
    batch = intake.feed(b"", last=True)
    kept.keep("-", b"", len(data), batch, intake.scanner)
    return found + batch.events, recall


LINES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, len(CLIENTS) - 1), st.sampled_from((200, 499))),
    max_size=60,
)
SIZES = st.lists(st.integers(700, 60_000), min_size=1, max_size=6)
OFTEN = settings(
    max_examples=5,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NEW_RULES, RESTART = len(CLIENTS), len(CLIENTS) + 1
ASKED = st.lists(st.none() | st.integers(0, RESTART), max_size=12)


@pytest.mark.parametrize(
    ("layout", "fast"),
    [
        (stamped, True),
        (stamped, False),
        (timestamps, True),
        (docker, True),
        (plain, False),
        (prefixed, True),
    ],
)
@OFTEN
@given(st.tuples(LINES, SIZES, ASKED), st.sampled_from((1000, 1 << 18)))
def test_a_client_who_is_asked_for_is_known_whole(layout, fast, monkeypatch, drawn, block):
    lines, sizes, asked = drawn
    monkeypatch.setattr(past, "BLOCK", block)
    if not fast:
        monkeypatch.setattr("whyreset.ingest.needles.hyperscan_search", lambda *_: None)
    data = log_of(layout, lines)
    whole = Intake(WHOLE, SOURCE, CLOCK).feed(data, last=True).events
    found, kept = found_in_hindsight(data, sizes, asked)
    for client in CLIENTS:
        found += kept.recall(client)
        assert requests(found, client) == requests(whole, client)


@OFTEN
@given(LINES, SIZES, ASKED)
def test_what_was_let_go_is_said(monkeypatch, lines, sizes, asked):
    monkeypatch.setattr(past, "BLOCK", 1000)
    monkeypatch.setattr(hindsight, "_MOST", 8000)
    data = log_of(stamped, lines)
    whole = Intake(WHOLE, SOURCE, CLOCK).feed(data, last=True).events
    found, kept = found_in_hindsight(data, sizes, asked)
    found += kept.recall(CLIENTS[-1])
    for client in CLIENTS:
        told, there = requests(found, client), requests(whole, client)
        assert all(each in there for each in told)
        assert len({offset for offset, _, _ in told}) == len(told)
    told = requests(found, CLIENTS[-1])
    missing = [each for each in requests(whole, CLIENTS[-1]) if each not in told]
    assert all(time <= kept.gone for _, time, _ in missing)


def test_what_nobody_asks_for_any_more_is_forgotten(monkeypatch):
    monkeypatch.setattr(past, "BLOCK", 1000)
    data = log_of(stamped, [(0, 5, 200)] * 3 + [(2, 0, 200)] * 20)
    _, kept = found_in_hindsight(data, [50_000], [])
    kept.forget(END)
    assert not kept.recall(CLIENTS[-1])
    assert kept.gone > 0


REQUEST = (
    '{client} - - [22/Nov/2026:10:00:00 +0000] "GET /{n} HTTP/1.1" 200 12'
    ' "https://shop.example.com/" "curl/8.5" 315 0.325 [shop-web-8080] []'
    " 10.42.1.3:8080 12 0.3 200 {n:032x}"
)


@pytest.mark.parametrize("envelope", ["", "shipper=" + "x" * 200 + " "])
def test_where_clients_stand_in_plain_lines_the_head_shows(envelope):
    """Others may have the same address for their upstream."""
    lines = [
        envelope + REQUEST.format(client="10.42.1.3" if n % 100 == 0 else "203.0.113.9", n=n)
        for n in range(1500)
    ]
    data = ("\n".join(lines) + "\n").encode()
    sought = Extractor(PLAN.definitions, narrow=True, peers=("10.42.1.3",))
    found = Intake(sought, SOURCE, CLOCK).feed(data, last=True).events
    assert len(requests(found, "10.42.1.3")) == 15
    if not envelope:
        behind = [event for event in found if event.offset > HEAD_BYTES]
        assert {event.get("client") for event in behind} == {"10.42.1.3"}


def test_to_ask_for_a_client_does_not_read_the_head_again():
    """It shows all its events when it is read; a log that grows slowly keeps it for long."""
    data = log_of(stamped, [(0, 0, 200), (0, 1, 200)])
    intake = Intake(NARROW, SOURCE, CLOCK)
    intake.feed(data)
    reader = intake.scanner.again(NARROW, 0, (CLIENTS[0].encode(),))
    found = reader.feed(data, last=True).events
    assert {event.get("client") for event in found} == {*CLIENTS[:2]}  # they begin alike


def test_what_is_kept_is_bounded_however_often_somebody_asks(monkeypatch):
    monkeypatch.setattr(hindsight, "_MOST", 20_000)
    data = log_of(stamped, [(0, n % 5, 200) for n in range(1000)])
    _, kept = found_in_hindsight(data, [700], [1] * 2000)
    assert kept.gone > 0


def test_what_goes_on_after_a_search_is_known_whole():
    """The end of a request that came in pieces does not look like one."""
    text = ACCESS.format(client=CLIENTS[-1], m=50, s=1, n=1, status=200)
    data = log_of(stamped, [])
    begin, end = text.split("/1 HTTP/1.1")
    at = "2026-11-22T10:50:01.000000001Z stdout"
    more = f"{at} P {begin}/{'a' * 999}\n".encode(), f"{at} F b HTTP/1.1{end}\n".encode()
    data, sizes = data + b"".join(more), [len(data), *map(len, more)]
    whole = requests(Intake(WHOLE, SOURCE, CLOCK).feed(data, last=True).events, CLIENTS[-1])
    found, kept = found_in_hindsight(data, sizes, [0, 1])
    assert whole
    assert requests(found + kept.recall(CLIENTS[-1]), CLIENTS[-1]) == whole


def test_of_what_docker_wrote_no_other_lines_are_kept():
    data = log_of(docker, [])
    start = len(data)
    data += docker("11:00:00", "The basket was emptied.").encode() * 5000
    _, kept = found_in_hindsight(data, [start, 1 << 20], [0])
    (past,) = kept._hindsight.state(kept).pasts.values()
    assert sum(len(zlib.decompress(packed)) for _, packed, _ in past.blocks) <= start


def test_however_often_somebody_asks_there_are_few_blocks():
    """Each is read by itself."""
    drawn = [(0 if n % 2 else 2, n % 5, 200) for n in range(200)]
    data = log_of(stamped, drawn)
    start = len(log_of(stamped, []))
    sizes = [start, *map(len, data[start:].splitlines(keepends=True))]
    _, kept = found_in_hindsight(data, sizes, [1] * len(sizes))
    (past,) = kept._hindsight.state(kept).pasts.values()
    assert len(past.blocks) == 1


TWO_KINDS = """
event access { match /^(?<client>[\\d.]+) "GET (?<path>\\S+)"/ }
event served { match /^(?<client>[\\d.]+) "GET \\S+" (?<code>\\d+)/ }
rule both {
  label client_abort
  burst of reset by pod gap 40s
  when { any have served from peer within 2s; any have access from peer within 2s }
}
"""


def test_where_lines_tell_no_time_requests_are_of_when_they_came():
    times = iter(range(1, 1000))
    clock = Clock(arrival=lambda: next(times) * NS)
    plan = load_text(TWO_KINDS)
    intake = Intake(Extractor(plan.definitions, narrow=True, peers=()), SOURCE, clock)
    kept, found, end = Hindsight(plan.definitions), [], 0
    recall = kept.open()
    line = f'{CLIENTS[0]} "GET /" 200\n'.encode()
    for data in (line * 4096, line, line, line):
        end += len(data)
        batch = intake.feed(data)
        kept.keep("-", data, end, batch, intake.scanner)
        found += batch.events
        newest = next(times) * NS
    assert all(event.time < newest for event in found + recall.recall(CLIENTS[0]))
    assert sum(event.kind == "access" for event in found) == 4099


def test_one_line_may_be_of_two_kinds():
    plan, kept = load_text(TWO_KINDS), Hindsight(load_text(TWO_KINDS).definitions)
    intake = Intake(Extractor(plan.definitions, narrow=True, peers=()), SOURCE, CLOCK)
    recall = kept.open()
    line = stamped("10:00:00", f'{CLIENTS[0]} "GET /" 200').encode()
    data = line * (4 * HEAD_BYTES // len(line))
    half = len(data) // len(line) // 2 * len(line)
    found = []
    for start, end in ((0, half), (half, len(data))):
        batch = intake.feed(data[start:end])
        kept.keep("-", data[start:end], end, batch, intake.scanner)
        found += batch.events
    found += recall.recall(CLIENTS[0])
    kinds = [event.kind for event in found]
    assert kinds.count("access") == kinds.count("served") == len(data) // len(line)


def test_that_an_input_shows_requests_is_known_though_its_head_has_none():
    lines = [(2 if n < HEAD else 0, n % 2, 200) for n in range(HEAD + 200)]
    said = log_of(stamped, lines).splitlines(keepends=True)[HEAD:]
    data, kept, found, end = b"".join(said), Hindsight(PLAN.definitions), [], 0
    intake = Intake(NARROW, SOURCE, CLOCK)
    for line in said:
        end += len(line)
        batch = intake.feed(line)
        kept.keep("-", line, end, batch, intake.scanner)
        found += batch.events
    assert end == len(data) > HEAD_BYTES
    assert [event.kind for event in found] == ["access"]
