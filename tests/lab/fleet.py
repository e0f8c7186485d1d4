"""Servers that end, break or forget, as a k3s cluster would log it: newer stacks, and little said.

    python tests/lab/fleet.py OUT --kind rolled --seed 3 --seconds 90 --python ENV/bin/python

Who tells of ends and starts is drawn once for each run: see k3s.py.
"""

import signal
import socket
import sys
import time

import makes
import wares
from deep import _kernel_lines
from ground import NS, Pod
from k3s import TELLING, Cluster, strike
from real import STACKS, Lab, _link, _moody, leave_via, main, now, probe, talk

WEB = (
    wares.WEB
    if wares.FAR
    else ("sanic", "cheroot", "granian", "gevent", "twisted", "node", "go", "java", "uvicorn")
)
CALLERS = wares.CALLERS if wares.FAR else ("requests", "httpx", "httplib", "nodeagent", "go", "java", "aiohttp", "undici",
           "urllib3")  # fmt: skip
LINES = ("netty", "netty", "go", "java") if wares.FAR else ("go", "asyncio", "net", "line", "java")
POOLS = ("go", "java", "node", "pg3", "pg8000", "asyncpg", "psycopg", "redis")


def cluster(lab: Lab) -> Cluster:
    return Cluster(lab, lab.draw.choice(TELLING))


def line_server(lab: Lab, pod: Pod, kind: str, port: int) -> None:
    """A server that answers lines."""
    at = f"{pod.address}:{port}"
    if kind == "go":
        lab.spawn(pod, str(wares.BUILT / "stack"), "lines", at,
                  lab.draw.choice(["plain", "json", "logfmt"]))  # fmt: skip
    elif kind == "netty":
        lab.spawn(pod, *makes.java(wares.BUILT, "Netty", pod.address, str(port)))
    elif kind == "java":
        lab.spawn(pod, "java", str(STACKS / "Server.java"), pod.address, str(port))
    elif kind == "net":
        lab.node_server(pod, "net", port, lab.draw.choice(["stack", "json", "code", "plain"]))
    else:
        style = lab.draw.choice(["json", "logfmt", "trace", "tuple", "bare", "plain"])
        lab.python_server(pod, kind, port, style)


def pool(lab: Lab, pod: Pod, kind: str, address: str, port: int, pause: float, *,
         said: bool) -> str:  # fmt: skip
    """A pool of three connections, used after pauses; `said`: its errors state the idle time."""
    if kind == "go":
        style = "idle" if said else lab.draw.choice(["json", "logfmt", "plain"])
        lab.spawn(pod, str(wares.BUILT / "stack"), "pool", f"{address}:{port}", style, str(pause),
                  "3")  # fmt: skip
    elif kind == "java":
        style = "idle" if said else "plain"
        lab.spawn(pod, "java", "-Xmx64m", "-cp", str(wares.BUILT), "Pool", address, str(port),
                  style, str(pause), "3")  # fmt: skip
    elif kind == "node":
        style = "idle" if said else lab.draw.choice(["json", "stack"])
        lab.spawn(pod, "node", str(STACKS / "pool.js"), address, str(port), style, str(pause), "3")
    else:
        style = "idle" if said else lab.draw.choice(["json", "trace", "plain"])
        lab.spawn(pod, lab.python, str(STACKS / "client.py"), kind, address, str(port), style,
                  str(pause), "3", "/")  # fmt: skip
    return f"{kind}{' (states idle)' if said else ''}"


def pooled(lab: Lab, server: Pod, kind: str) -> int:
    """A server that pools of this kind call, and its port."""
    if kind in ("go", "java", "node"):
        line_server(lab, server, lab.draw.choice(LINES), 9000)
        return 9000
    return wares.database(lab, server, "redis" if kind == "redis" else "postgres")


