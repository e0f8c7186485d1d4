"""More stacks and more causes than real.py: roll-outs, crashes, probes, aborts, idle, limits, decoys.

    python tests/lab/wide.py OUT --kind rollouts --seed 3 --seconds 70 --python ENV/bin/python

The programs are those of wares.py; what is not installed makes its scenario fail, loudly.
"""

import contextlib
import signal
import socket
import sys
import time

import wares
from ground import NS, Pod, end_pod
from real import (
    STACKS,
    Lab,
    _link,
    _moody,
    _run,
    abandon,
    dial,
    inside,
    leave_via,
    main,
    now,
    probe,
    talk,
    tear,
)

TOLD = ["events", "journal", "both", "replicaset", "sync", "restart"]


def rollouts(lab: Lab) -> str:
    """Servers ended under proxies and callers; a graceful roll-out and a moody API beside them."""
    about = []
    for i in range(2):
        server = lab.pod("shop", f"cart{i}")
        port, kind = _any_server(lab, server)
        time.sleep(4)
        callers, said = _any_callers(lab, server, kind, port, f"{i}")
        about.append(f"{said} -> {kind}")
        lab.start(_end_one, lab, server, callers, lab.draw.uniform(15, 35))
    lab.start(graceful, lab)
    about.append(f"beside it {bystander(lab)}")
    return f"roll-outs: {', '.join(about)}"


def _any_server(lab: Lab, server: Pod) -> tuple[int, str]:
    kind = lab.draw.choice([*wares.WEB, "postgres", "redis", "mysql", "memcached"])
    if kind in wares.WEB:
        wares.serve(lab, server, kind, 8080)
        return 8080, kind
    return wares.database(lab, server, kind), kind


def _any_callers(lab: Lab, server: Pod, kind: str, port: int, name: str) -> tuple[list[Pod], str]:
    """Pods that use the server: a proxy with clients in front, or callers of its address."""
    path = lab.draw.choice(["/upload"] * 4 + ["/big", "/slow?s=1"])
    if kind in wares.WEB and lab.draw.random() < 0.4:
        web = lab.pod("ingress", f"edge-proxy{name}")
        make = lab.draw.choice(wares.PROXIES)
        _proxy(lab, web, make, server, port)
        time.sleep(1)
        sites = [lab.pod("web", f"site{name}{c}") for c in "ab"]
        for caller in sites:
            wares.call(lab, caller, "httpx", web.address, 80, path, 0.3)
        return [web, *sites], make
    callers = [lab.pod("shop", f"checkout{name}{c}") for c in "ab"]
    address = server.address
    if lab.draw.random() < 0.6:
        address = wares.service(lab, callers, server, port)
    said = []
    for caller in callers:
        if kind in wares.WEB:
            client = lab.draw.choice(wares.CALLERS)
            said.append(wares.call(lab, caller, client, address, port, path, 0.15))
        else:
            client = "psycopg" if kind == "postgres" else kind
            said.append(wares.call(lab, caller, client, address, port, "/", 0.1))
    return callers, " and ".join(said)


def _proxy(lab: Lab, web: Pod, make: str, app: Pod, port: int) -> None:
    if make in ("nginx", "haproxy", "caddy", "apache"):
        lab.proxy(web, app, port, make)
    else:
        wares.front(lab, web, make, f"{app.address}:{port}", app.workload, app.namespace)


def _end_one(lab: Lab, server: Pod, callers: list[Pod], when: float) -> None:
    if not lab.wait(when):
        return
    at = now()
    end_pod(lab.ground, server, at, lab.draw.choice(TOLD))
    for caller in callers:
        lab.ground.act("termination_fallout", caller, server.address, at, at + 600 * NS)
    lab.ground.act("termination_fallout", server, None, at, at + 20 * NS)
    if lab.draw.random() < 0.4:
        _link(server, "down")  # no FIN leaves a pod that is cut off
    pids = inside(server)
    if lab.draw.random() < 0.7:
        wares.strike(sorted(pids)[:1], signal.SIGTERM)
        lab.wait(lab.draw.uniform(0.3, 2))
    wares.strike(inside(server), signal.SIGKILL)
    _link(server, "up")
    if lab.draw.random() < 0.4:  # another workload takes the address
        fresh = lab.ground.pod("blog", "posts", now(), address=server.address)
        fresh.line("starting", now())


