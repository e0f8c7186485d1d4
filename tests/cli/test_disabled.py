"""A team's pattern that takes too long: long lines are kept from it, and the rest goes on."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Lines = Callable[..., bytes]
TEAM = """event reset {
  match `backend <peer:ip> gone`
  match /lost orders:(?<client>(?:\\s*\\w+,?)+)$/
}
"""
SLOW = "the pattern took more than 0.2s on one record"
TOLD = f":3: {SLOW} and is only tried on 10,007 characters at most"
EVIL = b"2026-11-22T00:00:09.7Z stdout F lost orders: " + b"a" * 20_000 + b"!\n"


@pytest.fixture
def team(tmp_path: Path) -> Path:
    path = tmp_path / "team.rules"
    path.write_text(TEAM)
    return path


@pytest.fixture
def folder(lines: Lines, tmp_path: Path) -> Path:
    path = tmp_path / "logs"
    path.mkdir()
    for name in "abc":
        (path / f"{name}.log").write_bytes(lines(10) + EVIL * 40 + lines(20))
    return path


@pytest.mark.parametrize("jobs", ["1", "3"])
@pytest.mark.parametrize("command", ["run", "label"])
def test_it_is_told_once(shell: Any, team: Path, folder: Path, command: str, jobs: str) -> None:
    began = time.monotonic()
    said = shell.reads("-r", team, "--jobs", jobs, folder, command=command)
    assert time.monotonic() - began < 10  # 120 records, had each of them its time
    told = said.out if command == "run" else said.err
    assert told.count(f"{team}{TOLD}") == 1
    assert "not read" not in told
    if command == "run":
        assert "read 210 lines from 3 inputs: 90 events, 90 resets" in said.out
    else:
        assert said.out.count('"label":"probe_noise"') == 90


def test_on_a_pipe_it_is_told_at_once(shell: Any, team: Path, lines: Lines) -> None:
    words = shell.command("run", "--no-builtin", "-r", shell.rules, "-r", team, "-o", "json")
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=shell.environment,
    ) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(lines(10) + EVIL + lines(20))
        process.stdin.flush()
        assert process.stderr.readline().decode() == f"whyreset: {team}{TOLD}\n"  # still open
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert b'"state":"final"' in out
    assert f"  {team}{TOLD}" in err.decode()
