"""File systems of which little can be relied on: others' numbers, stale answers, no hints."""

import errno
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.ingest.test_tail import World

_FIELDS = (
    "st_mode", "st_ino", "st_dev", "st_nlink", "st_uid", "st_gid", "st_size", "st_mtime_ns",
    "st_ctime_ns", "st_mtime",
)  # fmt: skip


def changed(status: os.stat_result, **fields: int) -> Any:
    """The same status with other fields."""
    return SimpleNamespace(**{name: getattr(status, name) for name in _FIELDS} | fields)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, 0)
    yield world
    world.stream.close()


def go_on(world: World, turns: int = 6) -> None:
    """Write and read in turns."""
    for _ in range(turns):
        world.write()
        world.read(0.5)


def test_numbers_of_files_that_change_with_every_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As some FUSE and SMB file systems give them out; an open file keeps its own."""
    stat, numbers = os.stat, count(10**9)
    go_on(world)
    monkeypatch.setattr(os, "stat", lambda path, **how: changed(
        stat(path, **how), st_ino=next(numbers)))  # fmt: skip
    go_on(world)
    world.rename()
    go_on(world)
    world.verify()
    assert world.rotations == 1
    assert not world.stream.tail.notes
    assert world.stream.tail._files.is_last, "one file is held open"


def test_a_file_system_that_is_mounted_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on(world)
    stat, fstat = os.stat, os.fstat
    monkeypatch.setattr(os, "stat", lambda path, **how: changed(stat(path, **how), st_dev=77))
    opened = os.open(world.real, os.O_RDONLY)  # what is opened from now on is on the new mount
    monkeypatch.setattr(os, "fstat", lambda file: changed(
        fstat(file), st_dev=77 if file >= opened else fstat(file).st_dev))  # fmt: skip
    go_on(world)
    world.rename()
    go_on(world)
    world.restart()
    go_on(world)
    monkeypatch.undo()
    os.close(opened)
    world.verify()
    assert len(world.written) > 50


def refusing(call: Callable[..., Any], times: int) -> Callable[..., Any]:
    """The same, after so many answers that the handle is stale."""
    left = [times]

    def answer(*words: Any, **how: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return call(*words, **how)

    return answer


@pytest.mark.parametrize("call", ["stat", "fstat", "pread", "open"])
@pytest.mark.parametrize("times", [1, 2, 5, 20])
def test_a_handle_that_is_stale(
    world: World, monkeypatch: pytest.MonkeyPatch, call: str, times: int
) -> None:
    go_on(world)
    world.write()
    monkeypatch.setattr(os, call, refusing(getattr(os, call), times))
    for _ in range(40):
        world.read(0.5)
    monkeypatch.undo()
    world.rename()
    go_on(world)
    said = world.stream.tail.notes[:]
    world.verify()
    assert all("Stale file handle; trying again" in note for note in said[::2]), said
    assert all("can be read again" in note for note in said[1::2]), said


def test_a_size_that_is_stale(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another client writes: what was read already is not there yet when it is looked for again."""
    fstat, behind = os.fstat, [0]
    go_on(world)
    monkeypatch.setattr(os, "fstat", lambda file: changed(
        fstat(file), st_size=max(0, fstat(file).st_size - behind[0])))  # fmt: skip
    for size in (40, 0, 100, 0, 10, 0):
        world.write()
        world.read(0.5)
        behind[0] = size
        world.read(0.5)
    behind[0] = 0
    world.verify()


def test_a_time_of_change_that_goes_back(world: World) -> None:
    for seconds in (10**9, 5 * 10**8, 2 * 10**9, 0):
        go_on(world, 2)
        os.utime(world.real, (seconds, seconds))
        world.read(0.5)
    world.verify()
