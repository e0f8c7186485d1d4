"""Limits that are really reached: ports, a full conntrack table, an overflowing accept queue, files.

    python tests/lab/limits.py OUT --kind ports --seed 3 --seconds 90 --python ENV/bin/python

The kernel's lines are those that it prints (dmesg); what the limit does not do is told beside it:
a health check that goes on, and a remote API that resets some calls for reasons of its own.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import makes
import wares
from fleet import CALLERS, cluster, line_server, moody_caller, pool, unrelated
from ground import NS, Pod
from k3s import Cluster
from real import Lab, main, now, probe

_TABLE = Path("/proc/sys/net/netfilter/nf_conntrack_max")


def beside(lab: Lab, k3s: Cluster) -> str:
    """Resets that have nothing to do with the limit."""
    pod = k3s.deploy("edge", "relay")
    line_server(lab, pod, "go", 9000)
    time.sleep(1)
    source = lab.outside(lab.ground.balancer())
    lab.start(probe, lab, source, pod, 9000, lab.draw.uniform(4, 9), 0.02, 0.0)
    lab.start(unrelated, lab, k3s)
    return moody_caller(lab, k3s, "notify", "sms", 1.5, near=lab.draw.random() < 0.5)


def tcp_proxy(lab: Lab, pod: Pod, back: str) -> str:
    """A proxy of bytes on port 9000 of the pod, that waits two seconds for a connection."""
    make = lab.draw.choice(["nginx", "relay", "relay", "haproxy"])
    if make == "nginx":
        text = f"""load_module /usr/lib/nginx/modules/ngx_stream_module.so; daemon off; error_log stderr;
pid {lab.scratch}/{pod.name}.pid; events {{}} stream {{ log_format basic '$remote_addr [$time_local] $protocol $status $bytes_sent $bytes_received $session_time "$upstream_addr"';
access_log /dev/stdout basic; server {{ listen {pod.address}:9000; proxy_pass {back}; proxy_connect_timeout 2s; }} }}"""
        lab.spawn(pod, "nginx", "-c", lab.conf(pod, text))
    elif make == "relay":
        host, _, port = back.partition(":")
        lab.python_server(pod, "relay", 9000, lab.draw.choice(["plain", "trace"]), host, port)
    else:
        text = f"""global
  log stdout format raw daemon
defaults
  mode tcp
  log global
  option tcplog
  retries 0
  timeout connect 2s
  timeout client 30s
  timeout server 30s
frontend fe
  bind {pod.address}:9000
  default_backend be_{pod.workload}
backend be_{pod.workload}
  server {pod.workload}1 {back}
