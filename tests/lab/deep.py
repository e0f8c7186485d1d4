"""Causes and makes that real.py and wide.py leave out: caches, brokers, idle pools that state no
idle time, keep-alive races, full processes, wrong first bytes, slow beats, killed for memory.

    python tests/lab/deep.py OUT --kind races --seed 3 --seconds 90 --python ENV/bin/python
"""

import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import wares
from ground import NS, Pod, end_pod
from real import STACKS, Lab, dial, inside, leave_via, main, now, probe, talk, tear
from wide import bystander, certificate, graceful, probed, prober

CACHES = ("varnish", "squid", "apache", "caddy", "lighttpd", "haproxy")


def cached(lab: Lab, web: Pod, make: str, app: Pod, port: int) -> None:
    """A cache or proxy of this make in front of an application."""
    if make == "varnish":
        place = lab.scratch / f"{web.name}.varnish"
        say = f'varnishncsa -n {place} -F \'%h %l %u %t "%r" %s %b "%{{Referer}}i" "%{{User-agent}}i" %{{Varnish:handling}}x\''
        run = f"varnishd -F -n {place} -a {web.address}:80 -b {app.address}:{port} -s malloc,32m"
        lab.spawn(web, "sh", "-c", f"{run} & sleep 3; exec {say}")
    elif make == "squid":
        text = f"""http_port {web.address}:80 accel defaultsite=app no-vhost
cache_peer {app.address} parent {port} 0 no-query originserver name=app
http_access allow all
cache deny all
access_log stdio:/dev/stdout squid
cache_log /dev/stderr
pid_filename none
cache_effective_user root
pinger_enable off
"""
        lab.spawn(web, "squid", "-N", "-f", lab.conf(web, text))
    elif make in ("traefik", "lighttpd"):
        wares.front(lab, web, make, f"{app.address}:{port}", app.workload, app.namespace)
    else:
        lab.proxy(web, app, port, make)
    if make in ("varnish", "squid"):
        lab.ground.ingress.append(f"{web.namespace}/{web.workload}")


def caches(lab: Lab) -> str:
    """Clients that give up behind caches and proxies."""
    about = []
    for i in range(3):
        app = lab.pod("media", f"thumbs{i}")
        kind = lab.draw.choice(
            ["gunicorn", "uvicorn", "go", "java", "node", "gthread", "hypercorn", "puma"]
        )
        wares.serve(lab, app, kind, 8080)
        web = lab.pod("edge", f"cache-proxy{i}")
        make = lab.draw.choice(CACHES)
        cached(lab, web, make, app, 8080)
        about.append(f"{make} -> {kind}")
        time.sleep(4)
        lab.start(talk, lab, lab.outside(lab.ground.public_address()), web, 80, 1.5, app)
        how = lab.draw.choice(["slow", "big", "upload", "mixed", "mixed"])
        lab.start(leave_via, lab, web, app, 80, how, lab.draw.uniform(0.3, 1.4))
    return f"aborts behind caches: {', '.join(about)}"


def broker(lab: Lab, pod: Pod, port: int) -> None:
    """A RabbitMQ node that logs to its standard output."""
    home = lab.scratch / f"{pod.name}.rabbit"
    home.mkdir()
    given = {
        "HOME": home, "RABBITMQ_NODENAME": "rabbit@localhost", "RABBITMQ_MNESIA_BASE": home,
        "RABBITMQ_NODE_IP_ADDRESS": pod.address, "RABBITMQ_NODE_PORT": port, "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": home / "pid", "RABBITMQ_USE_LONGNAME": "false",
        "RABBITMQ_LOG_BASE": home, "RABBITMQ_CONFIG_FILE": home / "none",
        "RABBITMQ_ENABLED_PLUGINS_FILE": home / "plugins", "RABBITMQ_ALLOW_INPUT": "1",
    }  # fmt: skip
    (home / "plugins").write_text("[].\n")
    home.chmod(0o777)
    words = [f"{name}={value}" for name, value in given.items()]
    lab.spawn(pod, "env", *words, "/usr/lib/rabbitmq/bin/rabbitmq-server")