def dropped(lab: Lab) -> str:
    """Pools whose idle connections something in the middle forgets; most state no idle time."""
    k3s, about = cluster(lab), []
    for i in range(3):
        server = k3s.deploy("data", f"{lab.draw.choice(['ledger', 'stock', 'session'])}{i}")
        kind = lab.draw.choice(POOLS)
        port = pooled(lab, server, kind)
        limit = lab.draw.randint(6, 16)
        wares.forget_idle(server, limit)
        time.sleep(3)
        caller = k3s.deploy("app", f"{lab.draw.choice(['billing', 'search', 'pricing'])}{i}")
        address = server.address
        if lab.draw.random() < 0.4:
            address = wares.service(lab, [caller], server, port)
        said = lab.draw.random() < 0.3
        about.append(
            f"{pool(lab, caller, kind, address, port, limit * 1.5, said=said)} after {limit} s"
        )
        lab.ground.act("idle_timeout", caller, server.address, now(), now() + 900 * NS)
        lab.ground.act("idle_timeout", server, caller.address, now(), now() + 900 * NS)
    lab.start(unrelated, lab, k3s)
    return f"idle connections forgotten ({k3s.told}): {', '.join(about)}"


def unrelated(lab: Lab, k3s: Cluster) -> None:
    """Another workload is rolled out in order, once or twice; nobody is reset by it."""
    pod = k3s.deploy("search", "index")
    pod.line("ready to serve", now())
    while lab.wait(lab.draw.uniform(12, 50)):
        fresh = k3s.deploy("search", "index")
        fresh.line("ready to serve", now())
        lab.wait(1)
        k3s.say_ending(pod)
        pod.line("received SIGTERM, shutting down", now())
        pod = fresh


def rolled(lab: Lab) -> str:
    """Workloads rolled out under their callers, once or twice, as little or as much is told."""
    k3s, about = cluster(lab), []
    for i in range(2):
        namespace, workload = "shop", f"{lab.draw.choice(['cart', 'stock', 'rates'])}{i}"
        server = k3s.deploy(namespace, workload)
        kind = lab.draw.choice([*WEB, "grpc", "postgres", "redis", "lines"])
        port = serve_any(lab, server, kind)
        time.sleep(4)
        callers = [k3s.deploy("shop", f"checkout{i}{c}") for c in "ab"]
        address, through = server.address, lab.draw.choice(["pod", "service", "service", "proxy"])
        if through == "service":
            address = wares.service(lab, callers, server, port)
        elif through == "proxy" and kind in WEB:
            web = k3s.deploy("ingress", f"edge-proxy{i}")
            proxied(lab, web, server, port)
            time.sleep(2)
            address, port, callers = web.address, 80, [*callers, web]
        said = [call_any(lab, one, kind, address, port) for one in callers[:2]]
        about.append(f"{' and '.join(said)} -> {through} -> {kind}")
        lab.start(roll, lab, k3s, server, callers, lab.draw.uniform(14, 40), kind)
    lab.start(bystander, lab, k3s)
    return f"roll-outs ({k3s.told}): {', '.join(about)}"


def proxied(lab: Lab, web: Pod, app: Pod, port: int) -> str:
    """A proxy of some make in front of an application."""
    makers = ["envoy", "envoy", "nginx", "haproxy", "caddy", "apache"]
    make = lab.draw.choice([*makes.PROXIES, *makes.PROXIES, "apache"] if wares.FAR else makers)
    if make in makes.PROXIES:
        makes.proxy(lab, web, make, f"{app.address}:{port}")
    elif make == "envoy":
        wares.envoy(lab, web, f"{app.address}:{port}", app.workload)
    else:
        lab.proxy(web, app, port, make)
    return make


def serve_any(lab: Lab, server: Pod, kind: str) -> int:
    """A server of this kind; gives its port."""
    if kind in ("postgres", "redis"):
        return wares.database(lab, server, kind)
    if kind == "lines":
        line_server(lab, server, lab.draw.choice(LINES), 9000)
        return 9000
    wares.serve(lab, server, kind, 8080)
    return 8080


