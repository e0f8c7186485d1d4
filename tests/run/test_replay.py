"""Replay: the same bytes give the same answers, however they come."""

import os
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.basis.units import NS
from whyreset.ingest.inputs import Input, open_inputs
from whyreset.ingest.matching import Extractor
from whyreset.ingest.reader import ByteReader
from whyreset.ingest.source_name import source_of_path
from whyreset.ingest.stamps import Clock
from whyreset.model.rule import Plan
from whyreset.run.json_output import label_line, verdict_line
from whyreset.run.replay import Decided, Replay

Answers = tuple[bytes, bytes]


def answers(steps: Iterable[Decided]) -> Answers:
    """Label lines and final verdict lines, as the commands print them."""
    labels, verdicts = [], []
    for step in steps:
        labels += [label_line(labelled) for labelled in step.labels]
        verdicts += [verdict_line(v) for v in step.verdicts if v.state == "final"]
    return b"".join(labels), b"".join(verdicts)


class Pieces(ByteReader):
    """Hands out given bytes in given pieces, as a pipe does."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__(-1, owned=False)
        self._left = iter(pieces)

    def read(self, _size: int = 0) -> bytes:
        return next(self._left, b"")


class Shuffled(Replay):
    """Reads its inputs in any order, as they would come from several pipes."""

    draw: random.Random
    together = 1

    def _next(self, live: list[Input]) -> Input:
        return self.draw.choice(live)


def cut(data: bytes, draw: random.Random) -> list[bytes]:
    most = draw.choice([3, 40, 400, 4000])
    pieces = []
    while data:
        size = draw.randint(1, most)
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def in_pieces(plan: Plan, files: dict[str, bytes], draw: random.Random) -> Answers:
    extractor = Extractor(plan.definitions)
    inputs = [
        Input(name, Pieces(cut(data, draw)), extractor, source_of_path(name), Clock())
        for name, data in files.items()
    ]
    draw.shuffle(inputs)
    replay = Shuffled(plan, inputs)
    replay.draw = draw
    return answers(replay.run())


def at_rest(plan: Plan, folder: Path, files: dict[str, bytes]) -> tuple[Answers, Replay]:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    here = Path.cwd()
    os.chdir(folder)  # the name of a file is part of a burst's id
    try:
        inputs = open_inputs(list(files), Extractor(plan.definitions))
        replay = Replay(plan, inputs)
        return answers(replay.run()), replay
    finally:
        os.chdir(here)


@given(st.integers(0, 10**6))
@settings(max_examples=25)
def test_live_is_replay(
    plan: Plan, corpus: Callable[[int], Any], tmp_path_factory: Any, seed: int
) -> None:
    drawn = corpus(seed)
    rest, replay = at_rest(plan, tmp_path_factory.mktemp("logs"), drawn.files)
    assert replay.totals.resets == drawn.resets
    assert replay.totals.late == 0
    assert in_pieces(plan, drawn.files, random.Random(seed)) == rest
    labels = [orjson.loads(line) for line in rest[0].splitlines()]
    times = [label["time"] for label in labels]
    assert times == sorted(times)
    told = sorted(line for data in drawn.files.values() for line in data.decode().splitlines()
                  if "connection reset" in line)  # fmt: skip
    assert sorted(f"{label['time']} stderr F {label['line']}" for label in labels) == told
    finals = [orjson.loads(line) for line in rest[1].splitlines()]
    assert sum(verdict["count"] for verdict in finals) == drawn.resets
    assert {label["burst"] for label in labels} == {verdict["id"] for verdict in finals}


def test_the_corpus_shows_every_label(
    plan: Plan, corpus: Callable[[int], Any], tmp_path: Path
) -> None:
    """Else the promise would be tested on nothing."""
    seen = set()
    for seed in range(8):
        rest, _ = at_rest(plan, tmp_path, corpus(seed).files)
        seen |= {orjson.loads(line)["label"] for line in rest[0].splitlines()}
    assert seen == {"termination_fallout", "client_abort", "probe_noise", "unknown"}


def shuffled_within(data: bytes, most: int, draw: random.Random) -> bytes:
    """Lines out of order by less than `most` ns."""
    rows = [(_second(line) + draw.uniform(0, most), line) for line in data.splitlines(True)]
    return b"".join(line for _, line in sorted(rows))


def _second(line: bytes) -> float:
    hours, minutes, seconds = line[11:29].split(b":")
    return (int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * NS


@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_disorder_within_the_lateness_changes_nothing(
    plan: Plan, corpus: Callable[[int], Any], seed: int
) -> None:
    """Neither labels nor bursts; ids name the place in the file, which is another one now."""
    files = corpus(seed).files
    draw = random.Random(seed)
    mixed = {name: shuffled_within(data, 4 * NS, draw) for name, data in files.items()}
    assert _told(in_pieces(plan, mixed, draw)) == _told(in_pieces(plan, files, draw))


def _told(given: Answers) -> list[Any]:
    labels = [orjson.loads(line) for line in given[0].splitlines()]
    return [(label["time"], label["line"], label["label"], label["rule"]) for label in labels]


def test_lines_that_are_too_late_are_counted_and_labelled(plan: Plan, tmp_path: Path) -> None:
    rows = [(10, "a"), (2000, "b"), (30, "c"), (3000, "d")]
    text = "".join(
        f"2027-01-15T08:{t // 60 % 60:02}:{t % 60:02}Z stderr F read tcp 10.0.0.1:1->10.0.0.2:2: "
        f"read: connection reset by peer {mark}\n"
        for t, mark in rows
    ).encode()
    extractor = Extractor(plan.definitions)
    lines = text.splitlines(keepends=True)
    replay = Replay(
        plan, [Input("a.log", Pieces(lines), extractor, source_of_path("a.log"), Clock())]
    )
    replay.together = 1
    labels, _ = answers(replay.run())
    assert sorted(orjson.loads(line)["line"][-1] for line in labels.splitlines()) == list("abcd")
    assert replay.totals.late == 1


class Failing(Pieces):
    def read(self, _size: int = 0) -> bytes:
        raise OSError(5, "Input/output error")


def test_an_input_that_fails_does_not_stop_the_others(
    plan: Plan, corpus: Callable[[int], Any]
) -> None:
    extractor = Extractor(plan.definitions)
    name, data = next(iter(corpus(3).files.items()))
    inputs = [
        Input("bad.log", Failing([]), extractor, source_of_path("bad.log"), Clock()),
        Input(name, Pieces([data]), extractor, source_of_path(name), Clock()),
    ]
    replay = Replay(plan, inputs)
    labels, _ = answers(replay.run())
    assert labels.count(b"\n") == data.count(b"connection reset")
    assert replay.totals.problems == ["bad.log: Input/output error"]
    assert replay.totals.failed == 1


@pytest.mark.parametrize("size", [0, 1, 10])
def test_input_without_resets(plan: Plan, size: int) -> None:
    extractor = Extractor(plan.definitions)
    pieces = Pieces([b"\0\xff\n"] * size)
    replay = Replay(plan, [Input("x", pieces, extractor, source_of_path("x"), Clock())])
    assert answers(replay.run()) == (b"", b"")
