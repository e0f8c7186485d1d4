"""Following, as a real process: what signals, rotation, restarts and new rules do to it."""

import fcntl
import gzip
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pytest

RULES = """
network cluster = 10.42.0.0/16
event reset { match `read tcp <local:addr>-><peer:addr>: read: connection reset by peer` }
rule beat {
  label probe_noise
  title "a beat"
  burst of reset by pod, peer gap 1s
  when { peer in cluster; at least 4; every 100ms..60s ± 30% }
}
"""
LOG = f"api-7c9d8b6f5d-x2x4v_shop_api-{'a' * 64}.log"


class Follower:
    """A `whyreset ... --follow` process; what it says is gathered in threads."""

    def __init__(
        self,
        *words: str | Path,
        command: str = "run",
        prepare: Callable[[], None] | None = None,
        before: Sequence[str] = (),
    ) -> None:
        self.process = subprocess.Popen(
            [*before, sys.executable, "-m", "whyreset", command, "--follow", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=prepare,  # noqa: PLW1509 - it only sets a limit
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.out: list[dict[str, Any]] = []
        self.err = ""
        self._threads = [
            threading.Thread(target=self._read_out, daemon=True),
            threading.Thread(target=self._read_err, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read_out(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.out.append(json.loads(line))

    def _read_err(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.err += line.decode()

    def until(self, what: Callable[[], object], seconds: float = 60) -> None:
        """Wait for something to be seen."""
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, (self.out, self.err)
            assert self.process.poll() is None, self.err
            time.sleep(0.02)

    def end(self, number: int = signal.SIGTERM) -> float:
        """Send a signal and wait; the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=20)
        took = time.monotonic() - began
        for thread in self._threads:
            thread.join(timeout=5)
        assert "Traceback" not in self.err, self.err
        return took

    def states(self, state: str) -> list[dict[str, Any]]:
        return [verdict for verdict in self.out if verdict["state"] == state]


class Desk:
    """A folder of logs, rules and a state, and processes that follow them."""

    def __init__(self, folder: Path) -> None:
        self.logs, self.rules, self.state = folder / "logs", folder / "rules", folder / "state"
        self.logs.mkdir()
        self.rules.mkdir()
        (self.rules / "beat.rules").write_text(RULES)
        self.log = self.logs / LOG
        self.started: list[Follower] = []
        self.ports = 0
        self.clock = time.time() - 3600
        self.before: Sequence[str] = ()  # words before the command of a process

    def follow(self, *words: str | Path, command: str = "run") -> Follower:
        shape = ("-o", "json") if command == "run" else ()
        follower = Follower(
            "--no-builtin", "-r", self.rules, *shape, "--lateness", "500ms", *words, self.logs,
            command=command, before=self.before,
        )  # fmt: skip
        self.started.append(follower)
        return follower

    def command(self, command: str, *words: str | Path) -> list[str]:
        """A follower's command, to be run otherwise."""
        chosen = [command, "--follow", "--no-builtin", "-r", self.rules, *words, self.logs]
        return [sys.executable, "-m", "whyreset", *map(str, chosen)]

    def kept(self) -> bytes:
        """The state as it was last written; nothing while it is being replaced."""
        try:
            return (self.state / "state").read_bytes()
        except FileNotFoundError:
            return b""

    def later(self) -> None:
        """A line so much later that every burst before it is over."""
        self.write(text="nothing of note", every=200)

    def write(self, count: int = 1, text: str = "", every: float = 0.3, end: str = "\n") -> None:
        """Resets, one every so many seconds of log time."""
        with self.log.open("a") as log:
            for _ in range(count):
                self.clock += every
                self.ports += 1
                stamp = datetime.fromtimestamp(self.clock, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
                said = text or (
                    f"read tcp 10.42.3.9:8080->10.42.0.1:{self.ports}: read: "
                    "connection reset by peer"
                )
                log.write(f"{stamp} stderr F {said}{end}")


def until(what: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def waiting_in(pipe: IO[bytes]) -> int:
    """Bytes that a pipe holds."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4), sys.byteorder)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    for follower in desk.started:
        if follower.process.poll() is None:
            follower.process.kill()
            follower.process.wait()


def test_a_verdict_is_said_early_and_when_silence_ends_the_burst(desk: Desk) -> None:
    follower = desk.follow()
    desk.write(6)
    follower.until(lambda: follower.states("provisional"))
    desk.later()
    follower.until(lambda: follower.states("final"))
    (early,), (final,) = follower.states("provisional"), follower.states("final")
    assert early["id"] == final["id"]
    assert final["count"] == 6
    assert follower.end() < 2
    assert follower.process.returncode == 0
    assert "6 resets" in follower.err


def test_a_burst_goes_on_through_rotation_and_a_clean_restart(desk: Desk) -> None:
    follower = desk.follow("--state", desk.state)
    desk.write(4)
    follower.until(lambda: follower.states("provisional"))
    desk.log.rename(desk.log.with_name(LOG + ".1"))
    desk.write(2)
    assert follower.end() < 2
    assert follower.states("final") == []
    desk.write(2)
    desk.log.rename(desk.log.with_name(LOG + ".0"))  # while nobody reads it
    desk.write(2)
    desk.later()
    again = desk.follow("--state", desk.state)
    again.until(lambda: again.states("final"))
    again.end()
    (final,) = again.states("final")
    assert final["count"] == 10
    assert final["id"] == follower.states("provisional")[0]["id"]
    third = desk.follow("--state", desk.state)
    desk.write(6, every=0.5)
    desk.later()
    third.until(lambda: third.states("final"))
    third.end()
    assert final["id"] not in {verdict["id"] for verdict in third.out}, "said once"


def test_one_line_of_a_far_year_makes_no_later_line_late(desk: Desk) -> None:
    follower = desk.follow()
    desk.write(4)
    follower.until(lambda: follower.states("provisional"))
    now, desk.clock = desk.clock, desk.clock + 3e8
    desk.write(1)
    desk.clock = now
    time.sleep(1.5)  # it is read by itself
    desk.write(6)
    desk.later()
    follower.until(lambda: follower.states("final"))
    follower.end()
    assert follower.states("final")[0]["count"] == 10
    assert "too late" not in follower.err


def test_copytruncate_loses_and_repeats_nothing(desk: Desk) -> None:
    follower = desk.follow()
    desk.write(4)
    follower.until(lambda: follower.states("provisional"))
    desk.write(2)
    desk.log.with_name(LOG + ".1").write_bytes(desk.log.read_bytes())
    os.truncate(desk.log, 0)
    desk.write(1)
    desk.later()
    follower.until(lambda: follower.states("final"))
    follower.end()
    assert [verdict["count"] for verdict in follower.states("final")] == [7]


def test_killed_it_repeats_but_loses_nothing(desk: Desk) -> None:
    first = desk.follow("--state", desk.state)
    desk.write(5)
    desk.later()
    first.until(lambda: first.states("final"))
    first.end(signal.SIGKILL)
    second = desk.follow("--state", desk.state)
    desk.write(5)
    desk.later()
    second.until(lambda: len(second.states("final")) >= 1)
    second.until(lambda: any(v["start"] > first.out[-1]["end"] for v in second.states("final")))
    second.end()
    counts = {v["id"]: v["count"] for v in (*first.states("final"), *second.states("final"))}
    assert sum(counts.values()) == 10, "what comes twice has the same id"


def test_a_connection_has_its_peer_though_it_was_killed_since(desk: Desk) -> None:
    (desk.rules / "connections.rules").write_text(
        "event opened { match `conn <connection> from <client:addr>` }\n"
        "event reset { match `conn <connection>: Connection reset by peer` }\n"
    )
    first = desk.follow("--state", desk.state)
    desk.write(text="conn 7 from 10.42.0.9:5000")
    desk.write(text="nothing of note", every=60)
    first.until(lambda: b"10.42.0.9" in desk.kept())
    first.end(signal.SIGKILL)
    desk.write(text="conn 7: Connection reset by peer")
    desk.later()
    second = desk.follow("--state", desk.state)
    second.until(lambda: second.states("final"))
    second.end()
    assert [verdict["peer"] for verdict in second.states("final")] == ["10.42.0.9"]


def test_labels_come_once_each(desk: Desk) -> None:
    follower = desk.follow("--state", desk.state, command="label")
    desk.write(5)
    desk.later()
    follower.until(lambda: follower.out)
    follower.end()
    again = desk.follow("--state", desk.state, command="label")
    desk.write(3)
    last = f"10.42.0.1:{desk.ports}: ".encode()
    again.until(lambda: last in desk.kept())
    again.end()
    desk.later()
    third = desk.follow("--state", desk.state, command="label")
    third.until(lambda: len(follower.out) + len(again.out) + len(third.out) == 8)
    third.end()
    lines = [label["line"] for each in (follower, again, third) for label in each.out]
    assert len(set(lines)) == len(lines) == 8


def test_rules_are_swapped_or_refused(desk: Desk) -> None:
    follower = desk.follow()
    desk.write(4)
    follower.until(lambda: follower.states("provisional"))
    rules = desk.rules / "beat.rules"
    rules.write_text(RULES.replace("at least", "at lest"))
    follower.until(lambda: "the old ones stay in force" in follower.err)
    new = desk.rules / "new"
    new.write_text(RULES.replace("probe_noise", "client_abort"))
    new.rename(rules)  # as editors save
    follower.until(lambda: "rules reloaded" in follower.err)
    desk.write(4)
    desk.later()
    follower.until(lambda: follower.states("final"))
    follower.end()
    (final,) = follower.states("final")
    assert (final["label"], final["count"]) == ("client_abort", 8), "the burst went on"


def test_signals_reload_and_tell(desk: Desk) -> None:
    follower = desk.follow()
    desk.write(4)
    follower.until(lambda: follower.states("provisional"))
    follower.process.send_signal(signal.SIGUSR1)
    follower.until(lambda: "1 logs followed" in follower.err)
    follower.process.send_signal(signal.SIGHUP)
    follower.until(lambda: "the same as before" in follower.err)
    assert follower.end(signal.SIGINT) < 2
    assert sum(verdict["count"] for verdict in follower.states("final")) == 4


def test_a_reader_that_leaves_ends_it_quietly(desk: Desk) -> None:
    words = desk.command("run", "-o", "json", "--state", desk.state)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        desk.write(6)
        assert process.wait(timeout=20) == 0
        assert b"Traceback" not in process.stderr.read()
    follower = desk.follow("--state", desk.state)
    follower.until(lambda: follower.states("provisional"))  # it was not said yet


def test_a_reader_that_stalls_is_not_waited_for_at_the_end(desk: Desk) -> None:
    words = desk.command("label", "--lateness", "100ms", "--state", desk.state)
    desk.write(2000, every=0.01)
    desk.later()
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        until(lambda: waiting_in(process.stdout) > 60_000)  # the pipe is full, and the run waits
        process.terminate()
        assert process.wait(timeout=20) == 0
    follower = desk.follow("--state", desk.state, command="label")
    follower.until(lambda: len(follower.out) == 2000)
    follower.end()


@pytest.mark.parametrize("harm", ["torn", "foreign", "none", "junk"])
def test_a_state_that_cannot_be_used_is_said(desk: Desk, harm: str) -> None:
    first = desk.follow("--state", desk.state)
    desk.write(5)
    first.until(lambda: first.states("provisional"))
    first.end()
    (desk.state / "state.before").unlink(missing_ok=True)
    path = desk.state / "state"
    data = path.read_bytes()
    if harm == "none":
        path.unlink()
    else:
        path.write_bytes({
            "torn": data[: len(data) // 2],
            "foreign": b"whyreset state 0 0.0.1\n" + data[30:],
            "junk": b"hello",
        }[harm])  # fmt: skip
    desk.later()
    second = desk.follow("--state", desk.state)
    second.until(lambda: second.states("final"))
    second.end()
    assert second.states("final")[0]["count"] == 5, "the logs were read again"
    said = {"torn": "damaged", "foreign": "another version", "junk": "not a state", "none": ""}
    assert said[harm] in second.err


def test_a_state_belongs_to_one_run(desk: Desk) -> None:
    first = desk.follow("--state", desk.state)
    first.until((desk.state / "lock").exists)
    desk.write(5)
    first.until(lambda: first.states("provisional"))
    second = desk.follow("--state", desk.state)
    assert second.process.wait(timeout=20) == 2
    first.end()


def test_metrics_and_health(desk: Desk) -> None:
    urlopen = pytest.importorskip("urllib.request").urlopen
    pytest.importorskip("prometheus_client")
    port = 20000 + os.getpid() % 20000
    follower = desk.follow("--metrics", f"127.0.0.1:{port}", "--state", desk.state)
    desk.write(6)
    desk.later()
    follower.until(lambda: follower.states("final"))
    said = urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    assert "whyreset_resets_total 6.0" in said
    assert 'whyreset_verdicts_total{label="probe_noise",state="final"} 1.0' in said
    assert "whyreset_checkpoint_age_seconds" in said
    assert urlopen(f"http://127.0.0.1:{port}/healthz").read().startswith(b"ok")
    follower.end()


def test_files_that_cannot_be_read_hold_up_nobody(desk: Desk) -> None:
    other = desk.logs / "other.log"
    other.symlink_to(desk.logs / "nowhere")
    (desk.logs / "folder.log").mkdir()
    (desk.logs / "linked.log").symlink_to("folder.log")
    follower = desk.follow()
    desk.write(6)
    desk.later()
    follower.until(lambda: follower.states("final"))
    follower.end()


def test_more_logs_than_descriptors_are_read_in_turns(desk: Desk) -> None:
    names = [LOG.replace("x2x4v", f"x2x{letter}v") for letter in "bcdfghjklmnpqrstvwxz" * 2]
    logs = [desk.logs / name.replace("aaaa", f"{i:04}") for i, name in enumerate(names)]
    for log in logs:
        log.touch()
    words = (resource.RLIMIT_NOFILE, (48, 48))
    follower = Follower(
        "--no-builtin", "-r", desk.rules, "-o", "json", "--lateness", "500ms", desk.logs,
        prepare=lambda: resource.setrlimit(*words),
    )  # fmt: skip
    desk.started.append(follower)
    for _ in range(2):
        for desk.log in logs:
            desk.write(4, every=0.3)
    for desk.log in logs:
        desk.later()
    follower.until(lambda: sum(v["count"] for v in follower.states("final")) == 8 * len(logs), 60)
    follower.end()
    assert follower.err.count("Too many open files") == 1


def test_a_path_that_cannot_be_read_is_read_again(desk: Desk) -> None:
    desk.write(4)
    follower = desk.follow()
    follower.until(lambda: follower.states("provisional"))
    kept = desk.log.with_name("aside")
    desk.log.rename(kept)
    desk.log.symlink_to(desk.log.name)  # a link to itself
    follower.until(lambda: "trying again" in follower.err)
    desk.log.unlink()
    kept.rename(desk.log)
    desk.write(2)
    desk.later()
    follower.until(lambda: follower.states("final"))
    follower.end()
    assert [verdict["count"] for verdict in follower.states("final")] == [6]


def test_a_state_that_cannot_be_written_is_said_and_tried_again(desk: Desk) -> None:
    follower = desk.follow("--state", desk.state)
    desk.write(4)
    follower.until(lambda: follower.states("provisional"))
    shutil.rmtree(desk.state)
    follower.until(lambda: "the state cannot be written" in follower.err)
    desk.state.mkdir()
    follower.until(lambda: "the state is written again" in follower.err)
    follower.end()
    assert follower.states("final") == []


def test_rules_of_a_config_map_are_swapped(desk: Desk) -> None:
    first, second = desk.rules / "..2026_1", desk.rules / "..2026_2"
    for folder, label in ((first, "probe_noise"), (second, "client_abort")):
        folder.mkdir()
        (folder / "beat.rules").write_text(RULES.replace("probe_noise", label))
    (desk.rules / "..data").symlink_to(first.name)
    (desk.rules / "beat.rules").unlink()
    (desk.rules / "beat.rules").symlink_to("..data/beat.rules")
    follower = desk.follow()
    desk.write(4)
    follower.until(lambda: follower.states("provisional"))
    (desk.rules / "..new").symlink_to(second.name)
    (desk.rules / "..new").rename(desk.rules / "..data")
    shutil.rmtree(first)
    follower.until(lambda: "rules reloaded" in follower.err)
    follower.end()
    assert [verdict["label"] for verdict in follower.states("final")] == ["client_abort"]


def test_a_pattern_without_end_is_given_up(desk: Desk) -> None:
    (desk.rules / "slow.rules").write_text("""
        event slow { match /^(?:(?:a|aa)+)+$/ }
        rule slow {
          label backend_crash; title "slow"; priority 99
          burst of reset by pod gap 1s
          when { any have slow within 1s }
        }
    """)
    follower = desk.follow()
    desk.write(2)
    desk.write(1, text="a" * 200 + "!")
    desk.write(2)
    desk.later()
    follower.until(lambda: follower.states("final"))
    follower.end()
    assert sum(verdict["count"] for verdict in follower.states("final")) == 4


def test_wrong_usage_is_said(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.log"
    os.mkfifo(fifo)
    packed, coded = tmp_path / "packed.log", tmp_path / "coded.log"
    packed.write_bytes(gzip.compress(b"a line\n"))
    coded.write_text("a line\n", "utf-16")
    for words, said in (
        (("--state", "x", "."), "goes with --follow"),
        (("--memory", "256M", __file__), "a pipe, or with --follow"),
        (("--follow", "-"), "a pipe is followed anyway"),
        (("--follow", "/nowhere/at/all.log"), "No such file"),
        (("--skip", "api-*", "."), "--skip goes with --follow"),
        (("--follow", str(fifo)), f"a pipe is followed anyway: whyreset run {fifo}"),
        (("--follow", str(packed)), f"what is packed is not followed: whyreset run {packed}"),
        (("--follow", str(coded)), f"what is in UTF-16 is not followed: whyreset run {coded}"),
        (("",), "the path is empty"),
        (("--follow", "--memory", "1M", "."), "not a size"),
        (("--follow", "--metrics", "x", "."), "not an address"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "whyreset", "run", *words],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert said in done.stderr