def call_any(lab: Lab, caller: Pod, kind: str, address: str, port: int) -> str:
    """A caller that suits the server, busy all the time."""
    if kind == "lines":
        own = lab.draw.choice(["go", "java", "node"])
        return pool(lab, caller, own, address, port, 0.3, said=lab.draw.random() < 0.3)
    if kind in ("postgres", "redis", "grpc"):
        own = {"postgres": lab.draw.choice(["pg3", "pg8000", "asyncpg", "psycopg"])}.get(kind, kind)
        return wares.call(lab, caller, own, address, port, "/", 0.1)
    path = lab.draw.choice(["/upload", "/upload", "/upload", "/big", "/slow?s=1"])
    return wares.call(lab, caller, lab.draw.choice(CALLERS), address, port, path, 0.15)


def roll(lab: Lab, k3s: Cluster, server: Pod, callers: list[Pod], when: float, kind: str) -> None:
    """End the server under its callers; what a proxy resets for want of it comes of its end, too."""
    if not lab.wait(when):
        return
    fresh = None
    if lab.draw.random() < 0.7:
        fresh = k3s.deploy(server.namespace, server.workload)
        fresh.line("starting", now())
        lab.wait(lab.draw.uniform(0.2, 1.5))
    at = now()
    for caller in callers:
        for peer in (server.address, None):
            lab.ground.act("termination_fallout", caller, peer, at, at + 600 * NS)
    lab.ground.act("termination_fallout", server, None, at, at + 20 * NS)
    if lab.draw.random() < 0.3:
        _link(server, "down")  # a node that is lost sends no FIN
    k3s.end(server, lab.draw.choice([0.0, 0.5, 2.0]))
    _link(server, "up")


def bystander(lab: Lab, k3s: Cluster) -> None:
    """A caller of a remote API that resets a part of its calls, for no reason in any log."""
    moody_caller(lab, k3s, "notify", "sms", 1.5)


def moody_caller(
    lab: Lab, k3s: Cluster, namespace: str, workload: str, pause: float, *, near: bool = False
) -> str:
    """A caller of something outside (`near`: with a pod's address) that resets as it likes."""
    ground = lab.ground
    address = lab.outside(ground.pod_address() if near else ground.public_address())
    port = lab.draw.choice([80, 443, 8443])
    listener = socket.create_server((address, port), backlog=64)

    def serve() -> None:
        while True:
            one, _ = listener.accept()
            lab.start(_moody, lab, one)

    lab.start(serve)
    caller = k3s.deploy(namespace, workload)
    return wares.call(lab, caller, lab.draw.choice(CALLERS), address, port, "/", pause)


def crashed(lab: Lab) -> str:
    """Processes that die by themselves under callers, told as a cluster tells it."""
    k3s, about = cluster(lab), []
    for i in range(2):
        server = k3s.deploy("shop", f"{lab.draw.choice(['orders', 'render'])}{i}")
        how, when = lab.draw.choice(["panic", "segfault", "node", "jvm"]), lab.draw.uniform(15, 40)
        at = f"{server.address}:8080"
        if how == "panic":
            lab.spawn(server, str(wares.BUILT / "stack"), "web", at, "plain", str(when))
        elif how == "segfault":
            lab.python_server(server, "crash", 8080, str(when))
        elif how == "node":
            lab.node_server(server, "doomed", 8080, "plain", str(when))
        else:
            wares.serve(lab, server, "java", 8080)
        time.sleep(3)
        callers = [k3s.deploy("shop", f"front{i}{c}") for c in "ab"]
        address, port = server.address, 8080
        through = lab.draw.choice(["pod", "service", "proxy"])
        if through == "service":
            address = wares.service(lab, callers, server, port)
        elif through == "proxy":
            web = k3s.deploy("ingress", f"edge-proxy{i}")
            proxied(lab, web, server, port)
            time.sleep(2)
            address, port, callers = web.address, 80, [*callers, web]
        said = [call_any(lab, one, "web", address, port) for one in callers[:2]]
        about.append(f"{' and '.join(said)} -> {through} -> {how}")
        lab.start(_dies, lab, k3s, server, callers, how, when)
    lab.start(unrelated, lab, k3s)
    return f"crashes ({k3s.told}): {', '.join(about)}"


