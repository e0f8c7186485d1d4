"""Joins, quantifiers, evidence: the cases of tests/cases/correlate, one table each."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parents[1] / "cases" / "correlate"
_HOLDS = {"holds": True, "fails": False, "open": None}


def cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(CASES.glob("*.toml"))
        for case in tomllib.loads(path.read_text())["case"]
    ]


@pytest.mark.parametrize("case", cases())
def test_case(case: dict[str, Any], lab: Any, rule_text: Callable[..., str]) -> None:
    """`when` and `unless` make a rule that claims, or `rules` are whole; `claims` lists the
    labels of the resets in time order: `+` claimed, `-` unknown, or names of rules."""
    rules = case.get("rules") or rule_text(
        "r", case["when"], unless=case.get("unless", ""), head=case.get("head", "")
    )
    preamble = "network inside = 10.0.0.0/8\nnetwork public = 203.0.113.0/24\n"
    got = lab.run(preamble + rules, lab.events(case["events"]), case.get("cover", ()))
    names = [entry.rule or "-" for entry in got.labels]
    wanted = case["claims"]
    if isinstance(wanted, str):
        names, wanted = ["-" if name == "-" else "+" for name in names], list(wanted)
    assert names == wanted
    if "found" in case:
        evidence = {each.clause: each for verdict in got.finals for each in verdict.evidence}
        for clause, (holds, *words) in case["found"].items():
            assert evidence[clause].holds is _HOLDS[holds], evidence[clause]
            for word in words:
                assert word in evidence[clause].found
    if "verdicts" in case:
        shown = [
            {name: getattr(verdict, name) for name in wanted}
            for wanted, verdict in zip(case["verdicts"], got.finals, strict=True)
        ]
        assert shown == case["verdicts"]
