"""Runs of the shape of the recorded scenarios: minutes long, one cause or a few, decoys beside
them, and all that a k3s cluster tells. Servers, proxies, periods and addresses are drawn.

    python tests/lab/shaped.py OUT --kind curls --seed 3 --seconds 90 --python ENV/bin/python
"""

import contextlib
import signal
import subprocess
import sys
import time

import wares
from crowd import _firewall, redis
from fleet import (
    CALLERS,
    LINES,
    POOLS,
    WEB,
    call_any,
    line_server,
    moody_caller,
    pool,
    pooled,
    proxied,
    unrelated,
)
from ground import NS, Pod
from k3s import Cluster, strike
from real import Lab, _link, _vanishers, abandon, dial, leave_via, main, now, probe, talk

WORDS = (
    '{"level":"info","event":"ticket.created","subject":"Connection reset by peer after update"}',
    'INFO indexed document 812 title="read ECONNRESET, and what to do" words=1711',
    'level=info msg="search" q="connection reset by peer" hits=4',
    'GET /kb?q=connection+reset+by+peer HTTP/1.1 200 5120 "-" "Mozilla/5.0"',
)
"""Lines that only speak of resets."""


def town(lab: Lab, more: float) -> Cluster:
    """A cluster that tells all, for some more seconds than were asked for; words and order in it."""
    k3s = Cluster(lab, "all")
    lab.end += more
    desk = k3s.deploy("support", "tickets")
    lab.start(_speak, lab, desk, lab.draw.uniform(3, 8))
    lab.start(unrelated, lab, k3s)
    return k3s


def _speak(lab: Lab, pod: Pod, period: float) -> None:
    while lab.wait(period):
        pod.line(lab.draw.choice(WORDS), now(), "not_a_reset", stream="stdout")


def web(lab: Lab, k3s: Cluster, namespace: str, workload: str) -> tuple[Pod, str]:
    """A web application, and what it is."""
    app, kind = k3s.deploy(namespace, workload), lab.draw.choice([*WEB, "http", "node"])
    wares.serve(lab, app, kind, 8080)
    time.sleep(3)
    return app, kind


def orderly(lab: Lab, pod: Pod, port: int) -> None:
    """The kubelet's checks: they connect and close in order."""
    source, period = lab.ground.gateways()[1], lab.draw.choice([5, 10])
    while lab.wait(period):
        with contextlib.suppress(OSError), dial(source, pod, port):
            pass


def curls(lab: Lab) -> str:
    """curl with a time limit, through an ingress of each application; people beside it."""
    k3s, about = town(lab, 45), []
    for i in range(3):
        app, kind = web(lab, k3s, "report", f"{lab.draw.choice(['pdf', 'csv', 'export'])}{i}")
        front = k3s.deploy("ingress", f"ingress-proxy{i}")
        about.append(f"{proxied(lab, front, app, 8080)} -> {kind}")
        time.sleep(2)
        lab.start(talk, lab, lab.outside(lab.ground.public_address()), front, 80, 1.5, app)
        paths = lab.draw.choice([["/big"], ["/slow?s=4"], ["/big", "/slow?s=4"]])
        for path in paths:
            for _ in range(2):
                lab.start(_curl, lab, front, app, path, lab.draw.uniform(0.3, 1.6))
    return f"curl that gives up: {', '.join(about)}"


def _curl(lab: Lab, front: Pod, app: Pod, path: str, patience: float) -> None:
    source = lab.outside(lab.ground.public_address())
    url = f"http://{front.address}{path}"
    words = ["curl", "-s", "-o", "/dev/null", "--interface", source, "-m", f"{patience:.2f}", url]
    while lab.wait(lab.draw.expovariate(1 / 6)):
        if subprocess.run(words, check=False, capture_output=True).returncode == 28:
            left = now()
            told = left + (4 if "slow" in path else 1) * NS
            lab.ground.act("client_abort", app, front.address, left, told)
            lab.ground.act("client_abort", front, source, left)


