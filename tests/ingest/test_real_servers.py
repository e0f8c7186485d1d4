"""What real servers write about a request, a client that leaves and an upstream that resets."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from tests.ingest.servers import SLOW, Backend, find, free_port, routed, running, visit

from whyreset.ingest.intake import Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock
from whyreset.language.load import load_text
from whyreset.model.event import Event
from whyreset.model.record import Source

NGINX = (
    "$time_iso8601 st=$status rt=$request_time c=$remote_addr:$remote_port "
    '"$request" up=$upstream_addr "$http_user_agent"'
)
HAPROXY = "%ci:%cp st=%ST %Ta %tsc %b/%s %{+Q}r"
APACHE = r"%v st=%>s us=%D c=%a \"%r\" %b"


@dataclass(frozen=True)
class Logs:
    """The files that a server wrote: access lines by layout, and what else it said."""

    access: dict[str, Path]
    errors: Path


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    server = Backend()
    yield server
    server.close()


def nginx(program: str, folder: Path, upstream: int) -> Logs:
    port = free_port()
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"pid {folder}/pid; daemon off; master_process off; error_log {folder}/error.log info;\n"
        f"events {{}} http {{ {temporary} log_format mine '{NGINX}';\n"
        f"server {{ listen 127.0.0.1:{port}; access_log {folder}/default.log;"
        f" access_log {folder}/custom.log mine;\n"
        f"location / {{ proxy_pass http://127.0.0.1:{upstream}; }} }} }}\n"
    )
    with running([program, "-c", f"{folder}/nginx.conf", "-p", str(folder)], folder, (port,)):
        visit(port)
        time.sleep(0.1)
    access = {"default": folder / "default.log", "custom": folder / "custom.log"}
    return Logs(access, folder / "error.log")


def haproxy(program: str, folder: Path, upstream: int) -> Logs:
    plain, custom = free_port(), free_port()
    (folder / "haproxy.cfg").write_text(
        "global\n  log stdout format raw local0\n"
        "defaults\n  mode http\n  log global\n  timeout connect 2s\n  timeout client 5s\n"
        "  timeout server 5s\n  option abortonclose\n  default_backend be\n"
        f"frontend plain\n  bind 127.0.0.1:{plain}\n  option httplog\n"
        f"frontend custom\n  bind 127.0.0.1:{custom}\n  log-format '{HAPROXY}'\n"
        f"backend be\n  retries 0\n  server web1 127.0.0.1:{upstream}\n"
    )
    with running([program, "-db", "-f", f"{folder}/haproxy.cfg"], folder, (plain, custom)):
        visit(plain)
        visit(custom)
        time.sleep(0.1)
    lines = (folder / "out.log").read_text().splitlines(keepends=True)
    for name, mark in (("default", "] plain "), ("custom", " st=")):
        (folder / f"{name}.log").write_text("".join(line for line in lines if mark in line))
    access = {"default": folder / "default.log", "custom": folder / "custom.log"}
    return Logs(access, folder / "out.log")


def apache(program: str, folder: Path, upstream: int) -> Logs:
    port = free_port()
    modules = Path("/usr/lib/apache2/modules")
    wanted = ("mpm_event", "authz_core", "proxy", "proxy_http")
    loads = "".join(f"LoadModule {name}_module {modules}/mod_{name}.so\n" for name in wanted)
    (folder / "httpd.conf").write_text(
        f'ServerRoot "{folder}"\nServerName shop.example.com\nPidFile {folder}/pid\n'
        f"Listen 127.0.0.1:{port}\n{loads}ErrorLog {folder}/error.log\nLogLevel info\n"
        'LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined\n'
        f'LogFormat "{APACHE}" mine\n'
        f"CustomLog {folder}/default.log combined\nCustomLog {folder}/custom.log mine\n"
        f"DefaultRuntimeDir {folder}\nProxyPass / http://127.0.0.1:{upstream}/ retry=0\n"
    )
    command = [program, "-f", f"{folder}/httpd.conf", "-DFOREGROUND"]
    with running(command, folder, (port,)):
        visit(port)
        time.sleep(SLOW)  # a client that left is found out when the answer cannot be sent
    access = {"default": folder / "default.log", "custom": folder / "custom.log"}
    return Logs(access, folder / "error.log")


def caddy(program: str, folder: Path, upstream: int) -> Logs:
    plain, custom = free_port(), free_port()
    sites = "".join(
        f":{port} {{\n bind 127.0.0.1\n"
        f" log {{\n output file {folder}/{name}.log\n format {layout}\n }}\n"
        f" reverse_proxy 127.0.0.1:{upstream}\n}}\n"
        for name, port, layout in (("default", plain, "json"), ("custom", custom, "console"))
    )
    (folder / "Caddyfile").write_text(
        f"{{\n admin off\n storage file_system {folder}/storage\n}}\n{sites}"
    )
    command = [program, "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"]
    with running(command, folder, (plain, custom)):
        visit(plain)
        visit(custom)
        time.sleep(0.1)
    access = {"default": folder / "default.log", "custom": folder / "custom.log"}
    return Logs(access, folder / "out.log")


def traefik(program: str, folder: Path, upstream: int) -> Logs:
    (folder / "dynamic.yml").write_text(
        "http:\n  routers:\n    all: {rule: 'PathPrefix(`/`)', service: web}\n"
        f"  services:\n    web: {{loadBalancer: {{servers: [{{url: 'http://127.0.0.1:{upstream}'}}]}}}}\n"
    )
    access = {"default": folder / "default.log", "custom": folder / "custom.log"}
    for name, layout in (("default", "common"), ("custom", "json")):
        port = free_port()
        command = [
            program, "--global.checkNewVersion=false", "--global.sendAnonymousUsage=false",
            "--log.level=DEBUG", f"--entryPoints.web.address=127.0.0.1:{port}",
            f"--providers.file.filename={folder}/dynamic.yml", "--accesslog=true",
            f"--accesslog.filepath={access[name]}", f"--accesslog.format={layout}",
        ]  # fmt: skip
        with running(command, folder, (port,)):
            routed(port)  # the file provider's routes come after the port
            visit(port)
            time.sleep(0.1)
    return Logs(access, folder / "out.log")


CUSTOM = {
    "nginx": f"event access {{ nginx '{NGINX}' \n set aborted = yes where status = 499 \n}}",
    "haproxy": f"event access {{ haproxy '{HAPROXY}'\n set aborted = yes where state ~ \"C*\"\n}}",
    "apache": f"event access {{ apache '{APACHE}' \n}}",
}
SERVERS: dict[str, tuple[str, Callable[[str, Path, int], Logs]]] = {
    "nginx": ("nginx", nginx),
    "haproxy": ("haproxy", haproxy),
    "apache": ("apache2", apache),
    "caddy": ("caddy", caddy),
    "traefik": ("traefik", traefik),
}
# Apache finds out that the client left only when it cannot send: then it has no status of its own.
TELLS_ABORTS = SERVERS.keys() - {"apache"}


@pytest.fixture(scope="module", params=SERVERS)
def server(
    request: pytest.FixtureRequest, backend: Backend, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Logs, int]:
    program, start = SERVERS[request.param]
    found = find(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, start(found, folder, backend.port), backend.port


@cache
def extractor(rules: str) -> Extractor:
    """The shipped definitions, or those of a rule file alone."""
    return Extractor(load_text(rules, builtin=not rules).definitions)


def events_of(path: Path, rules: str = "") -> list[Event]:
    intake = Intake(extractor(rules), Source("server"), Clock(reference=time.time_ns()))
    return intake.feed(path.read_bytes(), last=True).events


@pytest.mark.parametrize("layout", ["default", "custom"])
def test_access_lines(server: tuple[str, Logs, int], layout: str) -> None:
    name, logs, _ = server
    path = logs.access[layout]
    rules = CUSTOM.get(name, "") if layout == "custom" else ""
    found = {
        event.get("path"): event
        for event in events_of(path, rules)
        if event.kind == "access" and event.get("path")  # whoever asks for the port says nothing
    }
    assert found.keys() >= {"/ok", "/slow", "/reset"}, path.read_text()
    assert {event.get("client") for event in found.values()} == {"127.0.0.1"}
    assert {event.get("method") for event in found.values()} == {"GET"}
    assert (found["/ok"].get("status"), found["/reset"].get("status")) == (200, 502)
    aborted = {path for path, event in found.items() if event.get("aborted") == "yes"}
    assert aborted == ({"/slow"} if name in TELLS_ABORTS else set()), path.read_text()
    duration = found["/slow"].get("duration")
    assert duration is None or 0.2 < float(duration) < SLOW + 1, path.read_text()


def test_upstream_resets(server: tuple[str, Logs, int]) -> None:
    name, logs, upstream = server
    said = [event for event in events_of(logs.errors) if event.kind in {"reset", "disconnect"}]
    if name == "haproxy":  # never says by what the server left, and names it only by its name
        assert [event.kind for event in said] == ["disconnect"]
        return
    resets = [event for event in said if event.get("peer_port") == upstream]
    assert {event.kind for event in resets} == {"reset"}, logs.errors.read_text()
    assert {event.get("peer") for event in resets} == {"127.0.0.1"}
    assert {event.get("direction") for event in resets} == {"read"}
