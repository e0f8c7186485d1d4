"""`whyreset why` and `whyreset facts` as real processes."""

import json
from pathlib import Path
from typing import Protocol

import pytest

TWO_RULES = """event reset {
  match `read tcp <local:addr>-><peer:addr>: read: connection reset by peer`
}
rule many {
  label probe_noise
  title "Many"
  priority 9
  burst of reset by pod, peer gap 60s
  when { at least 5 }
  because "{count} resets"
  remedy "none"
}
rule inside {
  label client_abort
  title "Inside"
  priority 5
  burst of reset by pod, peer gap 60s
  when { peer != 10.0.0.9 }
  because "{count} resets"
  remedy "none"
}
"""


class Said(Protocol):
    out: str
    err: str


class Shell(Protocol):
    def run(self, *words: str | Path, stdin: bytes = b"", code: int = 0) -> Said: ...


def line(second: int, peer: str = "10.0.0.1") -> str:
    text = f"read tcp 10.0.9.9:80->{peer}:4{second:04}: read: connection reset by peer"
    return f"2026-11-22T10:00:{second:02}.5Z stdout F {text}"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "two.rules"
    path.write_text(TWO_RULES)
    return path


def why(
    shell: Shell,
    rules: Path,
    asked: str,
    count: int,
    *more: str,
    code: int = 0,
    peer: str = "10.0.0.1",
) -> Said:
    stdin = "".join(line(i, peer) + "\n" for i in range(count)).encode()
    return shell.run("why", "--no-builtin", "-r", rules, *more, asked, "-", stdin=stdin, code=code)


def test_the_first_rule_claims_and_the_others_say_what_they_would(
    shell: Shell, rules: Path
) -> None:
    said = why(shell, rules, "10:00:03", 6).out
    head, asked, rest = said.split("\n\n")
    assert head.startswith("2026-11-22T10:00:03.500000000Z")
    assert "probe_noise by many" in head
    assert "peer_port=40003" in head
    assert "✓ many (probe_noise) claims it, in a burst of 6 resets" in asked
    assert "inside" not in asked
    assert rest.startswith("not asked any more")
    assert "✓ inside (client_abort) claims it" in rest


def test_a_rule_that_fails_says_with_which_clause(shell: Shell, rules: Path) -> None:
    said = why(shell, rules, line(2), 3).out
    assert "client_abort by inside" in said
    assert (
        "✗ many (probe_noise) does not claim it, in a burst of 3 resets\n    ✗ at least 5: 3 resets"
        in said
    )
    assert "not asked" not in said


def test_nobody_claims(shell: Shell, rules: Path) -> None:
    said = why(shell, rules, "10.0.0.9:40001", 3, peer="10.0.0.9").out
    assert "unknown: no rule claims it" in said
    assert "✗ inside" in said


def test_several_fit(shell: Shell, rules: Path) -> None:
    said = why(shell, rules, "10:00", 6)
    assert said.out.startswith("2026-11-22T10:00:00.5")
    assert "6 resets fit" in said.err


@pytest.mark.parametrize(
    ("asked", "zone"),
    [
        ("12:00:03", "+02:00"),
        ("2026-11-22 12:00:03", "+02:00"),
        ("11:00:03", "Europe/Berlin"),
        ("10:00:03Z", "+02:00"),
        ("2026-11-22T10:00:03.500000000Z", "+02:00"),
        ("2026-11-22T12:00:03+02:00", "UTC"),
        ("06:30:03-0330", "UTC"),
    ],
)
def test_a_time_is_told_in_its_zone(shell: Shell, rules: Path, asked: str, zone: str) -> None:
    said = why(shell, rules, asked, 6, "--timezone", zone).out
    assert said.startswith("2026-11-22T10:00:03.500000000Z")


def test_none_fits(shell: Shell, rules: Path) -> None:
    assert "no reset fits '11:30'" in why(shell, rules, "11:30", 6, code=1).err


def test_json(shell: Shell, rules: Path) -> None:
    said = why(shell, rules, "10:00:03", 6, "-o", "json")
    [case] = map(json.loads, said.out.splitlines())
    assert (case["label"], case["rule"], case["peer"]) == ("probe_noise", "many", "10.0.0.1")
    assert [(each["rule"], each["asked"], each["claims"]) for each in case["rules"]] == [
        ("many", True, True),
        ("inside", False, True),
    ]
    assert case["rules"][0]["evidence"] == [
        {"clause": "at least 5", "holds": True, "found": "6 resets"}
    ]


def test_facts(shell: Shell, tmp_path: Path) -> None:
    place = tmp_path / "sys/net/ipv4"
    place.mkdir(parents=True)
    (place / "tcp_fin_timeout").write_text("60\n")
    said = shell.run("facts", "--proc", tmp_path)
    assert "setting tcp_fin_timeout = 60s  # net.ipv4.tcp_fin_timeout" in said.out
    assert "nothing to be read" in shell.run("facts", "--proc", tmp_path / "sys", code=2).err
