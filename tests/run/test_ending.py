"""A run that is to end does so at once: what it still says is right, and it names what is left."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from whyreset.correlate.correlator import Correlator
from whyreset.language.load import load
from whyreset.model.event import Event
from whyreset.model.rule import Plan
from whyreset.run.json_output import label_line, verdict_line

EventsOf = Callable[[dict[str, bytes]], list[Event]]
BEGAN = datetime(2026, 11, 22, 10, tzinfo=UTC)


def said(correlator: Correlator) -> list[bytes]:
    """What was decided since the last time."""
    labels = map(label_line, correlator.take_labels())
    return [*labels, *map(verdict_line, correlator.take_verdicts())]


@pytest.mark.parametrize("seed", range(5))
def test_judging_that_is_broken_off_is_done_later_as_if_nothing_had_been(
    plan: Plan, corpus: Callable[[int], Any], events_of: EventsOf, seed: int
) -> None:
    events = events_of(corpus(seed).files)
    whole, broken, draw = Correlator(plan), Correlator(plan), random.Random(seed)
    broken.stopped = lambda: draw.random() < 0.3
    expected, found = [], []
    for event in events:
        whole.feed(event)
        expected += said(whole)
        broken.feed(event)
        if draw.random() < 0.1:
            broken.provisional()
        found += said(broken)
    whole.finish()
    expected += said(whole)
    while not broken.finish():
        found += said(broken)
    found += said(broken)
    assert len(expected) > 20
    assert sorted(found) == sorted(expected)


def test_what_is_not_judged_is_counted(
    plan: Plan, corpus: Callable[[int], Any], events_of: EventsOf
) -> None:
    drawn = corpus(3)
    correlator = Correlator(plan)
    correlator.stopped = lambda: True
    for event in events_of(drawn.files):
        correlator.feed(event)
    assert not correlator.finish()
    assert correlator.leave() == drawn.resets
    assert correlator.finish()
    assert said(correlator) == []


def storm() -> Iterator[bytes]:
    """Resets of a thousand peers, a thousand a second, in blocks."""
    for number in range(0, 3_600_000, 500):
        yield "".join(
            f"{BEGAN + timedelta(milliseconds=each):%Y-%m-%dT%H:%M:%S.%f}Z stderr F read tcp"
            f" 10.42.3.9:80->10.42.{each % 4}.{each % 250}:{each % 60_000 + 1024}: read:"
            " connection reset by peer\n"
            for each in range(number, number + 500)
        ).encode()


@pytest.mark.parametrize(
    "words", [["run", "-o", "json"], ["label"], ["run", "-o", "json", "--memory", "96M"]]
)
def test_sigterm_amid_a_flood_is_obeyed(words: list[str], tmp_path: Path) -> None:
    """What is read in three seconds takes longer than that to judge with the shipped rules."""
    load([])  # to compile the rules would take more memory than that
    said = tmp_path / "said"
    with (
        said.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "whyreset", *words],
            stdin=subprocess.PIPE, stdout=out, stderr=subprocess.PIPE,
        ) as process,
    ):  # fmt: skip
        assert process.stdin
        blocks = storm()
        for _ in range(4):  # more than a pipe holds: then the rules are loaded
            process.stdin.write(next(blocks))
        began = time.monotonic()
        while time.monotonic() - began < 3:
            process.stdin.write(next(blocks))
        process.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        _, err = process.communicate(timeout=30)
        took = time.monotonic() - asked
    assert process.returncode == 0, err
    assert took < 12, "two seconds, and more on a machine that has much other work"
    # With little memory the flood is judged early, all the time: there may be nothing left.
    assert "--memory" in words or b"were left unjudged" in err
    assert all(map(json.loads, said.read_bytes().splitlines()))