def mobile(lab: Lab) -> str:
    """Clients of the internet, without a proxy, that vanish at any moment."""
    k3s, about = town(lab, 45), []
    pod, kind = k3s.deploy("mobile", "chat"), lab.draw.choice(LINES)
    line_server(lab, pod, kind, 9000)
    app, other = web(lab, k3s, "mobile", "upload")
    about = [kind, other]
    for _ in range(2):
        lab.start(_vanishers, lab, pod)
    lab.start(leave_via, lab, app, app, 8080, "mixed", 0.6)
    lab.start(leave_via, lab, app, app, 8080, "upload", 0.9)
    lab.start(talk, lab, lab.outside(lab.ground.public_address()), app, 8080, 1.0)
    lab.start(orderly, lab, pod, 9000)
    return f"clients that vanish: {', '.join(about)}"


def scheduled(lab: Lab) -> str:
    """A client by the clock that asks, and gives up what it has half read; orderly checks beside."""
    k3s, about = town(lab, 100), []
    period = lab.draw.uniform(8, 20)
    for i in range(2):
        app, kind = web(lab, k3s, "etl", f"{lab.draw.choice(['feeds', 'ingest'])}{i}")
        near = lab.draw.choice([lab.ground.nodes[1], lab.ground.balancer()])
        lab.start(_half_read, lab, lab.outside(near), app, period)
        lab.start(_asks, lab, lab.ground.gateways()[1], app, 10.0)
        about.append(kind)
    return f"a clock every {period:.0f} s: {', '.join(about)}"


def _half_read(lab: Lab, source: str, app: Pod, period: float) -> None:
    while lab.wait(period):
        _ask(source, app)
        abandon(lab, source, app, app, 8080, "big", 0.25)


def _asks(lab: Lab, source: str, app: Pod, period: float) -> None:
    while lab.wait(period):
        _ask(source, app)


def _ask(source: str, app: Pod) -> None:
    with contextlib.suppress(OSError), dial(source, app, 8080) as one:
        one.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: app\r\nUser-Agent: check/1.30\r\nConnection: close\r\n\r\n"
        )
        one.settimeout(2)
        while one.recv(4096):
            pass


def pools(lab: Lab) -> str:
    """Pools whose connections something in the middle forgets when they are idle."""
    k3s, about = town(lab, 100), []
    limit = lab.draw.randint(15, 25)
    for i in range(3):
        server = k3s.deploy("data", f"{lab.draw.choice(['cache', 'ledger', 'profile'])}{i}")
        kind = lab.draw.choice(POOLS)
        port = pooled(lab, server, kind)
        wares.forget_idle(server, limit)
        time.sleep(3)
        caller = k3s.deploy("app", f"{lab.draw.choice(['billing', 'orders', 'session'])}{i}")
        about.append(pool(lab, caller, kind, server.address, port, limit * lab.draw.uniform(1.2, 1.6), said=lab.draw.random() < 0.7))  # fmt: skip
        lab.ground.act("idle_timeout", caller, server.address, now(), now() + 900 * NS)
        lab.ground.act("idle_timeout", server, caller.address, now(), now() + 900 * NS)
    return f"forgotten after {limit} s: {', '.join(about)}"


def reused(lab: Lab) -> str:
    """A node is lost without a word; later a pod of another workload has the address."""
    k3s, about = town(lab, 60), []
    server = k3s.deploy("ledger", "balance")
    line_server(lab, server, lab.draw.choice(LINES), 9000)
    time.sleep(2)
    callers = [k3s.deploy("ledger", f"{name}") for name in ("transfer", "statement")]
    for caller in callers:
        kind = lab.draw.choice(["go", "java", "node"])
        about.append(pool(lab, caller, kind, server.address, 9000, 8.0, said=False))
    lab.start(_lose, lab, k3s, server, callers)
    return f"an address with another owner: {', '.join(about)}"


