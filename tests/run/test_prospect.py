"""Knowing the peers beforehand changes what is read, and no verdict."""

import json
import os
import random
import re
from pathlib import Path

import pytest

from whyreset.ingest.inputs import open_inputs
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock
from whyreset.language.load import load, load_text
from whyreset.run import prospect
from whyreset.run.json_output import verdict_line
from whyreset.run.replay import Replay

ACCESS = '{client} - - [22/Nov/2026:10:{m:02}:{s:02} +0000] "GET /{n} HTTP/1.1" {status} 12 "-" "-"'
JSON = '{{"level":"info","remote_ip":"{client}","method":"GET","uri":"/{n}","status":{status}}}'
LOGFMT = (
    "level=INFO msg=request method=GET path=/{n} status={status} duration=3ms remote={client}:5"
)
LAYOUTS = (ACCESS, JSON, LOGFMT)
RESET = "read tcp 10.42.0.9:8080->{client}:{port}: read: connection reset by peer"


def clock(at: float) -> str:
    return f"10:{int(at) // 60:02}:{at % 60:012.9f}"


def stamped(at: float, stream: str, text: str) -> str:
    return f"2026-11-22T{clock(at)}Z {stream} F {text}\n"


def timestamps(at: float, _stream: str, text: str) -> str:
    return f"2026-11-22T{clock(at)}Z {text}\n"


def docker(at: float, stream: str, text: str) -> str:
    said = {"log": f"{text}\n", "stream": stream, "time": f"2026-11-22T{clock(at)}Z"}
    return json.dumps(said, separators=(",", ":")) + "\n"


def plain(at: float, _stream: str, text: str) -> str:
    has_time = text.startswith("{") or " [22/Nov/2026:" in text
    return f"{text}\n" if has_time else f"2026/11/22 {clock(at)[:8]} {text}\n"


def pod_of(stream: str) -> tuple[str, str]:
    """The proxy writes to its output, the service its errors."""
    return ("proxy-0", "nginx") if stream == "stdout" else ("api-0", "api")


def prefixed(at: float, stream: str, text: str) -> str:
    pod, container = pod_of(stream)
    return f"[pod/{pod}/{container}] 2026-11-22T{clock(at)}Z {text}\n"


def shipped(at: float, stream: str, text: str) -> str:
    pod, container = pod_of(stream)
    place = {"pod_name": pod, "namespace_name": "shop", "container_name": container}
    return json.dumps({"time": f"2026-11-22T{clock(at)}Z", "log": text, "kubernetes": place}) + "\n"


def syslog(at: float, stream: str, text: str) -> str:
    return f"Nov 22 {clock(at)[:8]} web1 {pod_of(stream)[1]}[77]: {text}\n"


TOGETHER = (prefixed, shipped, syslog)
"""Layouts in which several sources write into one stream."""


@pytest.fixture(params=[stamped])
def logs(tmp_path, request):
    """Twenty minutes of a proxy and a service with probes, clients and aborts."""
    envelope = request.param
    pick = random.Random(5)
    clients = [f"203.0.113.{n}" for n in range(200)] + [f"10.42.0.{n}" for n in range(2, 9)]
    lucky = [f"198.51.100.{n}" for n in range(200)]
    proxy, service = [], []
    for number in range(4000):
        at, client = number * 0.3, pick.choice(clients + lucky)
        m, s = divmod(int(at), 60)
        status = pick.choice((200, 200, 200, 499))
        layout = LAYOUTS[number % 3]
        text = layout.format(client=client, m=m, s=s, n=number, status=status)
        proxy.append((at, envelope(at, "stdout", text)))
        if status == 499 and client not in lucky and pick.random() < 0.5:
            reset = RESET.format(client=client, port=40000 + number)
            service.append((at + 0.2, envelope(at + 0.2, "stderr", reset)))
    for beat in range(120):
        reset = RESET.format(client="10.42.0.1", port=50000 + beat)
        service.append((beat * 10.0, envelope(beat * 10.0, "stderr", reset)))
    written = {"proxy-0_edge_nginx-1.log": proxy, "api-0_shop_api-1.log": service}
    if envelope in TOGETHER:
        written = {"all.log": proxy + service}
    for name, lines in written.items():
        (tmp_path / name).write_text("".join(line for _, line in sorted(lines)))
    return str(tmp_path)


def verdicts(plan, extractor, path):
    replay = Replay(plan, open_inputs([path], extractor))
    steps = list(replay.run())
    return [verdict_line(v) for step in steps for v in step.verdicts], replay.totals


