"""A pipe that goes on heeds signals, and says what its silence leaves open."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import PIPE
from urllib.request import urlopen

import pytest
from tests.cli.test_live import RULES, line

ABSENCE = """
event access { match `served <client:addr>` }
rule quiet {
  label client_abort
  title "no request came from it"
  burst of reset by pod, peer gap 2s
  priority 90
  when { at least 4; gone: no access from peer within 60s after }
}
"""


class Pipe:
    """`whyreset run` at the end of a pipe that stays open."""

    def __init__(self, rules: Path, command: str = "run", words: Sequence[str] = ()) -> None:
        shape = ["-o", "json"] if command == "run" else []
        options = [*shape, "--no-builtin", "-r", str(rules), *words]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "whyreset", command, *options],
            stdin=PIPE, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        self.out: list[dict[str, object]] = []
        self.err = ""
        self.began = time.time() - 90
        self.threads = [threading.Thread(target=read, daemon=True) for read in (self._o, self._e)]
        for thread in self.threads:
            thread.start()

    def _o(self) -> None:
        assert self.process.stdout
        self.out.extend(map(json.loads, self.process.stdout))

    def _e(self) -> None:
        assert self.process.stderr
        for text in self.process.stderr:
            self.err += text.decode()

    def write(self, text: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def until(self, what: Callable[[], object]) -> None:
        end = time.monotonic() + 60
        while not what():
            assert time.monotonic() < end, (self.out, self.err)
            assert self.process.poll() is None, self.err
            time.sleep(0.02)

    def ended(self) -> int:
        code = self.process.wait(timeout=30)
        for thread in self.threads:
            thread.join(timeout=10)
        return code


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "beat.rules"
    path.write_text(RULES, "utf-8")
    return path


@pytest.fixture
def pipe(rules: Path) -> Iterator[Pipe]:
    pipe = Pipe(rules)
    pipe.write("".join(line("api", pipe.began + 10 * i) for i in range(6)))
    pipe.until(lambda: pipe.out)
    yield pipe
    if pipe.process.poll() is None:
        pipe.process.kill()
        pipe.process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_final_verdicts(pipe: Pipe, number: int) -> None:
    pipe.process.send_signal(number)
    assert pipe.ended() == 0
    assert [(v["state"], v["count"]) for v in pipe.out[1:]] == [("final", 6)]
    assert "6 resets" in pipe.err


def test_it_tells_what_is_open(pipe: Pipe) -> None:
    pipe.process.send_signal(signal.SIGUSR1)
    pipe.until(lambda: "1 pipe read; 6 lines" in pipe.err)
    assert "open     " in pipe.err


def test_rules_are_reloaded_or_refused_and_the_burst_goes_on(pipe: Pipe, rules: Path) -> None:
    rules.write_text(RULES.replace("at least", "at lest"), "utf-8")
    pipe.process.send_signal(signal.SIGHUP)
    pipe.until(lambda: "the old ones stay in force" in pipe.err)
    rules.write_text(RULES.replace("probe_noise", "client_abort"), "utf-8")
    pipe.process.send_signal(signal.SIGHUP)
    pipe.until(lambda: "rules reloaded" in pipe.err)
    pipe.write(line("api", pipe.began + 60))
    pipe.process.stdin.close()  # type: ignore[union-attr]
    assert pipe.ended() == 0
    assert [(v["label"], v["count"]) for v in pipe.out if v["state"] == "final"] == [
        ("client_abort", 7)
    ]


def test_rules_that_change_are_taken_up_without_being_asked(pipe: Pipe, rules: Path) -> None:
    rules.write_text(RULES.replace("probe_noise", "client_abort"), "utf-8")
    pipe.until(lambda: "rules reloaded" in pipe.err)
    pipe.process.stdin.close()  # type: ignore[union-attr]
    assert pipe.ended() == 0
    assert [v["label"] for v in pipe.out if v["state"] == "final"] == ["client_abort"]


def has_address(host: str) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.bind((host.strip("[]"), 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_metrics_of_a_pipe(rules: Path, host: str) -> None:
    pytest.importorskip("prometheus_client")
    if not has_address(host):
        pytest.skip("this machine has no such address")
    port = 40_000 + os.getpid() % 20_000
    pipe = Pipe(rules, words=("--metrics", f"{host}:{port}", "--memory", "1G"))
    pipe.write("".join(line("api", pipe.began + 10 * i) for i in range(6)))
    pipe.until(lambda: pipe.out)
    address = f"http://{host}:{port}"
    said = urlopen(f"{address}/metrics").read().decode()
    assert "whyreset_resets_total 6.0" in said
    assert 'whyreset_source_lag_seconds{source="-"} 0.0' in said
    assert urlopen(f"{address}/healthz").read().startswith(b"ok")
    pipe.process.terminate()
    assert pipe.ended() == 0


def test_silence_proves_no_absence(tmp_path: Path) -> None:
    rules = tmp_path / "absence.rules"
    rules.write_text(RULES + ABSENCE, "utf-8")
    pipe = Pipe(rules)
    served = line("web", time.time() - 12).replace("read tcp", "served 10.9.9.9 read_tcp")
    pipe.write(served + "".join(line("api", time.time() - 10 + i / 10) for i in range(4)))
    pipe.until(lambda: "nothing came for 10 s" in pipe.err)
    pipe.process.terminate()
    assert pipe.ended() == 0
    (final,) = [verdict for verdict in pipe.out if verdict["state"] == "final"]
    assert final["label"] == "unknown"


def test_a_state_makes_no_sense_for_a_pipe(tmp_path: Path) -> None:
    for words in (["--state", str(tmp_path)], ["--follow", "--state", str(tmp_path), "-"]):
        done = subprocess.run(
            [sys.executable, "-m", "whyreset", "run", *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert "what a pipe has given cannot be read again" in done.stderr
