"""A second lot of makes that no rule was written against: LAB_FAR=2.

Wanted beside what makes.py uses: webrick, excon, http.rb, httpclient, Guzzle, Traffic Server,
tinyproxy (Debian); aiosonic (PyPI); express, hapi, superagent, needle, node-fetch 2 (npm).
"""

from ground import Pod
from real import STACKS, Lab

FAR = STACKS / "far"
SERVERS = ("express", "hapi", "webrick")
CALLERS = ("superagent", "needle", "nodefetch", "excon", "httprb", "rubyclient", "tiny", "guzzle", "aiosonic")  # fmt: skip
PROXIES = ("trafficserver", "tinyproxy")


def server(pod: Pod, kind: str, port: int) -> list[str] | None:
    """The words that start a web server of this make; None: not one of these."""
    if kind in ("express", "hapi"):
        return ["node", str(FAR / "more.js"), kind, pod.address, str(port)]
    if kind == "webrick":
        return ["ruby", str(FAR / "more.rb"), kind, pod.address, str(port)]
    return None


def caller(kind: str, url: str, style: str, pause: float) -> list[str] | None:
    """The words that start a caller of this make; None: not one of these."""
    rest = [url, style, str(pause)]
    if kind in ("superagent", "needle", "nodefetch"):
        return ["node", str(FAR / "more.js"), kind, *rest, "6"]
    if kind in ("excon", "httprb", "rubyclient"):
        library = kind.replace("rubyclient", "httpclient")
        return ["ruby", str(FAR / "more.rb"), library, *rest, "6"]
    if kind == "tiny":
        return thrice("perl", str(FAR / "tiny.pl"), *rest)
    return thrice("php", str(FAR / "guzzle.php"), *rest) if kind == "guzzle" else None


def thrice(program: str, *words: str) -> list[str]:
    """Three of a program that makes one call after the other."""
    return ["sh", "-c", f'for i in 1 2 3; do {program} "$@" & done; wait', program, *words]


def proxy(lab: Lab, pod: Pod, kind: str, back: str) -> bool:
    """Start a proxy of this make on port 80 of the pod; False: not one of these."""
    if kind == "tinyproxy":
        conf = lab.conf(pod, f"""Port 80
Listen {pod.address}
Timeout 60
LogLevel Info
ReversePath "/" "http://{back}/"
ReverseOnly Yes
""")  # fmt: skip
        lab.spawn(pod, "tinyproxy", "-d", "-c", conf)
    elif kind == "trafficserver":
        traffic_server(lab, pod, back)
    else:
        return False
    return True


def traffic_server(lab: Lab, pod: Pod, back: str) -> None:
    """Apache Traffic Server; its log is a pipe, as the image of a cluster would print it."""
    root = lab.scratch / f"{pod.name}.ats"
    etc, logs = root / "etc", root / "log"
    for folder in (etc, logs, root / "run", root / "cache"):
        folder.mkdir(parents=True)
    (etc / "records.config").write_text(f"""CONFIG proxy.config.http.server_ports STRING 80:ip-in={pod.address}
CONFIG proxy.config.http.cache.http INT 0
CONFIG proxy.config.admin.user_id STRING #-1
CONFIG proxy.config.log.max_secs_per_buffer INT 1
CONFIG proxy.config.diags.output.error STRING E
CONFIG proxy.config.diags.output.warning STRING E
CONFIG proxy.config.log.logging_enabled INT 3
""")  # fmt: skip
    (etc / "remap.config").write_text(f"map / http://{back}/\n")
    (etc / "storage.config").write_text(f"{root}/cache 16M\n")
    (etc / "logging.yaml").write_text(
        "logging:\n  logs: [{mode: ascii, filename: squid, format: squid}]\n  formats: [{name: squid, format: "
        "'%<cqtq> %<ttms> %<chi> %<crc>/%<pssc> %<psql> %<cqhm> %<cquc> %<caun> %<phr>/%<shn> %<psct>'}]\n"
    )
    (etc / "ip_allow.yaml").write_text(
        "ip_allow: [{apply: in, ip_addrs: 0/0, action: allow, methods: ALL}]\n"
    )
    layout = root / "runroot.yaml"
    names = {
        "prefix": root,
        "sysconfdir": etc,
        "logdir": logs,
        "runtimedir": root / "run",
        "cachedir": root / "cache",
        "localstatedir": root,
    }
    layout.write_text("".join(f"{name}: {path}\n" for name, path in names.items()))
    run = f"traffic_server --run-root={layout} & exec tail -F -q -n +1 {logs}/squid.log {logs}/error.log 2>/dev/null"
    lab.spawn(pod, "sh", "-c", run)
