"""The same line gives the same events in every envelope."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.rules.test_lines import NOW, events_of

from whyreset.ingest.layout import peel_record
from whyreset.ingest.stamps import Clock
from whyreset.model.record import Record

CASES = Path(__file__).parents[1] / "cases"
LINES = [
    json.loads(text)["line"]
    for text in (CASES / "lines" / "layouts.jsonl").read_text("utf-8").splitlines()
]
WRAPPERS = json.loads((CASES / "ingest" / "wrappers.json").read_text("utf-8"))
STAMP = "2026-11-22T10:00:00.123456789Z"


def wrapped(wrapper: dict[str, str], text: str) -> str:
    """Each line of a text in its envelope, written as the envelope demands."""
    written = {
        "text": str,
        "string": json.dumps,
        "line": lambda line: json.dumps(line + "\n"),
        "bytes": lambda line: json.dumps(list(line.encode()), separators=(",", ":")),
    }[wrapper["as"]]
    head, _, tail = wrapper["line"].partition("{}")
    return "\n".join(head + written(line) + tail for line in text.split("\n"))


def peeled(line: str) -> Record:
    return peel_record(line.encode(), Clock(reference=NOW))


@cache
def found_in(text: str) -> list[tuple[str, dict[str, object]]]:
    found = [(event.kind, dict(event.fields)) for event in events_of(text)]
    return sorted(found, key=lambda event: event[0])


def cut_lines(text: str) -> Iterator[tuple[str, str]]:
    """Each line in two parts, as CRI and docker cut a long one."""
    halves = [(line[: len(line) // 2], line[len(line) // 2 :]) for line in text.split("\n")]
    yield (
        "CRI",
        "\n".join(f"{STAMP} stderr P {a}\n{STAMP} stderr F {b}" for a, b in halves),
    )
    yield (
        "docker",
        "\n".join(
            json.dumps({"log": part, "stream": "stderr", "time": STAMP}, separators=(",", ":"))
            for a, b in halves
            for part in (a, b + "\n")
        ),
    )


@pytest.mark.parametrize("wrapper", WRAPPERS, ids=lambda wrapper: wrapper["name"])
def test_in_an_envelope(wrapper: dict[str, str]) -> None:
    wrong = [line for line in LINES if found_in(wrapped(wrapper, line)) != found_in(line)]
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize("wrapper", WRAPPERS, ids=lambda wrapper: wrapper["name"])
def test_time_and_source_in_an_envelope(wrapper: dict[str, str]) -> None:
    """A whole stamp of the envelope counts, whatever the message says; without any the message's
    own does. No message changes the source, and none loses a character."""
    probe = peeled(wrapped(wrapper, "text"))
    for line in LINES:
        alone = peeled(line)
        if "\n" in line or alone.envelope != "plain":
            continue
        inside = peeled(wrapped(wrapper, line))
        assert inside.source == probe.source, line
        assert line.endswith(inside.text), line
        if probe.time_from == "arrival":
            assert (inside.time, inside.assumed) == (alone.time, alone.assumed), line
        elif not probe.assumed:
            assert (inside.time, inside.assumed) == (probe.time, ()), line


def test_cut_in_two() -> None:
    wrong = [
        f"{name}: {line}"
        for line in LINES
        for name, text in cut_lines(line)
        if found_in(text) != found_in(line)
    ]
    assert not wrong, "\n".join(["", *wrong])
