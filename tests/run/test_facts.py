"""Facts of a node: a fake /proc, fake commands, and a rule file that rules can name."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from whyreset.language.load import load_text
from whyreset.run.facts import facts_of, run_command, settings_file

FILES = {
    "sys/net/ipv4/tcp_fin_timeout": "60\n",
    "sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
    "sys/net/ipv4/tcp_keepalive_time": "what?\n",
    "sys/net/netfilter/nf_conntrack_tcp_timeout_established": "86400\n",
    "sys/net/netfilter/nf_conntrack_max": "2000\n",
    "sys/net/netfilter/nf_conntrack_count": "1950\n",
}
SAID = {
    ("ipvsadm", "-l", "--timeout"): "Timeout (tcp tcpfin udp): 900 120 300\n",
    ("ss", "-s"): "Total: 175\nTCP:   88 (estab 20, closed 50, orphaned 1, timewait 7)\n\n",
}


def command(words: Sequence[str]) -> str | None:
    return SAID.get(tuple(words))


def nothing(words: Sequence[str]) -> str | None:
    return None


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_what_is_read(proc: Path) -> None:
    found = {fact.name: fact.value for fact in facts_of(proc, command)}
    assert found == {
        "tcp_fin_timeout": "60s",
        "conntrack_established_timeout": "86400s",
        "conntrack_max": "2000",
        "first_local_port": "32768",
        "last_local_port": "60999",
        "local_ports": "28232",
        "conntrack_count": "1950",
        "conntrack_used": "97.5%",
        "ipvs_timeout": "900s",
        "ipvs_fin_timeout": "120s",
        "ipvs_udp_timeout": "300s",
        "tcp_established": "20",
        "tcp_orphaned": "1",
        "tcp_time_wait": "7",
    }


def test_the_table_is_counted_where_the_kernel_does_not(proc: Path) -> None:
    (proc / "sys/net/netfilter/nf_conntrack_count").unlink()
    (proc / "net").mkdir()
    (proc / "net/nf_conntrack").write_text("ipv4 2 tcp 6 1\nipv4 2 tcp 6 2\n")
    facts = {fact.name: fact for fact in facts_of(proc, nothing)}
    assert facts["conntrack_count"].value == "2"
    assert facts["conntrack_count"].origin == "net/nf_conntrack"
    assert facts["conntrack_used"].value == "0.1%"


def test_nothing_there(tmp_path: Path) -> None:
    assert facts_of(tmp_path, nothing) == []


def test_a_command_that_is_missing_or_fails() -> None:
    assert run_command(["no-such-command-anywhere"]) is None
    assert run_command(["false"]) is None
    assert run_command(["echo", "TCP"]) == "TCP\n"


def test_rules_can_name_every_fact(proc: Path) -> None:
    facts = facts_of(proc, command)
    plan = load_text(settings_file(facts))
    assert set(plan.settings) == {fact.name for fact in facts}
    assert plan.settings["ipvs_timeout"] == "900s"
