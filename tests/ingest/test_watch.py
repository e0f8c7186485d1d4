"""Hints that something changed, and what is said where none are to be had."""

import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import watchfiles

from whyreset.ingest import watch as module
from whyreset.ingest.watch import Watch


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    watch.close()


def until(what: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_change_wakes_and_is_named(watch: Watch, tmp_path: Path) -> None:
    watch.watch([str(tmp_path), str(tmp_path / "nowhere")])
    log = tmp_path / "api.log"

    def is_heard() -> bool:
        with log.open("a") as out:
            out.write("x\n")
        return bool(select.select([watch.descriptor], [], [], 0.2)[0])

    until(is_heard)
    assert str(log) in watch.take()
    assert watch.problem is None


def test_that_no_watch_is_left_is_said_once_and_tried_again(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def refuse(*folders: str, **_: Any) -> Iterator[Any]:
        tried.extend(folders)
        raise OSError(f"OS file watch limit reached. about {list(folders)}")

    monkeypatch.setattr(watchfiles, "watch", refuse)
    monkeypatch.setattr(module, "_REST", 0.05)
    watch.watch([str(tmp_path)])
    until(lambda: watch.problem)
    assert watch.problem == "folders are polled, not watched: OS file watch limit reached."
    watch.problem = None

    def is_tried_again() -> bool:
        watch.watch([str(tmp_path)])
        return len(tried) > 3

    until(is_tried_again)
    assert watch.problem is None
