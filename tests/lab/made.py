"""Scenarios that are written, not run: lines as many stacks print them, in simulated time.

    python tests/lab/made.py OUT --seeds 1..20

What real.py cannot run (Go, Java, .NET, Traefik, Envoy) and periods too long to wait for.
"""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from ground import NS, Ground, Pod, end_pod

START = 1_795_341_600 * NS
Speak = Callable[[Random, int, str, int, str], str]
"""(draw, time, peer, its port, own address) -> what a server prints of a reset."""


def _stamp(at: int, form: str) -> str:
    return datetime.fromtimestamp(at / NS, UTC).strftime(form)


def _go(draw: Random, at: int, peer: str, port: int, own: str) -> str:
    return f"{_stamp(at, '%Y/%m/%d %H:%M:%S')} read tcp {own}->{peer}:{port}: read: connection reset by peer"


def _zap(draw: Random, at: int, peer: str, port: int, own: str) -> str:
    error = f"read tcp {own}->{peer}:{port}: read: connection reset by peer"
    return json.dumps(
        {
            "level": "warn",
            "ts": at / NS,
            "caller": "net/conn.go:61",
            "msg": "read failed",
            "error": error,
        }
    )


def _tls(draw: Random, at: int, peer: str, port: int, own: str) -> str:
    return f"{_stamp(at, '%Y/%m/%d %H:%M:%S')} http: TLS handshake error from {peer}:{port}: read tcp {own}->{peer}:{port}: read: connection reset by peer"


def _nginx(draw: Random, at: int, peer: str, port: int, own: str) -> str:
    return f"{_stamp(at, '%Y/%m/%d %H:%M:%S')} [info] 29#29: *{at // NS % 9999} recv() failed (104: Connection reset by peer) while waiting for request, client: {peer}, server: 0.0.0.0:80"


def _postgres(draw: Random, at: int, peer: str, port: int, own: str) -> str:
    return f"{_stamp(at, '%Y-%m-%d %H:%M:%S')}.{at % NS // 10**6:03d} UTC [{draw.randint(40, 9000)}] LOG:  could not receive data from client: Connection reset by peer"


def _dotnet(draw: Random, at: int, peer: str, port: int, own: str) -> str:
    return "Unhandled socket error\n System.Net.Sockets.SocketException (104): Connection reset by peer\n   at Acme.Gate.Listener.ReadAsync() in /src/Listener.cs:line 41"


def _java(draw: Random, at: int, peer: str, port: int, own: str) -> str:
    return f"{_stamp(at, '%Y-%m-%d %H:%M:%S')}.{at % NS // 10**6:03d}  WARN 1 --- [nio-{draw.randint(1, 9)}] c.a.gate.Acceptor : read from /{peer}:{port} failed\njava.net.SocketException: Connection reset\n\tat java.base/sun.nio.ch.NioSocketImpl.implRead(NioSocketImpl.java:328)"


def _rust(draw: Random, at: int, peer: str, port: int, own: str) -> str:
    return f"{_stamp(at, '%Y-%m-%dT%H:%M:%S')}Z  WARN gate: connection error peer={peer}:{port} error=Connection reset by peer (os error 104)"


def _asyncio(draw: Random, at: int, peer: str, port: int, own: str) -> str:
    return f"ERROR:gate:client ('{peer}', {port}) gone: ConnectionResetError(104, 'Connection reset by peer')"


NAMED: list[Speak] = [_go, _zap, _tls, _nginx, _java, _rust, _asyncio]
NAMELESS: list[Speak] = [_postgres, _dotnet]


def _calls(draw: Random, at: int, peer: str, port: int, own: str) -> str:
    """What a caller prints when the other end resets."""
    local = f"{own.partition(':')[0]}:{draw.randint(32768, 60999)}"
    return draw.choice([
        f'{_stamp(at, "%Y/%m/%d %H:%M:%S")} call failed: Get "http://{peer}:{port}/v1/price": read tcp {local}->{peer}:{port}: read: connection reset by peer',
        json.dumps({"level": "error", "ts": at / NS, "msg": "query failed", "error": f"read tcp {local}->{peer}:{port}: read: connection reset by peer"}),
        f"{_stamp(at, '%Y-%m-%d %H:%M:%S')},{at % NS // 10**6:03d} ERROR client: Error while reading from {peer}:{port} : (104, 'Connection reset by peer')",
    ])  # fmt: skip


