"""The commands for those who write rules: fmt, check -o, test -o, new, try, diff, explain."""

import gzip
import json
import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

OWN = "--no-builtin"
UGLY = "rule  x{label probe_noise;burst of reset by pod gap 5s\nwhen{at least 1}}\n"
FAILING = """event reset { match `reset by <peer:ip>` }
rule few {
  label  probe_noise
  burst of reset by pod, peer gap 60s
  when { at least 4 }
  test "enough" { at 0s..30s every 10s reset peer=10.0.0.1; expect probe_noise }
  test "too few" { at 0s..20s every 10s ± 3% reset peer=10.0.0.1; expect probe_noise count=3 }
  test "not yet" { known gap "later"; at 0s..30s every 10s reset peer=10.0.0.1; expect unknown }
  test "by now" { known gap "done"; at 0s reset peer=10.0.0.1; expect unknown }
}
"""


@pytest.fixture
def ugly(tmp_path: Path) -> Path:
    path = tmp_path / "ugly.rules"
    path.write_text(UGLY)
    return path


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    path = tmp_path / "failing.rules"
    path.write_text(FAILING)
    return path


# ---- fmt


def test_fmt_writes_and_names_what_changed(shell: Any, ugly: Path) -> None:
    assert shell.run("fmt", ugly.parent).out == f"{ugly}\n"
    assert ugly.read_text().startswith("rule x {\n  label  probe_noise\n  burst")
    assert shell.run("fmt", ugly).out == ""


def test_fmt_check_and_diff_write_nothing(shell: Any, ugly: Path) -> None:
    assert shell.run("fmt", "--check", ugly, code=1).out == f"{ugly} would change\n"
    said = shell.run("fmt", "--diff", ugly).out
    assert said.startswith(f"--- {ugly}\n+++ {ugly}\n")
    assert "+  label  probe_noise" in said
    shell.run("fmt", "--diff", "--check", ugly, code=1)
    assert ugly.read_text() == UGLY


def test_fmt_of_standard_input(shell: Any) -> None:
    assert shell.run("fmt", "-", stdin=b"network a=10.0.0.0/8").out == "network a = 10.0.0.0/8\n"


def test_fmt_of_what_is_no_rule_file(shell: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.rules"
    path.write_text("rule {")
    assert "E001" in shell.run("fmt", path, code=1).err
    assert path.read_text() == "rule {"
    shell.run("fmt", tmp_path / "gone.rules", code=2)
    said = shell.run("fmt", "-", stdin=b"\xff", code=2)
    assert said.err == "whyreset: <stdin>: not a text in UTF-8\n"


def test_fmt_reads_all_before_it_writes(shell: Any, ugly: Path) -> None:
    other = ugly.with_name("wrong.rules")
    other.write_bytes(b"rule \xff {")
    said = shell.run("fmt", ugly, other, code=2)
    assert (said.out, said.err) == ("", f"whyreset: {other}: not a text in UTF-8\n")
    assert ugly.read_text() == UGLY


# ---- check


def test_check_for_programs(shell: Any, failing: Path) -> None:
    failing.write_text(FAILING.replace("at least 4", "at least few"))
    lines = shell.run("check", OWN, "-o", "json", failing, code=1).out.splitlines()
    (found,) = map(json.loads, lines)
    assert (found["code"], found["level"], found["line"], found["column"]) == (
        "E015", "error", 5, 19,
    )  # fmt: skip
    said = shell.run("check", OWN, "-o", "github", failing, code=1).out
    assert said.startswith(
        f"::error file={failing},line=5,endLine=5,col=19,endColumn=21,title=E015"
    )


def test_check_as_sarif(shell: Any, tmp_path: Path) -> None:
    path = tmp_path / "untested.rules"
    path.write_text(UGLY)
    log = json.loads(shell.run("check", OWN, "-o", "sarif", path).out)
    (run,) = log["runs"]
    (result,) = run["results"]
    assert log["version"] == "2.1.0"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "W004"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 1


def test_costs_go_with_what_can_show_them(shell: Any, failing: Path) -> None:
    for output in ("github", "sarif"):
        said = shell.run("check", OWN, "--costs", "-o", output, failing, code=2)
        assert said.err.startswith(f"whyreset: --costs has no place in -o {output}")


def test_titles_and_gaps_cannot_move_the_cursor(shell: Any, tmp_path: Path) -> None:
    rules = tmp_path / "mine.rules"
    gap = FAILING.replace('test "not yet"', 'test "not\x1b[2Jyet"').replace("later", "la\x1b[2Jter")
    rules.write_text(gap)
    said = shell.run("test", OWN, rules, code=1).out
    assert "not" in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    "words",
    ["check -o json", "check -o sarif", "check --costs -o json", "rules -o json", "test -o json"],
)
def test_names_of_files_that_are_no_text(shell: Any, tmp_path: Path, words: str) -> None:
    rules = Path(os.fsdecode(os.fsencode(tmp_path) + b"/few\xff.rules"))
    rules.write_text(FAILING.replace("at least 4", "at least 1").replace("count=3", "count=4"))
    code = 1 if words.startswith("test") else 0
    said = shell.run(*words.split(), OWN, rules, code=code).out
    assert r"few\\udcff.rules" in said
    for line in said.splitlines():
        json.loads(line)


