"""What a rule costs: how far it looks, how long its verdicts take, and what it keeps meanwhile."""

from collections.abc import Iterable
from typing import NamedTuple

from whyreset.basis.units import NS, format_duration
from whyreset.correlate.order import LATENESS
from whyreset.correlate.reach import reach_of
from whyreset.model.rule import Plan, Rule

_BYTES = 400
"""An event in memory: a line of 150 characters, its place and its time."""


class Cost(NamedTuple):
    """Computed from the clauses alone; times in ns.

    look_back   how long before a reset its evidence may be
    look_ahead  how long after a reset its evidence may be
    latest      when the final verdict is out, counted from the last reset of the burst, as far
                as this rule goes: its gap, its look-ahead, and the lateness of lines
    memory      bytes for one key at one event a second: a stretch, and the evidence around it
    """

    rule: Rule
    look_back: int
    look_ahead: int
    latest: int
    memory: int


def cost_of(rule: Rule) -> Cost:
    """The cost of one rule."""
    reach = reach_of([rule], rule.keys, rule.gap)
    latest = rule.gap + reach.after + LATENESS
    kept = reach.before + rule.span + latest
    return Cost(rule, reach.before, reach.after, latest, kept // NS * _BYTES)


def latest_of(plan: Plan) -> int:
    """When final verdicts are out (ns after a burst's last reset) with all rules together.

    A burst is judged once, by all rules: it waits for the longest gap and the longest look-ahead.
    """
    costs = [cost_of(rule) for rule in plan.rules]
    gap = max((each.rule.gap for each in costs), default=0)
    return gap + max((each.look_ahead for each in costs), default=0) + LATENESS


def cost_lines(rules: Iterable[Rule]) -> list[str]:
    """A table of rules."""
    rows = [["rule", "looks back", "looks ahead", "final after", "memory per key"]]
    for rule in rules:
        cost = cost_of(rule)
        times = (cost.look_back, cost.look_ahead, cost.latest)
        rows.append([rule.name, *map(format_duration, times), f"{cost.memory // 1000} KB"])
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]


def together(plan: Plan) -> str:
    """What all rules come to together."""
    longest = max((rule.span for rule in plan.rules), default=0)
    return (
        f"together: final {format_duration(latest_of(plan))} after the last reset,"
        f" stretches of {format_duration(longest)} where all act"
    )


def cost_object(cost: Cost) -> dict[str, str | float]:
    """The same for programs: seconds and bytes."""
    return {
        "rule": cost.rule.name,
        "by": cost.rule.by,
        "look_back_s": cost.look_back / NS,
        "look_ahead_s": cost.look_ahead / NS,
        "latest_s": cost.latest / NS,
        "memory_per_key": cost.memory,
    }
