"""The server on a unix socket, and the Lua filter that asks it, as processes."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from whyreset.basis.times import format_time
from whyreset.basis.units import NS

RULES = """
event reset { match `read tcp <local:addr>-><peer:addr>: read: connection reset by peer` }
event access { match /^(?<client>[\\d.]+) "GET (?<path>\\S+)" (?<status>\\d+)/ }
rule probe {
  label probe_noise
  burst of reset by pod, peer gap 30s
  when { at least 4; every 2s..20s ± 15% }
}
rule aborted {
  label client_abort; priority 60
  burst of reset by pod, peer gap 40s
  when { access status = 499 from peer within 2s }
}
"""
START = 1_800_000_000
RESET = "read tcp 10.42.1.9:80->10.42.0.1:51234: read: connection reset by peer"


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "own.rules"
    path.write_text(RULES)
    return path


def whyreset(rules: Path, *words: str | Path) -> list[str]:
    return [
        sys.executable, "-m", "whyreset", *map(str, words), "--no-builtin", "-r", str(rules),
    ]  # fmt: skip


@contextmanager
def serving(rules: Path, path: Path, *words: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        whyreset(rules, "serve", "--unix", path, *words), stderr=subprocess.PIPE
    )
    try:
        wait_for(path, process)
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 15
    while time.monotonic() < until and process.poll() is None:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
            except OSError:
                time.sleep(0.02)
            else:
                return
    raise AssertionError(process.communicate())


class Client:
    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")

    def ask(self, *requests: bytes) -> list[bytes]:
        self.socket.sendall(b"".join(request + b"\n" for request in requests))
        return [self.lines.readline()[:-1] for _ in requests]

    def close(self) -> None:
        self.lines.close()
        self.socket.close()


def request(second: float, text: str = RESET, pod: str = "api-1", tag: str = "kube.x") -> bytes:
    record = {"log": text, "kubernetes": {"pod_name": pod, "namespace_name": "shop"}}
    ts = f"{START + int(second)}.{round(second % 1 * NS):09}"
    return b'{"tag":%b,"ts":%b,"record":%b}' % (
        json.dumps(tag).encode(), ts.encode(), json.dumps(record).encode(),
    )  # fmt: skip


def pairs(answer: bytes) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in answer.decode().split("\t")) if answer else {}


def test_one_answer_for_each_request_in_order(rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.sock"
    with serving(rules, path):
        client = Client(path)
        requests = [request(10 * i) for i in range(6)]
        odd = [b"", b"no json", b'{"record":[]}', b'{"record":{"log":"other"}}']
        answers = client.ask(*requests[:5], *odd, requests[5])
        labels = [pairs(answer).get("label") for answer in answers]
        assert labels == ["probe_noise"] * 5 + [None] * 4 + ["probe_noise"]
        assert pairs(answers[0]).keys() == {"label", "rule", "confidence", "burst", "state"}
        first = pairs(client.ask(request(900))[0])
        assert (first["label"], first.get("rule")) == ("unknown", None)
        slower = json.dumps({"ts": START + 2, "record": {"log": RESET}}, indent=None).encode()
        assert pairs(client.ask(slower)[0])["label"] == "unknown"
        odd_bytes = request(2).replace(b'"log": "', b'"log": "\xff')
        assert pairs(client.ask(odd_bytes)[0])["label"] == "unknown"
        labelled = json.dumps({"record": {"log": RESET, "whyreset": {"label": "x"}}}).encode()
        assert client.ask(labelled) == [b""]
        client.close()


def test_drops_and_verdicts_in_event_time(rules: Path, tmp_path: Path) -> None:
    path, verdicts = tmp_path / "w.sock", tmp_path / "v.jsonl"
    words = ("--drop", "probe_noise", "--verdicts", verdicts)
    with serving(rules, path, *words) as process:
        client = Client(path)
        answers = [client.ask(request(10.123456789 * i))[0] for i in range(6)]
        assert answers[3:] == [b"-"] * 3
        assert b"-" not in answers[:3]
        process.terminate()
        assert process.wait(15) == 0
        client.close()
    (final,) = [
        found
        for line in verdicts.read_text().splitlines()
        if (found := json.loads(line))["state"] == "final"
    ]
    assert (final["label"], final["count"], final["pod"]) == ("probe_noise", 6, "api-1")
    assert final["start"] == format_time(START * NS)
    assert final["end"] == format_time(START * NS + round(50.617283945 * NS))


def test_the_tag_gives_the_pod(rules: Path, tmp_path: Path) -> None:
    path, verdicts = tmp_path / "w.sock", tmp_path / "v.jsonl"
    tag = f"kube.var.log.containers.web-7d9c5b6f4-abcde_shop_web-{'a' * 64}.log"
    with serving(rules, path, "--verdicts", verdicts) as process:
        client = Client(path)
        for i in range(6):
            record = b'{"log":"%b"}' % RESET.encode()
            asked = f'{{"tag":"{tag}","ts":{START + 10 * i}.5,"record":{record.decode()}}}'
            client.ask(asked.encode())
        client.close()
        process.terminate()
        process.wait(15)
    last = json.loads(verdicts.read_text().splitlines()[-1])
    assert (last["namespace"], last["pod"]) == ("shop", "web-7d9c5b6f4-abcde")


def test_many_connections_share_the_bursts(rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.sock"
    with serving(rules, path):
        clients = [Client(path) for _ in range(40)]
        for i, client in enumerate(clients):  # all ask before anybody reads
            client.socket.sendall(request(10 * i) + b"\n")
        answers = [client.lines.readline() for client in clients]
        assert all(answer.endswith(b"\n") for answer in answers)
        assert pairs(clients[7].ask(request(400))[0])["label"] == "probe_noise"
        for client in clients:
            client.close()


def test_a_client_that_does_not_read_holds_nobody_up(rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.sock"
    with serving(rules, path):
        lazy, quick = Client(path), Client(path)
        lazy.socket.setblocking(False)
        block = b"".join(request(i / 100, "x") + b"\n" for i in range(500)) * 4
        sent = 0
        for _ in range(400):
            try:
                sent += lazy.socket.send(block)
            except BlockingIOError:
                break
        before = time.monotonic()
        assert quick.ask(request(5000, "handled"))[0] == b""
        assert time.monotonic() - before < 10
        lazy.close()
        quick.close()


@pytest.mark.parametrize("words", [(), ("--mode", "0660")])
def test_permissions(rules: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    path = tmp_path / "w.sock"
    with serving(rules, path, *words) as process:
        assert stat.S_IMODE(path.stat().st_mode) == (0o660 if words else 0o600)
        process.terminate()
        assert process.wait(15) == 0
    assert not path.exists()


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.sock"
    with serving(rules, path) as first:
        second = subprocess.run(
            whyreset(rules, "serve", "--unix", path), capture_output=True, check=False, timeout=15
        )
        assert second.returncode == 2
        assert b"another server" in second.stderr
        first.kill()
        first.wait()
        assert path.exists()
        with serving(rules, path):
            client = Client(path)
            assert client.ask(request(1))[0]
            client.close()
    path.unlink(missing_ok=True)
    path.write_text("mine")
    third = subprocess.run(
        whyreset(rules, "serve", "--unix", path), capture_output=True, check=False, timeout=15
    )
    assert third.returncode == 2
    assert path.read_text() == "mine"


def test_wrong_rules_end_it_before_it_listens(rules: Path, tmp_path: Path) -> None:
    bad, path = tmp_path / "bad.rules", tmp_path / "w.sock"
    bad.write_text("rule {")
    done = subprocess.run(
        whyreset(rules, "serve", "--unix", path, "-r", bad),
        capture_output=True, check=False, timeout=15,
    )  # fmt: skip
    assert done.returncode == 2
    assert b"bad.rules:1:6" in done.stderr
    assert not path.exists()


# The Lua filter under the real LuaJIT.

LUAJIT = shutil.which("luajit")
needs_luajit = pytest.mark.skipif(LUAJIT is None, reason="luajit is not installed")
DRIVER = """
local ffi = require("ffi")
ffi.cdef "int usleep(unsigned int);"
dofile(arg[1])
local function record(text)
  return {log = text, n = 7, kubernetes = {pod_name = "api-1", namespace_name = "shop"}}
