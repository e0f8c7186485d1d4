"""A stream of several sources is sieved by what each of them has shown."""

from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.ingest.intake import Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.sieve import Sieve
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock, parse_rfc3339
from whyreset.language.load import load_text

PLAN = load_text("", builtin=True)
SOURCE, CLOCK = make_source("stdin"), Clock(reference=parse_rfc3339("2026-11-22T12:00:00Z"))
NARROW = Extractor(PLAN.definitions, narrow=True, peers=())
NGINX = '203.0.113.7 - - [22/Nov/2026:10:00:{s:02} +0000] "GET /{n} HTTP/1.1" 200 12 "-" "-"'
GONE = '- - - [22/Nov/2026:10:00:{s:02} +0000] "GET /{n} HTTP/1.1" - - "-" "curl/8.5.0"'
ENVOY = '[2026-11-22T10:00:{s:02}Z] "GET /{n} HTTP/1.1" 200 - 0 0 3 a 10.1.4.4:80 203.0.113.9:51234'
SERVED = "time=10:00:{s:02} level=info msg=served from=203.0.113.7 GET /{n} HTTP/1.1 in 3ms"


@pytest.mark.parametrize(
    ("mode", "line", "other"),
    [
        ("kubectl", b"[pod/web-1/app] GET /", b"[pod/web-1/proxy] GET /"),
        ("kubetail", b"[web-1 app] GET /", b"[web-1 proxy] GET /"),
        ("kail", b"shop/web-1[app]: GET /", b"shop/web-1[proxy]: GET /"),
        ("compose", b"web-1  | GET /", b"proxy-1  | GET /"),
        ("stern", b"web-1 app GET /", b"web-1 proxy GET /"),
        ("syslog", b"Nov 22 10:00:01 n1 app[7]: GET /", b"Nov 22 10:00:02 n1 proxy[7]: GET /"),
        ("json", b'{"log":"GET /","container_name":"a"}', b'{"log":"GET /","container_name":"b"}'),
    ],
)
def test_a_source_is_told_by_the_beginning_of_a_line(mode, line, other):
    sieve = Sieve(mode, doubtful=0b11, forms=())
    data = line + b"\n" + other + b"\n"
    first, second = sieve.look_of(data, 0, 1), sieve.look_of(data, len(line) + 1, 1)
    assert None not in (first, second)
    assert first != second
    assert sieve.look_of(data, 0, 0b101) is None


def test_containers_of_a_pod_are_told_apart():
    sieve = Sieve("json", doubtful=1, forms=())
    line = b'{"log":"GET /","kubernetes":{"pod_name":"web-1","container_name":"%s"}}\n'
    looks = [sieve.look_of(line % name, 0, 1) for name in (b"app", b"proxy")]
    assert looks == [(b'"app"', 1), (b'"proxy"', 1)]


def test_lines_without_a_source_are_all_read():
    sieve = Sieve("json", doubtful=1, forms=())
    assert sieve.look_of(b'{"log":"GET / HTTP/1.1"}\n', 0, 1) is None


def stream(drawn):
    """Lines of two pods, the second of which has other requests, after a head of the first."""
    lines = [("web-0/nginx", NGINX)] * 1000 + drawn
    return "".join(
        f"[pod/{pod}] {text.format(n=n, s=n % 60)}\n" for n, (pod, text) in enumerate(lines)
    ).encode()


def found(data, sizes):
    intake, events, start = Intake(NARROW, SOURCE, CLOCK), [], 0
    for size in cycle(sizes):
        if start >= len(data):
            break
        events += intake.feed(data[start : start + size]).events
        start += size
    return events + intake.feed(b"", last=True).events


def test_requests_of_a_source_that_comes_late_are_found():
    data = stream([("web-0/nginx", NGINX)] * 1000 + [("cart-0/envoy", ENVOY)] * 600)
    late = [event for event in found(data, [len(data)]) if event.source.pod == "cart-0"]
    assert len(late) == 600


def test_requests_of_a_source_behind_an_overlong_line_are_found():
    data = stream([("web-0/nginx", "x" * (2 << 20)), *[("cart-0/envoy", ENVOY)] * 600])
    late = [event for event in found(data, [len(data)]) if event.source.pod == "cart-0"]
    assert len(late) == 600


LAYOUTS = {
    "kubectl": "[pod/web-0/app] {}\n",
    "cri": "2026-11-22T10:00:00.000000000Z stdout F {}\n",
    "docker": '{{"log":"{}\\n","stream":"stdout","time":"2026-11-22T10:00:00.0000000Z"}}\n',
    "json": '{{"log":"{}","container_name":"app"}}\n',
}


@pytest.mark.parametrize("quote", ['\\"', "\\u0022"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_request_without_an_answer_is_found_after_many_with_one(layout, quote):
    answered, gone = NGINX.format(s=1, n=1), GONE.format(s=2, n=2)
    if layout in ("docker", "json"):
        answered, gone = answered.replace('"', quote), gone.replace('"', quote)
    lines = [LAYOUTS[layout].format(text) for text in (*[answered] * 1500, gone)]
    data = "".join(lines).encode()
    assert [event.offset for event in found(data, [len(data)]) if event.get("aborted")] == [
        len(data) - len(lines[-1])
    ]


RUNS = st.lists(
    st.tuples(
        st.sampled_from(("web-0/nginx", "cart-0/morgan")),
        st.sampled_from((NGINX, GONE, ENVOY, SERVED)),
        st.sampled_from((1, 40, 300, 600)),
    ),
    max_size=6,
)


@settings(max_examples=10)
@given(RUNS, st.lists(st.integers(500, 90_000), min_size=1, max_size=4))
def test_what_is_read_does_not_depend_on_where_the_stream_is_cut(runs, sizes):
    data = stream([(pod, text) for pod, text, count in runs for _ in range(count)])
    whole = [(e.offset, e.by) for e in found(data, [len(data)])]
    assert sorted((e.offset, e.by) for e in found(data, sizes)) == sorted(whole)
