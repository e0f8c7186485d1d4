"""Servers, proxies and callers of more makes, started in a pod of the lab."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import makes
from ground import Pod
from real import STACKS, Lab, _run

BUILT = Path(tempfile.gettempdir()) / "whyreset-lab-built"
FAR = bool(os.environ.get("LAB_FAR"))
"""Keep to the makes that no rule was written against."""
WEB = makes.SERVERS if FAR else (
       "gunicorn", "gthread", "uvicorn", "hypercorn", "waitress", "werkzeug", "daphne", "go",
       "java", "php", "fpm", "puma", "node", "http")  # fmt: skip
PROXIES = makes.PROXIES if FAR else ("nginx", "haproxy", "caddy", "apache", "traefik", "lighttpd")
CALLERS = makes.CALLERS if FAR else (
    "requests", "httpx", "httplib", "nodeagent", "go", "java", "aiohttp")  # fmt: skip


ENVOY_FIELDS = {
    "start_time": "%START_TIME%", "method": "%REQ(:METHOD)%", "path": "%REQ(:PATH)%",
    "response_code": "%RESPONSE_CODE%", "response_flags": "%RESPONSE_FLAGS%",
    "duration": "%DURATION%", "bytes_sent": "%BYTES_SENT%", "upstream_host": "%UPSTREAM_HOST%",
    "upstream_cluster": "%UPSTREAM_CLUSTER%",
    "downstream_remote_address": "%DOWNSTREAM_REMOTE_ADDRESS%",
}  # fmt: skip


def build() -> None:
    """Compile what is compiled, once."""
    BUILT.mkdir(exist_ok=True)
    if not (BUILT / "stack").exists():
        _run("go", "build", "-o", str(BUILT / "stack"), str(STACKS / "stack.go"))
    if not (BUILT / "Pool.class").exists():
        _run(
            "javac",
            "-d",
            str(BUILT),
            str(STACKS / "Web.java"),
            str(STACKS / "Call.java"),
            str(STACKS / "Pool.java"),
        )
    if FAR:
        makes.build(BUILT)


def program(lab: Lab, name: str) -> str:
    """A program beside the lab's Python."""
    return str(Path(lab.python).parent / name)


def serve(lab: Lab, pod: Pod, kind: str, port: int) -> None:
    """A web server of this make on the pod's address."""
    at, here = f"{pod.address}:{port}", ["env", f"PYTHONPATH={STACKS}", f"--chdir={STACKS}"]
    level = lab.draw.choice(["info", "debug"])
    words = {
        "gunicorn": [program(lab, "gunicorn"), "-b", at, "-w", "3", "--access-logfile", "-",
                     "--log-level", level, "wsgi:application"],
        "gthread": [program(lab, "gunicorn"), "-b", at, "-k", "gthread", "--threads", "16",
                    "--keep-alive", "30", "--log-level", level, "wsgi:application"],
        "uvicorn": [program(lab, "uvicorn"), "--host", pod.address, "--port", str(port),
                    "--timeout-graceful-shutdown", "1", "wsgi:asgi"],
        "hypercorn": [program(lab, "hypercorn"), "-b", at, "--access-logfile", "-", "wsgi:asgi"],
        "waitress": [program(lab, "waitress-serve"), f"--listen={at}", "--threads=16",
                     "wsgi:application"],
        "werkzeug": [lab.python, "-c", "from werkzeug.serving import run_simple; from wsgi import "
                     f"application; run_simple('{pod.address}', {port}, application, threaded=True)"],
        "gevent": [program(lab, "gunicorn"), "-b", at, "-k", "gevent", "--log-level", level,
                   "wsgi:application"],
        "granian": [program(lab, "granian"), "--interface", "asgi", "--host", pod.address,
                    "--port", str(port), "wsgi:asgi"],
        "twisted": [program(lab, "twist"), "web", f"--listen=tcp:{port}:interface={pod.address}",
                    "--wsgi=wsgi.application"],
        "daphne": [program(lab, "daphne"), "-b", pod.address, "-p", str(port), "wsgi:asgi"],
        "puma": ["puma", "-b", f"tcp://{at}", "-t", "16:16", str(STACKS / "config.ru")],
        "php": ["env", "PHP_CLI_SERVER_WORKERS=8", "php", "-S", at, str(STACKS / "web.php")],
        "go": [str(BUILT / "stack"), "web", at, lab.draw.choice(["plain", "json", "logfmt"])],
        "java": ["java", "-Xmx64m", "-XX:ErrorFile=/dev/null", "-cp", str(BUILT), "Web", pod.address, str(port)],
    }  # fmt: skip
    if far := makes.server(lab, pod, kind, port, BUILT):
        lab.spawn(pod, *here, *far)
    elif kind == "fpm":
        fpm(lab, pod, port)
    elif kind == "node":
        lab.node_server(pod, "http", port, lab.draw.choice(["plain", "json", "stack"]))
    elif kind in ("http", "sanic", "cheroot", "grpc"):
        lab.python_server(pod, kind, port, "plain")
    else:
        lab.spawn(pod, *here, *words[kind])


