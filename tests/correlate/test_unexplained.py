"""What is kept of the rules that explain nothing."""

import gc
import weakref
from typing import Any

import pytest

from whyreset.correlate.judge import Note, Outcome
from whyreset.correlate.unexplained import Failures
from whyreset.model.rule import Rule

pytestmark = pytest.mark.usefixtures("pure")  # made-up notes, and weak references to outcomes

RULE = """
rule {name} {{
  label client_abort
  burst of reset by pod, peer gap {gap}
  when {{ at least 3; at least 2 distinct peer }}
}}
"""


def rules_of(lab: Any, *gaps: str) -> list[Rule]:
    text = "".join(RULE.format(name=f"r{i}", gap=gap) for i, gap in enumerate(gaps))
    by_name = {rule.name: rule for rule in lab.plan(text).rules}
    return [by_name[f"r{i}"] for i in range(len(gaps))]


def outcome_of(rule: Rule, *holds: bool | None) -> Outcome:
    outcome = Outcome()
    outcome.notes = [Note(clause, told) for clause, told in zip(rule.when, holds, strict=False)]
    return outcome


def test_of_each_burst_the_nearest_attempt_is_kept_and_the_others_are_not(lab: Any) -> None:
    rules = rules_of(lab, "30s", "30s", "30s", "30s", "60s")
    burst = lab.events("0s..20s every 10s  reset peer=10.0.0.1")
    key = ("shop/api-1", "10.0.0.1")
    holds = [(None,), (False,), (True, False), (True, False), (False,)]
    failures, alive = Failures(), []
    for rule, told in zip(rules, holds, strict=True):
        outcome = outcome_of(rule, *told)
        alive.append(weakref.ref(outcome))
        failures.add(rule, key, burst, outcome)
    del outcome
    keys = [((rule.keys, rule.gap), key) for rule in (rules[0], rules[4])]
    nearest = failures.nearest(burst[1], keys)
    gc.collect()
    assert [ref() is not None for ref in alive] == [False, False, True, False, True]
    assert nearest is not None
    assert nearest.rule is rules[2]
    (later,) = lab.events("5m  reset peer=10.0.0.1")
    assert failures.nearest(later, keys) is None
