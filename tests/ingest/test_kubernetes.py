import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.ingest.intake import Intake
from whyreset.ingest.kubernetes import OBJECT_LIMIT, ObjectSplitter
from whyreset.ingest.matching import Extractor
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock, parse_rfc3339
from whyreset.model.definition import Definition, KeyCondition, Mapped, Matcher

KILLING = Matcher(
    None, (), (Mapped("pod", ("involvedObject", "name"), "word"),),
    (KeyCondition((("reason",),), "=", ("Killing",)),), (b"Killing",), "t:1",
)  # fmt: skip
ADDRESS = Matcher(
    None, (), (Mapped("address", ("status", "podIP"), "ip"),),
    (KeyCondition((("kind",),), "=", ("Pod",)),), (), "t:2",
)  # fmt: skip
ACCESS = Matcher(
    None, (), (Mapped("client", ("remote_addr",), "ip"),),
    (KeyCondition((("status",),), "=", ("499",)),), (b"499",), "t:3",
)  # fmt: skip
DEFINITIONS = (
    Definition("termination", (), (KILLING,), (), (), (), "t:1"),
    Definition("address", (), (ADDRESS,), (), (), (), "t:2"),
    Definition("access", (), (ACCESS,), (), (), (), "t:3"),
)


def event(pod="api-7c9d8b5f64-x2x4z", reason="Killing", **times):
    return {
        "apiVersion": "v1", "kind": "Event", "reason": reason, "message": 'a "quoted}" {brace',
        "metadata": {"name": "e", "namespace": "shop", "creationTimestamp": "2026-11-22T09:00:00Z"},
        "involvedObject": {
            "kind": "Pod", "name": pod, "namespace": "shop", "fieldPath": "spec.containers{api}"
        },
        "source": {"host": "n1"},
        **(times or {"lastTimestamp": "2026-11-22T10:00:00Z", "eventTime": None}),
    }  # fmt: skip


POD = {
    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db-0", "namespace": "shop"},
    "spec": {"nodeName": "n1"},
    "status": {"podIP": "10.42.0.9", "startTime": "2026-11-22T08:00:00Z"},
}  # fmt: skip
FORMS = {
    "pretty": "\n".join(json.dumps(each, indent=4) for each in (event(), POD, event())),
    "compact": "\n".join(json.dumps(each) for each in (event(), POD, event())),
    "watch": "".join(
        json.dumps({"type": "ADDED", "object": each}) + "\n" for each in (event(), POD, event())
    ),
    "list": json.dumps(
        {"apiVersion": "v1", "items": [event(), POD, event()], "kind": "List",
         "metadata": {"resourceVersion": ""}}, indent=4,
    ),
    "two lists": json.dumps({"apiVersion": "v1", "kind": "EventList", "items": [event(), POD]})
    + json.dumps({"apiVersion": "v1", "items": [event()], "kind": "List"}),
}  # fmt: skip


def read(data, cuts=()):
    intake = Intake(Extractor(DEFINITIONS), make_source("x"), Clock())
    borders = [0, *cuts, len(data)]
    batches = [intake.feed(data[a:b]) for a, b in itertools.pairwise(borders)]
    batches.append(intake.feed(b"", last=True))
    assert intake.mode == "kubernetes"
    return [event for batch in batches for event in batch.events]


@pytest.mark.parametrize("form", FORMS)
def test_forms(form):
    first, second, third = read(FORMS[form].encode())
    assert (first.kind, first.fields) == ("termination", {"pod": "api-7c9d8b5f64-x2x4z"})
    assert first.time == third.time == parse_rfc3339("2026-11-22T10:00:00Z")
    assert first.source[1:6] == ("shop", "api", "api-7c9d8b5f64-x2x4z", "api", "n1")
    assert (second.kind, second.fields) == ("address", {"address": "10.42.0.9"})
    assert second.time == parse_rfc3339("2026-11-22T08:00:00Z")
    assert second.source[1:6] == ("shop", "db", "db-0", None, "n1")
    assert first.offset < second.offset < third.offset


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None, max_examples=40)
@given(places=st.lists(st.floats(0, 1), max_size=8))
def test_cuts_make_no_difference(form, places):
    data = FORMS[form].encode()
    assert read(data, sorted(int(place * len(data)) for place in places)) == read(data)


def test_every_byte_is_a_cut():
    data = FORMS["pretty"].encode()
    assert read(data, range(1, len(data))) == read(data)


def test_an_empty_list_has_nothing_that_could_not_be_read():
    intake = Intake(Extractor(DEFINITIONS), make_source("x"), Clock())
    batch = intake.feed(
        b'{"apiVersion": "v1", "items": [], "kind": "List", "metadata": {}}', last=True
    )
    assert (batch.unreadable, batch.cut, batch.events) == (0, 0, [])


@pytest.mark.parametrize("form", FORMS)
def test_what_breaks_off_is_counted(form):
    data = FORMS[form].encode().rstrip()
    for end in range(data.rindex(b"Killing"), len(data) + 1):
        intake = Intake(Extractor(DEFINITIONS), make_source("x"), Clock())
        batch = intake.feed(data[:end], last=True)
        assert batch.unreadable == (end < len(data))


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"eventTime": "2026-11-22T10:00:00.123456Z"}, "2026-11-22T10:00:00.123456Z"),
        ({"series": {"lastObservedTime": "2026-11-22T11:00:00Z"},
          "eventTime": "2026-11-22T10:00:00Z"}, "2026-11-22T11:00:00Z"),
        ({"firstTimestamp": "2026-11-22T10:00:00Z"}, "2026-11-22T10:00:00Z"),
        ({"eventTime": None}, "2026-11-22T09:00:00Z"),
    ],
)  # fmt: skip
def test_times(times, expected):
    (found,) = read(json.dumps(event(**times)).encode())
    assert found.time == parse_rfc3339(expected)


def test_a_huge_object_is_left_out_and_reading_goes_on():
    huge = json.dumps({**event(), "blob": ["x" * 1000] * (OBJECT_LIMIT // 900)}).encode()
    data = huge + b"\n" + json.dumps(event()).encode()
    splitter = ObjectSplitter()
    found = [
        text
        for at in range(0, len(data), 1 << 19)
        for _, text in splitter.feed(data[at : at + (1 << 19)])
    ]
    assert len(found) == 1
    assert splitter.cut == 1


def test_what_an_application_logged_over_several_lines_is_read():
    entry = {"time": "2026-11-22T10:00:00Z", "remote_addr": "203.0.113.9", "status": "499"}
    intake = Intake(Extractor(DEFINITIONS), make_source("x"), Clock())
    batch = intake.feed((json.dumps(entry, indent=2) + "\n").encode() * 2, last=True)
    assert [event.fields for event in batch.events] == [{"client": "203.0.113.9"}] * 2
    assert {event.time for event in batch.events} == {parse_rfc3339("2026-11-22T10:00:00Z")}
    assert batch.unreadable == 0


def test_an_object_that_tells_no_time_is_counted():
    intake = Intake(Extractor(DEFINITIONS), make_source("x"), Clock())
    batch = intake.feed(b'{\n  "status": "499"\n}\n', last=True)
    assert (batch.events, batch.unreadable) == ([], 1)