def fpm(lab: Lab, pod: Pod, port: int) -> None:
    """nginx with php-fpm behind it, both in one pod."""
    pool = lab.conf(pod, """[global]
error_log = /dev/stderr
daemonize = no
[www]
user = www-data
listen = 127.0.0.1:9000
pm = static
pm.max_children = 8
catch_workers_output = yes
""")  # fmt: skip
    web = lab.scratch / f"{pod.name}.nginx"
    web.write_text(f"""daemon off; error_log stderr; pid {lab.scratch}/{pod.name}.pid;
events {{}} http {{ access_log /dev/stdout; server {{ listen {pod.address}:{port}; location / {{
fastcgi_pass 127.0.0.1:9000; fastcgi_param SCRIPT_FILENAME {STACKS}/web.php;
fastcgi_param REQUEST_URI $request_uri; fastcgi_param REQUEST_METHOD $request_method;
fastcgi_param QUERY_STRING $query_string; fastcgi_param CONTENT_LENGTH $content_length; }} }} }}""")
    lab.spawn(pod, "sh", "-c", f"php-fpm8.2 -R -y {pool} & exec nginx -c {web}")


def envoy(lab: Lab, pod: Pod, back: str, workload: str, *, tcp: bool = False) -> None:
    """An Envoy on port 80 of the pod; `back`: ADDRESS:PORT."""
    host, _, port = back.partition(":")
    kinds = "type.googleapis.com/envoy.extensions"
    log: dict[str, Any] = {"@type": f"{kinds}.access_loggers.stream.v3.StdoutAccessLog"}
    if lab.draw.random() < 0.4:
        log["log_format"] = {"json_format": ENVOY_FIELDS}
    manager: dict[str, Any] = {
        "stat_prefix": "web",
        "access_log": [{"name": "envoy.access_loggers.stdout", "typed_config": log}],
    }
    if tcp:
        manager |= {"@type": f"{kinds}.filters.network.tcp_proxy.v3.TcpProxy", "cluster": workload}
    else:
        router = {"@type": f"{kinds}.filters.http.router.v3.Router"}
        routes = [{"match": {"prefix": "/"}, "route": {"cluster": workload, "timeout": "30s"}}]
        manager |= {
            "@type": f"{kinds}.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "http_filters": [{"name": "envoy.filters.http.router", "typed_config": router}],
            "route_config": {
                "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]
            },
        }
    place = {"socket_address": {"address": host, "port_value": int(port)}}
    listener = {
        "address": {"socket_address": {"address": pod.address, "port_value": 80}},
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network", "typed_config": manager}]}
        ],
    }
    behind = {
        "name": workload,
        "connect_timeout": "3s",
        "load_assignment": {
            "cluster_name": workload,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": place}}]}],
        },
    }
    path = lab.scratch / f"{pod.name}.json"
    path.write_text(
        json.dumps({"static_resources": {"listeners": [listener], "clusters": [behind]}})
    )
    lab.spawn(pod, program(lab, "envoy"), "-c", str(path), "--concurrency", "1",
              "--disable-hot-restart", "-l", "warn")  # fmt: skip
    lab.ground.ingress.append(f"{pod.namespace}/{pod.workload}")


def front(lab: Lab, pod: Pod, kind: str, back: str, workload: str, namespace: str) -> None:
    """A proxy of this make on port 80 of the pod; `back`: ADDRESS:PORT."""
    if kind in ("nginx", "haproxy", "caddy", "apache"):
        raise ValueError("the lab has these itself")
    if makes.proxy(lab, pod, kind, back):
        return
    if kind == "traefik":
        dynamic = lab.scratch / f"{pod.name}.yml"
        dynamic.write_text(f"""http:
  routers:
    app: {{rule: "PathPrefix(`/`)", service: "{namespace}-{workload}-80"}}
  services:
    {namespace}-{workload}-80: {{loadBalancer: {{servers: [{{url: "http://{back}"}}]}}}}
""")
        form = lab.draw.choice(["json", "common"])
        level = lab.draw.choice(["ERROR", "DEBUG"])
        lab.spawn(pod, program(lab, "traefik"), f"--entrypoints.web.address={pod.address}:80",
                  f"--providers.file.filename={dynamic}", "--accesslog=true",
                  f"--accesslog.format={form}", f"--log.level={level}")  # fmt: skip
    else:
        host, _, port = back.partition(":")
        conf = lab.conf(pod, f"""server.document-root = "/tmp"
server.bind = "{pod.address}"
server.port = 80
server.errorlog = "/dev/stderr"
accesslog.filename = "/dev/stderr"
server.modules = ("mod_proxy", "mod_accesslog")
proxy.server = ( "" => (( "host" => "{host}", "port" => {port} )) )
""")  # fmt: skip
        lab.spawn(pod, "lighttpd", "-D", "-f", conf)
    lab.ground.ingress.append(f"{pod.namespace}/{pod.workload}")


