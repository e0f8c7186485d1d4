"""Who calls the servers of a k3s cluster: clients that leave, balancers that check, strangers, and
callers of another protocol. The programs, and who tells of what, are those of fleet.py.

    python tests/lab/crowd.py OUT --kind masked --seed 3 --seconds 90 --python ENV/bin/python
"""

import contextlib
import sys
import time

import wares
from fleet import (
    CALLERS,
    LINES,
    WEB,
    cluster,
    line_server,
    moody_caller,
    pool,
    proxied,
    unrelated,
)
from ground import NS, Pod
from real import STACKS, Lab, dial, leave_via, main, now, probe, talk
from wide import _clockwork, _polite_probe, certificate


def left(lab: Lab) -> str:
    """Clients that give up behind Envoy and other proxies, before newer applications."""
    k3s, about = cluster(lab), []
    for i in range(3):
        app = k3s.deploy("report", f"{lab.draw.choice(['export', 'csv', 'thumbs'])}{i}")
        kind = lab.draw.choice(WEB)
        wares.serve(lab, app, kind, 8080)
        web = k3s.deploy("ingress", f"edge-proxy{i}")
        time.sleep(3)
        make = proxied(lab, web, app, 8080)
        time.sleep(2)
        lab.start(talk, lab, lab.outside(lab.ground.public_address()), web, 80, 2.0, app)
        how = lab.draw.choice(["slow", "big", "upload", "mixed", "mixed"])
        lab.start(leave_via, lab, web, app, 80, how, lab.draw.uniform(0.3, 1.4))
        about.append(f"{make} -> {kind} {how}")
    lab.start(unrelated, lab, k3s)
    return f"aborts ({k3s.told}): {', '.join(about)}"


def redis(lab: Lab, pod: Pod, port: int) -> None:
    """A Redis that tells of the connections that it takes and loses."""
    words = f"--bind {pod.address} --port {port} --protected-mode no --loglevel verbose --save"
    lab.spawn(pod, "redis-server", *words.split(), "")


def balanced(lab: Lab) -> str:
    """Balancers of different periods against servers that name their peers, or do not."""
    k3s, about = cluster(lab), []
    for i in range(4):
        pod = k3s.deploy("edge", f"{lab.draw.choice(['tunnel', 'gate', 'relay', 'sync'])}{i}")
        kind = lab.draw.choice([*LINES, "postgres", "redis", "nginx", "envoy"])
        port = 9000
        if kind == "postgres":
            port = wares.database(lab, pod, kind)
        elif kind == "redis":
            redis(lab, pod, port)
        elif kind == "nginx":
            lab.proxy(pod, pod, 9001, "nginx", debug=True)
            port = 80
        elif kind == "envoy":
            wares.envoy(lab, pod, f"{pod.address}:9001", pod.workload, tcp=lab.draw.random() < 0.5)
            port = 80
        else:
            line_server(lab, pod, kind, port)
        time.sleep(2)
        count = lab.draw.choice([1, 2, 2, 3])
        sources = [lab.outside(lab.ground.balancer()) for _ in range(count)]
        if lab.draw.random() < 0.5:
            sources = [lab.outside(lab.ground.gateways()[1])] * count  # one node masquerades all
        for source in sources:
            period, jitter = lab.draw.uniform(2.5, 12), lab.draw.choice([0, 0.01, 0.03, 0.1])
            how = _polite_probe if lab.draw.random() < 0.25 else probe
            lab.start(how, lab, source, pod, port, period, jitter, lab.draw.choice([0, 0.1]))
        if lab.draw.random() < 0.5:
            lab.start(talk, lab, sources[0], pod, port, 3.0)
        about.append(f"{kind} by {count}")
    lab.start(unrelated, lab, k3s)
    return f"balancers ({k3s.told}): {', '.join(about)}"


