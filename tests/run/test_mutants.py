"""Mutants: a change that a test should notice is noticed, and only then."""

import pytest

from whyreset.language.load import load_text
from whyreset.run.mutants import mutants_of, survivors, undecided

RULE = """event reset {{ match `reset by <peer:ip>` }}
rule r {{
  label probe_noise
  burst of reset by pod gap 60s
  when {{
    peer != 10.0.0.9
    at least 3
  }}
  unless {{ termination on pod within 5s }}
  test "three" {{ at 0s..20s every 10s reset peer=10.0.0.1; expect probe_noise }}
  {tests}
}}
"""
TWO = 'test "two" { at 0s..10s every 10s reset peer=10.0.0.1; expect unknown }'
NINE = 'test "nine" { at 0s..20s every 10s reset peer=10.0.0.9; expect unknown }'
END = """test "end" {
    at 0s..20s every 10s reset peer=10.0.0.1
    at 0s..20s every 10s termination pod=app-1
    expect unknown
  }"""
WRONG = 'test "wrong" { at 0s..20s every 10s reset peer=10.0.0.1; expect unknown }'


@pytest.mark.parametrize(
    ("tests", "left"),
    [
        ("", {"without `peer != 10.0.0.9`", "without `at least 3`", "looser `at least 3`",
              "without `unless termination on pod within 5s`"}),
        (f"{TWO}\n{NINE}\n{END}", set()),
        (f"{NINE}\n{END}", {"without `at least 3`", "looser `at least 3`"}),
        (f"{TWO}\n{NINE}\n{WRONG}", {"without `unless termination on pod within 5s`"}),
    ],
    ids=["none", "all", "but two", "one that fails anyway"],
)  # fmt: skip
def test_survivors(tests: str, left: set[str]) -> None:
    plan = load_text(RULE.format(tests=tests))
    (rule,) = plan.rules
    found = survivors(plan, rule)
    assert {str(each) for each in found} == left
    without = {each for each in left if each.startswith("without")}
    assert {str(each) for each in undecided(plan, rule)} == without


@pytest.mark.parametrize(
    ("clause", "looser"),
    [
        ("access from peer within 2s", True),
        ("no access from peer within 2s", True),
        ("at least 60% have access from peer within 2s", True),
        ("10s..20s after last access from peer", True),
        ("at least 2 distinct peer", True),
        ("every 10s ± 5%", True),
        ("intervals vary at most 20%", True),
        ("at least 1", False),
        ("direction = read", False),
    ],
)
def test_what_has_a_weaker_form(clause: str, looser: bool) -> None:
    text = RULE.format(tests="").replace("at least 3", clause)
    (rule,) = load_text(text).rules
    changes = [each.change for each in mutants_of(rule) if each.clause.text == clause]
    assert changes == ["without"] + ["looser"] * looser
