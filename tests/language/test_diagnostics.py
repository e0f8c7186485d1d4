"""Every code has a rule file that provokes it, with the exact message at its head."""

from pathlib import Path

import pytest

from whyreset.language.codes import CODES
from whyreset.language.load import check
from whyreset.run.checking import check_rules

FOLDER = Path(__file__).parents[1] / "cases" / "diagnostics"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir() or path.suffix == ".rules")
MARK = "#| "
ELSEWHERE = {"E044", "E047", "E048", "W025"}
"""Codes that no file of its own provokes: see test_packs, test_scopes and test_limits."""
OF_SAMPLES = {"E037", "E049"}
"""Errors that are seen only when the samples are tried: there is a plan."""


def expected(path: Path) -> str:
    files = sorted(path.glob("*.rules")) if path.is_dir() else [path]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    return "\n".join(line[len(MARK) :] for line in lines if line.startswith(MARK.strip()))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_message(path: Path) -> None:
    plan, found, _ = check_rules([path], builtin=False)
    folder = path if path.is_dir() else path.parent
    rendered = "\n\n".join(each.render() for each in found).replace(f"{folder}/", "")
    assert "\n".join(map(str.rstrip, rendered.split("\n"))) == expected(path)
    assert [each.code for each in found] == [path.stem[:4]]
    assert (plan is None) == (path.stem.startswith("E") and path.stem[:4] not in OF_SAMPLES)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_it_says_what_to_do(path: Path) -> None:
    found = check_rules([path], builtin=False).found
    assert all(each.hint for each in found)


def test_every_code_has_a_case() -> None:
    assert {path.stem[:4] for path in CASES} == set(CODES) - ELSEWHERE


def test_only_the_first_error_of_each_file(tmp_path: Path) -> None:
    (tmp_path / "a.rules").write_text("network x = 1.2.3\nnetwork y = 4.5.6\n")
    (tmp_path / "b.rules").write_text("network z = 7.8.9\n")
    plan, found = check([tmp_path], builtin=False)
    assert plan is None
    assert [(Path(each.file).name, each.span.line) for each in found] == [
        ("a.rules", 1),
        ("b.rules", 1),
    ]