def test_costs(shell: Any, tmp_path: Path) -> None:
    path = tmp_path / "costs.rules"
    path.write_text(
        "rule x { label probe_noise; span 1m; burst of reset by pod gap 30s\n"
        "when { no access from peer within 20s before, 4s after } }\n"
    )
    said = shell.run("check", OWN, "--costs", path).out.splitlines()
    row = next(line for line in said if line.startswith("x "))
    # 30s gap + 4s ahead + 5s lateness; a minute, 39s and 20s of events of 400 bytes.
    assert row.split() == ["x", "20.0s", "4.0s", "39.0s", "47", "KB"]
    assert any(line.startswith("together: ") for line in said)
    lines = shell.run("check", OWN, "--costs", "-o", "json", path).out.splitlines()
    assert json.loads(lines[-1])["latest_s"] == 39.0
    path.write_text(path.read_text() + "extend rule peer_crashed { gap 2m }\n")
    said = shell.run("check", path).out
    table = [line.split()[0] for line in said.splitlines() if line.endswith(" KB")]
    assert table == ["peer_crashed", "x"]  # those of the file, and those that it changes


# ---- test


def test_a_failure_beside_what_was_expected(shell: Any, failing: Path) -> None:
    said = shell.run("test", OWN, failing, code=1).out
    rows = [[cell.strip() for cell in line.split("|")] for line in said.splitlines() if "|" in line]
    assert rows == [
        ["given", "expected", "got"],
        ["0s..20s every 10s ± 3%  reset peer=10.0.0.1", "probe_noise count=3",
         "unknown peer=10.0.0.1 count=3"],
    ]  # fmt: skip
    assert "expected probe_noise count=3, got unknown peer=10.0.0.1 count=3\n" in said
    assert "✗ at least 4  3 resets  <- decides" in said
    assert f"{failing}:8: known gap: not yet: later" in said
    assert f"{failing}:9: passes now, remove `known gap`: by now" in said
    assert said.endswith("2 passed, 1 failed, 1 known gap\n")


def test_what_is_got_more_than_once_is_said_once(shell: Any, tmp_path: Path) -> None:
    path = tmp_path / "apart.rules"
    path.write_text(
        "rule x { label probe_noise; burst of reset by pod gap 3s; when { at least 2 }\n"
        'test "apart" { at 0s..20m every 10m reset peer=10.0.0.1; expect probe_noise } }\n'
    )
    said = shell.run("test", OWN, path, code=1).out
    assert "expected probe_noise, got 3 x unknown peer=10.0.0.1 count=1\n" in said
    assert said.count("✗ at least 2  1 reset  <- decides") == 1


