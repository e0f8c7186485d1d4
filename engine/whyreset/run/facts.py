"""What a node's kernel is set to, and how full its tables are, as settings that rules can name."""

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

Run = Callable[[Sequence[str]], str | None]
"""Runs a command and gives what it prints; None where there is no such command, or it fails."""

_SECONDS = {
    "tcp_fin_timeout": "ipv4/tcp_fin_timeout",
    "tcp_keepalive_time": "ipv4/tcp_keepalive_time",
    "tcp_keepalive_interval": "ipv4/tcp_keepalive_intvl",
    "conntrack_established_timeout": "netfilter/nf_conntrack_tcp_timeout_established",
    "conntrack_close_wait_timeout": "netfilter/nf_conntrack_tcp_timeout_close_wait",
    "conntrack_time_wait_timeout": "netfilter/nf_conntrack_tcp_timeout_time_wait",
}
_NUMBERS = {
    "tcp_keepalive_probes": "ipv4/tcp_keepalive_probes",
    "tcp_abort_on_overflow": "ipv4/tcp_abort_on_overflow",
    "tcp_max_syn_backlog": "ipv4/tcp_max_syn_backlog",
    "tcp_tw_reuse": "ipv4/tcp_tw_reuse",
    "somaxconn": "core/somaxconn",
    "conntrack_max": "netfilter/nf_conntrack_max",
}
_PORTS = "ipv4/ip_local_port_range"
_COUNT = "netfilter/nf_conntrack_count"
_IPVS = ("ipvsadm", "-l", "--timeout")
_SOCKETS = ("ss", "-s")
_PATIENCE = 5


class Fact(NamedTuple):
    """One setting: its name, its value as a rule file spells it, and where it was read."""

    name: str
    value: str
    origin: str


def run_command(words: Sequence[str]) -> str | None:
    """Run a command that only reads."""
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=_PATIENCE, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def facts_of(proc: Path, run: Run = run_command) -> list[Fact]:
    """Every fact that can be read, in a fixed order; `proc` is where /proc is mounted."""
    return [*_kernel(proc / "sys" / "net"), *_table(proc), *_ipvs(run), *_sockets(run)]


def settings_file(facts: Sequence[Fact]) -> str:
    """The facts as a rule file."""
    head = (
        "# What this node is set to, read by `whyreset facts`: name them in rules, use with -r.\n"
    )
    width = max((len(fact.name) for fact in facts), default=0)
    spelt = [f"setting {fact.name:{width}} = {fact.value}" for fact in facts]
    column = max(map(len, spelt), default=0)
    rows = zip(spelt, facts, strict=True)
    return head + "".join(f"{text:{column}}  # {fact.origin}\n" for text, fact in rows)


def _kernel(net: Path) -> Iterator[Fact]:
    for names, unit in ((_SECONDS, "s"), (_NUMBERS, "")):
        for name, place in names.items():
            if (found := _integers(net / place)) and len(found) == 1:
                yield Fact(name, f"{found[0]}{unit}", _dotted(place))
    ports = _integers(net / _PORTS)
    if ports and len(ports) == 2 and ports[1] >= ports[0]:
        yield Fact("first_local_port", str(ports[0]), _dotted(_PORTS))
        yield Fact("last_local_port", str(ports[1]), _dotted(_PORTS))
        yield Fact("local_ports", str(ports[1] - ports[0] + 1), _dotted(_PORTS))


def _table(proc: Path) -> Iterator[Fact]:
    """How many connections are tracked: the kernel's own count, else the lines of the table."""
    origin = _dotted(_COUNT)
    found = _integers(proc / "sys" / "net" / _COUNT)
    count = found[0] if found else None
    if count is None:
        origin = "net/nf_conntrack"
        count = _lines(proc / "net" / "nf_conntrack")
    if count is None:
        return
    yield Fact("conntrack_count", str(count), origin)
    limit = _integers(proc / "sys" / "net" / _NUMBERS["conntrack_max"])
    if limit and limit[0]:
        yield Fact("conntrack_used", f"{100 * count / limit[0]:.1f}%", origin)


def _ipvs(run: Run) -> Iterator[Fact]:
    """`Timeout (tcp tcpfin udp): 900 120 300`."""
    found = re.search(r"tcp tcpfin udp\): *(\d+) +(\d+) +(\d+)", run(_IPVS) or "")
    if found:
        for name, value in zip(
            ("timeout", "fin_timeout", "udp_timeout"), found.groups(), strict=True
        ):
            yield Fact(f"ipvs_{name}", f"{value}s", " ".join(_IPVS))


def _sockets(run: Run) -> Iterator[Fact]:
    """`TCP:   88 (estab 20, closed 50, orphaned 1, timewait 7)`."""
    found = re.search(r"^TCP: +\d+ \(([^)]*)\)", run(_SOCKETS) or "", re.MULTILINE)
    counts = dict(re.findall(r"(\w+) (\d+)", found[1])) if found else {}
    for word, name in (
        ("estab", "established"),
        ("orphaned", "orphaned"),
        ("timewait", "time_wait"),
    ):
        if word in counts:
            yield Fact(f"tcp_{name}", counts[word], " ".join(_SOCKETS))


def _integers(path: Path) -> list[int]:
    try:
        words = path.read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return []
    return [int(word) for word in words] if all(word.isdecimal() for word in words) else []


def _lines(path: Path) -> int | None:
    try:
        with path.open("rb") as table:
            return sum(1 for _ in table)
    except OSError:
        return None


def _dotted(place: str) -> str:
    return "net." + place.replace("/", ".")