"""
        lab.spawn(pod, "haproxy", "-db", "-f", lab.conf(pod, text))
    return make


def behind(lab: Lab, k3s: Cluster, i: int) -> tuple[Pod, Pod, str]:
    """A web server, a proxy of bytes in front of it, and callers of that, busy all the time."""
    server = k3s.deploy("shop", f"{lab.draw.choice(['cart', 'rates'])}{i}")
    kind = lab.draw.choice(("uwsgi", "unicorn", "gunicorn"))  # a connection for each request
    wares.serve(lab, server, kind, 8080)
    middle = k3s.deploy("shop", f"router{i}")
    make = tcp_proxy(lab, middle, f"{server.address}:8080")
    time.sleep(6)
    about = []
    for c in "ab":
        caller = k3s.deploy("shop", f"front{i}{c}")
        own = lab.draw.choice(CALLERS)
        about.append(wares.call(lab, caller, own, middle.address, 9000, "/", 0.8))
        lab.ground.act("resource_exhaustion", caller, middle.address, now(), now() + 600 * NS)
        lab.ground.act("resource_exhaustion", caller, None, now(), now() + 600 * NS)
    lab.ground.act("resource_exhaustion", middle, None, now(), now() + 600 * NS)
    return server, middle, f"{' and '.join(about)} -> {make} -> {kind}"


def ports(lab: Lab) -> str:
    """Proxies that have a few ports of their own, all of them waiting to be used again."""
    k3s, about = cluster(lab), []
    for i in range(2):
        _, middle, said = behind(lab, k3s, i)
        about.append(said)
        low = lab.draw.randint(20, 50) * 1000
        lab.start(_few_ports, lab, middle, low, lab.draw.uniform(8, 20))
    about.append(f"beside it {beside(lab, k3s)}")
    return f"out of ports ({k3s.told}): {', '.join(about)}"


def _few_ports(lab: Lab, pod: Pod, low: int, when: float) -> None:
    if lab.wait(when):
        wares.in_pod(pod, "sysctl", "-w", f"net.ipv4.ip_local_port_range={low} {low + 11}")


def conntrack(lab: Lab) -> str:
    """A node whose conntrack table is full for a while."""
    k3s = cluster(lab)
    server, _, said = behind(lab, k3s, 0)
    watch_kernel(lab, server.node, "table full")
    lab.start(_fill, lab, server, lab.draw.uniform(10, 20))
    return f"conntrack full ({k3s.told}): {said}, beside it {beside(lab, k3s)}"


def _fill(lab: Lab, pod: Pod, when: float) -> None:
    """Fill the table of this pod's network; the limit is the machine's, the table is its own."""
    wares.in_pod(pod, "nft", "add table ip seen")
    wares.in_pod(pod, "nft", "add chain ip seen input { type filter hook input priority 0 ; }")
    wares.in_pod(pod, "nft", "add rule ip seen input ct state established accept")
    with tempfile.NamedTemporaryFile("w", dir=lab.scratch, suffix=".ct") as out:
        for i in range(int(_TABLE.read_text()) - 2):
            source, port = f"10.{200 + i // 60000}.0.1", 1024 + i % 60000
            out.write(
                f"-A -t 900 -u SEEN_REPLY,ASSURED -s {source} -d 192.0.2.1 -r 192.0.2.1 "
                f"-q {source} -p tcp --sport {port} --dport 80 --reply-port-src 80 "
                f"--reply-port-dst {port} --state ESTABLISHED\n"
            )
        out.flush()
        if lab.wait(when):
            words = ["ip", "netns", "exec", pod.name, "conntrack", "-R", out.name]
            subprocess.run(words, check=False, capture_output=True)  # the last ones do not fit
    lab.wait(lab.draw.uniform(20, 40))
    wares.in_pod(pod, "conntrack", "-F")


def watch_kernel(lab: Lab, node: str, words: str) -> None:
    """Write what the kernel says, as the journal of this node has it."""
    watch = subprocess.Popen(
        ["dmesg", "--follow-new", "--notime"], stdout=subprocess.PIPE, text=True
    )
    lab.processes[f"dmesg {node}"] = watch  # type: ignore[assignment]

    def read() -> None:
        assert watch.stdout is not None
        for line in watch.stdout:
            if words in line:
                lab.ground.kernel(line.rstrip("\n"), now(), node)

    lab.start(read)


def flood(lab: Lab) -> str:
    """Servers with a short accept queue; the kernel tells of it once for each listener."""
    k3s, about = cluster(lab), []
    for i in range(2):
        server = k3s.deploy("legacy", f"{lab.draw.choice(['pricing', 'basket'])}{i}")
        for name, value in (("tcp_syncookies", "1"), ("tcp_abort_on_overflow", "1")):
            wares.in_pod(server, "sysctl", "-w", f"net.ipv4.{name}={value}")
        wares.in_pod(server, "sysctl", "-w", "net.core.somaxconn=4",
                     "net.ipv4.tcp_max_syn_backlog=8")  # fmt: skip
        watch_kernel(lab, server.node, f"port {server.address}:{8080 + i}")
        if lab.draw.random() < 0.5:
            lab.python_server(server, "backlog", 8080 + i, "plain")
        else:
            wares.serve(lab, server, lab.draw.choice(("unicorn", "starman")), 8080 + i)
        time.sleep(2)
        callers = [k3s.deploy("shop", f"front{i}{c}") for c in "abc"]
        address = server.address
        if lab.draw.random() < 0.4:
            address = wares.service(lab, callers, server, 8080 + i)
        for caller in callers:
            own = lab.draw.choice(CALLERS)
            about.append(wares.call(lab, caller, own, address, 8080 + i, "/slow?s=1", 0.05))
            lab.ground.act("resource_exhaustion", caller, None, now(), now() + 600 * NS)
        lab.ground.act("resource_exhaustion", server, None, now(), now() + 600 * NS)
    about.append(f"beside it {beside(lab, k3s)}")
    return f"accept queues that overflow ({k3s.told}): {', '.join(about)}"


def files(lab: Lab) -> str:
    """Servers that may open few files, some of which lose connections by it."""
    k3s, about = cluster(lab), []
    for i in range(2):
        server = k3s.deploy("data", f"{lab.draw.choice(['session', 'stock'])}{i}")
        kind = lab.draw.choice(["netty", "koa", "fastify", "go"])
        if kind == "netty":
            words = makes.java(wares.BUILT, "Netty", server.address, "9000")
            least = 60
        elif kind == "go":
            words = [str(wares.BUILT / "stack"), "lines", f"{server.address}:9000", "json"]
            least = 12
        else:
            words = makes.server(lab, server, kind, 9000, wares.BUILT) or []
            least = 32
        lab.spawn(server, "sh", "-c", f'ulimit -n {least}; exec "$@"', "limited", *words)
        time.sleep(3)
        callers = [k3s.deploy("app", f"front{i}{c}") for c in "abcde"]
        for caller in callers:
            if kind in ("netty", "go"):
                own = lab.draw.choice(["go", "java", "node"])
                about.append(pool(lab, caller, own, server.address, 9000, 0.5, said=False))
            else:
                own = lab.draw.choice(CALLERS)
                about.append(wares.call(lab, caller, own, server.address, 9000, "/slow", 1.5))
            if kind in ("netty", "go"):  # Node takes one more, closes it, and says nothing
                lab.ground.act("resource_exhaustion", caller, None, now(), now() + 600 * NS)
        lab.ground.act("resource_exhaustion", server, None, now(), now() + 600 * NS)
    about.append(f"beside it {beside(lab, k3s)}")
    return f"out of files ({k3s.told}): {', '.join(about)}"


KINDS = {each.__name__: each for each in (ports, conntrack, flood, files)}

if __name__ == "__main__":
    wares.build()
    sys.exit(main(KINDS, "limits"))