@pytest.mark.parametrize(
    ("logs", "fast", "objects"),
    [
        (stamped, True, True),
        (stamped, True, False),
        (stamped, False, True),
        (stamped, False, False),
        (timestamps, True, False),
        (docker, True, True),
        (plain, True, True),
        (plain, False, False),
        *((together, True, True) for together in TOGETHER),
        (prefixed, False, True),
    ],
    indirect=["logs"],
)
def test_the_verdicts_are_those_of_all_lines(logs, monkeypatch, fast, objects):
    if not objects:  # where there are none, what is searched for may hold quotes
        proxy = Path(logs) / "proxy-0_edge_nginx-1.log"
        lines = proxy.read_text().splitlines(keepends=True)
        proxy.write_text("".join(line for line in lines if '"uri"' not in line))
    if not fast:
        monkeypatch.setattr("whyreset.ingest.needles.hyperscan_search", lambda *_: None)
    # the one rule that asks for all requests to a workload
    plan = load_text("disable rule proxied_request_cut_short", builtin=True)
    monkeypatch.setattr(prospect, "_WORTH", 0)
    peers = prospect.peers_of([logs], plan, Clock())
    assert "10.42.0.1" in peers
    whole, all_lines = verdicts(plan, Extractor(plan.definitions), logs)
    seen, some_lines = verdicts(plan, Extractor(plan.definitions, narrow=True, peers=peers), logs)
    assert seen == whole
    assert some_lines.events < all_lines.events


def test_lines_that_begin_with_a_priority_are_all_read(logs, monkeypatch):
    proxy = Path(logs) / "proxy-0_edge_nginx-1.log"
    proxy.write_text(re.sub(r" F 203[.\d]+ ", " F <6>10.42.0.1 ", proxy.read_text()))
    plan = load_text("disable rule proxied_request_cut_short", builtin=True)
    monkeypatch.setattr(prospect, "_WORTH", 0)
    peers = prospect.peers_of([logs], plan, Clock())
    whole, _ = verdicts(plan, Extractor(plan.definitions), logs)
    seen, _ = verdicts(plan, Extractor(plan.definitions, narrow=True, peers=peers), logs)
    assert seen == whole


@pytest.mark.parametrize(
    "header", ["<134>Nov 22 10:00:00 web1 nginx: ", "Nov 22 10:00:00 web1 nginx: "]
)
def test_lines_with_a_syslog_header_are_all_read(logs, header):
    """What is asked of the client is not searched for at the beginning of such lines."""
    proxy = Path(logs) / "proxy-0_edge_nginx-1.log"
    proxy.write_text(re.sub(r" F (?=\d+\.)", f" F {header}", proxy.read_text()))
    plan = load_text(
        "network cluster = 10.42.0.0/16\n"
        "event reset { match `<local:addr>-><peer:addr>: read: connection reset by peer` }\n"
        "event access { nginx '$remote_addr - $remote_user [$time_local] \"$request\" $status' }\n"
        "rule unseen {\n"
        "  label probe_noise\n"
        "  burst of reset by pod, peer gap 60s\n"
        "  when { peer in cluster; no access from peer within 2s }\n"
        "}\n"
    )
    whole, _ = verdicts(plan, Extractor(plan.definitions), logs)
    seen, _ = verdicts(plan, Extractor(plan.definitions, narrow=True), logs)
    assert seen == whole


def test_the_peers_of_a_pipe_are_known_in_hindsight(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("nothing\n")
    paths = [str(tmp_path / "pipe"), str(tmp_path / "file")]
    assert prospect.peers_of(paths[:1], load([]), Clock()) == frozenset()
    assert prospect.peers_of(paths, load([]), Clock()) is None


def test_standard_input_that_is_a_file_is_read_twice_from_where_it_stands(logs, monkeypatch):
    monkeypatch.setattr(prospect, "_WORTH", 0)
    path = Path(logs) / "api-0_shop_api-1.log"
    begin = path.read_bytes().index(b"->10.42.0.1:50100")
    before = os.dup(0)
    try:
        with path.open("rb") as log:
            os.dup2(log.fileno(), 0)
            os.lseek(0, begin, os.SEEK_SET)
            assert "10.42.0.1" in prospect.peers_of(["-"], load([]), Clock())
            assert os.lseek(0, 0, os.SEEK_CUR) == begin
    finally:
        os.dup2(before, 0)
        os.close(before)


def test_whoever_opened_a_connection_may_be_a_peer(tmp_path, monkeypatch):
    came = "CONNECT   Nov 22 10:00:01 [1]: Connect (file descriptor 6): 10.1.0.7"
    torn = (
        "ERROR     Nov 22 10:00:02 [1]: read_buffer: read() failed on fd 6:"
        " Connection reset by peer"
    )
    text = stamped(1, "stderr", came) + stamped(2, "stderr", torn)
    (tmp_path / "edge-0_edge_tinyproxy-1.log").write_text(text)
    monkeypatch.setattr(prospect, "_WORTH", 0)
    plan = load_text("disable rule proxied_request_cut_short", builtin=True)
    assert prospect.peers_of([str(tmp_path)], plan, Clock()) == {"10.1.0.7"}
