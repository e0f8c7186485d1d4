"""The README and docs/ are true: commands run and print what is written, rules load."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from whyreset import Engine, Record, Source
from whyreset.language.load import load, load_text
from whyreset.model.rule import LABELS
from whyreset.run.json_output import verdict_object

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = {path.name: path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))}


class Block(NamedTuple):
    line: int
    kind: str
    text: str


class Step(NamedTuple):
    line: int
    command: str
    output: str


def blocks(page: str) -> list[Block]:
    found = re.finditer(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [Block(page[: match.start()].count("\n") + 1, match[1], match[2]) for match in found]


def steps(block: Block) -> list[Step]:
    """The `$ commands` of a console block, each with the output written under it."""
    assert block.text.startswith("$ "), f"line {block.line}: a console begins with `$ `"
    parts = re.split(r"^\$ (.*)\n", block.text, flags=re.MULTILINE)[1:]
    return [Step(block.line, *parts[i : i + 2]) for i in range(0, len(parts), 2)]


def matches(wanted: str, got: str) -> bool:
    """`...` stands for anything within a line, and alone on a line for any lines."""
    pattern = ""
    for line in wanted.splitlines():
        if line == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(map(re.escape, line.split("..."))) + r"\n"
    return re.fullmatch(pattern, got) is not None


def of_kind(kind: str) -> list[Block]:
    found = [block for block in blocks(README) if block.kind == kind]
    assert found
    return found


STEPS = [step for block in of_kind("console") for step in steps(block)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the reader has: the samples, and the README's rule file."""
    path = tmp_path_factory.mktemp("reader")
    (path / "samples").symlink_to(ROOT / "samples")
    (path / "site.rules").write_text(of_kind("rules")[0].text)
    return path


def shell(command: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.line}: {step.command[:40]}")
def test_commands_print_what_is_written(step: Step, folder: Path) -> None:
    got = shell(step.command, folder)
    if not matches(step.output, got):
        assert got == step.output


def test_every_command_named_exists() -> None:
    said = [step.command for step in STEPS]
    for page in (README, *PAGES.values()):
        said += [block.text for block in blocks(page) if block.kind in ("sh", "console")]
        said += re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", page, flags=re.M | re.S))
    named = {name for text in said for name in re.findall(r"\bwhyreset ([a-z]+)", text)}
    assert named >= {"run", "label", "parse", "check", "test", "rules", "explain"}
    for name in named:
        assert shell(f"whyreset {name} --help", ROOT).startswith(f"usage: whyreset {name}")
    for target in re.findall(r"\bmake (\w+)", README):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("block", of_kind("rules"), ids=lambda block: str(block.line))
def test_rules_load(block: Block) -> None:
    assert load_text(block.text, f"README.md:{block.line}", builtin=True).rules


def saved_as(page: str, block: Block) -> str | None:
    """The name of the file, where the line before a block says what it is to be saved as."""
    before = "\n".join(page.splitlines()[: block.line - 1]).rstrip().rpartition("\n")[2]
    found = re.search(r"[Ss]ave [^`]+ as `([\w.-]+)`[^`]*:$", before)
    return found and found[1]


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if "```console" in page])
def test_a_page_can_be_followed(name: str, tmp_path: Path) -> None:
    """From top to bottom, as a reader does: files are saved, commands are run."""
    for block in blocks(PAGES[name]):
        file = saved_as(PAGES[name], block)
        if file:
            (tmp_path / file).write_text(block.text)
        elif block.kind == "rules":
            assert load_text(block.text, f"{name}:{block.line}", builtin=True).rules
        for step in steps(block) if block.kind == "console" else ():
            got = shell(step.command, tmp_path)
            if not matches(step.output, got):
                assert got == step.output, f"{name}:{step.line}: $ {step.command}"


def test_the_guide_is_followed() -> None:
    kinds = [block.kind for block in blocks(PAGES["guide.md"])]
    assert kinds.count("console") >= 6
    saved = {saved_as(PAGES["guide.md"], block) for block in blocks(PAGES["guide.md"])}
    assert saved == {None, "checkout.log", "payments.rules"}


def test_links_lead_somewhere() -> None:
    for name, page in {"../README.md": README, **PAGES}.items():
        folder = (ROOT / "docs" / name).resolve().parent
        text = re.sub(r"^```.*?^```$", "", page, flags=re.M | re.S)
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            assert "://" in link or (folder / link).exists(), f"{name}: {link}"


def test_python_runs(tmp_path: Path) -> None:
    program = "".join(block.text for block in of_kind("python"))
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout == "".join(block.text for block in of_kind("text"))


def table(heading: str) -> list[str]:
    """The names in the first column of the table with this head."""
    rows = README[README.index(f"| {heading} |") :].partition("\n\n")[0].splitlines()[2:]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]


def test_the_labels_are_all_told() -> None:
    assert table("label") == list(LABELS)


def test_the_keys_are_all_told() -> None:
    engine = Engine(load_text("event reset { match `reset` }", "<reset>"))
    engine.feed(Record(0, Source("a"), 0, "reset"))
    (verdict,) = [found for found in engine.finish() if found.state == "final"]
    assert sorted(table("key")) == sorted(verdict_object(verdict))


def test_what_is_shipped_for_all_files_is_told() -> None:
    plan = load([])
    told = re.search(r"The shipped networks \((.*?)\)", PAGES["teams.md"])
    assert told
    assert re.findall(r"`(\w+)`", told[1]) == [*plan.networks, *plan.settings]


def test_what_would_have_claimed_the_same_is_told(folder: Path) -> None:
    assert "| `also` | rules of another label that would have claimed" in README
    said = shell("whyreset run -o json samples/protocol_mismatch 2> summary", folder)
    (verdict,) = [json.loads(line) for line in said.splitlines()]
    labels = {rule.name: rule.label for rule in load([]).rules}
    assert verdict["also"]
    assert verdict["label"] not in [labels[name] for name in verdict["also"]]


def test_a_page_that_lies_is_noticed() -> None:
    assert matches("a ... c\n...\nend\n", "a b c\nx\ny\nend\n")
    assert not matches("a ... c\n", "a b d\n")
    assert not matches("one\n...\n", "two\nthree\n")
    assert not matches("one\n", "one\ntwo\n")