def _lose(lab: Lab, k3s: Cluster, server: Pod, callers: list[Pod]) -> None:
    if not lab.wait(lab.draw.uniform(20, 35)):
        return
    _link(server, "down")
    strike(server, signal.SIGKILL)
    lab.wait(lab.draw.uniform(2, 20))
    at = now()
    for caller in callers:
        lab.ground.act("termination_fallout", caller, server.address, at, at + 600 * NS)
    k3s.deploy("batch", "thumbs", server.address).line("worker ready", now())
    for caller in callers:
        wares.in_pod(caller, "ip", "neigh", "flush", "all")


def balancers(lab: Lab) -> str:
    """One to three load balancers check several servers of one service each."""
    k3s, about = town(lab, 110), []
    sources = [lab.outside(lab.ground.balancer()) for _ in range(lab.draw.choice([1, 1, 2, 3]))]
    period, jitter = lab.draw.uniform(3, 13), lab.draw.choice([0.01, 0.03, 0.08])
    missing = lab.draw.choice([0, 0, 0.15])
    for i in range(4):
        pod = k3s.deploy("edge", f"{lab.draw.choice(['sync', 'tunnel', 'store', 'gate'])}{i}")
        kind = lab.draw.choice([*LINES, *LINES, "postgres", "redis", "nginx", *WEB])
        port = _served(lab, pod, kind)
        for source in sources:
            lab.start(probe, lab, source, pod, port, period, jitter, missing)
        lab.start(orderly, lab, pod, port)
        about.append(kind)
    return f"{len(sources)} balancers every {period:.1f} s: {', '.join(about)}"


def _served(lab: Lab, pod: Pod, kind: str) -> int:
    if kind == "postgres":
        return wares.database(lab, pod, kind)
    if kind == "nginx":
        lab.proxy(pod, pod, 9001, "nginx", debug=True)
        return 80
    if kind == "redis":
        redis(lab, pod, 9000)
    elif kind in LINES:
        line_server(lab, pod, kind, 9000)
    else:
        wares.serve(lab, pod, kind, 9000)
    time.sleep(2)
    return 9000


def snat(lab: Lab) -> str:
    """Nodes that check, and stand for real clients as well."""
    k3s, about = town(lab, 110), []
    period = lab.draw.uniform(3, 9)
    for i in range(2):
        app, kind = web(lab, k3s, "web", f"{lab.draw.choice(['catalog', 'search'])}{i}")
        for node in lab.ground.nodes[: lab.draw.choice([1, 2])]:
            lab.start(probe, lab, node, app, 8080, period, 0.04, 0.0)
            lab.start(talk, lab, node, app, 8080, 1.2)
        about.append(kind)
    pod, kind = k3s.deploy("web", "stream"), lab.draw.choice(LINES)
    line_server(lab, pod, kind, 9000)
    lab.start(probe, lab, lab.ground.nodes[0], pod, 9000, period, 0.04, 0.0)
    lab.start(talk, lab, lab.ground.nodes[0], pod, 9000, 1.2)
    return f"checked every {period:.1f} s by nodes with clients: {', '.join([*about, kind])}"


def rolling(lab: Lab) -> str:
    """Two restarts behind an ingress and under pools."""
    k3s = town(lab, 60)
    first, kind = web(lab, k3s, "shop", "cart")
    front = k3s.deploy("ingress", "ingress-proxy")
    make = proxied(lab, front, first, 8080)
    callers = [k3s.deploy("shop", f"checkout{c}") for c in "ab"]
    address = wares.service(lab, callers, first, 8080)
    time.sleep(1)
    said = [call_any(lab, one, "web", address, 8080) for one in callers[:1]]
    said.append(wares.call(lab, callers[1], lab.draw.choice(CALLERS), front.address, 80, "/upload", 0.2))  # fmt: skip
    lab.start(_restarts, lab, k3s, first, kind, [front, *callers])
    return f"restarts: {make} -> {kind}, {' and '.join(said)}"


