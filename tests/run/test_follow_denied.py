"""A run that may not do what it wants: files, its state, its output. Nothing is lost of it."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.run.test_follow import LOG, Desk, desk, until, waiting_in  # noqa: F401 - a fixture

from whyreset.ingest.checkpoint import Checkpoint

# Root without its capabilities is bound by permissions as everybody is: so the manifest runs it.
_BOUND = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []


@pytest.fixture
def bound(desk: Desk) -> Desk:  # noqa: F811
    """A desk whose processes are bound by permissions."""
    if _BOUND and not shutil.which(_BOUND[0]):
        pytest.skip("root cannot be bound here")
    desk.before = _BOUND
    return desk


def test_a_log_that_may_not_be_read_is_read_once_it_may(bound: Desk) -> None:
    bound.write(3)
    bound.log.chmod(0)
    follower = bound.follow()
    follower.until(lambda: "Permission denied; trying again" in follower.err)
    bound.log.chmod(0o644)
    follower.until(lambda: "can be read again" in follower.err)
    bound.write(2)
    bound.log.rename(bound.log.with_name(LOG + ".1"))
    bound.write(2)
    bound.log.chmod(0)  # its successor may not be read either
    follower.until(lambda: follower.err.count("Permission denied") == 2)
    bound.write(2)
    bound.log.chmod(0o644)
    bound.later()
    follower.until(lambda: follower.states("final"))
    follower.end()
    assert [verdict["count"] for verdict in follower.states("final")] == [9]
    assert follower.err.count("Permission denied") == 2, "each time it is said once"


def test_a_folder_that_may_not_be_read_is_read_once_it_may(bound: Desk) -> None:
    bound.logs.chmod(0)
    follower = bound.follow()
    follower.until(lambda: "Permission denied" in follower.err)
    bound.write(4)
    bound.later()
    bound.logs.chmod(0o755)
    follower.until(lambda: follower.states("final"))
    follower.end()
    assert [verdict["count"] for verdict in follower.states("final")] == [4]


def test_a_state_that_may_not_be_written_keeps_nobody_from_reading(bound: Desk) -> None:
    first = bound.follow("--state", bound.state)
    bound.write(4)
    first.until(lambda: first.states("provisional"))
    first.end()
    before = sorted((path.name, path.read_bytes()) for path in bound.state.iterdir())
    bound.state.chmod(0o555)
    second = bound.follow("--state", bound.state)
    second.until(lambda: "the state cannot be written: Permission denied" in second.err)
    bound.write(4, every=0.5)
    bound.later()
    second.until(lambda: sum(verdict["count"] for verdict in second.states("final")) == 8)
    second.end()
    assert first.states("final") == []
    assert second.err.count("the state cannot be written") == 1
    assert sorted((path.name, path.read_bytes()) for path in bound.state.iterdir()) == before


@pytest.mark.parametrize("call", ["open", "replace"])
def test_a_file_system_that_becomes_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    checkpoint = Checkpoint(tmp_path)
    assert checkpoint.save("first", 1.0)
    real: Callable[..., object] = getattr(os, call)

    def refuse(*words: object, **how: object) -> object:
        if call == "replace" or int(str(words[1])) & os.O_WRONLY:
            raise OSError(30, os.strerror(30))
        return real(*words, **how)

    monkeypatch.setattr(os, call, refuse)
    assert not checkpoint.save("second", 2.0)
    assert not checkpoint.save("third", 3.0)
    assert checkpoint.notes == [f"{tmp_path}: the state cannot be written: Read-only file system"]
    assert checkpoint.load() == "first"
    monkeypatch.undo()
    assert checkpoint.save("fourth", 4.0)
    assert checkpoint.load() == "fourth"
    checkpoint.close()


def test_a_reader_that_stands_still_holds_it_up_and_gets_everything(
    desk: Desk,  # noqa: F811
) -> None:
    words = desk.command("label", "--lateness", "100ms")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        desk.write(2000, every=0.01)
        desk.later()
        until(lambda: waiting_in(process.stdout) > 60_000)  # the pipe is full, and the run waits
        before, cpu = resident(process.pid), spent(process.pid)
        for _ in range(10):
            desk.write(2000, every=0.01)
            time.sleep(0.1)
        assert resident(process.pid) - before < 4 << 20, "what is written meanwhile stays in files"
        assert spent(process.pid) - cpu < 0.5, "it does not ask again and again"
        lines = [process.stdout.readline() for _ in range(2000)]
        process.send_signal(signal.SIGTERM)
        lines += process.stdout.readlines()
        assert process.wait(timeout=20) == 0
    assert len(set(lines)) == len(lines) >= 2000


def resident(pid: int) -> int:
    """Bytes of a process in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def spent(pid: int) -> float:
    """Seconds of CPU that a process took."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
