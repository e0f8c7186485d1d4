"""What is said while logs grow is, in the end, what is said of them at rest."""

import heapq
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whyreset.basis.times import format_time, system_time
from whyreset.basis.units import NS
from whyreset.ingest.checkpoint import Checkpoint
from whyreset.ingest.folder import Folders
from whyreset.ingest.inputs import open_inputs
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock, parse_rfc3339
from whyreset.ingest.watch import Watch
from whyreset.model.rule import Plan
from whyreset.run.follow import Follow
from whyreset.run.json_output import label_line, verdict_line
from whyreset.run.replay import Replay
from whyreset.run.signals import Signals

Answers = tuple[list[bytes], list[bytes]]
_DELAY = 4 * 10**9
_EARLIER, _LATER = 1_799_997_400 * NS, 1_800_007_200 * NS
"""When requests begin that go on until the last reset, and long after that."""
_REQUESTS, _PART = 12_000, 200
"""Lines that fill many times the head of a log, in which everything is found, and those that are
written at once."""


def growing(
    files: dict[str, bytes], draw: random.Random, latest: int = _DELAY
) -> list[tuple[str, bytes]]:
    """The lines of all files in the order of their times, each file late by its own delay."""
    queues = []
    for name, data in files.items():
        delay = draw.randint(0, latest)
        lines = data.splitlines(keepends=True)
        queues.append([(parse_rfc3339(line.split(b" ")[0]) + delay, name, line) for line in lines])
    return [(name, line) for _, name, line in heapq.merge(*queues)]


def followed(plan: Plan, folder: Path, files: dict[str, bytes], draw: random.Random) -> Answers:
    signals = Signals()
    clock = Clock(reference=system_time(), arrival=system_time)
    run = Follow(plan, Folders([str(folder)]), clock, signals=signals, labels=True)
    for name in files:
        (folder / name).touch()
    lines = growing(files, draw)
    labels, verdicts, quiet = [], [], 0
    for decided in run.run():
        labels += [label_line(labelled) for labelled in decided.labels]
        verdicts += [verdict_line(v) for v in decided.verdicts if v.state == "final"]
        for name, line in lines[:40]:
            with (folder / name).open("ab") as log:
                log.write(line)
        del lines[:40]
        quiet += not lines
        if quiet > 24:
            signals.stop()
    assert run.late == 0
    return labels, sorted(verdicts)


@pytest.mark.parametrize("seed", range(3))
def test_live_is_replay(
    plan: Plan, corpus: Callable[[int], Any], tmp_path: Path, seed: int
) -> None:
    files = corpus(seed).files
    live = followed(plan, tmp_path, files, random.Random(seed))
    inputs = open_inputs([str(tmp_path)], Extractor(plan.definitions, narrow=True))
    steps = list(Replay(plan, inputs).run())
    labels = [label_line(labelled) for step in steps for labelled in step.labels]
    verdicts = [verdict_line(v) for step in steps for v in step.verdicts if v.state == "final"]
    assert live == (labels, sorted(verdicts))


def test_where_nothing_tells_of_changes_it_is_the_same(
    plan: Plan, corpus: Callable[[int], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a network file system: other hosts' changes are found by looking for them."""
    monkeypatch.setattr(Watch, "watch", lambda *_: None)
    test_live_is_replay(plan, corpus, tmp_path, 7)


def prolonged(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same with many more requests, and a line of each long after the last burst."""
    requests = "".join(
        f'{format_time(_EARLIER + n * NS // 4)} stderr F 10.42.0.{n % 99} "GET /{n}" 200\n'
        for n in range(_REQUESTS)
    )
    after = f"{format_time(_LATER)} stderr F handled\n".encode()
    return {
        name: b"".join(sorted((requests.encode() + data).splitlines(keepends=True))) + after
        if name.startswith("proxy")
        else data + after
        for name, data in files.items()
    }


def followed_in_parts(
    plan: Plan, folder: Path, state: Path, files: dict[str, bytes], draw: random.Random
) -> tuple[Answers, int]:
    """What three runs say, each of which goes on from the last one's state, and the events."""
    lines = growing(files, draw, NS)  # to begin anew takes seconds on a busy machine
    labels, verdicts = [], []
    clock = Clock(reference=system_time(), arrival=system_time)
    for ends in (1000, 400, 0):
        signals, checkpoint, quiet = Signals(), Checkpoint(state), 0
        folders = Folders([str(folder)])
        run = Follow(plan, folders, clock, signals=signals, checkpoint=checkpoint, labels=True)
        for decided in run.run():
            labels += [label_line(labelled) for labelled in decided.labels]
            verdicts += [verdict_line(v) for v in decided.verdicts if v.state == "final"]
            for name, line in lines[:_PART]:
                with (folder / name).open("ab") as log:
                    log.write(line)
            del lines[:_PART]
            quiet += len(lines) <= ends
            if quiet > 24 or (ends and quiet):
                signals.stop()
        checkpoint.close()
        assert run.late == 0
    return (labels, sorted(verdicts)), run.totals.events


@pytest.mark.parametrize("seed", range(2))
def test_requests_that_were_passed_over_are_known_after_a_restart(
    plan: Plan, corpus: Callable[[int], Any], tmp_path: Path, seed: int
) -> None:
    files, folder = prolonged(corpus(seed).files), tmp_path / "logs"
    folder.mkdir()
    said, events = followed_in_parts(plan, folder, tmp_path, files, random.Random(seed))
    replay = Replay(plan, open_inputs([str(folder)], Extractor(plan.definitions)))
    steps = list(replay.run())
    labels = [label_line(labelled) for step in steps for labelled in step.labels]
    verdicts = [verdict_line(v) for step in steps for v in step.verdicts if v.state == "final"]
    assert said == (labels, sorted(verdicts))
    assert events < replay.totals.events // 2
