"""Every code has a rule file that provokes it, with the exact message at its head."""

from pathlib import Path

import pytest

from whyreset.language.codes import CODES
from whyreset.language.load import check

CASES = sorted((Path(__file__).parents[1] / "cases" / "diagnostics").glob("*.rules"))
MARK = "#| "


def expected(path: Path) -> str:
    lines = path.read_text("utf-8").splitlines()
    return "\n".join(line[len(MARK) :] for line in lines if line.startswith(MARK.strip()))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_message(path: Path) -> None:
    plan, found = check([path], builtin=False)
    rendered = "\n\n".join(each.render() for each in found).replace(str(path), path.name)
    assert "\n".join(map(str.rstrip, rendered.split("\n"))) == expected(path)
    assert [each.code for each in found] == [path.stem[:4]]
    assert (plan is None) == path.stem.startswith("E")


def test_every_code_has_a_case() -> None:
    assert {path.stem[:4] for path in CASES} == set(CODES)


def test_only_the_first_error_of_each_file(tmp_path: Path) -> None:
    (tmp_path / "a.rules").write_text("network x = 1.2.3\nnetwork y = 4.5.6\n")
    (tmp_path / "b.rules").write_text("network z = 7.8.9\n")
    plan, found = check([tmp_path], builtin=False)
    assert plan is None
    assert [(Path(each.file).name, each.span.line) for each in found] == [
        ("a.rules", 1),
        ("b.rules", 1),
    ]