def test_a_failure_names_the_value_that_differs(shell: Any, tmp_path: Path) -> None:
    path = tmp_path / "values.rules"
    path.write_text(
        "rule x { label probe_noise; severity info; burst of reset by pod, peer gap 30s\n"
        "when { at least 4; every 1s..60s ± 15% }\n"
        'test "beat" { at 0s..60s every 10s reset peer=10.0.0.1\n'
        "expect probe_noise confidence=1% jitter=50% severity=critical pod=other period=20s\n"
        "expect probe_noise missed=3 } }\n"
    )
    said = shell.run("test", OWN, path, code=1).out
    got = "probe_noise peer=10.0.0.1 count=7"
    assert f"confidence=0.01 jitter=0.5 severity=critical pod=other period=20.0, got {got} " in said
    wrong = next(line for line in said.splitlines() if "confidence=0.01 jitter" in line)
    assert re.search(
        r", got .* confidence=0\.9\d* jitter=0 severity=info pod=app-1 period=10.0s$", wrong
    )
    assert f"expected probe_noise missed=3, got {got} missed=0 period=10.0s" in said


def test_a_confidence_is_a_share(shell: Any, tmp_path: Path) -> None:
    path = tmp_path / "share.rules"
    path.write_text(
        "rule x { label probe_noise; confidence 80%; burst of reset by pod, peer gap 30s\n"
        "when { at least 1 }\n"
        'test "one" { at 0s reset peer=10.0.0.1; expect probe_noise confidence=80%\n'
        "expect probe_noise confidence=0.8 } }\n"
    )
    assert "1 passed, 0 failed" in shell.run("test", OWN, path).out


def test_results_for_programs(shell: Any, failing: Path) -> None:
    told = shell.run("test", OWN, "-o", "json", failing, code=1).out.splitlines()
    by_title = {each["title"]: each for each in map(json.loads, told)}
    assert {title: each["status"] for title, each in by_title.items()} == {
        "enough": "passed",
        "too few": "failed",
        "not yet": "known_gap",
        "by now": "passes_now",
    }
    assert by_title["too few"]["decided_by"] == "at least 4"
    root = ElementTree.fromstring(shell.run("test", OWN, "-o", "junit", failing, code=1).out)
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "1", "1")
    assert [case.get("name") for case in suite if case.find("failure") is not None] == ["too few"]


def test_coverage_by_clause(shell: Any, tmp_path: Path) -> None:
    path = tmp_path / "idle.rules"
    path.write_text(FAILING.replace("{ at least 4 }", "{ at least 4; peer != 10.0.0.9 }"))
    text = path.read_text()
    path.write_text(text.replace("expect probe_noise count=3", "expect unknown"))
    said = shell.run("test", OWN, "--coverage", path).err
    assert "rule few: no test needs `peer != 10.0.0.9`" in said
    assert "no test needs `at least 4`" not in said


def test_folders_of_logs(shell: Any, tmp_path: Path, lines: Any) -> None:
    (tmp_path / "own.rules").write_text(shell.rules.read_text())
    (tmp_path / "probes.log").write_bytes(lines(4))
    wanted = {"label": "probe_noise", "count": 4}
    expected = tmp_path / "probes.expected.jsonl"
    expected.write_text(json.dumps(wanted) + "\n")
    folder = tmp_path / "two"
    folder.mkdir()
    for peer in ("10.0.0.1", "10.0.0.2"):
        (folder / f"{peer}.log").write_bytes(lines(5, peer))
    (tmp_path / "two.expected.jsonl").write_text(
        '{"label":"probe_noise","peer":"10.0.0.2"}\n{"label":"probe_noise"}\n'
    )
    assert shell.run("test", OWN, tmp_path).out.endswith("3 passed, 0 failed\n")
    expected.write_text(json.dumps({**wanted, "count": 5}) + "\n")
    said = shell.run("test", OWN, tmp_path, code=1).out
    assert "no verdict is probe_noise count=5; the nearest has count 4, not 5\n" in said
    assert "nobody expected" not in said
    expected.write_text(json.dumps({**wanted, "label": "unknown", "count": 5, "rule": None}) + "\n")
    said = shell.run("test", OWN, tmp_path, code=1).out
    assert "no verdict is unknown rule=None count=5\n" in said
    assert "nobody expected probe_noise rule=few" in said
    expected.write_text('{"labl":"probe_noise"}\n')
    said = shell.run("test", OWN, tmp_path, code=1).out
    assert f"{expected}: a verdict has no `labl`: did you mean `label`?\n\n" in said
    expected.write_text("not json\n")
    assert f"{expected}:1: not a JSON object" in shell.run("test", OWN, tmp_path, code=1).out


