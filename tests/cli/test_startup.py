"""What a run with unchanged rules does not import: a fact that start-up time rests on."""

import pytest

COMPILER = ("lark", "whyreset.language.plan", "whyreset.language.tree")
SELDOM = (
    "difflib", "hashlib", "hyperscan", "json", "multiprocessing", "random", "regex", "rich",
    "shutil", "tempfile", "uuid", "watchfiles",
)  # fmt: skip
UNFIT = ("dataclasses", "inspect", "orjson")
"""Dataclasses take a millisecond each to make, and `inspect`; `orjson` imports both."""


def run(shell, **environment: str):
    words = ("run", "--no-builtin", "-r", shell.rules, "/dev/null", "-o", "json")
    return shell.run(*words, **environment)


@pytest.fixture(scope="module")
def imported(shell) -> set[str]:
    run(shell)  # now the plan is in the cache
    said = run(shell, PYTHONPROFILEIMPORTTIME="1")
    return {line.rpartition("|")[2].strip() for line in said.err.splitlines() if "|" in line}


@pytest.mark.parametrize("name", COMPILER + SELDOM + UNFIT)
def test_not_imported_at_start(imported, name: str) -> None:
    assert "whyreset.correlate.correlator" in imported  # it was a run, and this sees its imports
    assert name not in imported


def test_a_stored_plan_says_the_same(shell, tmp_path) -> None:
    first = run(shell, XDG_CACHE_HOME=str(tmp_path))
    assert list(tmp_path.glob("whyreset/plan-*.pickle"))
    assert run(shell, XDG_CACHE_HOME=str(tmp_path)) == first
