"""What newcomers write: each mistake is shown where it is, with what to write instead."""

import tomllib
from pathlib import Path

import pytest

from whyreset.language.load import load_text
from whyreset.model.diagnostic import RuleError

FOLDER = Path(__file__).parents[1] / "cases" / "mistakes"
RIGHT = (FOLDER / "payments.rules").read_text("utf-8")
MISTAKES = tomllib.loads((FOLDER / "mistakes.toml").read_text("utf-8"))["mistake"]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case["name"])
def test_mistake(case: dict[str, str]) -> None:
    assert case["right"] in RIGHT
    with pytest.raises(RuleError) as caught:
        load_text(RIGHT.replace(case["right"], case["wrong"], 1))
    (first,) = caught.value.diagnostics
    place = f"{first.span.line}:{first.span.column}"
    assert (place, first.code, first.message, first.hint) == (
        case["at"], case["code"], case["says"], case["cure"],
    )  # fmt: skip


def test_what_is_right_passes() -> None:
    assert load_text(RIGHT).rules