def call(
    lab: Lab, pod: Pod, kind: str, address: str, port: int, path: str, pause: float,
    styles: tuple[str, ...] = ("json", "trace", "plain"),
) -> str:  # fmt: skip
    """A caller with a pool of six; says what it is."""
    url = f"http://{address}:{port}{path}"
    style = lab.draw.choice(styles)
    if far := makes.caller(lab, kind, url, style, pause, BUILT):
        lab.spawn(pod, *far)
    elif kind == "go":
        lab.spawn(pod, str(BUILT / "stack"), "call", url, style, str(pause), "6")
    elif kind == "java":
        lab.spawn(pod, "java", "-Xmx64m", "-cp", str(BUILT), "Call", url, style, str(pause), "6")
    elif kind == "undici":
        lab.spawn(pod, "node", str(STACKS / "fetch.js"), url, style, str(pause), "6")
    elif kind == "nodeagent":
        lab.spawn(pod, "node", str(STACKS / "client.js"), address, str(port),
                  {"trace": "stack"}.get(style, style), str(pause), "6", path)  # fmt: skip
    else:
        lab.spawn(pod, lab.python, str(STACKS / "client.py"), kind, address, str(port), style,
                  str(pause), "6", path)  # fmt: skip
    return f"{kind} {style}"


def database(lab: Lab, pod: Pod, kind: str) -> int:
    """A database of this make; gives its port."""
    if kind == "postgres":
        lab.postgres(pod, 5432)
        return 5432
    if kind == "redis":
        words = f"--bind {pod.address} --port 6379 --protected-mode no --save"
        lab.spawn(pod, "redis-server", *words.split(), "")
        return 6379
    if kind == "memcached":
        lab.spawn(pod, "memcached", "-u", "nobody", "-l", pod.address, "-p", "11211", "-v")
        return 11211
    data = lab.scratch / f"{pod.name}.my"
    data.mkdir()
    shutil.chown(data, "mysql")
    _run("mariadb-install-db", "--user=mysql", f"--datadir={data}", "--skip-test-db")
    grants = lab.scratch / f"{pod.name}.sql"
    grants.write_text("CREATE USER IF NOT EXISTS lab@'%';\nGRANT ALL ON *.* TO lab@'%';\n")
    lab.spawn(pod, "mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}",
              f"--bind-address={pod.address}", f"--socket={data}/s", "--log-warnings=4",
              f"--init-file={grants}", "--skip-name-resolve")  # fmt: skip
    return 3306


def in_pod(pod: Pod, *words: str) -> None:
    """Run a command in the pod's network, to its end."""
    _run("ip", "netns", "exec", pod.name, *words)


def forget_idle(pod: Pod, limit: int) -> None:
    """Let the pod's firewall forget connections after `limit` seconds, and reset what comes then."""
    in_pod(pod, "sysctl", "-w", f"net.netfilter.nf_conntrack_tcp_timeout_established={limit}",
           "net.netfilter.nf_conntrack_tcp_loose=0")  # fmt: skip
    in_pod(pod, "nft", "add table ip wall")
    in_pod(pod, "nft", "add chain ip wall input { type filter hook input priority 0 ; }")
    in_pod(pod, "nft", "add rule ip wall input ct state invalid reject with tcp reset")


def service(lab: Lab, callers: list[Pod], server: Pod, port: int) -> str:
    """A service's address that leads to the server, as kube-proxy would make it in each caller."""
    address = lab.ground.service_address()
    for caller in callers:
        in_pod(caller, "nft", "add table ip svc")
        in_pod(caller, "nft", "add chain ip svc output { type nat hook output priority -100 ; }")
        rule = f"add rule ip svc output ip daddr {address} tcp dport {port} dnat to {server.address}:{port}"
        in_pod(caller, "nft", rule)
    return address


def children(pod: Pod) -> list[int]:
    """Processes in the pod's network, the youngest last."""
    words = ["ip", "netns", "pids", pod.name]
    found = subprocess.run(words, check=False, capture_output=True, text=True)
    return sorted(int(pid) for pid in found.stdout.split())


def strike(pids: list[int], number: int) -> None:
    """Send a signal to those that are still there."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