def _restarts(lab: Lab, k3s: Cluster, first: Pod, kind: str, callers: list[Pod]) -> None:
    """The container is ended twice, for it fails its checks, and started again."""
    for _ in range(2):
        if not lab.wait(lab.draw.uniform(25, 40)):
            return
        at = now()
        for caller in callers:
            for peer in (first.address, None):
                lab.ground.act("termination_fallout", caller, peer, at, at + 15 * NS)
        lab.ground.act("termination_fallout", first, None, at, at + 15 * NS)
        k3s.end(first, lab.draw.choice([0.0, 0.5, 2.0]), deleted=False)
        lab.wait(1.5)
        wares.serve(lab, first, kind, 8080)
        k3s.say_started(first, now())


def everything(lab: Lab) -> str:
    """One application: checked by a balancer, left by clients of the ingress, restarted once."""
    k3s = town(lab, 70)
    app, kind = web(lab, k3s, "shop", "api")
    front = k3s.deploy("ingress", "ingress-proxy")
    make = proxied(lab, front, app, 8080)
    time.sleep(1)
    source, period = lab.outside(lab.ground.balancer()), lab.draw.uniform(4, 8)
    lab.start(probe, lab, source, app, 8080, period, 0.02, 0.0)
    lab.start(talk, lab, lab.outside(lab.ground.public_address()), front, 80, 1.2, app)
    lab.start(leave_via, lab, front, app, 80, "mixed", lab.draw.uniform(0.5, 1.2))
    caller = k3s.deploy("shop", "web")
    said = call_any(lab, caller, "web", app.address, 8080)
    lab.start(_restarts, lab, k3s, app, kind, [front, caller])
    return f"all at once: {make} -> {kind}, {said}"


def queues(lab: Lab) -> str:
    """Short accept queues under bursts of connections; the kernel resets, or gives up in time."""
    k3s, about = town(lab, 30), []
    for i in range(2):
        server = k3s.deploy("legacy", f"{lab.draw.choice(['pricing', 'quotes'])}{i}")
        abort = lab.draw.choice(["1", "1", "0"])
        wares.in_pod(server, "sysctl", "-w", f"net.ipv4.tcp_abort_on_overflow={abort}",
                     "net.ipv4.tcp_synack_retries=1")  # fmt: skip
        port = 8100 + i
        lab.python_server(server, "backlog", port, "plain")
        text = f"TCP: request_sock_TCP: Possible SYN flooding on port {server.address}:{port}. Sending cookies."
        lab.ground.kernel(text, now() + 4 * NS, server.node)
        time.sleep(1)
        for c in "ab":
            caller = k3s.deploy("shop", f"{lab.draw.choice(['basket', 'offers'])}{i}{c}")
            about.append(wares.call(lab, caller, lab.draw.choice(CALLERS), server.address, port, "/", 0.05))  # fmt: skip
            lab.ground.act("resource_exhaustion", caller, None, now(), now() + 600 * NS)
        lab.ground.act("resource_exhaustion", server, None, now(), now() + 600 * NS)
    return f"accept queues: {', '.join(about)}"


def partners(lab: Lab) -> str:
    """An API outside that resets some calls, and a firewall that rejects a flow: no cause in any log."""
    k3s = town(lab, 60)
    about = [moody_caller(lab, k3s, "notify", name, 0.8) for name in ("sms", "mailer")]
    server = k3s.deploy("partner", "rates")
    line_server(lab, server, lab.draw.choice(LINES), 9000)
    time.sleep(1)
    caller = k3s.deploy("partner", "feed")
    about.append(pool(lab, caller, lab.draw.choice(["go", "java"]), server.address, 9000, 1.0, said=False))  # fmt: skip
    lab.start(_firewall, lab, caller, server)
    return f"partners: {', '.join(about)}"


KINDS = {
    each.__name__: each
    for each in (curls, mobile, scheduled, pools, reused, balancers, snat, rolling, everything, queues, partners)
}  # fmt: skip

if __name__ == "__main__":
    wares.build()
    sys.exit(main(KINDS, "shaped"))
