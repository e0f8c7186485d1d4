"""The commands about rules: what they print, and with which exit code they end."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import whyreset

OWN = ("--no-builtin",)


def test_help_and_version(shell: Any) -> None:
    assert shell.run("--version").out.startswith("whyreset 0.")
    said = shell.run("--help").out
    for command in ("run", "label", "check", "test", "rules", "explain"):
        assert f"\n    {command} " in said
        assert f"whyreset {command}" in shell.run(command, "--help").out


@pytest.mark.parametrize("command", [("run",), ("check",), ("try", "x")])
def test_an_installation_that_lacks_something_says_so(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    engine = Path(whyreset.__file__).parent
    shutil.copytree(engine, tmp_path / "whyreset", ignore=shutil.ignore_patterns("*.so"))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    words = [sys.executable, "-m", "whyreset", *command]
    done = subprocess.run(
        words, env=environment, input="", capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "whyreset: installed without its " in done.stderr


@pytest.mark.parametrize(
    "words",
    [(), ("frobnicate",), ("run", "--frobnicate"), ("run", "-o", "xml"), ("explain",),
     ("run", "--lateness", "soon"), ("run", "--timezone", "Mars/Base"), ("run", "--year", "x")],
)  # fmt: skip
def test_wrong_usage(shell: Any, words: tuple[str, ...]) -> None:
    said = shell.run(*words, code=2)
    assert said.out == ""
    assert "usage: whyreset" in said.err
    assert "error: " in said.err


def test_check(shell: Any) -> None:
    said = shell.run("check", *OWN, shell.rules)
    assert "1 rule, 2 event blocks, 0 samples" in said.out
    assert "0 errors" in said.out


TYPO = """event reset { match `reset by <peer:ip>` }
rule x {
  label probe_noize
  burst of reset by pod gap 5s
  when { at least 1 }
}
"""


@pytest.mark.parametrize(
    "words", [("check",), ("run", "-r"), ("test",), ("rules",), ("explain", "x", "-r")]
)
def test_a_typo_in_a_rule_file(shell: Any, tmp_path: Path, words: tuple[str, ...]) -> None:
    path = tmp_path / "typo.rules"
    path.write_text(TYPO)
    said = shell.run(words[0], *OWN, *words[1:], path, code=1)
    told = said.out + said.err
    assert f"{path}:3:9: E" in told
    assert told.count("typo.rules:") == 1
    assert "^^^^^^^^^^^" in told
    assert "did you mean `probe_noise`?" in told


def test_a_missing_rule_file(shell: Any, tmp_path: Path) -> None:
    for command in ("check", "test", "rules"):
        said = shell.run(command, *OWN, tmp_path / "gone.rules", code=1)
        assert "no such file" in said.out + said.err


def test_rules_from_a_pipe(shell: Any) -> None:
    """`-r <(...)`: it is there, and cannot be read again when rules are reloaded."""
    said = shell.run("check", *OWN, "/dev/stdin", stdin=b"rule x {}", code=1)
    assert "a pipe or a device is no rule file" in said.out + said.err


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_of_rules_that_may_not_be_read(shell: Any, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o300)
    said = shell.run("check", *OWN, tmp_path / "closed", code=1)
    assert "cannot be read: Permission denied" in said.out + said.err


def test_a_hostile_rule_file_cannot_paint(shell: Any, tmp_path: Path) -> None:
    path = tmp_path / "evil.rules"
    path.write_text("rule x { \x1b]0;owned\x07 }\n")
    for command in ("check", "test"):
        said = shell.run(command, *OWN, path, code=1)
        assert "\x1b" not in said.out + said.err
    path.write_text(shell.rules.read_text().replace("Few", "Few \x1b]0;owned\x07"))
    said = shell.run("explain", *OWN, "-r", path, "few")
    assert "Few \\x1b]0;owned\\x07" in said.out
    assert "\x1b" not in said.out


def test_tests_of_rules(shell: Any, tmp_path: Path) -> None:
    assert "1 passed, 0 failed" in shell.run("test", *OWN, shell.rules).out
    broken = tmp_path / "broken.rules"
    text = shell.rules.read_text()
    broken.write_text(text.replace("expect probe_noise count=4", "expect unknown"))
    said = shell.run("test", *OWN, broken, code=1)
    assert "0 passed, 1 failed" in said.out
    assert "rule few: four" in said.out
    assert "expected no claim, got probe_noise peer=10.0.0.1 count=4" in said.out
    assert "✓ at least 4" in said.out


def test_events_of_a_test_at_the_same_time(shell: Any, tmp_path: Path) -> None:
    path = tmp_path / "same.rules"
    path.write_text(
        shell.rules.read_text().replace(
            "expect probe_noise count=4",
            "at 0s..30s every 10s reset peer=10.0.0.2\nexpect probe_noise peer=10.0.0.2",
        )
    )
    assert "1 passed, 0 failed" in shell.run("test", *OWN, path).out


def test_rules_in_force(shell: Any) -> None:
    said = shell.run("rules", *OWN, shell.rules).out
    assert said.split()[:3] == ["0", "few", "probe_noise"]
    assert f"{shell.rules}:8" in said


def test_explain_a_label_a_rule_and_the_unknown(shell: Any) -> None:
    for name in ("few", "probe_noise"):
        said = shell.run("explain", name, *OWN, "-r", shell.rules).out
        assert said.startswith("few (probe_noise): Few")
        assert "when     at least 4" in said
        assert "remedy   none ± needed" in said
    assert "unknown" in shell.run("explain", "unknown", *OWN, "-r", shell.rules).out


def test_explain_shows_texts_as_a_verdict_does(shell: Any, tmp_path: Path) -> None:
    path = tmp_path / "bare.rules"
    path.write_text(
        "rule bare { label idle_timeout; burst of reset by pod gap 5s; when { at least 1 }\n"
        'verify "kubectl get pod -o jsonpath={{.spec.nodeName}} {count}" }\n'
    )
    said = shell.run("explain", "bare", *OWN, "-r", path).out
    assert "  verify   kubectl get pod -o jsonpath={.spec.nodeName} {count}\n" in said
    event = "event reset { match `read tcp <local:addr>-><peer:addr>: read: connection reset` }\n"
    path.write_text(event + path.read_text())
    line = b"2026-11-22T10:00:00Z read tcp 10.0.0.9:1->10.0.0.1:2: read: connection reset\n"
    verdict = shell.run("run", *OWN, "-r", path, stdin=line).out
    for text in (said, verdict):
        assert "verify" in text
        assert "because" not in text
        assert "remedy" not in text


def test_explain_what_is_no_name(shell: Any) -> None:
    said = shell.run("explain", "probe_niose", *OWN, "-r", shell.rules, code=2)
    assert "no label or rule is named 'probe_niose'; did you mean `probe_noise`?" in said.err
    said = shell.run("explain", "xyzzy", *OWN, "-r", shell.rules, code=2)
    assert "did you mean" not in said.err
    said = shell.run("explain", "idle_timeout", *OWN, "-r", shell.rules, code=2)
    assert said.err == "whyreset: no rule in force gives 'idle_timeout'\n"


@pytest.mark.parametrize("words", [("explain", "few", "-r"), ("test",), ("check",)])
def test_a_terminal_without_the_signs(shell: Any, words: tuple[str, ...]) -> None:
    environment = shell.environment | {"PYTHONIOENCODING": "ascii"}
    command = shell.command(words[0], *OWN, *words[1:], shell.rules)
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_command_and_the_module_are_one(shell: Any) -> None:
    script = Path(sys.executable).with_name("whyreset")
    if not script.exists():
        pytest.skip("not installed")
    done = subprocess.run(
        [script, "rules", *OWN, shell.rules],
        capture_output=True, text=True, check=True, env=shell.environment,
    )  # fmt: skip
    assert done.stdout == shell.run("rules", *OWN, shell.rules).out


@pytest.mark.parametrize("words", [("rules",), ("explain", "probe_noise")])
def test_a_closed_pipe_is_quiet(shell: Any, words: tuple[str, ...]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    command = shell.command(words[0], *OWN, *words[1:], "-r", shell.rules)
    done = subprocess.run(
        command, stdout=theirs, stderr=subprocess.PIPE, check=False, env=shell.environment
    )
    os.close(theirs)
    assert done.returncode in (0, -13)
    assert done.stderr == b""


def test_parse_reads_a_time_without_year_near_today(shell: Any) -> None:
    here = datetime.now(UTC)
    said = json.loads(shell.run("parse", "-o", "json", f"{here:%b %d %H:%M:%S} host x[1]: y").out)
    assert said["time"].startswith(f"{here:%Y-%m-%dT}")


@pytest.mark.parametrize("zone", [("--timezone", "-05:00"), ("--timezone=-0500",)])
def test_a_zone_west_of_greenwich(shell: Any, zone: tuple[str, ...]) -> None:
    said = shell.run("parse", *OWN, "-o", "json", *zone, "2026-11-22 10:00:00 x").out
    assert json.loads(said)["time"].startswith("2026-11-22T15:00:00")


def test_parse_keeps_the_kinds_of_shipped_rules_apart(shell: Any) -> None:
    """A connection refused is none of the events that people ask for, but rules make use of it."""
    line = "10:00:00 dial tcp 10.0.0.9:50051: connect: connection refused"
    said = json.loads(shell.run("parse", "-o", "json", line).out)
    assert said["events"] == []
    (refused,) = said["internal_events"]
    assert (refused["kind"], refused["peer"]) == ("refused", "10.0.0.9")
    assert "5 event     refused  peer=10.0.0.9" in shell.run("parse", line).out