def slow(lab: Lab) -> str:
    """Probes with long periods of servers that wide.py does not have; a node's traffic beside them."""
    about = []
    for i in range(4):
        pod = lab.pod("queue", f"{lab.draw.choice(['bus', 'gate', 'store'])}{i}")
        kind = lab.draw.choice(
            ["rabbit", "redis", "gotls", "go", "net", "nginx", "asyncio", "line"]
        )
        port = 9000
        if kind == "rabbit":
            broker(lab, pod, port)
        elif kind == "redis":
            words = (
                f"--bind {pod.address} --port {port} --protected-mode no --loglevel debug --save"
            )
            lab.spawn(pod, "redis-server", *words.split(), "")
        elif kind == "gotls":
            pem = certificate(lab)
            lab.spawn(pod, str(wares.BUILT / "stack"), "web", f"{pod.address}:{port}", "plain", pem)
        else:
            port = probed(lab, pod, kind)
        time.sleep(2)
        period, jitter = lab.draw.uniform(7, 22), lab.draw.choice([0, 0.01, 0.04, 0.08])
        sources = dict.fromkeys(prober(lab) for _ in range(lab.draw.choice([1, 1, 2, 3])))
        for source in sources:
            own = period if lab.draw.random() < 0.6 else lab.draw.uniform(7, 22)
            lab.start(probe, lab, source, pod, port, own, jitter, lab.draw.choice([0, 0, 0.15]))
        if lab.draw.random() < 0.5:
            lab.start(talk, lab, next(iter(sources)), pod, port, 3.0)
        about.append(f"{kind} by {len(sources)} every {period:.0f} s")
    lab.end += 150
    return f"slow probes: {', '.join(about)}"


def races(lab: Lab) -> str:
    """A proxy uses upstream connections that the backend has just given up (no idle is stated)."""
    about = []
    for i in range(3):
        app = lab.pod("shop", f"basket{i}")
        limit = lab.draw.uniform(4, 7)
        lab.python_server(app, "reset", 8080, str(limit))
        web = lab.pod("ingress", f"edge-proxy{i}")
        make = lab.draw.choice(["nginx", "nginx", "apache", "haproxy", "caddy"])
        cached(lab, web, make, app, 8080)
        time.sleep(2)
        lab.start(_now_and_then, lab, web, limit)
        lab.ground.act("idle_timeout", web, app.address, now(), now() + 600 * NS)
        about.append(f"{make} after {limit:.1f} s")
    return f"keep-alive races: {', '.join(about)}"


def _now_and_then(lab: Lab, web: Pod, limit: float) -> None:
    """Requests in groups, with pauses shorter and longer than the backend keeps connections."""
    source = lab.outside(lab.ground.public_address())
    while lab.wait(limit * lab.draw.choice([0.1, 0.1, 0.3, 1.1, 1.3, 1.6])):
        with contextlib.suppress(OSError), dial(source, web, 80) as one:
            verb = lab.draw.choice([b"GET", b"GET", b"POST"])
            body = b"Content-Length: 2\r\n" if verb == b"POST" else b""
            tail = b"{}" if verb == b"POST" else b""
            one.sendall(
                verb + b" / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n" + body + b"\r\n" + tail
            )
            one.settimeout(2)
            one.recv(4096)


def silent(lab: Lab) -> str:
    """Idle connections that a firewall forgets; no line states how long they had been idle."""
    about = []
    for i in range(3):
        server = lab.pod("data", f"ledger{i}")
        kind = lab.draw.choice(["gthread", "http", "node", "redis", "postgres"])
        if kind in wares.WEB or kind == "http":
            wares.serve(lab, server, kind, 8080)
            port = 8080
        else:
            port = wares.database(lab, server, kind)
        limit = lab.draw.randint(6, 9)
        wares.forget_idle(server, limit)
        time.sleep(4)
        caller = lab.pod("app", f"billing{i}")
        client = (
            lab.draw.choice(["requests", "httplib"])
            if port == 8080
            else ("psycopg" if kind == "postgres" else kind)
        )
        lab.spawn(caller, lab.python, str(STACKS / "client.py"), client, server.address, str(port),
                  lab.draw.choice(["plain", "trace"]), str(limit * 1.45), "1", "/")  # fmt: skip
        lab.ground.act("idle_timeout", caller, server.address, now(), now() + 600 * NS)
        about.append(f"{client} -> {kind} after {limit} s")
    return f"connections forgotten in silence: {', '.join(about)}"


