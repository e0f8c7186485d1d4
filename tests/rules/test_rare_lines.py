"""What an access log seldom tells is found in it, however long it told nothing but requests."""

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
NGINX = '10.1.0.7 - - [22/Nov/2026:10:00:0{} +0000] "GET /a HTTP/1.1" {} 95 "-" "curl/8.5.0"'
LOGS = {
    "Envoy is refused": (ENVOY.format(0, "200 -"), ENVOY.format(1, "503 UF"), "refused"),
    "Envoy's retries, too": (ENVOY.format(0, "200 -"), ENVOY.format(1, "503 URX,UF"), "refused"),
    "Envoy loses a server": (ENVOY.format(0, "200 -"), ENVOY.format(1, "503 UC"), "disconnect"),
    "Envoy answers 502": (ENVOY.format(0, "200 -"), ENVOY.format(1, "502 UPE"), "disconnect"),
    "HAProxy loses a server": (
        HAPROXY.format(0, 200, "----"), HAPROXY.format(1, 200, "SD--"), "disconnect",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOGS)
def test_the_first_such_line_is_read(tmp_path: Path, name: str) -> None:
    ordinary, rare, kind = LOGS[name]
    lines = [
        f"2026-11-22T10:00:0{n}.123Z stdout F {text}\n" for n, text in enumerate((ordinary, rare))
    ]
    log = tmp_path / "proxy.log"
    log.write_text(lines[0] * 1000 + lines[1])
    [source] = open_inputs([str(log)], Extractor(shipped().definitions, narrow=True))
    found = []
    while (batch := source.read()) is not None:
        found += [event.kind for event in batch.events]
    assert kind in found


def test_no_evidence_is_sought_by_what_every_request_has() -> None:
    lines = (ENVOY.format(0, "200 -"), HAPROXY.format(0, 200, "----"), NGINX.format(0, 200))
    common = {
        (matcher.by, literal)
        for definition in shipped().definitions
        if definition.kind not in ("access", "reset")
        for matcher in definition.matchers
        for literal in matcher.literals
        if any(literal.decode() in line for line in lines)
    }
    assert not common
