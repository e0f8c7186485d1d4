"""A real process that follows files while another writes them comes to what a replay says."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.run.test_follow import Follower

SAMPLES = Path(__file__).parents[2] / "samples"


def growing(sample: Path) -> list[tuple[str, bytes]]:
    """The lines of a sample's container logs, in the order of their times."""
    return [
        (name, line)
        for _, name, line in sorted(
            (line.split(b" ")[0], path.name, line)
            for path in sample.glob("*_*_*.log")
            for line in path.read_bytes().splitlines(keepends=True)
        )
    ]


@pytest.mark.parametrize("label", ["client_abort", "termination_fallout"])
def test_a_process_that_follows_says_what_a_replay_says(tmp_path: Path, label: str) -> None:
    lines = growing(SAMPLES / label)
    for name in {name for name, _ in lines}:
        (tmp_path / name).touch()
    logs, state = tmp_path, tmp_path / "state"
    follower = Follower("-o", "json", "--lateness", "60s", "--state", state, logs)
    follower.until((state / "state").exists)
    for at in range(0, len(lines), 200):
        for name, line in lines[at : at + 200]:
            with (logs / name).open("ab") as log:
                log.write(line)
        time.sleep(0.02)

    def has_read_all() -> bool:
        follower.process.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
        return f" {len(lines):,} lines," in follower.err

    follower.until(has_read_all)
    while state.exists():  # so that it cannot go on later, and settles what is open
        shutil.rmtree(state, ignore_errors=True)
    follower.end(signal.SIGTERM)
    words = [sys.executable, "-m", "whyreset", "run", "-o", "json", "--lateness", "60s", logs]
    replayed = subprocess.run(words, capture_output=True, check=True).stdout.splitlines()
    final = [verdict for verdict in map(json.loads, replayed) if verdict["state"] == "final"]
    assert final
    assert sorted(follower.states("final"), key=str) == sorted(final, key=str)