end
local function call(second, text)
  local time = {sec = 1800000000 + second, nsec = 123456789}
  local before = os.time()
  local code, ts, found = whyreset("kube.x", time, record(text))
  assert(ts == time and ts.nsec == 123456789 and found.n == 7 and found.log == text)
  return code, found.whyreset
end
local function said(code, mark)
  io.write(code, " ", mark and mark.label or "-", "\\n")
  io.flush()
end
"""


def lua_filter(rules: Path, folder: Path) -> Path:
    path = folder / "whyreset.lua"
    printed = subprocess.run(
        whyreset(rules, "fluentbit", "lua", "--unix", folder / "w.sock"),
        capture_output=True,
        check=True,
    )
    path.write_bytes(printed.stdout)
    return path


def lua(rules: Path, folder: Path, program: str, **environment: str) -> subprocess.Popen[str]:
    driver = folder / "driver.lua"
    driver.write_text(DRIVER + program)
    return subprocess.Popen(
        [str(LUAJIT), str(driver), str(lua_filter(rules, folder))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


@needs_luajit
def test_lua_labels_keeps_and_drops(rules: Path, tmp_path: Path) -> None:
    program = f"""
    said(call(0, "handled"))
    for i = 0, 3 do said(call(10 * i, "{RESET}")) end
    said(call(40, 'quoted "\\\\ \\1 \\n é {RESET}'))
    said(call(100, '10.42.0.1 "GET /cart" 499'))
    said(call(101, "{RESET}"))
    """
    with serving(rules, tmp_path / "w.sock", "--drop", "client_abort"):
        out, err = lua(rules, tmp_path, program).communicate(timeout=20)
    assert err == ""
    assert out.splitlines() == [
        "0 -", "2 unknown", "2 unknown", "2 unknown", "2 probe_noise", "2 probe_noise", "0 -",
        "-1 -",
    ]  # fmt: skip


@needs_luajit
def test_lua_asks_only_about_records_with_a_literal(rules: Path, tmp_path: Path) -> None:
    """Half a million that are of no interest pass in a second or two, whatever the rules say."""
    program = f"""
    local start = os.clock()
    for i = 1, 300000 do assert(call(i, "handled seq=" .. i .. " in cache miss user") == 0) end
    io.write(os.clock() - start, "\\n")
    said(call(0, "{RESET}"))
    """
    with serving(rules, tmp_path / "w.sock") as process:
        out, _ = lua(rules, tmp_path, program).communicate(timeout=60)
        process.terminate()
        assert b" 1 asked, 1 labelled" in process.communicate(timeout=15)[1]
    seconds, answer = out.splitlines()
    assert float(seconds) < 15
    assert answer == "2 unknown"


@needs_luajit
def test_lua_finds_every_literal_of_the_shipped_rules(tmp_path: Path) -> None:
    """The automaton and a plain search agree on every literal, and on what has none."""
    printed = subprocess.run(
        [sys.executable, "-m", "whyreset", "fluentbit", "lua"], capture_output=True, check=True
    )
    source = printed.stdout.decode().replace("local function has_literal", "function has_literal")
    source = source.replace("local LITERALS = {", "LITERALS = {")
    program = """
    assert(#LITERALS > 50)
    for _, literal in ipairs(LITERALS) do
      assert(has_literal(literal) and has_literal("xx" .. literal .. "yy"), literal)
      local short = literal:sub(1, -2)
      local inside = false
      for _, other in ipairs(LITERALS) do inside = inside or short:find(other, 1, true) ~= nil end
      assert(has_literal(short) == inside, literal)
    end
    assert(not has_literal("") and not has_literal("~~~~~~~"))
    """
    path = tmp_path / "whole.lua"
    path.write_text(source + program)
    done = subprocess.run([str(LUAJIT), str(path)], capture_output=True, text=True, check=False)
    assert done.stderr == ""


@needs_luajit
def test_lua_without_a_server_and_with_one_that_comes_back(rules: Path, tmp_path: Path) -> None:
    program = f"""
    while true do
      local word = io.read()
      if word == nil then break end
      said(call(tonumber(word), "{RESET}"))
    end
    """
    path = tmp_path / "w.sock"
    client = lua(rules, tmp_path, program)
    assert client.stdin is not None
    assert client.stdout is not None

    def ask(second: int) -> str:
        client.stdin.write(f"{second}\n")
        client.stdin.flush()
        return client.stdout.readline().strip()

    assert ask(0) == "0 -"  # nobody is there: it passes
    with serving(rules, path) as server:
        until = time.monotonic() + 15
        while (answer := ask(1)) == "0 -" and time.monotonic() < until:
            time.sleep(0.05)
        assert answer == "2 unknown"
        server.kill()
        server.wait()
        assert ask(2) == "0 -"
        with serving(rules, path):
            until = time.monotonic() + 15
            while (answer := ask(3)) == "0 -" and time.monotonic() < until:
                time.sleep(0.05)
            assert answer == "2 unknown"
    client.stdin.close()
    assert "labelled again" in client.stderr.read()
    client.wait(10)


@needs_luajit
def test_lua_fails_open_when_the_server_is_frozen(rules: Path, tmp_path: Path) -> None:
    program = f"""
    local start = os.time()
    said(call(0, "{RESET}"))
    io.read()
    for i = 1, 2000 do said(call(i, "{RESET}")) end
    """
    with serving(rules, tmp_path / "w.sock") as server:
        client = lua(rules, tmp_path, program, WHYRESET_TIMEOUT_MS="200")
        assert client.stdout.readline() == "2 unknown\n"
        server.send_signal(signal.SIGSTOP)
        before = time.monotonic()
        out, err = client.communicate("go\n", timeout=20)
        assert time.monotonic() - before < 5  # the first waits 0.2 s, the others not at all
    assert out.splitlines().count("0 -") == 2000
    assert "no answer within 200 ms" in err


@needs_luajit
def test_lua_keeps_the_order_of_many(rules: Path, tmp_path: Path) -> None:
    """Each record comes back with its own answer: the peer's beat, or nothing."""
    program = """
    local wrong, labelled = 0, 0
    for i = 1, 100000 do
      local text = "handled seq=" .. i
      if i % 100 == 0 then
        text = "read tcp 10.42.1.9:80->10.42." .. i % 7 .. ".1:5: read: connection reset by peer"
      end
      local found = {seq = i, log = text}
      local code, _, back = whyreset("kube.x", {sec = 1800000000 + i / 100, nsec = i}, found)
      if back.seq ~= i or (code == 2) ~= (i % 100 == 0) then wrong = wrong + 1 end
      if back.whyreset then labelled = labelled + 1 end
    end
    print(wrong, labelled)
    """
    with serving(rules, tmp_path / "w.sock"):
        out, err = lua(rules, tmp_path, program).communicate(timeout=60)
    assert err == ""
    assert out.split() == ["0", "1000"]