def _request(
    ground: Ground,
    proxy: Pod,
    app: Pod,
    at: int,
    client: str,
    status: int,
    took: float,
    form: str,
    flags: str = "--",
) -> None:
    """One line of a proxy's access log; `took` in seconds."""
    size = 21 if status == 499 else ground.draw.randint(200, 90_000)
    if form == "traefik":
        said = {
            "ClientAddr": f"{client}:51000",
            "ClientHost": client,
            "Duration": int(took * NS),
            "DownstreamStatus": status,
            "DownstreamContentSize": size,
            "RequestMethod": "GET",
            "RequestPath": "/report",
            "RouterName": f"{app.namespace}-{app.workload}@kubernetes",
            "ServiceName": f"{app.namespace}-{app.workload}-80@kubernetes",
            "ServiceURL": f"http://{app.address}:8080",
            "time": _stamp(at, "%Y-%m-%dT%H:%M:%SZ"),
            "level": "info",
            "msg": "",
        }
        proxy.line(json.dumps(said), at, stream="stdout")
    elif form == "haproxy":
        begun = datetime.fromtimestamp(at / NS - took, UTC)
        proxy.line(
            f'{client}:41222 [{begun:%d/%b/%Y:%H:%M:%S}.{begun.microsecond // 1000:03d}] web be_{app.workload}/{app.workload}1 0/0/1/{int(took * 500)}/{int(took * 1000)} {status if status != 499 else -1} {size} - - {flags if flags != "--" else "--"}-- 3/3/0/0/0 0/0 "GET /report HTTP/1.1"',
            at,
            stream="stdout",
        )
    else:
        proxy.line(
            f'{client} - - [{_stamp(at, "%d/%b/%Y:%H:%M:%S")} +0000] "GET /report HTTP/1.1" {status} {size} "-" "okhttp/4.12" 312 {took:.3f} [{app.namespace}-{app.workload}-80] [] {app.address}:8080 {size} {took:.3f} {status if status != 499 else "-"} {ground.letters(12)}',
            at,
            stream="stdout",
        )


def probes(ground: Ground) -> str:
    """Probers of several servers, each with a period of its own, beside traffic by SNAT."""
    draw = ground.draw
    for i in range(4):
        pod = ground.pod("edge", f"gate{i}", START)
        speak = draw.choice(NAMED + NAMELESS)
        count = draw.choice([1, 1, 2, 3])
        period, jitter = draw.uniform(2.5, 30), draw.choice([0, 0.02, 0.05, 0.1])
        missing, sources = draw.choice([0, 0, 0.15]), set()
        for _ in range(count):
            source = draw.choice(
                [ground.balancer(), draw.choice(ground.nodes), draw.choice(ground.gateways())]
            )
            if source in sources:
                continue
            sources.add(source)
            own = period if draw.random() < 0.6 else draw.uniform(2.5, 30)
            at = START + int(draw.uniform(0, own) * NS)
            while at < START + 600 * NS:
                if draw.random() >= missing:
                    pod.line(
                        speak(draw, at, source, draw.randint(20000, 60999), f"{pod.address}:9000"),
                        at,
                        "probe_noise",
                    )
                at += int(own * (1 + draw.uniform(-jitter, jitter)) * NS)
        for _ in range(draw.choice([0, 40])):  # the same node's clients, served
            at = START + int(draw.uniform(0, 600) * NS)
            pod.line(
                f'{draw.choice(sorted(sources))} - - [{_stamp(at, "%d/%b/%Y:%H:%M:%S")} +0000] "GET /api HTTP/1.1" 200 512 "-" "Mozilla/5.0"',
                at,
                stream="stdout",
            )
    return "TCP probes"


