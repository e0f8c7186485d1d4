"""Named cases of what happens to a log, each of which has lost somebody lines."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ingest.test_tail import CLOCK, EXTRACTOR, World

from whyreset.basis.units import NS
from whyreset.ingest.batches import Batch
from whyreset.ingest.stream import Stream
from whyreset.model.record import Source
from whyreset.run import pace as module
from whyreset.run.pace import Pace


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, 0)
    yield world
    world.stream.close()


@pytest.mark.parametrize("more", [-500, -1, 0, 1, 500])
@pytest.mark.parametrize("copied", [True, False])
def test_a_log_that_is_cut_and_filled_before_anybody_looks(
    world: World, more: int, copied: bool
) -> None:
    """To less than was read, to the very size, and beyond."""
    for _ in range(20):
        world.writer.write(world.line())
    world.drain()
    size = world.real.stat().st_size
    if copied:
        shutil.copyfile(world.real, world.rotated_name())
    os.truncate(world.real, 0)
    for _ in range(5):
        world.writer.write(world.line())
    rest = size + more - world.real.stat().st_size - 1
    world.writer.write(world.line().replace(b" F ", b" F " + b"x" * rest)[:rest] + b"\n")
    world.excused.add(world.written[-1])  # it is there for its length
    assert world.real.stat().st_size == size + more
    world.verify()


@pytest.mark.parametrize("stopped", [False, True])
def test_a_file_that_gets_the_number_of_a_deleted_one(world: World, stopped: bool) -> None:
    for _ in range(20):
        world.writer.write(world.line())
    world.drain()
    world.save()
    inode = world.real.stat().st_ino
    world.stream.close()  # nobody holds the old one: its number is free
    world.writer.close()
    world.real.unlink()
    world.writer = world.real.open("ab", buffering=0)
    if world.real.stat().st_ino != inode:
        pytest.skip("this file system does not give the number out again")
    for _ in range(30):
        world.writer.write(world.line())
    if stopped:
        world.kill()
    else:
        world.stream = Stream(str(world.link), EXTRACTOR, CLOCK)
    world.verify()


@pytest.mark.parametrize("size", [1, 20, 400])
def test_a_log_that_begins_as_the_one_before_it(world: World, size: int) -> None:
    """A program that is started again prints the same, and here no line has a time of its own."""
    banner = b"".join(
        b"2027-01-15T08:00:00Z stdout F starting, step %d\n" % at for at in range(size)
    )
    for _ in range(3):
        world.writer.write(banner)
        world.writer.write(world.line())
        world.drain()
        world.rename()
    world.writer.write(banner)
    world.writer.write(world.line())
    world.verify()
    assert len(world.written) == 4


def test_two_logs_that_begin_alike(world: World, tmp_path: Path) -> None:
    line = world.line()
    other = tmp_path / "other.log"
    other.write_bytes(line)
    world.writer.write(line)
    world.drain()
    stream = Stream(str(other), EXTRACTOR, CLOCK)
    assert stream.tail.poll(world.now)
    batch = stream.read(world.now)
    assert batch is not None
    assert len(batch.events + stream.finish().events) == 1
    world.verify()


@pytest.mark.parametrize("jump", [-86_400, -3600, 3600, 86_400])
def test_a_clock_that_jumps_moves_no_event_time(monkeypatch: pytest.MonkeyPatch, jump: int) -> None:
    pace, began = Pace(), time.time_ns()
    pace.saw(began, 100.0)
    monkeypatch.setattr(module.time, "time_ns", lambda: began + jump * NS)
    assert pace.at(160.0) == began + 60 * NS
    pace.saw(began + 61 * NS, 161.0)  # a line of a host whose clock is right
    passed = pace.at(162.0)
    assert passed is not None
    assert abs(passed - began - 62 * NS) <= NS


@pytest.mark.parametrize(
    ("times", "reach"),  # seconds from now
    [
        ([(-9, -1)], -1),
        ([(-9, 59)], 59),
        ([(-9, 7200)], -9),
        ([(-9, -1), (7200, 7201)], None),
        ([(7200, 7201)], 7201),
        ([(7200, 7201), (-9, 7202)], -9),
    ],
)
def test_a_stamp_from_the_future_counts_where_there_are_no_others(
    times: list[tuple[int, int]], reach: int | None
) -> None:
    pace, now = Pace(), time.time_ns()
    for low, high in times:
        batch = Batch()
        batch.low, batch.high = now + low * NS, now + high * NS
        pace.believe(batch, 100.0)
    assert batch.high == (None if reach is None else now + reach * NS)


def test_a_stamp_from_the_future_covers_no_time_to_come() -> None:
    batch, now, source = Batch(), time.time_ns(), Source("api")
    batch.low, batch.high = now - 9 * NS, now + 7200 * NS
    batch.sources[source] = batch.low, batch.high
    Pace().believe(batch, 100.0)
    first, last = batch.sources[source]
    assert first == now - 9 * NS
    assert last < now + 90 * NS