def graceful(lab: Lab) -> None:
    """Another workload is rolled out at some time; nobody is reset by it."""
    other = lab.pod("search", "index")
    other.line("ready to serve", now())
    lab.wait(lab.draw.uniform(5, 45))
    end_pod(lab.ground, other, now(), lab.draw.choice(TOLD[:5]))
    other.line("received SIGTERM, shutting down", now())
    lab.wait(0.7)
    other.line("bye", now())
    fresh = lab.pod("search", "index")
    fresh.line("ready to serve", now())


def bystander(lab: Lab) -> str:
    """A caller of a remote API that resets a part of its calls, for no reason in any log."""
    address = lab.outside(lab.ground.public_address())
    listener = socket.create_server((address, 80), backlog=64)

    def serve() -> None:
        while True:
            one, _ = listener.accept()
            lab.start(_moody, lab, one)

    lab.start(serve)
    caller = lab.pod("notify", "sms")
    return wares.call(lab, caller, lab.draw.choice(wares.CALLERS), address, 80, "/", 1.0)


def crashes(lab: Lab) -> str:
    """Processes that die by themselves under callers; unrelated end and start beside it."""
    about = []
    for i in range(2):
        server = lab.pod("shop", f"orders{i}")
        how = lab.draw.choice(
            ["panic", "segfault", "heap", "node", "worker", "jvm", "backend", "fpm", "abort"]
        )
        when = lab.draw.uniform(20, 40)
        port, kind = _doomed(lab, server, how, when)
        time.sleep(4)
        callers, said = _any_callers(lab, server, kind, port, f"{i}")
        about.append(f"{said} -> {how}")
        lab.start(_watch_crash, lab, server, callers, how, when)
    lab.start(graceful, lab)
    return f"crashes: {', '.join(about)}"


def _doomed(lab: Lab, server: Pod, how: str, when: float) -> tuple[int, str]:
    at = f"{server.address}:8080"
    if how == "panic":
        lab.spawn(server, str(wares.BUILT / "stack"), "web", at, "plain", str(when))
        return 8080, "go"
    if how in ("segfault", "abort"):
        lab.python_server(server, "crash", 8080, str(when))
        return 8080, "http"
    if how == "heap":
        lab.spawn(server, "java", "-Xmx48m", "-XX:+ExitOnOutOfMemoryError", "-cp",
                  str(wares.BUILT), "Web", server.address, "8080", str(when))  # fmt: skip
        return 8080, "java"
    if how == "jvm":
        wares.serve(lab, server, "java", 8080)
        return 8080, "java"
    if how == "node":
        lab.node_server(server, "doomed", 8080, "plain", str(when))
        return 8080, "node"
    if how == "backend":
        lab.postgres(server, 5432)
        return 5432, "postgres"
    if how == "fpm":
        wares.serve(lab, server, "fpm", 8080)
        return 8080, "fpm"
    wares.serve(lab, server, "gunicorn", 8080)
    return 8080, "gunicorn"


