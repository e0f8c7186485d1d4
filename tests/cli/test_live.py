"""A pipe that goes on: verdicts come while it is open, and are the same in the end."""

import json
import os
import select
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE

RULES = """
network cluster = 10.42.0.0/16
event reset { match `read tcp <local:addr>-><peer:addr>: read: connection reset by peer` }
rule beat {
  label probe_noise
  title "a beat"
  burst of reset by pod, peer gap 60s
  when {
    peer in cluster
    at least 4
    every 1s..60s ± 15%
  }
}
"""


def line(pod: str, seconds: float) -> str:
    stamp = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    text = "read tcp 10.42.3.9:8080->10.42.0.1:40100: read: connection reset by peer"
    return f"[pod/{pod}/api] {stamp} {text}\n"


def history(now: float) -> list[str]:
    """What `kubectl logs -f --prefix` prints first: one pod after the other."""
    return [line(pod, now - 90 + 10 * i) for pod in ("api-1", "api-2") for i in range(6)]


def command(rules: Path, *inputs: str) -> list[str]:
    options = ["-o", "json", "--no-builtin", "-r", str(rules)]
    return [sys.executable, "-m", "whyreset", "run", *options, *inputs]


def test_provisional_verdicts_come_while_the_pipe_is_open(tmp_path):
    rules = tmp_path / "beat.rules"
    rules.write_text(RULES, "utf-8")
    lines = history(time.time())
    with subprocess.Popen(command(rules), stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("".join(lines).encode())
        process.stdin.flush()
        early = b""
        deadline = time.monotonic() + 30
        while early.count(b"\n") < 2 and time.monotonic() < deadline:
            if select.select([process.stdout], [], [], 1)[0]:
                early += os.read(process.stdout.fileno(), 65536)
        process.stdin.close()
        final = process.stdout.read()
    said = [json.loads(text) for text in early.splitlines()]
    assert {verdict["state"] for verdict in said} == {"provisional"}
    assert {verdict["pod"] for verdict in said} == {"api-1", "api-2"}
    ended = [json.loads(text) for text in final.splitlines()]
    assert [verdict["state"] for verdict in ended] == ["final", "final"]
    assert {verdict["id"] for verdict in ended} == {verdict["id"] for verdict in said}

    saved = tmp_path / "saved.log"
    saved.write_text("".join(lines))
    replayed = subprocess.run(command(rules, str(saved)), capture_output=True, check=True).stdout
    assert sorted(replayed.splitlines()) == sorted(final.splitlines())


def test_a_named_pipe_and_a_device_end_quietly(tmp_path):
    rules = tmp_path / "beat.rules"
    rules.write_text(RULES, "utf-8")
    for name in (os.devnull, _pipe_with(tmp_path, "".join(history(time.time())))):
        done = subprocess.run(command(rules, name), capture_output=True, timeout=30, check=False)
        assert done.returncode == 0
        assert b"Traceback" not in done.stderr


def _pipe_with(folder: Path, text: str) -> str:
    path = folder / "pipe"
    os.mkfifo(path)
    subprocess.Popen(["/bin/sh", "-c", 'printf %s "$0" > "$1"', text, str(path)])
    return str(path)


def test_one_line_of_a_far_year_makes_no_later_line_late(tmp_path):
    rules = tmp_path / "beat.rules"
    rules.write_text(RULES, "utf-8")
    now = time.time()
    with subprocess.Popen(command(rules), stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        for start, lines in ((0, 3), (3, 0), (3, 12)):
            moments = [now - 90 + 5 * i for i in range(start, start + lines)] or [now + 3e8]
            process.stdin.write("".join(line("api-1", moment) for moment in moments).encode())
            process.stdin.flush()
            time.sleep(2.2)  # the pipe has caught up
        process.stdin.close()
        verdicts = [json.loads(text) for text in process.stdout.read().splitlines()]
        said = process.stderr.read().decode()
    final = [(each["label"], each["count"]) for each in verdicts if each["state"] == "final"]
    assert sorted(final) == [("probe_noise", 15), ("unknown", 1)]
    assert "too late" not in said