def test_a_folder_with_nothing_to_test(shell: Any, tmp_path: Path, lines: Any) -> None:
    (tmp_path / "probes.log").write_bytes(lines(4))
    (tmp_path / "probes.expected.json").write_text('{"label":"probe_noise"}\n')
    for words in ((tmp_path,), (shell.rules, tmp_path), ("-r", tmp_path)):
        said = shell.run("test", *words, code=2)
        assert said.out == ""
        assert f"{tmp_path}: no *.rules and no *expected.jsonl is in this folder" in said.err


def test_a_named_pipe_is_no_case(shell: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.expected.jsonl")
    said = shell.run("test", OWN, tmp_path, code=2).err
    assert "no *.rules and no *expected.jsonl is in this folder" in said


def test_a_folder_that_is_not_read_to_its_end_fails(shell: Any, tmp_path: Path, lines: Any) -> None:
    (tmp_path / "own.rules").write_text(shell.rules.read_text())
    (tmp_path / "expected.jsonl").write_text("")
    (tmp_path / "cut.log.gz").write_bytes(gzip.compress(lines(4))[:40])
    said = shell.run("test", OWN, tmp_path, code=1).out
    assert "cut.log.gz: the compressed data end too early\n" in said
    assert said.endswith("1 passed, 1 failed\n")


# ---- new, try, diff, explain, rules


@pytest.mark.parametrize("what", ["rule", "event"])
def test_a_skeleton_is_checked_tested_and_canonical(shell: Any, tmp_path: Path, what: str) -> None:
    path = tmp_path / "fresh.rules"
    path.write_text(shell.run("new", what, "fresh_thing").out)
    assert "0 errors, 0 warnings" in shell.run("check", path).out
    said = shell.run("test", "--coverage", path)
    assert ", 0 failed" in said.out
    assert "no test needs" not in said.err
    shell.run("fmt", "--check", path)


def test_skeletons_of_kinds_that_are_known(shell: Any, tmp_path: Path) -> None:
    path = tmp_path / "fresh.rules"
    kinds = ("reset", "access", "termination")  # the first shows a peer, a client, a pod
    path.write_text("\n".join(shell.run("new", "event", kind).out for kind in kinds))
    assert "0 errors, 0 warnings" in shell.run("check", path).out
    shell.run("fmt", "--check", path)


def test_a_skeleton_needs_a_name(shell: Any) -> None:
    assert "'no' is a word of the rule language" in shell.run("new", "event", "no", code=2).err
    assert "'4x' is no name" in shell.run("new", "rule", "4x", code=2).err


LOG = b"""order A17 lost: peer 10.0.0.1
order A18 lost: beer 10.0.0.2
nothing of the kind
"""


def test_try_a_template(shell: Any) -> None:
    said = shell.run("try", "order <order:word> lost: peer <client:ip>", stdin=LOG)
    assert said.out.splitlines() == [
        "order ‹order: A17› lost: peer ‹client: 10.0.0.1›",
        "  order=A17  client=10.0.0.1",
        "nearly: order A18 lost: beer 10.0.0.2",
        "  matches up to `order A18 lost:`, "
        "then `peer <client:ip>` is wanted, not ` beer 10.0.0.2`",
    ]
    assert said.err == "1 of 3 lines match, 1 nearly\n"


@pytest.mark.parametrize(
    "pattern", [r"/order (?<order>\w+) lost: peer/", "match `order <order:word> lost: peer`"]
)
def test_try_other_patterns(shell: Any, pattern: str) -> None:
    said = shell.run("try", "-o", "json", pattern, stdin=LOG).out.splitlines()
    assert [each["fields"] for each in map(json.loads, said) if each["matches"]] == [
        {"order": "A17"}
    ]


def test_try_what_is_no_template(shell: Any) -> None:
    assert "E009" in shell.run("try", "<peer:adr>", code=1).err


def test_diff_of_rules(shell: Any, tmp_path: Path, lines: Any) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(lines(4))
    new = tmp_path / "new.rules"
    text = shell.rules.read_text()
    for other, level in (
        (text, "none"),
        (text.replace("none ± needed", "say so"), "patch"),
        (text.replace("at least 4", "at least 3"), "minor"),
        (text.replace("at least 4", "at least 5"), "major"),
        (text.replace("rule few", "rule fewer"), "major"),
    ):
        new.write_text(other)
        said = shell.run("diff", OWN, shell.rules, new, log).out
        assert said.endswith(f"change of the rules: {level}\n"), other
    new.write_text(text.replace("at least 4", "at least 5"))
    said = shell.run("diff", OWN, shell.rules, new, log).out
    assert "major  4 resets: probe_noise (few) -> unknown" in said
    assert "4 of 4 resets are judged otherwise" in said
    told = json.loads(shell.run("diff", OWN, "-o", "json", new, shell.rules, log).out)
    assert told["change"] == "minor"
    assert told["moved"][0]["resets"] == 4


def test_diff_tells_what_it_could_not_read(shell: Any, tmp_path: Path, lines: Any) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "cut.log.gz").write_bytes(gzip.compress(lines(400))[:-40])
    (logs / "gone.log").symlink_to(tmp_path / "nowhere")
    said = shell.run("diff", OWN, shell.rules, shell.rules, logs, code=2)
    assert said.out.endswith("change of the rules: none\n")
    assert "cut.log.gz: the compressed data end too early" in said.err
    assert "gone.log: No such file" in said.err
    assert len(said.err.splitlines()) == 2


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_diff_refuses_what_cannot_be_read_twice(shell: Any, lines: Any, name: str) -> None:
    said = shell.run("diff", OWN, shell.rules, shell.rules, name, stdin=lines(6), code=2)
    assert said.out == ""
    assert f"{name}: is no file, and can be read only once" in said.err