def aged(lab: Lab) -> str:
    """Something in the middle resets connections towards the server when they have been idle."""
    about = []
    for i in range(3):
        server = lab.pod("cache", f"session{i}")
        kind = lab.draw.choice(["redis", "postgres", "line", "net"])
        port = 9000
        if kind == "redis":
            words = f"--bind {server.address} --port {port} --protected-mode no --loglevel verbose --save"
            lab.spawn(server, "redis-server", *words.split(), "")
        elif kind == "postgres":
            lab.postgres(server, port)
        elif kind == "line":
            lab.python_server(server, "line", port, "plain")
        else:
            lab.node_server(server, "net", port, "plain")
        time.sleep(3)
        source = lab.ground.pod_address()
        limit = lab.draw.uniform(8, 14)
        lab.start(_pooled, lab, lab.outside(source), server, port, limit)
        about.append(f"{kind} after {limit:.1f} s")
    return f"aged connections: {', '.join(about)}"


def _pooled(lab: Lab, source: str, server: Pod, port: int, limit: float) -> None:
    """One connection at a time, used for a while, then idle until it is reset."""
    while lab.wait(lab.draw.uniform(0.5, 6)):
        with contextlib.suppress(OSError):
            one = dial(source, server, port)
            one.settimeout(0.5)
            for _ in range(lab.draw.randint(1, 4)):
                one.sendall(b"PING\r\n")
                with contextlib.suppress(TimeoutError):
                    one.recv(64)
            if lab.wait(limit):
                lab.ground.act("idle_timeout", server, source, now())
                tear(one)


def full(lab: Lab) -> str:
    """Processes at a limit: worker_connections, files, a queue of one worker."""
    about = []
    for i in range(2):
        app = lab.pod("shop", f"catalog{i}")
        how = lab.draw.choice(["workers", "backlog", "files"])
        if how == "workers":
            text = f"""daemon off; error_log stderr; pid {lab.scratch}/{app.name}.pid;
events {{ worker_connections 24; }} http {{ access_log /dev/stdout; keepalive_timeout 60;
server {{ listen {app.address}:8080; return 200 ok; }} }}"""
            lab.spawn(app, "nginx", "-c", lab.conf(app, text))
        elif how == "backlog":
            wares.in_pod(app, "sysctl", "-w", "net.ipv4.tcp_abort_on_overflow=1")
            lab.python_server(app, "backlog", 8080, "plain")
        else:
            words = (
                f"ulimit -n 24; exec {lab.python} {STACKS}/server.py http {app.address} 8080 plain"
            )
            lab.spawn(app, "sh", "-c", words)
        time.sleep(2)
        for c in "abc":
            caller = lab.pod("shop", f"front{i}{c}")
            client = lab.draw.choice(["go", "requests", "httplib", "nodeagent", "java"])
            pause = 0.4 if how == "workers" else 0.05
            about.append(
                f"{wares.call(lab, caller, client, app.address, 8080, '/', pause)} -> {how}"
            )
            lab.ground.act("resource_exhaustion", caller, app.address, now(), now() + 600 * NS)
        lab.ground.act("resource_exhaustion", app, None, now(), now() + 600 * NS)
    return f"full: {', '.join(about)}"


def prefaces(lab: Lab) -> str:
    """First bytes that are not the protocol: TLS, HTTP/2, AMQP, HTTP to what speaks another."""
    about = []
    for i in range(3):
        server = lab.pod("build", f"hub{i}")
        kind = lab.draw.choice(
            [
                "nginx",
                "http",
                "rabbit",
                "redis",
                "postgres",
                "haproxy",
                "go",
                "node",
                "uvicorn",
                "java",
            ]
        )
        port = 8080
        if kind == "rabbit":
            broker(lab, server, port)
        elif kind in ("redis", "postgres"):
            port = wares.database(lab, server, kind)
        elif kind in ("nginx", "haproxy"):
            lab.proxy(server, server, 8081, kind, debug=True)
            port = 80
        else:
            wares.serve(lab, server, kind, port)
        time.sleep(8 if kind == "rabbit" else 3)
        caller = lab.pod("build", f"agent{i}")
        bytes_ = lab.draw.choice(
            ["tls", "h2", "http"] if kind in ("rabbit", "redis", "postgres") else ["tls", "h2"]
        )
        lab.spawn(caller, lab.python, str(STACKS / "oddly.py"), bytes_, server.address, str(port))
        for pod, other in ((caller, server.address), (server, caller.address)):
            lab.ground.act("protocol_mismatch", pod, other, now(), now() + 600 * NS)
        about.append(f"{bytes_} to {kind}")
    return f"wrong first bytes: {', '.join(about)}"


