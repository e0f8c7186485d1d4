"""Each folder in samples/ gives the verdicts that stand in it, and stays fit to be shown."""

import json
import re
import sys
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from whyreset.model.rule import LABELS

SAMPLES = Path(__file__).parents[1] / "samples"
OTHERS = {"fluent-bit"}
"""Folders that show something else than a label."""
FOLDERS = sorted({path.name for path in SAMPLES.iterdir() if path.is_dir()} - OTHERS)
STABLE = ("label", "pod", "peer", "count", "rule")


def by_place(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps({key: row[key] for key in STABLE}) for row in rows)


@pytest.mark.parametrize("label", FOLDERS)
def test_the_verdicts_of_a_sample(label: str) -> None:
    command = [sys.executable, "-m", "whyreset", "run", "-o", "json", str(SAMPLES / label)]
    done = run(command, capture_output=True, text=True, check=True)
    expected = (SAMPLES / label / "expected.jsonl").read_text().splitlines()
    got = [json.loads(line) for line in done.stdout.splitlines()]
    assert by_place(got) == by_place([json.loads(line) for line in expected])
    assert {row["label"] for row in got} == {label}
    assert "not read" not in done.stderr


def test_there_is_one_for_each_label() -> None:
    assert set(FOLDERS) == set(LABELS)


@pytest.mark.parametrize("label", FOLDERS)
def test_what_happened_is_told_in_a_few_lines(label: str) -> None:
    lines = (SAMPLES / label / "README.md").read_text().splitlines()
    assert lines[0] == f"# {label}"
    assert 3 <= len(lines) <= 8


@pytest.mark.parametrize("label", FOLDERS)
def test_file_names_give_the_source(label: str) -> None:
    logs = {path.name for path in (SAMPLES / label).glob("*.log")} - {"journal.log"}
    assert logs
    for name in logs:
        assert re.fullmatch(r"[a-z\d-]+_[a-z\d-]+_[a-z\d-]+-[\da-f]{64}\.log", name)


def test_all_of_it_is_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 1_000_000
