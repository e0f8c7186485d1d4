"""`--jobs`: the same output and exit codes with several processes, and none that stays behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Lines = Callable[..., bytes]
PROC = pytest.mark.skipif(
    not Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").exists(), reason="needs /proc"
)


@pytest.fixture
def folder(lines: Lines, tmp_path: Path) -> Path:
    for number in range(4):
        name = f"api-{number}_shop_api-{'a' * 64}.log"
        (tmp_path / name).write_bytes(lines(30 + number, peer=f"10.0.0.{number}"))
    (tmp_path / "gone.log").symlink_to(tmp_path / "nowhere")
    return tmp_path


@pytest.mark.parametrize("words", [("run",), ("run", "-o", "json"), ("label",)])
def test_the_output_is_the_same(shell: Any, folder: Path, words: tuple[str, ...]) -> None:
    alone, *shared = (
        shell.reads(*words[1:], "--jobs", jobs, folder, command=words[0]) for jobs in "123"
    )
    assert alone.out
    assert "gone.log: No such file" in alone.out + alone.err
    assert shared == [alone, alone]


def test_exit_codes(shell: Any, folder: Path) -> None:
    if Path("/proc/self/mem").exists():
        said = shell.reads("--jobs", "2", folder, "/proc/self/mem", code=2)
        assert "not read: /proc/self/mem: Input/output error" in said.out
        assert "33 from 10.0.0.3" in said.out
    said = shell.reads("--jobs", "2", folder / "nothing", code=2)
    assert said.err == f"whyreset: {folder}/nothing: No such file or directory\n"


def test_with_standard_input(shell: Any, folder: Path, lines: Lines) -> None:
    stdin = lines(7, peer="10.0.0.9")
    alone, shared = (shell.reads("--jobs", jobs, folder, "-", stdin=stdin) for jobs in "12")
    assert "7 from 10.0.0.9" in alone.out
    assert shared == alone
    assert "7 from 10.0.0.9" in shell.reads("--jobs", "2", stdin=stdin).out


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "", "²", "1.5", "10000"])
def test_wrong_numbers(shell: Any, jobs: str) -> None:
    said = shell.reads(f"--jobs={jobs}", code=2)
    assert f"argument --jobs: {jobs!r} is not a number from 1 to 1000" in said.err


@PROC
@pytest.mark.parametrize(
    ("whom", "number", "code"),
    [("all", signal.SIGINT, 130), ("one", signal.SIGINT, 130), ("one", signal.SIGKILL, -9)],
)
def test_no_process_stays_behind(
    shell: Any, folder: Path, whom: str, number: int, code: int
) -> None:
    words = shell.command("run", "--no-builtin", "-r", shell.rules, "--jobs", "2", folder, "-")
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=shell.environment,
        start_new_session=True,
    ) as process:
        workers = wait_for(lambda: found if len(found := children(process.pid)) == 2 else None)
        (os.killpg if whom == "all" else os.kill)(process.pid, number)
        out, err = process.communicate(timeout=10)
    assert process.returncode == code
    assert (out, err) == (b"", b"")
    assert wait_for(lambda: not any(map(is_alive, workers)))


@PROC
def test_a_worker_that_is_killed(shell: Any, lines: Lines, tmp_path: Path) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(lines(30_000))
    words = shell.command("run", "--no-builtin", "-r", shell.rules, "--jobs", "2", tmp_path, "-")
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=shell.environment
    ) as process:
        # Standard input says nothing: of the files no more is read than a few blocks.
        workers = wait_for(lambda: found if len(found := children(process.pid)) == 2 else None)
        os.kill(workers[0], signal.SIGKILL)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    told = "not read: {}: the process that read it was killed by signal 9"
    assert told.format(tmp_path / "a.log") in out.decode()
    assert out.count(b"not read: ") == 1


def test_a_reader_that_leaves(shell: Any, lines: Lines, tmp_path: Path) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(lines(20_000))
    words = shell.command("label", "--no-builtin", "-r", shell.rules, "--jobs", "2", tmp_path)
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=shell.environment
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode in (0, -signal.SIGPIPE)


def children(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in told.read_text().split()] if told.exists() else []


def is_alive(pid: int) -> bool:
    """Whether it is there, and no mere entry that its new parent has not read."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for(look: Callable[[], Any]) -> Any:
    ends = time.monotonic() + 10
    while not (found := look()) and time.monotonic() < ends:
        time.sleep(0.02)
    return found