def aborts(ground: Ground) -> str:
    """Clients that give up behind proxies: before the answer, or in mid body."""
    draw = ground.draw
    for i in range(3):
        app = ground.pod("shop", f"report{i}", START)
        proxy = ground.pod("ingress", f"ingress{i}", START)
        form, speak = (
            draw.choice(["traefik", "haproxy", "nginx"]),
            draw.choice([_go, _zap, _java, _rust, _dotnet]),
        )
        patience = draw.choice([None, draw.uniform(2, 15)])
        at = START
        while at < START + 400 * NS:
            at += int(draw.expovariate(1 / 3) * NS)
            client = ground.draw.choice(("203.0.113", "198.51.100")) + f".{draw.randint(2, 250)}"
            if draw.random() < 0.7:
                _request(ground, proxy, app, at, client, 200, draw.uniform(0.01, 1), form)
                continue
            took = patience * draw.uniform(0.99, 1.01) if patience else draw.uniform(0.2, 8)
            status = draw.choice([499, 200])
            _request(
                ground, proxy, app, at, client, status, took, form, "CH" if status == 499 else "CD"
            )
            text = speak(draw, at, proxy.address, draw.randint(20000, 60999), f"{app.address}:8080")
            app.line(text, at + draw.randint(1, 40) * 10**6, "client_abort")
    return "clients that give up behind proxies"


def vanish(ground: Ground) -> str:
    """Public clients without a proxy that vanish at random."""
    draw = ground.draw
    for i in range(2):
        app = ground.pod("mobile", f"push{i}", START)
        speak, at = draw.choice(NAMED), START
        while at < START + 500 * NS:
            at += int(draw.expovariate(1 / draw.uniform(3, 12)) * NS)
            app.line(
                speak(
                    draw,
                    at,
                    ground.public_address(),
                    draw.randint(20000, 60999),
                    f"{app.address}:9000",
                ),
                at,
                "client_abort",
            )
            if len(ground._used) > 600:
                break
    return "public clients that vanish"


def rollout(ground: Ground) -> str:
    """Servers ended under callers, told in one of several ways."""
    draw = ground.draw
    for i in range(3):
        server = ground.pod("shop", f"cart{i}", START - 500 * NS)
        callers = [ground.pod("shop", f"checkout{i}{c}", START - 400 * NS) for c in "ab"]
        at = START + draw.randint(60, 400) * NS
        end_pod(
            ground, server, at, draw.choice(["events", "journal", "both", "replicaset", "sync"])
        )
        for caller in callers:
            for _ in range(draw.randint(2, 9)):
                when = at + int(draw.uniform(0.05, 8) * NS)
                caller.line(
                    _calls(draw, when, server.address, 8080, f"{caller.address}:1"),
                    when,
                    "termination_fallout",
                )
        bystander = ground.pod("shop", f"steady{i}", START - 400 * NS)
        for _ in range(20):
            bystander.line("served order", START + draw.randint(0, 500) * NS)
    return "roll-outs"


def remote(ground: Ground) -> str:
    """A remote service resets calls at random; a roll-out elsewhere has nothing to do with it."""
    draw = ground.draw
    api = ground.public_address()
    for i in range(2):
        caller = ground.pod("notify", f"sms{i}", START)
        at = START
        while at < START + 500 * NS:
            at += int(draw.expovariate(1 / 15) * NS)
            caller.line(_calls(draw, at, api, 443, f"{caller.address}:1"), at, "unknown")
    other = ground.pod("blog", "posts", START - 300 * NS)
    end_pod(ground, other, START + 250 * NS, "events")
    return "a remote service that resets"


def idle(ground: Ground) -> str:
    """Pools whose idle connections were forgotten."""
    draw = ground.draw
    limit = draw.choice([60, 120, 350, 900])
    for i in range(2):
        caller, server = (
            ground.pod("app", f"billing{i}", START),
            ground.pod("data", f"ledger{i}", START),
        )
        form = draw.choice(["words", "logfmt", "json"])
        for _ in range(draw.randint(4, 12)):
            at = START + draw.randint(limit, limit + 3000) * NS
            rest = limit + draw.uniform(0.5, 40)
            texts = {
                "words": f"{_stamp(at, '%Y-%m-%d %H:%M:%S')} ERROR pool: query failed on conn 3 after {rest:.1f}s idle: [Errno 104] Connection reset by peer",
                "logfmt": f'time={_stamp(at, "%Y-%m-%dT%H:%M:%SZ")} level=ERROR msg="call failed" addr={server.address}:5432 idle_for={rest:.3f}s err="connection reset by peer"',
                "json": json.dumps({"level": "error", "msg": "command failed", "idle_s": round(rest, 2), "peer": f"{server.address}:5432", "error": "[Errno 104] Connection reset by peer"}),
            }  # fmt: skip
            caller.line(texts[form], at, "idle_timeout")
    return f"idle connections forgotten after {limit} s"


