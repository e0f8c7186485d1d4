"""The same line gives the same events in every envelope."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.rules.test_lines import events_of

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


@cache
def found_in(text: str) -> list[tuple[str, dict[str, object]]]:
    return [(event.kind, dict(event.fields)) for event in events_of(text)]


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


def test_cut_in_two() -> None:
    wrong = [
        f"{name}: {line}"
        for line in LINES
        for name, text in cut_lines(line)
        if found_in(text) != found_in(line)
    ]
    assert not wrong, "\n".join(["", *wrong])