def strangers(lab: Lab) -> str:
    """Resets that no log explains, and clocked clients, while things happen that are not to blame."""
    k3s = cluster(lab)
    about = [moody_caller(lab, k3s, "partner", f"feed{i}", 0.7) for i in range(2)]
    server = k3s.deploy("legacy", "rates")
    line_server(lab, server, "net", 9000)
    time.sleep(1)
    caller = k3s.deploy("partner", "quotes")
    about.append(pool(lab, caller, lab.draw.choice(["go", "java", "node"]), server.address, 9000,
                      1.0, said=False))  # fmt: skip
    lab.start(_firewall, lab, caller, server)
    app = k3s.deploy("etl", "feeds")
    wares.serve(lab, app, lab.draw.choice(WEB), 8080)
    time.sleep(3)
    source = lab.outside(lab.draw.choice([lab.ground.nodes[0], lab.ground.balancer()]))
    lab.start(_clockwork, lab, source, app, lab.draw.choice(["big", "upload"]), 6.0)
    lab.start(talk, lab, lab.outside(lab.ground.public_address()), app, 8080, 1.5)
    web = k3s.deploy("ingress", "edge-proxy")
    proxied(lab, web, app, 8080)
    lab.start(_leave_elsewhere, lab, web, app)
    lab.start(unrelated, lab, k3s)
    return f"unexplained resets ({k3s.told}): {', '.join(about)}"


def _firewall(lab: Lab, caller: Pod, server: Pod) -> None:
    """A firewall rejects a flow with RST now and then."""
    wares.in_pod(server, "nft", "add table ip wall")
    wares.in_pod(server, "nft", "add chain ip wall input { type filter hook input priority 0 ; }")
    while lab.wait(lab.draw.uniform(5, 20)):
        rule = (
            f"add rule ip wall input ip saddr {caller.address} tcp dport 9000 reject with tcp reset"
        )
        wares.in_pod(server, "nft", rule)
        lab.wait(lab.draw.uniform(0.5, 3))
        wares.in_pod(server, "nft", "flush chain ip wall input")


def _leave_elsewhere(lab: Lab, web: Pod, app: Pod) -> None:
    """Clients of the proxy that give up slow answers, which few applications log as a reset."""
    source = lab.outside(lab.ground.public_address())
    while lab.wait(lab.draw.expovariate(1 / 4)):
        with contextlib.suppress(OSError), dial(source, web, 80) as one:
            one.sendall(b"GET /slow?s=3 HTTP/1.1\r\nHost: app\r\n\r\n")
            time.sleep(0.4)
            lab.ground.act("client_abort", app, web.address, now(), now() + 3 * NS)


def misspoken(lab: Lab) -> str:
    """TLS to plain listeners and plain text to TLS ones, of proxies and brokers."""
    k3s, about = cluster(lab), []
    pem = certificate(lab)
    for i in range(3):
        server = k3s.deploy("build", f"{lab.draw.choice(['hub', 'vault'])}{i}")
        kind = lab.draw.choice(["envoy", "mosquitto", "go", "gotls", "net", "asyncio", "hitch"])
        port = 8443
        if kind == "envoy":
            wares.envoy(lab, server, f"{server.address}:1", server.workload)
            port = 80
        elif kind == "mosquitto":
            text = f"listener 8443 {server.address}\nallow_anonymous true\nlog_dest stdout\nuser root\n"
            lab.spawn(server, "stdbuf", "-oL", "mosquitto", "-v", "-c", lab.conf(server, text))
        elif kind == "hitch":
            text = f'frontend = "[{server.address}]:8443"\nbackend = "[127.0.0.1]:1"\npem-file = "{pem}"\nlog-level = 2\nuser = "nobody"\n'
            lab.spawn(server, "hitch", "--config", lab.conf(server, text))
        elif kind == "gotls":
            lab.spawn(server, str(wares.BUILT / "stack"), "web", f"{server.address}:8443", "plain",
                      pem)  # fmt: skip
        else:
            line_server(lab, server, kind, port)
        time.sleep(2)
        caller = k3s.deploy("build", f"agent{i}")
        secret = kind not in ("gotls", "hitch")
        own = "tls" if secret else lab.draw.choice(CALLERS)
        if secret:
            lab.spawn(
                caller, lab.python, str(STACKS / "oddly.py"), "tls", server.address, str(port)
            )
        else:
            wares.call(lab, caller, own, server.address, port, "/", 2.0)
        for pod, other in ((caller, server.address), (server, caller.address)):
            lab.ground.act("protocol_mismatch", pod, other, now(), now() + 600 * NS)
        about.append(f"{own} to {kind}")
    return f"wrong first bytes ({k3s.told}): {', '.join(about)}"


