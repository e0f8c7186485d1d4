import json
import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyreset.ingest import envelopes
from whyreset.ingest.envelopes import Peeler
from whyreset.ingest.layout import detect, peel_record
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock, parse_rfc3339

CASES = Path(__file__).parents[1] / "cases" / "ingest" / "envelopes.json"
CLOCK = Clock(reference=parse_rfc3339("2026-12-01T00:00:00Z"))
PLACES = {"namespace", "workload", "pod", "container", "node", "labels"}


@pytest.mark.parametrize("case", json.loads(CASES.read_text()), ids=lambda case: case["line"][:40])
def test_peel(case):
    raw = case.pop("line").encode()
    line = Peeler(make_source("x"), CLOCK, detect(raw)).peel(raw)
    for name, expected in case.items():
        found = getattr(line.source if name in PLACES else line, name)
        if name == "time" and expected is not None:
            assert found == parse_rfc3339(expected)
        else:
            assert (list(found) if name == "assumed" else found) == expected, name


STAMPS = (
    "2026-11-22T10:00:00.123456789Z ",
    "2026-11-22T10:00:00Z ",
    "2026-11-22T10:00:00.1+01:00 ",
)
PREFIXES = (
    "", "[pod/a-1/app] ", "web-1  | ", "web-5d9c8b7f6d-abcde app ", "a-1 app ", "0|app | ", "> ",
    "Nov 22 10:00:00 n1 nginx[7]: ", "Nov 22 10:00:00 n1 nginx: ", "<134>Nov 22 10:00:00 h a: ",
    "<134>1 2026-11-22T10:00:00Z h a 1 - - ", "2026-11-22T10:00:00.1Z stdout F ",
    "2026-11-22T10:00:00.1Z h nginx: ", "2026-11-22T10:00:00.1Z app[web.1]: ", "access.log:",
    "shop/api[app]: ", "2026-11-22T10:00:00.1Z shop/api/0123456789abcdef0123456789abcdef ",
)  # fmt: skip
REQUESTS = (
    '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1',
    '10.0.0.1 - alice [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1',
    "10.0.0.1 - - [x] 1",
)


@pytest.mark.parametrize("mode", ["plain", "timestamps", "kubectl", "stern", "compose", "syslog"])
def test_an_access_line_that_is_known_at_once_is_peeled_as_any(mode, monkeypatch):
    peeler = Peeler(make_source("x"), CLOCK, mode)
    lines = [
        f"{prefix}{stamp}{request}".encode()
        for prefix, stamp, request in product(PREFIXES, ("", *STAMPS, "".join(STAMPS)), REQUESTS)
    ]
    at_once = [peeler.peel(line) for line in lines]
    for name in ("_REQUEST", "_STAMPED_REQUEST"):
        monkeypatch.setattr(envelopes, name, re.compile(r"(?!)"))
    assert at_once == [peeler.peel(line) for line in lines]


@pytest.mark.parametrize(
    ("head", "mode"),
    [
        (b"2026-11-22T10:00:00Z stdout F x\n", "cri"),
        (b"\n\n2026-11-22T10:00:00Z stdout F x\n", "cri"),
        (b"\xef\xbb\xbf2026-11-22T10:00:00Z stdout F x\n", "cri"),
        (b'{\n    "apiVersion": "v1",\n', "kubernetes"),
        (b'{"apiVersion":"v1","kind":"List","items":[]}', "kubernetes"),
        (b'{"type":"ADDED","object":{"kind":"Event"}}\n', "kubernetes"),
        (b'{"log":"x\\n","stream":"stdout","time":"2026-11-22T10:00:00Z"}\n', "docker"),
        (b'{"level":"info","msg":"x"}\n', "plain"),
        (b"+ api-7c9d8b5f64-x2x4z \xe2\x80\xba api\n", "stern"),
        (b"db-0 postgres LOG: x\n", "stern"),
        (b"plain text here\n", "plain"),
        (b"", "plain"),
    ],
)
def test_detect(head, mode):
    assert detect(head) == mode


def test_without_a_time_the_record_arrives_at_the_reference():
    record = peel_record(b"just text", CLOCK)
    assert (record.time, record.time_from) == (CLOCK.reference, "arrival")


@given(st.binary(max_size=200))
def test_any_bytes_can_be_peeled(raw):
    line = Peeler(make_source("x"), CLOCK).peel(raw)
    assert isinstance(line.text, str)
    detect(raw)