def test_diff_of_places(shell: Any, tmp_path: Path) -> None:
    rules = {}
    for name, text in {
        "everywhere": "",
        "without": '\ndisable rule few for namespace "batch-*"\n',
        "otherwise": '\nextend rule few for team pay { gap 9m }\nteam pay = namespace "pay-*"\n',
    }.items():
        rules[name] = tmp_path / f"{name}.rules"
        rules[name].write_text(shell.rules.read_text() + text)
    steps = {
        ("everywhere", "without"): ['major  rule few acts no more for namespace "batch-*"'],
        ("without", "everywhere"): ['minor  rule few acts for namespace "batch-*", too'],
        ("everywhere", "otherwise"): ['minor  rule few for namespace "pay-*" is new'],
        ("otherwise", "without"): [
            'major  rule few acts no more for namespace "batch-*"',
            'major  rule few for namespace "pay-*" is gone',
        ],
    }
    for (old, new), changes in steps.items():
        said = shell.run("diff", OWN, rules[old], rules[new]).out.splitlines()
        assert said == [*changes, f"change of the rules: {changes[0][:5]}"]


def test_explain_a_code(shell: Any) -> None:
    said = shell.run("explain", "w012").out
    assert said.startswith("W012: an exception holds whenever the rule does")
    assert "instead of" in said
    assert "no code E999" in shell.run("explain", "E999", code=2).err


def test_rules_say_what_was_done_to_them(shell: Any, tmp_path: Path) -> None:
    own = tmp_path / "site.rules"
    own.write_text(
        'extend rule few for namespace "pay-*" { status deprecated; when { at least 9 } }\n'
    )
    said = shell.run("rules", OWN, "-o", "json", shell.rules, own).out.splitlines()
    first, second = map(json.loads, said)
    assert (first["for"], first["status"]) == (["namespace pay-*"], "deprecated")
    assert first["patched_by"] == [f"{own}:1"]
    assert (second["not_for"], second["patched_by"]) == (["namespace pay-*"], [])
    text = shell.run("rules", own, code=1)
    assert "unknown rule `few`" in text.err


def test_rules_that_are_disabled_everywhere_are_listed(shell: Any, tmp_path: Path) -> None:
    own = tmp_path / "site.rules"
    own.write_text("disable rule few\n")
    said = shell.run("rules", OWN, shell.rules, own).out
    assert f"-  few                              disabled by {own}:1" in said
