"""Servers, proxies and callers that no rule was written against, for scores on unseen stacks.

Wanted beside what wares.py uses: uwsgi, unicorn, thin, starman, Mojolicious, Jetty, Netty, OkHttp,
Apache HttpClient, LWP, php-curl, curl, wget, h2o and nghttpx (Debian); niquests and pycurl
(PyPI, in --python); fastify, koa, axios, got 11 and undici (npm, where NODE_PATH says).
"""

import os
from collections.abc import Callable
from pathlib import Path

import more
from ground import Pod
from real import STACKS, Lab, _run

FAR = STACKS / "far"
_JARS = "/usr/share/java/slf4j-simple.jar:/usr/share/java/*"
_NPM = "fastify koa axios got undici pino express @hapi/hapi superagent needle node-fetch"


def build(built: Path) -> None:
    """Compile the Java programs, once; without npm's modules half of the programs would just end."""
    _run("node", "-e", f"'{_NPM}'.split(' ').forEach((name) => require.resolve(name))")
    if not (built / "Far.class").exists():
        sources = [str(path) for path in sorted(FAR.glob("*.java"))]
        _run("javac", "-cp", _JARS, "-d", str(built), *sources)


def java(built: Path, program: str, *more: str) -> list[str]:
    """The words that run one of them."""
    return ["java", "-Xmx96m", "-cp", f"{built}:{_JARS}", program, *more]


def server(lab: Lab, pod: Pod, kind: str, port: int, built: Path) -> list[str] | None:
    """The words that start a web server of this make; None: not one of these."""
    at, python = f"{pod.address}:{port}", Path(lab.python).parent
    words: dict[str, Callable[[], list[str]]] = {
        "uwsgi": lambda: ["uwsgi", "--plugin", "python3", "--http-socket", at, "--master", "-p",
                          "3", "--die-on-term", "--pythonpath", str(STACKS), "-w",
                          "wsgi:application"],
        "unicorn": lambda: ["unicorn", "-l", at, str(STACKS / "config.ru")],
        "thin": lambda: ["thin", "-a", pod.address, "-p", str(port), "--threaded", "-R",
                         str(STACKS / "config.ru"), "start"],
        "starman": lambda: ["starman", "--listen", at, "--workers", "4", str(FAR / "far.psgi")],
        "mojo": lambda: ["perl", str(FAR / "far.mojo.pl"), "daemon", "-l", f"http://{at}"],
        "fastify": lambda: ["node", str(FAR / "far.js"), "fastify", pod.address, str(port)],
        "koa": lambda: ["node", str(FAR / "far.js"), "koa", pod.address, str(port)],
        "jetty": lambda: java(built, "Jetty", pod.address, str(port)),
        "niced": lambda: [str(python / "uvicorn"), "--host", pod.address, "--port", str(port),
                          "--http", "h11", "--log-level", "debug", "wsgi:asgi"],
    }  # fmt: skip
    return words[kind]() if kind in words else more.server(pod, kind, port)


def caller(lab: Lab, kind: str, url: str, style: str, pause: float, built: Path) -> list[str] | None:  # fmt: skip
    """The words that start a caller of this make; None: not one of these."""
    rest = [url, style, str(pause)]
    if kind in ("axios", "got", "undicipool"):
        return ["node", str(FAR / "far.js"), kind.removesuffix("pool"), *rest, "6"]
    if kind in ("okhttp", "httpclient"):
        return java(built, "Far", kind, *rest, "6")
    if kind == "ruby":
        return ["ruby", str(FAR / "far.rb"), *rest, "6"]
    if kind == "lwp":
        return ["sh", "-c", 'for i in 1 2 3; do perl "$@" & done; wait', "lwp", str(FAR / "far.pl"),
                *rest]  # fmt: skip
    if kind in ("curl", "wget"):
        body = lab.scratch / "body"
        body.write_bytes(b"x" * 3_000_000)
        post = {"curl": f"--data-binary @{body}", "wget": f"--post-file={body}"}[kind]
        words = {"curl": "curl -sS -o /dev/null -m 8", "wget": "wget -t 1 -T 8 -nv -O /dev/null"}
        once = f"{words[kind]} {post if '/upload' in url else ''} '{url}'"
        loop = f"while :; do {once}; sleep {pause}; done"
        return ["sh", "-c", f"for i in 1 2 3 4; do ({loop}) & done; wait"]
    if kind == "phpcurl":
        return ["sh", "-c", 'for i in 1 2 3; do php "$@" & done; wait', "php", str(FAR / "far.php"),
                *rest]  # fmt: skip
    return more.caller(kind, url, style, pause)


def proxy(lab: Lab, pod: Pod, kind: str, back: str) -> bool:
    """Start a proxy of this make on port 80 of the pod; False: not one of these."""
    host, _, port = back.partition(":")
    if kind == "h2o":
        conf = lab.conf(pod, f"""hosts:
  default:
    listen: {{host: {pod.address}, port: 80}}
    paths: {{/: {{proxy.reverse.url: "http://{back}/"}}}}
    access-log: /dev/stdout
error-log: /dev/stderr
user: root
""")  # fmt: skip
        lab.spawn(pod, "h2o", "-m", "worker", "-c", conf)
    elif kind == "nghttpx":
        lab.spawn(pod, "nghttpx", f"-f{pod.address},80;no-tls", f"-b{host},{port}",
                  "--accesslog-file=/dev/stdout", "--errorlog-file=/dev/stderr", "-LINFO",
                  "--workers=1")  # fmt: skip
    elif not more.proxy(lab, pod, kind, back):
        return False
    lab.ground.ingress.append(f"{pod.namespace}/{pod.workload}")
    return True


SERVERS = ("uwsgi", "unicorn", "thin", "starman", "mojo", "fastify", "koa", "jetty", "niced")  # fmt: skip
CALLERS = ("axios", "got", "undicipool", "okhttp", "httpclient", "ruby", "lwp", "phpcurl",
           "niquests", "pycurl", "curl", "wget")  # fmt: skip
PROXIES = ("h2o", "nghttpx")
if os.environ.get("LAB_FAR") == "2":
    SERVERS, CALLERS, PROXIES = more.SERVERS, more.CALLERS, more.PROXIES
