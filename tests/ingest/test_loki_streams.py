"""Loki's pushes and answers, and OTLP's: each value is a record of its own, in whatever order."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from whyreset.ingest.intake import Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock
from whyreset.language.load import load_text
from whyreset.model.event import Event
from whyreset.model.record import Source

SECOND = 10**9
NOW = 1_795_341_600 * SECOND
PLAN = load_text("event reset {\n  match `from <peer:addr>: reset`\n}\n", "rules")


def stream(pod: str, *values: tuple[int, str]) -> dict[str, Any]:
    labels = {"namespace": "shop", "pod": pod, "container": "api"}
    return {"stream": labels, "values": [[str(NOW + at), line] for at, line in values]}


NEWEST_FIRST = stream(
    "api-0",
    (2 * SECOND, "from 10.1.0.8:2: reset"),
    (SECOND + 1, "\tat app.Main(Main.java:1)"),
    (SECOND, "from 10.1.0.7:1: reset"),
)
OTHER = stream("api-1", (0, "from 10.1.0.9:3: reset"))
WANTED = [
    (NOW, "api-1", "10.1.0.9", "from 10.1.0.9:3: reset"),
    (NOW + SECOND, "api-0", "10.1.0.7", "from 10.1.0.7:1: reset\n\tat app.Main(Main.java:1)"),
    (NOW + 2 * SECOND, "api-0", "10.1.0.8", "from 10.1.0.8:2: reset"),
]


def read(*pieces: bytes) -> list[Event]:
    intake = Intake(Extractor(PLAN.definitions), Source("loki"), Clock(reference=NOW))
    found = [event for piece in pieces for event in intake.feed(piece).events]
    return found + intake.feed(b"", last=True).events


def told(events: list[Event]) -> list[tuple[int, str | None, object, str]]:
    return sorted((e.time, e.source.pod, e.fields["peer"], e.text) for e in events)


def test_a_push_of_several_streams() -> None:
    push = json.dumps({"streams": [NEWEST_FIRST, OTHER]}).encode()
    assert told(read(push + b"\n")) == WANTED


def test_one_stream_a_line() -> None:
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in (NEWEST_FIRST, OTHER))
    assert told(read(lines)) == WANTED


def otlp(stream: dict[str, Any]) -> dict[str, Any]:
    places = {f"k8s.{name}.name": {"stringValue": at} for name, at in stream["stream"].items()}
    records = [{"timeUnixNano": at, "body": {"stringValue": line}} for at, line in stream["values"]]
    return {
        "resource": {"attributes": [{"key": key, "value": at} for key, at in places.items()]},
        "scopeLogs": [{"logRecords": records}],
    }


def test_records_of_otlp() -> None:
    export = json.dumps({"resourceLogs": [otlp(NEWEST_FIRST), otlp(OTHER)]}).encode()
    assert told(read(export + b"\n")) == WANTED
    single = b"".join(
        json.dumps({"resourceLogs": [otlp(each)]}).encode() + b"\n"
        for each in (NEWEST_FIRST, OTHER)
    )
    assert told(read(single)) == WANTED


def test_an_exception_beside_the_body_of_otlp() -> None:
    told_by = {"exception.type": "Reset", "exception.message": "from 10.1.0.9:3: reset"}
    record = {
        "timeUnixNano": "0",
        "observedTimeUnixNano": NOW,
        "body": {"kvlistValue": {"values": [{"key": "msg", "value": {"stringValue": "failed"}}]}},
        "attributes": [{"key": key, "value": {"stringValue": at}} for key, at in told_by.items()],
    }
    export = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record, {"body": None}, 7]}]}, 7]}
    (event,) = read(json.dumps(export).encode() + b"\n")
    assert (event.time, event.fields["peer"]) == (NOW, "10.1.0.9")
    assert event.text == '{"msg":"failed"}\nReset: from 10.1.0.9:3: reset'


def test_an_otlp_export_that_holds_nothing() -> None:
    assert read(b'{"resourceLogs":[{"resource":{},"scopeLogs":[]}]}\n') == []
    assert read(b'{"resourceLogs":[]}\n') == []


def test_no_two_events_share_a_place() -> None:
    events = read(json.dumps({"streams": [NEWEST_FIRST, OTHER]}).encode() + b"\n")
    assert len({event.offset for event in events}) == len(events)


@given(st.integers(0, 900))
def test_a_pretty_printed_answer_cut_anywhere(at: int) -> None:
    data = {"resultType": "streams", "result": [NEWEST_FIRST, OTHER]}
    answer = json.dumps({"status": "success", "data": data}, indent=2).encode()
    assert told(read(answer[:at], answer[at:])) == WANTED


def test_what_is_no_stream_is_not_read_as_one() -> None:
    app = {"stream": "orders", "values": [["x"]], "msg": "from 10.1.0.7:1: reset"}
    app_line = json.dumps(app).encode() + b"\n"
    assert len(read(app_line)) == 1
