"""A small cluster whose logs are drawn from a seed: an application, its proxy, the kubelet."""

import random
from dataclasses import dataclass

import pytest

from whyreset.basis.times import format_time
from whyreset.basis.units import NS
from whyreset.correlate.burst import in_order
from whyreset.ingest.intake import Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.source_name import source_of_path
from whyreset.ingest.stamps import Clock
from whyreset.language.load import load_text
from whyreset.model.event import Event
from whyreset.model.rule import Plan

START = 1_800_000_000 * NS
RULES = """
event reset {
  match `read tcp <local:addr>-><peer:addr>: read: connection reset by peer`
}
event access {
  match /^(?<client>[\\d.]+) "GET (?<path>\\S+)" (?<status>\\d+)/
}
event termination {
  match `Killing pod <pod:word> in <namespace:word>`
}
rule rollout {
  label termination_fallout; priority 30
  burst of reset by pod, peer gap 20s
  span 2m
  when { ended: termination on pod within 5s before, 2s after }
  because "{count} resets; {ended.pod} ended at {ended.time}"
}
rule aborted {
  label client_abort; priority 20
  burst of reset by pod gap 40s
  span 1m
  when { any have access status = 499 from peer within 2s }
}
rule probe {
  label probe_noise; priority 10
  burst of reset by pod, peer gap 30s
  span 2m
  when { at least 4; no access from peer within 1s if known; every 2s..20s ± 15% }
  because "every {period}"
}
"""
FILES = {
    "api": f"api-7c9d8b6f5d-x2x4v_shop_api-{'a' * 64}.log",
    "web": f"web-6d4cf56db6-bz7qk_shop_web-{'b' * 64}.log",
    "proxy": f"proxy-5f7bd9c6f4-hh8xz_edge_proxy-{'c' * 64}.log",
    "kubelet": f"watch-7d5c6b9f8d-k9k2p_kube-system_watch-{'d' * 64}.log",
}


@dataclass(frozen=True)
class Corpus:
    """Lines by file name, and how many of them tell a reset."""

    files: dict[str, bytes]
    resets: int


def draw_corpus(seed: int) -> Corpus:
    draw = random.Random(seed)
    lines: dict[str, list[tuple[int, str]]] = {name: [] for name in FILES}
    peers = ["10.42.0.1", "10.42.0.2", "203.0.113.9"]
    resets = 0
    for app in ("api", "web"):
        period, start = draw.uniform(4, 12), draw.uniform(0, 60)
        times = [start + i * period for i in range(draw.randint(0, 30))]
        probed = [(time, peers[0]) for time in times]
        stray = [(draw.uniform(0, 400), draw.choice(peers)) for _ in range(draw.randint(0, 15))]
        for time, peer in probed + stray:
            port = draw.randint(30000, 60000)
            text = f"read tcp 10.42.1.9:80->{peer}:{port}: read: connection reset by peer"
            lines[app].append((round(time * NS), text))
            resets += 1
        lines[app] += [(draw.randint(0, 400 * NS), f"handled {i}") for i in range(20)]
    for _ in range(draw.randint(0, 40)):
        status = draw.choice([200, 200, 499])
        text = f'{draw.choice(peers)} "GET /cart" {status}'
        lines["proxy"].append((draw.randint(0, 400 * NS), text))
    for _ in range(draw.randint(0, 4)):
        pod = FILES[draw.choice(["api", "web"])].partition("_")[0]
        lines["kubelet"].append((draw.randint(0, 400 * NS), f"Killing pod {pod} in shop"))
    files = {
        FILES[name]: "".join(
            f"{format_time(START + time)} stderr F {text}\n" for time, text in sorted(entries)
        ).encode()
        for name, entries in lines.items()
    }
    return Corpus(files, resets)


@pytest.fixture(scope="session")
def plan() -> Plan:
    return load_text(RULES)


@pytest.fixture(scope="session")
def corpus() -> object:
    """`corpus(seed)` draws a corpus."""
    return draw_corpus


@pytest.fixture
def events_of(plan):
    """All events of some logs, in the order of time."""

    def read(files: dict[str, bytes]) -> list[Event]:
        found: list[Event] = []
        for name, data in files.items():
            intake = Intake(Extractor(plan.definitions), source_of_path(name), Clock())
            found += intake.feed(data, last=True).events
        return in_order(found)

    return read
