"""The fast path gives the events that the long way gives."""

import re
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.ingest import scan
from whyreset.ingest.alone import alone
from whyreset.ingest.columns import LineReader
from whyreset.ingest.intake import Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.needles import Tagged
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock
from whyreset.language.load import load_text

RULES = r"""
event reset {
  match `read tcp <local:addr>-><peer:addr>: read: connection reset by peer`
  match /(?<!subject: [^\n]{0,300})peer (?<peer>\S+) gone: connection reset by peer/
  match /connection reset by peer/
}
event disconnect {
  after /ERROR/
  skip  /summary:/
  match /connection to (?<peer>[\d.]+) lost/
}
event start {
  from  pod "stdout-*"
  match `all is well`
}
event access { match /^(?<client>[\d.]+) (?<status>\d+) done/ }
"""
TEXTS = (
    "read tcp 10.0.0.1:80->10.9.8.7:51000: read: connection reset by peer",
    "read tcp [fe80::1]:80->[fe80::2]:51000: read: connection reset by peer",
    "read tcp 10.0.0.1->10.9.8.7: read: connection reset by peer",
    '{"error":"read tcp 10.0.0.1:80->10.9.8.7:51000: read: connection reset by peer"}',
    "peer 10.1.1.1 gone: connection reset by peer",
    "subject: peer 10.1.1.1 gone: connection reset by peer",
    "connection reset by peer",
    "\x1b[31mread tcp 10.0.0.1:80->10.9.8.7:5: read: connection reset by peer\x1b[0m",
    "read tcp 10.0.0.1:80->10.9.8.7:5: read: connection reset by peer\r",
    "x" * 1100 + " read tcp 10.0.0.1:80->10.9.8.7:5: read: connection reset by peer",
    "10.9.8.7 200 done",
    "<134>Nov 22 10:00:00 web1 app[17]: 10.9.8.7 200 done",
    "Nov 22 10:00:00 web1 app[17]: 10.9.8.7 200 done",
    "Nov 22 10:00:00 web1 app: read tcp 10.0.0.1:80->10.9.8.7:5: read: connection reset by peer",
    "GET of 10.9.8.7 failed: connection reset by peer",
    "ERROR connection to 10.1.1.1 lost",
    "connection to 10.1.1.1 lost",
    "summary: ERROR connection to 10.1.1.1 lost",
    "ERROR connection to 10.1.1.1 lost: connection reset by peer",
    "all is well",
    "all is well, " * 900,
    "\tat Thing.run(Thing.java:7)",
    "Caused by: java.io.IOException: connection reset by peer",
    "java.net.SocketException: connection reset by peer",
    "}",
    "",
)
LINES = st.lists(
    st.tuples(
        st.sampled_from(TEXTS), st.sampled_from(("stdout", "stderr")), st.sampled_from("FFFFFFP")
    ),
    max_size=20,
)


@pytest.fixture(scope="module")
def extractor():
    return Extractor(load_text(RULES).definitions)


def stamped(lines, pace):
    """Stamp, text, stream and tag of a line in each `pace` ns."""
    for number, line in enumerate(lines):
        second, fraction = divmod(number * pace, 1_000_000_000)
        yield f"2026-11-22T10:00:{second:02}.{fraction:09}Z", *line


def cri(lines, pace=20_000_000):
    """A CRI log."""
    rows = stamped(lines, pace)
    return "".join(f"{at} {stream} {tag} {text}\n" for at, text, stream, tag in rows).encode()


def prefixed(lines, pace):
    """What kubectl tells of two pods: a pod for each stream."""
    rows = stamped(lines, pace)
    return "".join(f"[pod/{pod}-0/app] {at} {text}\n" for at, text, pod, _ in rows).encode()


def events(extractor, data):
    intake = Intake(extractor, make_source("f", "shop", "api-0", "api"), Clock())
    found = intake.feed(data).events + intake.feed(b"", last=True).events
    return sorted(event.whole() for event in found)


class OneByOne:
    """Reads no lines at once, and each record by itself."""

    def __init__(self, extractor, _):
        self.extractor = extractor

    def read(self, _data, _base, starts, *_):
        return [], starts

    def events(self, rows, needles, mask):
        found = [
            self.extractor.events(time, rows.source, offset, text, needles, mask)
            for time, offset, text in rows.each()
        ]
        return list(chain.from_iterable(found))


@settings(deadline=None, max_examples=300)
@given(
    lines=LINES,
    times=st.sampled_from((1, 1, 9)),
    pace=st.sampled_from((10**6, 2 * 10**7, 10**8)),
    layout=st.sampled_from((cri, prefixed)),
)
def test_as_the_long_way(extractor, lines, times, pace, layout):
    data = layout(lines * times, pace)
    quick = events(extractor, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "Columns", OneByOne)
        assert quick == events(extractor, data)


@given(
    lines=LINES,
    times=st.sampled_from((1, 9)),
    pace=st.sampled_from((10**6, 10**8)),
    partials=st.booleans(),
    tag=st.sampled_from((b"Z stdout F ", b"Z stderr F ")),
)
def test_a_line_is_alone_wherever_its_stream_was_sought(lines, times, pace, partials, tag):
    data = cri(lines * times, pace)
    ends = [found.start() for found in re.finditer(b"\n", data)]
    starts = [0, *(end + 1 for end in ends)][: len(ends)]
    tagged = Tagged(tag, [found.start() for found in re.finditer(tag, data)])
    told = alone(data, starts, ends, partials=partials)
    assert alone(data, starts, ends, partials=partials, tagged=tagged) == told


def test_a_storm_keeps_its_lines_only(extractor):
    intake = Intake(extractor, make_source("f"), Clock())
    found = intake.feed(cri([(TEXTS[0], "stderr", "F")] * 200), last=True).events
    assert len(found) == 200
    assert sum(isinstance(event.reader, LineReader) for event in found) >= 199
    assert {(event.peer, event.fields["peer_port"], event.text) for event in found} == {
        ("10.9.8.7", 51000, TEXTS[0])
    }


def test_an_odd_stamp_costs_the_fast_path_not_the_event(extractor):
    data = cri([(TEXTS[0], "stderr", "F")] * 3).replace(b"10:00:00.020000000Z", b"10:00:00.02Z")
    assert len(events(extractor, data)) == 3


@pytest.mark.parametrize(("pace", "is_one"), [(10**7, True), (10**8, False)])
def test_a_record_goes_on_far_below_if_it_does_so_soon(extractor, pace, is_one):
    """Four lines of 12 KiB on the other stream stand between a reset and its stack, and enough
    before them for the head of the input to be over."""
    between = [("all is well, " * 900, "stdout", "F")] * 4
    lines = [(TEXTS[0], "stderr", "F"), *between, ("\tat Thing.run", "stderr", "F")]
    (event,) = events(extractor, cri([*between, *between, *lines, *between], pace))
    assert event.text.endswith("Thing.run") is is_one
