"""Real servers and clients in network namespaces of their own; needs root, ip and unshare.

    python tests/lab/real.py OUT --kind probes --seed 3 --seconds 80

Every pod is a namespace on one bridge; the clients outside stand on the bridge with addresses
of nodes, balancers and the world. Each line is what the program printed, stamped when it came.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ground import NS, Ground, Pod, end_pod

HERE = Path(__file__).parent
STACKS = HERE / "stacks"
_LINGER = b"\1\0\0\0\0\0\0\0"


def now() -> int:
    return time.time_ns()


class Lab:
    """One run: the ground, its processes, and the clock that ends it."""

    def __init__(self, seed: int, seconds: float, python: str, scratch: Path) -> None:
        self.ground = Ground(seed, now())
        self.draw = self.ground.draw
        self.python, self.scratch = python, scratch
        self.end = time.monotonic() + seconds
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.threads: list[threading.Thread] = []
        _run("ip", "link", "set", "lo", "up")
        _run("ip", "link", "add", "br0", "type", "bridge")
        _run("ip", "link", "set", "br0", "up")
        self._outside: set[str] = set()
        for address in (*self.ground.nodes, *self.ground.gateways()):
            self.outside(address)
        for net in (self.ground.pod_net, self.ground.service_net):
            _run("ip", "route", "add", f"{net}.0.0/16", "dev", "br0")

    def outside(self, address: str) -> str:
        """An address of somebody outside the pods."""
        if address not in self._outside:
            self._outside.add(address)
            _run("ip", "addr", "add", f"{address}/32", "dev", "br0")
        return address

    def pod(
        self, namespace: str, workload: str, address: str | None = None, *, told: bool = True
    ) -> Pod:
        pod = self.ground.pod(namespace, workload, now(), address=address, told=told)
        i = len(self.ground.pods)
        name = pod.name
        _run("ip", "netns", "add", name)
        _run("ip", "link", "add", f"v{i}", "type", "veth", "peer", "name", "eth0", "netns", name)
        _run("ip", "link", "set", f"v{i}", "master", "br0", "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("addr", "add", f"{pod.address}/32", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
            ("route", "add", "default", "dev", "eth0", "src", pod.address),
        ):
            _run("ip", "netns", "exec", name, "ip", *words)
        return pod

    def spawn(self, pod: Pod, *words: str, user: str | None = None) -> None:
        """Run a program in the pod; what it prints becomes the pod's lines."""
        given = ["setpriv", f"--reuid={user}", "--clear-groups", *words] if user else list(words)
        process = subprocess.Popen(
            ["ip", "netns", "exec", pod.name, *given],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.processes[pod.name] = process
        self.start(self._read, pod, process)

    def _read(self, pod: Pod, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            pod.line(line.decode(errors="replace").rstrip("\n"), now())

    def start(self, work: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)
        thread.start()
        self.threads.append(thread)

    @property
    def left(self) -> float:
        return self.end - time.monotonic()

    def wait(self, seconds: float) -> bool:
        """Sleep, but not beyond the end; False when it is over."""
        time.sleep(max(0.0, min(seconds, self.left)))
        return self.left > 0

    def stop(self) -> None:
        time.sleep(max(0.0, self.left))
        for pod in self.ground.pods:  # what happens from here on is not part of the run
            pod.lines = list(pod.lines)
        self.frozen = [(pod, list(pod.lines)) for pod in self.ground.pods]
        for process in self.processes.values():
            process.kill()
        for pod, lines in self.frozen:
            pod.lines = lines

    # servers

    def python_server(self, pod: Pod, kind: str, port: int, style: str, *more: str) -> None:
        self.spawn(
            pod, self.python, str(STACKS / "server.py"), kind, pod.address, str(port), style, *more
        )

    def node_server(self, pod: Pod, kind: str, port: int, style: str, *more: str) -> None:
        self.spawn(
            pod, "node", str(STACKS / "server.js"), kind, pod.address, str(port), style, *more
        )

    def conf(self, pod: Pod, text: str) -> str:
        path = self.scratch / f"{pod.name}.conf"
        path.write_text(text)
        return str(path)

    def any_line_server(self, pod: Pod, port: int) -> str:
        """A server that speaks as soon as a line comes; says which one it was."""
        kind = self.draw.choice(
            [
                "line",
                "line",
                "asyncio",
                "asyncio",
                "net",
                "net",
                "java",
                "redis",
                "postgres",
                "nginx",
            ]
        )
        style = self.draw.choice(["json", "logfmt", "trace", "tuple", "bare", "plain", "default"])
        if kind in ("line", "asyncio"):
            self.python_server(pod, kind, port, style)
        elif kind == "net":
            style = self.draw.choice(["stack", "json", "code", "plain"])
            self.node_server(pod, "net", port, style)
        elif kind == "java":
            self.spawn(pod, "java", str(STACKS / "Server.java"), pod.address, str(port))
        elif kind == "redis":
            words = (
                f"--bind {pod.address} --port {port} --protected-mode no --loglevel verbose --save"
            )
            self.spawn(pod, "redis-server", *words.split(), "")
        elif kind == "postgres":
            self.postgres(pod, port)
        else:
            text = f"""daemon off; error_log stderr info; pid {self.scratch}/{pod.name}.pid;
events {{}} http {{ access_log /dev/stdout; server {{ listen {pod.address}:{port}; return 200 ok; }} }}"""
            self.spawn(pod, "nginx", "-c", self.conf(pod, text))
        return f"{kind} {style}"

    def postgres(self, pod: Pod, port: int) -> None:
        data = self.scratch / f"{pod.name}.pg"
        data.mkdir()
        shutil.chown(data, "postgres")
        drop = ["setpriv", "--reuid=postgres", "--clear-groups"]
        bins = "/usr/lib/postgresql/15/bin"
        _run(*drop, f"{bins}/initdb", "-D", str(data), "-A", "trust")
        with (data / "pg_hba.conf").open("a") as out:
            out.write("host all all 0.0.0.0/0 trust\n")
        more = ["-c", "log_connections=on"] if self.draw.random() < 0.3 else []
        more += ["-c", "log_line_prefix=%m [%p] %h "] if self.draw.random() < 0.3 else []
        words = f"-D {data} -p {port} -h {pod.address} -c unix_socket_directories= -c fsync=off"
        self.spawn(pod, f"{bins}/postgres", *words.split(), *more, user="postgres")

    def proxy(
        self, pod: Pod, app: Pod, port: int, make: str | None = None, *, debug: bool = False
    ) -> str:
        """A proxy of this make, or of any, in front of an application."""
        kind = make or self.draw.choice(["nginx", "haproxy", "caddy", "apache"])
        back = f"{app.address}:{port}"
        if kind == "nginx":
            text = f"""daemon off; error_log stderr {"info" if debug else "error"}; pid {self.scratch}/{pod.name}.pid;
events {{}} http {{
log_format up '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [{app.namespace}-{app.workload}-80] [] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $request_id';
access_log /dev/stdout {self.draw.choice(["up", "up", "combined"])}; proxy_buffering {self.draw.choice(["on", "off"])};
upstream app {{ server {back}; keepalive 16; }}
server {{ listen {pod.address}:80; location / {{ proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }} }} }}"""
            self.spawn(pod, "nginx", "-c", self.conf(pod, text))
        elif kind == "haproxy":
            text = f"""global
  log stdout format {self.draw.choice(["raw", "short"])} daemon
defaults
  mode http
  log global
  option httplog
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend web
  bind {pod.address}:80
  default_backend be_{app.workload}
backend be_{app.workload}
  server {app.workload}1 {back}
"""
            self.spawn(pod, "haproxy", "-db", "-f", self.conf(pod, text))
        elif kind == "caddy":
            text = f"{{\n admin off\n auto_https off\n}}\nhttp://{pod.address}:80 {{\n log\n reverse_proxy {back} {{\n flush_interval -1\n }}\n}}\n"
            self.spawn(
                pod, "caddy", "run", "--adapter", "caddyfile", "--config", self.conf(pod, text)
            )
        else:
            modules = "mpm_event authz_core proxy proxy_http log_config"
            loads = "".join(
                f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n"
                for m in modules.split()
                if Path(f"/usr/lib/apache2/modules/mod_{m}.so").exists()
            )
            text = f"""ServerRoot /etc/apache2
PidFile {self.scratch}/{pod.name}.pid
{loads}ServerName web
Listen {pod.address}:80
ErrorLog /dev/stderr
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
CustomLog /dev/stdout combined
ProxyPass / http://{back}/
"""
            self.spawn(pod, "apache2", "-DFOREGROUND", "-f", self.conf(pod, text))
        self.ground.ingress.append(f"{pod.namespace}/{pod.workload}")
        return kind

    def any_web_server(self, pod: Pod, port: int) -> str:
        kind = self.draw.choice(["http", "http", "aiohttp", "tornado", "node", "node", "uvicorn"])
        if kind == "node":
            style = self.draw.choice(["stack", "json", "code", "plain", "quiet"])
            self.node_server(pod, "http", port, style)
            return f"node {style}"
        if kind == "uvicorn":
            words = ("uvicorn", pod.address, str(port), "plain")
            self.spawn(pod, self.python, str(STACKS / "server.py"), *words)
            return "uvicorn"
        style = self.draw.choice(["cancel", "plain"])
        self.python_server(pod, kind, port, style)
        return kind


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def tear(one: socket.socket) -> None:
    """Close with RST."""
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
    one.close()


def dial(source: str, pod: Pod, port: int) -> socket.socket:
    return socket.create_connection((pod.address, port), 5, source_address=(source, 0))


def probe(
    lab: Lab, source: str, pod: Pod, port: int, period: float, jitter: float, missing: float
) -> None:
    """Connect and reset, for ever."""
    lab.wait(lab.draw.uniform(0, period))
    while lab.wait(period * (1 + lab.draw.uniform(-jitter, jitter))):
        if lab.draw.random() < missing:
            continue
        try:
            one = dial(source, pod, port)
            time.sleep(0.003)
            lab.ground.act("probe_noise", pod, source, now())
            tear(one)
        except OSError:
            pass


def talk(
    lab: Lab, source: str, pod: Pod, port: int, pause: float, behind: Pod | None = None
) -> None:
    """Orderly traffic: a line or a request, the answer, FIN.

    A proxy may reset its side of it, to the application `behind`: no client gave up.
    """
    while lab.wait(lab.draw.expovariate(1 / pause)):
        try:
            with dial(source, pod, port) as one:
                one.sendall(b"GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n")
                one.settimeout(1)
                one.recv(4096)
                if behind is not None:
                    lab.ground.act("unknown", behind, pod.address, now())
        except OSError:
            pass


def abandon(
    lab: Lab, source: str, via: Pod, app: Pod, port: int, how: str, patience: float
) -> None:
    """A request that is given up: before the answer, in mid body, or in mid upload."""
    seen = via.address if via is not app else source
    try:
        one = dial(source, via, port)
        if how == "upload":
            one.sendall(
                b"POST /upload HTTP/1.1\r\nHost: app\r\nContent-Length: 9000000\r\n\r\n"
                + b"x" * 20000
            )
            time.sleep(patience)
        else:
            path = b"/slow?s=3" if how == "slow" else b"/big"
            one.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: app\r\nUser-Agent: curl/8.5\r\n\r\n")
            time.sleep(patience)
            one.settimeout(0.2)
            if how == "big":
                one.recv(20000)
        left = now()
        # What has arrived is read first; who works on an answer meets the end when it writes.
        told = left + {"upload": 8, "slow": 4}.get(how, 1) * NS
        lab.ground.act("client_abort", app, seen, left, told)
        if via is not app:
            lab.ground.act("client_abort", via, source, left)
        tear(one) if lab.draw.random() < 0.6 else one.close()
    except OSError:
        pass


# kinds of scenarios


def probes(lab: Lab) -> str:
    """Health checks by TCP against several servers, with real traffic beside them."""
    about = []
    for i in range(4):
        pod = lab.pod("edge", lab.draw.choice(["tunnel", "broker", "gate", "relay"]) + str(i))
        port = lab.draw.choice([4000, 5432, 6379, 9000, 8883])
        about.append(lab.any_line_server(pod, port))
        time.sleep(2)
        period, jitter = lab.draw.uniform(2.5, 9), lab.draw.choice([0, 0.01, 0.05, 0.1])
        sources = [
            lab.outside(
                lab.draw.choice(
                    [
                        lab.ground.balancer(),
                        lab.draw.choice(lab.ground.nodes),
                        lab.ground.gateways()[1],
                    ]
                )
            )
            for _ in range(lab.draw.choice([1, 1, 2, 3]))
        ]
        for source in dict.fromkeys(sources):
            own = period if lab.draw.random() < 0.6 else lab.draw.uniform(2.5, 9)
            lab.start(probe, lab, source, pod, port, own, jitter, lab.draw.choice([0, 0, 0.1]))
        lab.start(talk, lab, sources[0], pod, port, 4.0)
    return f"TCP probes: {', '.join(about)}"


def aborts(lab: Lab) -> str:
    """Clients that give up behind proxies, and directly."""
    about = []
    for i in range(3):
        app = lab.pod("shop", f"export{i}")
        web = lab.any_web_server(app, 8080)
        front = lab.pod("ingress", f"edge-proxy{i}")
        about.append(f"{lab.proxy(front, app, 8080)} -> {web}")
        time.sleep(2)
        lab.start(talk, lab, lab.outside(lab.ground.public_address()), front, 80, 2.0, app)
        patience = lab.draw.uniform(0.4, 1.5)
        how = lab.draw.choice(["slow", "big", "big", "upload", "mixed"])
        lab.start(leave_via, lab, front, app, 80, how, patience)
    return f"aborts through proxies: {', '.join(about)}"


def leave_via(lab: Lab, via: Pod, app: Pod, port: int, how: str, patience: float) -> None:
    while lab.wait(lab.draw.expovariate(1 / 2.5)):
        this = lab.draw.choice(["slow", "big", "upload"]) if how == "mixed" else how
        source = lab.outside(lab.ground.public_address())
        lab.start(abandon, lab, source, via, app, port, this, patience)


def direct(lab: Lab) -> str:
    """Public clients that vanish, and a timed in-cluster client that makes requests."""
    about = []
    for i in range(3):
        app = lab.pod("mobile", f"chat{i}")
        lines = lab.draw.random() < 0.5
        about.append(lab.any_line_server(app, 9000) if lines else lab.any_web_server(app, 9000))
        time.sleep(2)
        if not lines:
            lab.start(leave_via, lab, app, app, 9000, "mixed", 0.7)
        else:
            lab.start(_vanishers, lab, app)
    app = lab.pod("etl", "feeds")
    about.append(lab.any_web_server(app, 8080))
    lab.start(_cron, lab, lab.outside(lab.ground.balancer()), app)
    return f"direct aborts: {', '.join(about)}"


def _vanishers(lab: Lab, app: Pod) -> None:
    while lab.wait(lab.draw.expovariate(1 / 2)):
        source = lab.outside(lab.ground.public_address())
        try:
            one = dial(source, app, 9000)
            one.sendall(lab.draw.choice([b"hello\n", b"BIG\n"]))
            time.sleep(lab.draw.uniform(0.1, 1.0))
            lab.ground.act("client_abort", app, source, now())
            tear(one)
        except OSError:
            pass


def _cron(lab: Lab, source: str, app: Pod) -> None:
    period = lab.draw.uniform(5, 9)
    while lab.wait(period):
        abandon(lab, source, app, app, 8080, "big", 0.25)


def rollout(lab: Lab) -> str:
    """Servers that are ended under pooled clients, told in one way or another."""
    about = []
    for i in range(3):
        server = lab.pod("shop", f"cart{i}")
        kind = lab.draw.choice(["http", "node", "aiohttp", "postgres", "redis"])
        port = {"postgres": 5432, "redis": 6379}.get(kind, 8080)
        _serve(lab, server, kind, port)
        time.sleep(3)
        callers = [lab.pod("shop", f"checkout{i}{c}") for c in "ab"]
        about += [f"{_call(lab, caller, server, kind, port)} -> {kind}" for caller in callers]
        lab.start(
            _end,
            lab,
            server,
            callers,
            kind,
            port,
            lab.draw.choice(["events", "journal", "both", "replicaset", "sync"]),
        )
    return f"roll-outs: {', '.join(about)}"


def _serve(lab: Lab, server: Pod, kind: str, port: int) -> None:
    if kind == "postgres":
        lab.postgres(server, port)
    elif kind == "redis":
        words = f"--bind {server.address} --port {port} --protected-mode no --save"
        lab.spawn(server, "redis-server", *words.split(), "")
    elif kind == "node":
        lab.node_server(server, "http", port, "plain")
    else:
        lab.python_server(server, kind, port, "plain")


def _call(lab: Lab, caller: Pod, server: Pod, kind: str, port: int, pause: float = 0.15) -> str:
    style = lab.draw.choice(["json", "trace", "plain"])
    if kind in ("redis", "postgres"):
        client = "psycopg" if kind == "postgres" else kind
    else:
        client = lab.draw.choice(["requests", "httpx", "httplib", "nodeagent"])
    path = lab.draw.choice(["/upload", "/upload", "/big", "/slow?s=1"])
    if client == "nodeagent":
        words = (
            server.address,
            str(port),
            lab.draw.choice(["json", "stack", "plain"]),
            str(pause),
            "6",
            path,
        )
        lab.spawn(caller, "node", str(STACKS / "client.js"), *words)
    else:
        words = (client, server.address, str(port), style, str(pause), "6", path)
        lab.spawn(caller, lab.python, str(STACKS / "client.py"), *words)
    return f"{client} {style}"


def _end(lab: Lab, server: Pod, callers: list[Pod], kind: str, port: int, told: str) -> None:
    if not lab.wait(lab.draw.uniform(15, 40)):
        return
    at = now()
    end_pod(lab.ground, server, at, told)
    for caller in callers:
        lab.ground.act("termination_fallout", caller, server.address, at, at + 20 * NS)
    _link(
        server, "down" if lab.draw.random() < 0.6 else "up"
    )  # no FIN leaves a pod that is cut off
    for pid in inside(server):
        os.kill(pid, 15 if lab.draw.random() < 0.5 else 9)
    time.sleep(1)
    for pid in inside(server):
        os.kill(pid, 9)
    _link(server, "up")
    if (
        lab.draw.random() < 0.5
    ):  # another pod takes the address: its kernel knows no such connection
        fresh = lab.ground.pod(server.namespace, server.workload, now(), address=server.address)
        fresh.line("starting", now())


def _link(pod: Pod, state: str) -> None:
    _run("ip", "netns", "exec", pod.name, "ip", "link", "set", "eth0", state)
    if state == "up":
        words = ("ip", "route", "replace", "default", "dev", "eth0", "src", pod.address)
        _run("ip", "netns", "exec", pod.name, *words)


def inside(pod: Pod) -> list[int]:
    words = ["ip", "netns", "pids", pod.name]
    pids = subprocess.run(words, check=False, capture_output=True, text=True)
    return [int(pid) for pid in pids.stdout.split()]


def crash(lab: Lab) -> str:
    """A server that dies of a fault with requests under way."""
    server = lab.pod("shop", "orders")
    lab.python_server(server, "crash", 8080, str(lab.draw.uniform(25, 40)))
    time.sleep(2)
    callers = [lab.pod("shop", f"front{c}") for c in "ab"]
    about = [_call(lab, caller, server, "http", 8080) for caller in callers]
    process = lab.processes[server.name]

    def watch() -> None:
        process.wait()
        at = now()
        lab.ground.back_off(server, at + NS)
        for caller in callers:
            lab.ground.act("backend_crash", caller, server.address, at - NS // 5, at + 600 * NS)

    lab.start(watch)
    return f"a crash: {', '.join(about)}"


def idle(lab: Lab) -> str:
    """Servers that forget idle connections, and clients that use them again."""
    about = []
    for i in range(3):
        limit = lab.draw.uniform(6, 9)
        server = lab.pod("data", f"ledger{i}")
        lab.python_server(server, "reset", 5432, str(limit))
        time.sleep(1)
        caller = lab.pod("app", f"billing{i}")
        kind = lab.draw.choice(["raw", "httplib", "raw"])
        style = lab.draw.choice(["json", "idle"])
        lab.spawn(
            caller,
            lab.python,
            str(STACKS / "client.py"),
            kind,
            server.address,
            "5432",
            style,
            str(limit * 1.45),
            "3",
        )
        lab.ground.act("idle_timeout", caller, server.address, now(), now() + 600 * NS)
        about.append(f"{kind} {style}")
    return f"idle connections: {', '.join(about)}"


def backlog(lab: Lab) -> str:
    """A listener whose accept queue is full and that resets what comes on top."""
    server = lab.pod("legacy", "pricing")
    _run("ip", "netns", "exec", server.name, "sysctl", "-w", "net.ipv4.tcp_abort_on_overflow=1")
    lab.python_server(server, "backlog", 8080, "plain")
    time.sleep(1)
    about = []
    for c in "ab":
        caller = lab.pod("shop", f"basket{c}")
        about.append(_call(lab, caller, server, "http", 8080, 0.05))
        lab.ground.act("resource_exhaustion", caller, server.address, now(), now() + 600 * NS)
    lab.ground.kernel(
        "TCP: request_sock_TCP: Possible SYN flooding on port 8080. Sending cookies.",
        now() + 5 * NS,
    )
    return f"a full backlog: {', '.join(about)}"


def mismatch(lab: Lab) -> str:
    """Plain HTTP to a TLS port, and TLS to a plain one."""
    pem = lab.scratch / "both.pem"
    subject = ["-subj", "/CN=app", "-days", "2", "-nodes", "-newkey", "rsa:2048"]
    _run("openssl", "req", "-x509", *subject, "-keyout", str(pem) + ".k", "-out", str(pem) + ".c")
    pem.write_text(Path(str(pem) + ".k").read_text() + Path(str(pem) + ".c").read_text())
    about = []
    for i in range(3):
        server = lab.pod("build", f"signer{i}")
        if lab.draw.random() < 0.5:
            lab.python_server(server, "tls", 8443, "plain", str(pem))
        else:
            lab.node_server(server, "https", 8443, "plain", str(pem))
        time.sleep(1)
        caller = lab.pod("build", f"vault{i}")
        about.append(_call(lab, caller, server, "http", 8443, 2.0))
        for pod, other in ((caller, server.address), (server, caller.address)):
            lab.ground.act("protocol_mismatch", pod, other, now(), now() + 600 * NS)
    return f"plain HTTP to TLS ports: {', '.join(about)}"


def remote(lab: Lab) -> str:
    """A remote service that resets some calls: nothing in the logs tells why."""
    address = lab.outside(lab.ground.public_address())
    listener = socket.create_server((address, 443), backlog=64)

    def serve() -> None:
        while True:
            one, _ = listener.accept()
            lab.start(_moody, lab, one)

    lab.start(serve)
    about = []
    for c in "abc":
        caller = lab.pod("notify", f"sms{c}")
        style = lab.draw.choice(["json", "trace", "plain"])
        client = lab.draw.choice(["requests", "httpx", "httplib", "nodeagent"])
        if client == "nodeagent":
            lab.spawn(
                caller,
                "node",
                str(STACKS / "client.js"),
                address,
                "443",
                lab.draw.choice(["json", "plain", "stack"]),
                "0.5",
                "4",
                "/",
            )
        else:
            lab.spawn(
                caller,
                lab.python,
                str(STACKS / "client.py"),
                client,
                address,
                "443",
                style,
                "0.5",
                "4",
            )
        about.append(f"{client} {style}")
    return f"a remote API that resets: {', '.join(about)}"


def _moody(lab: Lab, one: socket.socket) -> None:
    try:
        while one.recv(4096):
            if lab.draw.random() < 0.2:
                tear(one)
                return
            one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
    except OSError:
        pass


KINDS = {
    each.__name__: each
    for each in (probes, aborts, direct, rollout, crash, idle, backlog, mismatch, remote)
}


def main(kinds: dict[str, Callable[[Lab], str]], name: str) -> int:
    """Run one kind of these; the folder is called NAME-KIND-SEED."""
    parser = argparse.ArgumentParser(
        description=sys.modules["__main__"].__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--kind", choices=kinds, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=80)
    parser.add_argument("--python", default=sys.executable, help="one with the servers installed")
    options = parser.parse_args()
    if "LAB_INSIDE" not in os.environ:
        os.environ["LAB_INSIDE"] = "1"
        words = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        os.execvp("unshare", [*words, sys.executable, *sys.argv])
    Path("/run/netns").mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
    kind = options.kind
    scratch = Path("/tmp") / f"lab-{os.getpid()}-{kind}-{options.seed}-{time.time_ns()}"
    scratch.mkdir(mode=0o755)
    lab = Lab(options.seed, options.seconds, options.python, scratch)
    about = kinds[kind](lab)
    lab.stop()
    known = lab.draw.random() < 0.5
    lab.ground.write(options.out / f"{name}-{kind}-{options.seed}", about, pods_known=known)
    shutil.rmtree(scratch, ignore_errors=True)
    print(f"{kind} {options.seed}: {about}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(KINDS, "real"))
