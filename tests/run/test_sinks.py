"""Where verdicts go beside the records: what was not written is counted."""

import os
from pathlib import Path
from typing import Any

import pytest

from whyreset.model.verdict import Verdict
from whyreset.run.json_output import verdict_line
from whyreset.run.sinks import VerdictSink


@pytest.fixture
def verdict() -> Verdict:
    values: dict[str, Any] = dict.fromkeys(Verdict.__annotations__)
    return Verdict(**{**values, "start": 0, "end": 0, "evidence": ()})


@pytest.mark.parametrize("more", [1, 1000])
def test_what_no_reader_took_is_counted(tmp_path: Path, verdict: Verdict, more: int) -> None:
    path = tmp_path / "v.pipe"
    os.mkfifo(path)
    sink = VerdictSink(str(path), print)
    first = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    sink.write([verdict] * 1000)  # more than a pipe holds: the last line is there in part
    taken = os.read(first, 1 << 20)
    assert not taken.endswith(b"\n")
    os.close(first)
    sink.flush()
    second = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    sink.write([verdict] * more)
    sink.finish()
    later = os.read(second, 1 << 20)
    os.close(second)
    assert later.startswith(verdict_line(verdict))
    assert taken.count(b"\n") + later.count(b"\n") + sink.lost == 1000 + more


def test_a_disk_that_is_full_loses_all_that_comes(verdict: Verdict) -> None:
    said: list[str] = []
    sink = VerdictSink("/dev/full", said.append)
    sink.write([verdict] * 300)
    sink.finish()
    assert sink.lost == 300
    assert len(said) == 1