def exhausted(ground: Ground) -> str:
    """A table or a queue is full, for several callers."""
    draw = ground.draw
    server = ground.pod("legacy", "pricing", START)
    what = draw.choice(["conntrack", "backlog"])
    at = START + 100 * NS
    for i in range(14):  # its log tells since when the logs were fetched
        when = START + i * 7 * NS
        stamp = _stamp(when, "%d/%b/%Y:%H:%M:%S")
        server.line(f'{ground.nodes[0]} - - [{stamp} +0000] "GET /q HTTP/1.1" 200 512', when)
    for i in range(6):
        text = (
            "nf_conntrack: nf_conntrack: table full, dropping packet"
            if what == "conntrack"
            else "TCP: request_sock_TCP: Possible SYN flooding on port 8080. Sending cookies."
        )
        ground.kernel(text, at + i * 5 * NS)
    for i in range(3):
        caller = ground.pod("shop", f"basket{i}", START)
        for _ in range(draw.randint(4, 10)):
            when = at + int(draw.uniform(0.1, 40) * NS)
            local = f"{caller.address}:{draw.randint(32768, 60999)}"
            verb = (
                f"dial tcp {server.address}:8080: connect"
                if what == "backlog"
                else f"read tcp {local}->{server.address}:8080: read"
            )
            caller.line(
                f'{_stamp(when, "%Y/%m/%d %H:%M:%S")} quote failed: Get "http://{server.address}:8080/q": {verb}: connection reset by peer',
                when,
                "resource_exhaustion",
            )
    return f"{what} exhausted"


def crash(ground: Ground) -> str:
    """A server panics under its callers."""
    draw = ground.draw
    server, caller = (
        ground.pod("shop", "orders", START - 300 * NS),
        ground.pod("shop", "front", START - 300 * NS),
    )
    for _ in range(3):
        at = START + draw.randint(10, 500) * NS
        server.line(
            "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47a1b2]\n\ngoroutine 41 [running]:\nmain.price(0x0)\n\t/src/main.go:88 +0x1d",
            at,
        )
        for _ in range(draw.randint(2, 6)):
            when = at + int(draw.uniform(0.01, 1.5) * NS)
            caller.line(
                _calls(draw, when, server.address, 8080, f"{caller.address}:1"),
                when,
                "backend_crash",
            )
    return "a crash"


def decoys(ground: Ground) -> str:
    """The words without the thing, and a clock that makes requests."""
    draw = ground.draw
    words = ground.pod("support", "indexer", START)
    for i in range(30):
        at = START + i * 7 * NS
        words.line(draw.choice([
            json.dumps({"level": "info", "event": "ticket.created", "subject": "read: connection reset by peer on VPN"}),
            'INFO indexed document 7 title="Troubleshooting Error: read ECONNRESET" words=181',
            f"{_stamp(at, '%Y-%m-%d %H:%M:%S')} INFO search query=\"connection reset by peer\" hits=12",
        ]), at, "not_a_reset")  # fmt: skip
    app, clock = ground.pod("etl", "feeds", START), ground.balancer()
    period = draw.uniform(5, 30)
    at = START
    while at < START + 400 * NS:
        at += int(period * NS)
        app.line(
            f'{clock} - - [{_stamp(at, "%d/%b/%Y:%H:%M:%S")} +0000] "GET /dump HTTP/1.1" 200 128106 "-" "curl/8.5"',
            at,
            stream="stdout",
        )
        app.line(
            _go(draw, at + 4 * 10**6, clock, draw.randint(20000, 60999), f"{app.address}:8080"),
            at + 4 * 10**6,
            "client_abort",
        )
    return "decoys"


KINDS = {
    each.__name__: each
    for each in (probes, aborts, vanish, rollout, remote, idle, exhausted, crash, decoys)
}


def make(out: Path, kind: str, seed: int) -> Path:
    """One scenario folder."""
    ground = Ground(seed * 100 + list(KINDS).index(kind), START)
    about = KINDS[kind](ground)
    folder = out / f"made-{kind}-{seed}"
    ground.write(folder, about, pods_known=ground.draw.random() < 0.6)
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", default="1..5", help="first..last")
    options = parser.parse_args()
    first, _, last = options.seeds.partition("..")
    for seed in range(int(first), int(last or first) + 1):
        for kind in KINDS:
            make(options.out, kind, seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