def _dies(lab: Lab, k3s: Cluster, server: Pod, callers: list[Pod], how: str, when: float) -> None:
    """It does not come back: what a proxy resets for want of it until the end is its crash, too."""
    if how == "jvm":
        lab.wait(when)
        strike(server, signal.SIGSEGV)
    lab.processes[server.name].wait()
    at = now()
    for pod, peer in [(one, server.address) for one in callers] + [(one, None) for one in callers]:
        lab.ground.act("backend_crash", pod, peer, at - NS // 2, at + 600 * NS)
    k3s.died(server)


def starved(lab: Lab) -> str:
    """Full accept queues, processes out of files, processes that the kernel kills for memory."""
    k3s, about = cluster(lab), []
    for i in range(2):
        server = k3s.deploy("legacy", f"{lab.draw.choice(['pricing', 'basket'])}{i}")
        how = lab.draw.choice(["backlog", "files", "workers"])
        if how == "backlog":
            wares.in_pod(server, "sysctl", "-w", "net.ipv4.tcp_abort_on_overflow=1")
            lab.python_server(server, "backlog", 8080, "plain")
            if lab.draw.random() < 0.5:
                text = "TCP: request_sock_TCP: Possible SYN flooding on port 8080. Sending cookies."
                lab.ground.kernel(text, now() + 5 * NS, server.node)
        elif how == "files":
            words = f"ulimit -n 26; exec {wares.BUILT}/stack lines {server.address}:8080 json"
            lab.spawn(server, "sh", "-c", words)
        else:
            text = f"""daemon off; error_log stderr; pid {lab.scratch}/{server.name}.pid;
events {{ worker_connections 24; }} http {{ access_log /dev/stdout; keepalive_timeout 60;
server {{ listen {server.address}:8080; return 200 ok; }} }}"""
            lab.spawn(server, "nginx", "-c", lab.conf(server, text))
        time.sleep(1)
        callers = [k3s.deploy("shop", f"front{i}{c}") for c in "abc"]
        address = server.address
        if lab.draw.random() < 0.4:
            address = wares.service(lab, callers, server, 8080)
        for caller in callers:
            pause = 0.3 if how == "workers" else 0.05
            own = lab.draw.choice(CALLERS)
            about.append(f"{wares.call(lab, caller, own, address, 8080, '/', pause)} -> {how}")
            lab.ground.act("resource_exhaustion", caller, None, now(), now() + 600 * NS)
        lab.ground.act("resource_exhaustion", server, None, now(), now() + 600 * NS)
    lab.start(_kernel_lines, lab)
    return f"limits ({k3s.told}): {', '.join(about)}"


def mixed(lab: Lab) -> str:
    """One application that is probed, left by clients behind a proxy, and rolled out once."""
    k3s = cluster(lab)
    app = k3s.deploy("shop", "api")
    kind = lab.draw.choice(["node", "go", "java", "http", "sanic"])
    wares.serve(lab, app, kind, 8080)
    web = k3s.deploy("ingress", "edge-proxy")
    time.sleep(3)
    make = proxied(lab, web, app, 8080)
    callers = [k3s.deploy("shop", f"web{c}") for c in "ab"]
    said = [call_any(lab, one, kind, app.address, 8080) for one in callers]
    time.sleep(1)
    lab.start(talk, lab, lab.outside(lab.ground.public_address()), web, 80, 2.0, app)
    for _ in range(lab.draw.choice([1, 2])):
        source = lab.outside(lab.ground.balancer())
        lab.start(probe, lab, source, app, 8080, lab.draw.uniform(3, 8), 0.02, 0.0)
    lab.start(leave_via, lab, web, app, 80, "mixed", lab.draw.uniform(0.5, 1.2))
    lab.start(roll, lab, k3s, app, [*callers, web], lab.draw.uniform(35, 55), kind)
    lab.start(bystander, lab, k3s)
    return f"all at once ({k3s.told}): {make} -> {kind}, {', '.join(said)}"


KINDS = {each.__name__: each for each in (dropped, rolled, crashed, starved, mixed)}

if __name__ == "__main__":
    wares.build()
    sys.exit(main(KINDS, "fleet"))