def masked(lab: Lab) -> str:
    """One node's address stands for all: balancers, the kubelet's checks, and real clients."""
    k3s, about = cluster(lab), []
    source = lab.outside(lab.ground.gateways()[lab.draw.choice([1, 3, 5])])
    web = k3s.deploy("web", "catalog")
    wares.serve(lab, web, lab.draw.choice(["gunicorn", "uvicorn", "http", "node", "fpm"]), 8080)
    time.sleep(3)
    for pause in (0.4, 1.0, 3.0):
        lab.start(talk, lab, source, web, 8080, pause)
    for i in range(3):
        pod = k3s.deploy("edge", f"{lab.draw.choice(['tunnel', 'gate', 'relay'])}{i}")
        kind = lab.draw.choice(LINES)
        line_server(lab, pod, kind, 9000)
        time.sleep(1)
        period, jitter = lab.draw.uniform(3, 12), lab.draw.choice([0.01, 0.1, 0.2])
        lab.start(probe, lab, source, pod, 9000, period, jitter, lab.draw.choice([0, 0.2]))
        about.append(f"{kind} every {period:.0f} s")
    lab.start(leave_via, lab, web, web, 8080, "mixed", 0.5)
    return f"one address for all ({k3s.told}): {', '.join(about)}"


def checked(lab: Lab) -> str:
    """HAProxy checks servers by sending and expecting bytes; it closes with a reset."""
    k3s, about, lines = cluster(lab), [], []
    front = k3s.deploy("edge", "balancer")
    for i in range(4):
        pod = k3s.deploy("data", f"{lab.draw.choice(['store', 'bus', 'ledger'])}{i}")
        kind = lab.draw.choice([*LINES, "postgres", "redis"])
        port = 9000
        if kind == "postgres":
            port = wares.database(lab, pod, kind)
        elif kind == "redis":
            redis(lab, pod, port)
        else:
            line_server(lab, pod, kind, port)
        every = lab.draw.randint(2000, 9000)
        expect = "" if kind == "postgres" else "  tcp-check expect string P\n"
        lines.append(
            f"backend be{i}\n  option tcp-check\n  tcp-check send PING\\r\\n\n{expect}"
            f"  server s{i} {pod.address}:{port} check inter {every}ms fall 99\n"
        )
        lab.ground.act("probe_noise", pod, None, now(), now() + 900 * NS)
        about.append(f"{kind} every {every} ms")
        lab.start(talk, lab, lab.outside(lab.ground.nodes[0]), pod, port, 4.0)
    time.sleep(2)
    text = "global\n  log stdout format raw daemon\ndefaults\n  mode tcp\n  log global\n  timeout connect 2s\n  timeout client 9s\n  timeout server 9s\n"
    text += f"frontend none\n  bind {front.address}:1\n  default_backend be0\n" + "".join(lines)
    lab.spawn(front, "haproxy", "-db", "-f", lab.conf(front, text))
    lab.start(unrelated, lab, k3s)
    return f"checked by HAProxy ({k3s.told}): {', '.join(about)}"


KINDS = {each.__name__: each for each in (left, balanced, strangers, misspoken, masked, checked)}

if __name__ == "__main__":
    wares.build()
    sys.exit(main(KINDS, "crowd"))