def oom(lab: Lab) -> str:
    """Servers that the kernel kills for memory under their callers; a graceful roll-out beside."""
    about = []
    for i in range(2):
        server = lab.pod("shop", f"render{i}")
        limit = lab.draw.uniform(15, 30)
        group = Path(f"/sys/fs/cgroup/memory/lab-{lab.ground.seed}-{i}")
        group.mkdir(exist_ok=True)
        (group / "memory.limit_in_bytes").write_text("90000000")
        lab.python_server(server, "hungry", 8080, str(limit))
        (group / "cgroup.procs").write_text(str(lab.processes[server.name].pid))
        time.sleep(2)
        callers = [lab.pod("shop", f"front{i}{c}") for c in "ab"]
        for caller in callers:
            client = lab.draw.choice(wares.CALLERS)
            about.append(wares.call(lab, caller, client, server.address, 8080, "/upload", 0.15))
        lab.start(_killed, lab, server, callers, group)
    lab.start(graceful, lab)
    about.append(f"beside it {bystander(lab)}")
    lab.start(_kernel_lines, lab)
    return f"killed for memory: {', '.join(about)}"


def _killed(lab: Lab, server: Pod, callers: list[Pod], group: Path) -> None:
    process = lab.processes[server.name]
    process.wait()
    at = now()
    for caller in callers:
        lab.ground.act("resource_exhaustion", caller, server.address, at - NS // 2, at + 10 * NS)
    if lab.draw.random() < 0.5:
        lab.ground.back_off(server, at + NS)
    with contextlib.suppress(OSError):
        group.rmdir()


def _kernel_lines(lab: Lab) -> None:
    """What the kernel says of killing, as a node's journal would have it."""
    watch = subprocess.Popen(
        ["dmesg", "--follow-new", "--notime"], stdout=subprocess.PIPE, text=True
    )
    lab.processes["dmesg"] = watch  # type: ignore[assignment]
    assert watch.stdout is not None
    for line in watch.stdout:
        if "oom" in line or "ut of memory" in line:
            lab.ground.kernel(line.rstrip("\n"), now())


def replicas(lab: Lab) -> str:
    """Databases and applications behind HAProxy in TCP mode that are ended under their callers."""
    about = []
    for i in range(2):
        server = lab.pod("data", f"ledger{i}")
        kind = lab.draw.choice(["postgres", "redis", "mysql", "gunicorn", "uvicorn", "go"])
        if kind in wares.WEB:
            wares.serve(lab, server, kind, 8080)
            port = 8080
        else:
            port = wares.database(lab, server, kind)
        middle = lab.pod("data", f"haproxy{i}")
        text = f"""global
  log stdout format raw daemon
defaults
  mode tcp
  log global
  option tcplog
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend fe
  bind {middle.address}:{port}
  default_backend be_{server.workload}
backend be_{server.workload}
  server {server.workload}1 {server.address}:{port} on-marked-down shutdown-sessions
"""
        lab.spawn(middle, "haproxy", "-db", "-f", lab.conf(middle, text))
        time.sleep(4)
        callers = [lab.pod("app", f"orders{i}{c}") for c in "ab"]
        for caller in callers:
            client = (
                lab.draw.choice(wares.CALLERS)
                if kind in wares.WEB
                else ("psycopg" if kind == "postgres" else kind)
            )
            about.append(
                f"{wares.call(lab, caller, client, middle.address, port, '/upload', 0.1)} -> {kind}"
            )
        lab.start(_end_behind, lab, server, middle, callers, lab.draw.uniform(15, 35))
    lab.start(graceful, lab)
    return f"ended behind HAProxy: {', '.join(about)}"


def _end_behind(lab: Lab, server: Pod, middle: Pod, callers: list[Pod], when: float) -> None:
    if not lab.wait(when):
        return
    at = now()
    end_pod(lab.ground, server, at, lab.draw.choice(["events", "journal", "both", "sync"]))
    for caller in callers:
        lab.ground.act("termination_fallout", caller, middle.address, at, at + 600 * NS)
    lab.ground.act("termination_fallout", middle, server.address, at, at + 20 * NS)
    lab.ground.act("termination_fallout", server, None, at, at + 20 * NS)
    wares.strike(inside(server), signal.SIGKILL if lab.draw.random() < 0.6 else signal.SIGTERM)
    lab.wait(1)
    wares.strike(inside(server), signal.SIGKILL)


KINDS = {
    each.__name__: each
    for each in (caches, slow, races, silent, aged, full, prefaces, oom, replicas)
}

if __name__ == "__main__":
    wares.build()
    sys.exit(main(KINDS, "deep"))
