"""The reference is whole, its examples do what they say, and the page is what is generated."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from whyreset.basis.shipped import shipped
from whyreset.basis.units import UNIT_NAMES
from whyreset.language import rule_tests, texts
from whyreset.language.load import check
from whyreset.language.reference import names
from whyreset.language.reference.entry import CLAUSE, PRELUDE, Entry, runnable
from whyreset.language.reference.page import ENTRIES, reference
from whyreset.language.template import TYPE_NAMES
from whyreset.model.event import FIELDS, PLACE_FIELDS
from whyreset.model.rule import LABELS, RELATIONS, SEVERITIES, STATUSES
from whyreset.run.rule_tests import run_rule_tests
from whyreset.run.samples import unmet_samples

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"


def test_the_page_is_what_is_generated() -> None:
    assert PAGE.read_text("utf-8") == reference(), "run `make docs`"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.place}: {entry.form[:40]}")
def test_example(entry: Entry, tmp_path: Path) -> None:
    """It compiles without an error, its samples give what they say, its tests pass."""
    (tmp_path / "networks.rules").write_text(PRELUDE)
    (tmp_path / "example.rules").write_text(runnable(entry))
    plan, found = check([tmp_path / "example.rules"], builtin=False)
    assert [each.render() for each in found if each.is_error] == []
    assert plan is not None
    assert list(unmet_samples(plan.definitions)) == []
    results = list(run_rule_tests(plan))
    for result in results:
        assert bool(result.failures) is bool(result.test.known_gap), result.failures
    assert len(results) == {CLAUSE: 2, "test": 1}.get(entry.place, len(results))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.place}: {entry.form[:40]}")
def test_the_form_and_the_example_have_the_words(entry: Entry) -> None:
    assert set(entry.words) <= set(re.findall(r"\w+", entry.form))
    if "|" not in entry.form:
        outside = re.sub(r"\[.*?\]", "", entry.form)
        needed = [word for word in entry.words if re.search(rf"\b{word}\b", outside)]
        assert set(needed) <= set(re.findall(r"\w+", entry.example))


def keywords() -> set[str]:
    return set(re.findall(r'"([a-z]+)"', (shipped("grammars") / "rules.lark").read_text()))


def test_every_keyword_of_the_grammar_is_explained() -> None:
    assert keywords() == {word for entry in ENTRIES for word in entry.words}


@pytest.mark.parametrize(
    ("told", "real"),
    [
        (names.LABELS, LABELS),
        (names.SEVERITIES, SEVERITIES),
        (names.STATUSES, STATUSES),
        (names.KINDS, FIELDS),
        (names.TYPES, TYPE_NAMES),
        (names.RELATIONS, RELATIONS),
        (names.EXPECTED, rule_tests._EXPECTED),
        (
            names.PLACEHOLDERS,
            (*texts.ALWAYS, *texts.OF_EVERY, *texts.OF_DELAY, *texts.OF_SHARE),
        ),
    ],
    ids=[
        "labels",
        "severities",
        "statuses",
        "kinds",
        "types",
        "relations",
        "expected",
        "placeholders",
    ],
)
def test_names_are_all_told(told: Mapping[str, str], real: tuple[str, ...]) -> None:
    assert sorted(told) == sorted(set(real))
    assert all(told.values())


def test_fields_and_units_are_all_told() -> None:
    assert set(names.FIELDS) == {*PLACE_FIELDS, *(name for own in FIELDS.values() for name in own)}
    assert set(names.UNITS) == set(UNIT_NAMES) - {"µs", "min"}


def test_values_named_in_the_fields_are_those_that_shipped_rules_set() -> None:
    set_values: dict[str, set[str]] = {}
    for path in shipped("rules").glob("*.rules"):
        for field, value in re.findall(r"^ +set +(\w+) *= *(\w+)", path.read_text(), re.MULTILINE):
            set_values.setdefault(field, set()).add(value)
    for field in ("direction", "side"):
        told = set(re.findall(r"`(\w+)`", names.FIELDS[field]))
        assert told == set_values[field]
