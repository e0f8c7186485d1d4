"""What a log seldom tells is found in it, however long it told nothing of the kind."""

from pathlib import Path

import pytest
from tests.rules.test_lines import shipped

from whyreset.ingest.inputs import open_inputs
from whyreset.ingest.matching import Extractor

ENVOY = (
    '[2026-11-22T10:00:0{}.123Z] "GET /a HTTP/1.1" {} 0 95 2 - "-" "curl/8.5.0" "7a2e-91" "api"'
    ' "10.1.4.4:8080"'
)
HAPROXY = (
    "10.1.0.7:51234 [22/Nov/2026:10:00:0{}.123] web app/app1 0/0/1/2/3 {} 95 - - {} 1/1/0/0/0 0/0"
    ' "GET /a HTTP/1.1"'
)
HAPROXY_JSON = (
    '{{"client":"10.1.0.7","src":"10.1.0.7","method":"GET","path":"/a","status":200,'
    '"termination_state":"{}","server_addr":"10.1.4.4"}}'
)
LOGS = {
    "Envoy is refused": (ENVOY.format(0, "200 -"), ENVOY.format(1, "503 UF"), "refused"),
    "Envoy's retries, too": (ENVOY.format(0, "200 -"), ENVOY.format(1, "503 URX,UF"), "refused"),
    "Envoy loses a server": (ENVOY.format(0, "200 -"), ENVOY.format(1, "503 UC"), "disconnect"),
    "Envoy answers 502": (ENVOY.format(0, "200 -"), ENVOY.format(1, "502 UPE"), "disconnect"),
    "HAProxy loses a server": (
        HAPROXY.format(0, 200, "----"), HAPROXY.format(1, 200, "SD--"), "disconnect",
    ),
    "a socket closes": (
        "the mode of this node is ok", "socket closed: 1006", "disconnect",
    ),
    "HAProxy tells so in JSON": (
        HAPROXY_JSON.format("----"), HAPROXY_JSON.format("SH--"), "disconnect",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOGS)
def test_the_first_such_line_is_read(tmp_path: Path, name: str) -> None:
    ordinary, rare, kind = LOGS[name]
    lines = [
        f"2026-11-22T10:00:0{n}.123Z stdout F {text}\n" for n, text in enumerate((ordinary, rare))
    ]
    log = tmp_path / "proxy.log"
    log.write_text(lines[0] * 2000 + lines[1])
    [source] = open_inputs([str(log)], Extractor(shipped().definitions, narrow=True))
    found = []
    while (batch := source.read()) is not None:
        found += [event.kind for event in batch.events]
    assert kind in found
