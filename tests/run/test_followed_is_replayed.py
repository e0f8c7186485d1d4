"""What is said while logs grow is, in the end, what is said of them at rest."""

import heapq
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whyreset.basis.times import system_time
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


def growing(files: dict[str, bytes], draw: random.Random) -> list[tuple[str, bytes]]:
    """The lines of all files in the order of their times, each file late by its own delay."""
    queues = []
    for name, data in files.items():
        delay = draw.randint(0, _DELAY)
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
        if quiet > 8:
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