def _watch_crash(lab: Lab, server: Pod, callers: list[Pod], how: str, when: float) -> None:
    """Strike, or wait for the process to die; tell what a cluster would tell."""
    process = lab.processes[server.name]
    if how in ("worker", "jvm", "backend", "fpm"):
        if not lab.wait(when):
            return
        pids = sorted(inside(server))
        at = now()
        number = signal.SIGKILL if how in ("worker", "backend") else signal.SIGSEGV
        wares.strike(pids if how == "jvm" else pids[-2:], number)
    else:
        process.wait()
        at = now()
    label = "resource_exhaustion" if how == "heap" else "backend_crash"
    back = how in ("worker", "backend", "fpm")
    for caller in callers:
        lab.ground.act(label, caller, server.address, at - NS // 2, at + (10 if back else 600) * NS)
    lab.ground.act(label, server, None, at - NS // 2, at + 10 * NS)
    if how in ("panic", "segfault", "heap", "node", "jvm"):
        lab.ground.back_off(server, at + NS)


def probers(lab: Lab) -> str:
    """Health checks of several balancers at once against more servers, with traffic by SNAT."""
    about = []
    for i in range(4):
        pod = lab.pod("edge", f"{lab.draw.choice(['tunnel', 'store', 'gate', 'relay'])}{i}")
        kind = lab.draw.choice(
            ["go", "go", "postgres", "pgbouncer", "stunnel", "mysql", "gthread", "java", "asyncio",
             "net", "nginx", "haproxy", "memcached", "line"]
        )  # fmt: skip
        port = probed(lab, pod, kind)
        time.sleep(2)
        sources = dict.fromkeys(prober(lab) for _ in range(lab.draw.choice([1, 2, 2, 3])))
        period = lab.draw.uniform(2, 8)
        for source in sources:
            own = period if lab.draw.random() < 0.5 else lab.draw.uniform(2, 8)
            jitter, missing = lab.draw.choice([0, 0.02, 0.06, 0.12]), lab.draw.choice([0, 0, 0.15])
            polite = lab.draw.random() < 0.25
            how = _polite_probe if polite else probe
            lab.start(how, lab, source, pod, port, own, jitter, missing)
        if lab.draw.random() < 0.6:
            lab.start(talk, lab, next(iter(sources)), pod, port, 2.5)
        about.append(f"{kind} by {len(sources)}")
    return f"probes: {', '.join(about)}"


def prober(lab: Lab) -> str:
    choices = [lab.ground.balancer(), lab.draw.choice(lab.ground.nodes)]
    return lab.outside(lab.draw.choice([*choices, lab.ground.gateways()[1]]))


def probed(lab: Lab, pod: Pod, kind: str) -> int:
    at = f"{pod.address}:9000"
    if kind in ("postgres", "mysql", "memcached"):
        return wares.database(lab, pod, kind)
    if kind == "go":
        style = lab.draw.choice(["plain", "json", "logfmt"])
        lab.spawn(pod, str(wares.BUILT / "stack"), "lines", at, style)
    elif kind == "pgbouncer":
        conf = lab.conf(
            pod,
            f"[databases]\n* = host=127.0.0.1\n[pgbouncer]\nlisten_addr = {pod.address}\nlisten_port = 9000\nauth_type = any\nverbose = 1\n",
        )
        lab.spawn(pod, "pgbouncer", "-u", "nobody", conf)
    elif kind == "stunnel":
        lab.spawn(
            pod,
            "stunnel4",
            lab.conf(
                pod,
                f"foreground = yes\ndebug = info\nsyslog = no\npid =\n[tls]\naccept = {at}\nconnect = 127.0.0.1:1\ncert = {certificate(lab)}\n",
            ),
        )
    elif kind == "gthread":
        wares.serve(lab, pod, kind, 9000)
    elif kind == "java":
        lab.spawn(pod, "java", str(STACKS / "Server.java"), pod.address, "9000")
    elif kind == "net":
        lab.node_server(pod, "net", 9000, lab.draw.choice(["stack", "json", "code", "plain"]))
    elif kind in ("nginx", "haproxy"):
        lab.proxy(pod, pod, 9001, kind, debug=True)
        return 80
    else:
        style = lab.draw.choice(["json", "logfmt", "trace", "tuple", "bare", "plain", "default"])
        lab.python_server(pod, kind, 9000, style)
    return 9000


def _polite_probe(
    lab: Lab, source: str, pod: Pod, port: int, period: float, jitter: float, missing: float
) -> None:
    """A check that exchanges bytes first (send, expect), and resets then."""
    while lab.wait(period * (1 + lab.draw.uniform(-jitter, jitter))):
        if lab.draw.random() < missing:
            continue
        try:
            one = dial(source, pod, port)
            one.sendall(b"PING\r\n")
            one.settimeout(0.3)
            with contextlib.suppress(TimeoutError):
                one.recv(64)
            lab.ground.act("probe_noise", pod, source, now())
            tear(one)
        except OSError:
            pass


def certificate(lab: Lab) -> str:
    pem = lab.scratch / "both.pem"
    if not pem.exists():
        key, cert = lab.scratch / "key.pem", lab.scratch / "cert.pem"
        subject = ["-subj", "/CN=app", "-days", "2", "-nodes", "-newkey", "rsa:2048"]
        _run("openssl", "req", "-x509", *subject, "-keyout", str(key), "-out", str(cert))
        pem.write_text(key.read_text() + cert.read_text())
    return str(pem)


def leavers(lab: Lab) -> str:
    """Clients that give up behind more proxies and applications; a constant patience of some."""
    about = []
    for i in range(3):
        app = lab.pod("shop", f"export{i}")
        kind = lab.draw.choice(wares.WEB)
        wares.serve(lab, app, kind, 8080)
        web = lab.pod("ingress", f"edge-proxy{i}")
        make = lab.draw.choice(wares.PROXIES)
        _proxy(lab, web, make, app, 8080)
        about.append(f"{make} -> {kind}")
        time.sleep(3)
        lab.start(talk, lab, lab.outside(lab.ground.public_address()), web, 80, 2.0, app)
        how = lab.draw.choice(["slow", "big", "big", "upload", "mixed"])
        lab.start(leave_via, lab, web, app, 80, how, lab.draw.uniform(0.4, 1.2))
    return f"aborts: {', '.join(about)}"


def timed(lab: Lab) -> str:
    """Direct clients without a proxy, some of them by the clock: requests that are given up."""
    about = []
    for i in range(3):
        app = lab.pod("etl", f"feeds{i}")
        kind = lab.draw.choice(wares.WEB)
        wares.serve(lab, app, kind, 8080)
        time.sleep(3)
        period, how = lab.draw.uniform(3, 7), lab.draw.choice(["big", "upload", "slow"])
        source = lab.draw.choice([lab.ground.balancer(), lab.ground.nodes[0], None])
        address = lab.outside(source or lab.ground.public_address())
        lab.start(_clockwork, lab, address, app, how, period)
        lab.start(talk, lab, lab.outside(lab.ground.public_address()), app, 8080, 1.5)
        about.append(f"{how} of {kind}")
    return f"aborts by the clock: {', '.join(about)}"


def _clockwork(lab: Lab, source: str, app: Pod, how: str, period: float) -> None:
    while lab.wait(period):
        lab.start(abandon, lab, source, app, app, 8080, how, 0.4)


def forgotten(lab: Lab) -> str:
    """A firewall forgets idle connections and answers later packets with RST."""
    about = []
    for i in range(3):
        server = lab.pod("data", f"ledger{i}")
        kind = lab.draw.choice(["gthread", "go", "java", "waitress", "redis", "mysql", "memcached"])
        port = 8080
        if kind in wares.WEB:
            wares.serve(lab, server, kind, port)
        else:
            port = wares.database(lab, server, kind)
        limit = lab.draw.randint(5, 9)
        wares.forget_idle(server, limit)
        time.sleep(4)
        caller = lab.pod("app", f"billing{i}")
        client = lab.draw.choice(["requests", "httplib"]) if kind in wares.WEB else kind
        said = wares.call(lab, caller, client, server.address, port, "/", limit * 1.45,
                          ("json", "idle"))  # fmt: skip
        lab.ground.act("idle_timeout", caller, server.address, now(), now() + 600 * NS)
        about.append(f"{said} -> {kind} after {limit} s")
    return f"forgotten by a firewall: {', '.join(about)}"


def limits(lab: Lab) -> str:
    """Accept queues that overflow, of several servers, each told by the kernel; a quiet neighbour."""
    about = []
    for i in range(2):
        server = lab.pod("legacy", f"pricing{i}")
        wares.in_pod(server, "sysctl", "-w", "net.ipv4.tcp_abort_on_overflow=1")
        lab.python_server(server, "backlog", 8080, "plain")
        time.sleep(1)
        callers = [lab.pod("shop", f"basket{i}{c}") for c in "abc"]
        address = server.address
        if lab.draw.random() < 0.5:
            address = wares.service(lab, callers, server, 8080)
        for caller in callers:
            client = lab.draw.choice(wares.CALLERS)
            about.append(wares.call(lab, caller, client, address, 8080, "/", 0.05))
            lab.ground.act("resource_exhaustion", caller, server.address, now(), now() + 600 * NS)
        if lab.draw.random() < 0.6:
            text = "TCP: request_sock_TCP: Possible SYN flooding on port 8080. Sending cookies."
            lab.ground.kernel(text, now() + 5 * NS)
    return f"full accept queues: {', '.join(about)}"


def schemes(lab: Lab) -> str:
    """TLS to plain ports, plain text to TLS ports, and a PROXY header that does not come."""
    about = []
    for i in range(3):
        server = lab.pod("build", f"signer{i}")
        kind = lab.draw.choice(["gotls", "stunnel", "https", "tls", "proxied"])
        pem = certificate(lab)
        if kind == "gotls":
            lab.spawn(
                server, str(wares.BUILT / "stack"), "web", f"{server.address}:8443", "plain", pem
            )
        elif kind == "stunnel":
            lab.spawn(
                server,
                "stunnel4",
                lab.conf(
                    server,
                    f"foreground = yes\ndebug = info\nsyslog = no\npid =\n[tls]\naccept = {server.address}:8443\nconnect = 127.0.0.1:1\ncert = {pem}\n",
                ),
            )
        elif kind == "https":
            lab.node_server(server, "https", 8443, "plain", pem)
        elif kind == "tls":
            lab.python_server(server, "tls", 8443, "plain", pem)
        else:
            text = f"global\n  log stdout format raw daemon\ndefaults\n  mode http\n  log global\n  option httplog\n  timeout connect 5s\n  timeout client 9s\n  timeout server 9s\nfrontend web\n  bind {server.address}:8443 accept-proxy\n  http-request return status 200\n"
            lab.spawn(server, "haproxy", "-db", "-f", lab.conf(server, text))
        time.sleep(2)
        caller = lab.pod("build", f"vault{i}")
        client = lab.draw.choice(wares.CALLERS)
        about.append(f"{wares.call(lab, caller, client, server.address, 8443, '/', 2.0)} -> {kind}")
        for pod, other in ((caller, server.address), (server, caller.address)):
            lab.ground.act("protocol_mismatch", pod, other, now(), now() + 600 * NS)
    return f"wrong schemes: {', '.join(about)}"


def traps(lab: Lab) -> str:
    """A remote API that resets, while other things happen that are not to blame."""
    about = []
    app = lab.pod("shop", "export")
    wares.serve(lab, app, "uvicorn", 8080)
    web = lab.pod("ingress", "edge-proxy")
    _proxy(lab, web, "nginx", app, 8080)
    time.sleep(3)
    about += [bystander(lab) for _ in range(3)]
    lab.start(_give_up, lab, web)
    lab.start(graceful, lab)
    lab.start(graceful, lab)
    doomed = lab.pod("batch", "report")
    lab.spawn(doomed, str(wares.BUILT / "stack"), "web", f"{doomed.address}:8080", "plain", "25")
    lab.ground.kernel(
        "TCP: request_sock_TCP: Possible SYN flooding on port 9999. Sending cookies.",
        now() + 300 * NS,
        "node-9",
    )
    return f"a moody API beside what is not to blame: {', '.join(about)}"


def _give_up(lab: Lab, web: Pod) -> None:
    """Clients of another application get their 499s all the time."""
    while lab.wait(lab.draw.expovariate(1 / 1.5)):
        try:
            one = dial(lab.outside(lab.ground.public_address()), web, 80)
            one.sendall(b"GET /slow?s=3 HTTP/1.1\r\nHost: app\r\n\r\n")
            time.sleep(0.5)
            one.close()
        except OSError:
            continue


KINDS = {
    each.__name__: each
    for each in (rollouts, crashes, probers, leavers, timed, forgotten, limits, schemes, traps)
}

if __name__ == "__main__":
    wares.build()
    sys.exit(main(KINDS, "wide"))
