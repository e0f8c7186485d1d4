"""`by chance at most P`: of what is near for no reason, about a share of P passes."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from whyreset.basis.units import NS

BURSTS = 120


def _poisson(draw: random.Random, rate: float, seconds: float) -> list[int]:
    """Times (ns) of a stream without a beat, so many a second."""
    times, at = [], draw.expovariate(rate)
    while at < seconds:
        times.append(round(at * NS))
        at += draw.expovariate(rate)
    return times


def _share_claimed(
    lab: Any, rules: str, burst: Callable[[random.Random, list[int]], list[int]], rate: float
) -> float:
    """The share of bursts that the rule claims; each has a minute of other events before it."""
    plan, claimed = lab.plan(rules), 0
    for seed in range(BURSTS):
        draw = random.Random(seed)
        others = _poisson(draw, rate, 90)
        resets = burst(draw, others)
        events = [lab.event(at, "access", i, status=499) for i, at in enumerate(others)]
        events += [lab.event(at, "reset", i, peer="10.0.0.1") for i, at in enumerate(resets)]
        got = lab.run(plan, sorted(events, key=lambda event: event.place))
        claimed += any(label.rule for label in got.labels)
    return claimed / BURSTS


@pytest.mark.parametrize("count", [1, 3, 12])
@pytest.mark.parametrize("rate", [0.3, 2, 10])
def test_what_is_near_for_no_reason(
    lab: Any, rule_text: Callable[..., str], rate: float, count: int
) -> None:
    def anywhere(draw: random.Random, _: list[int]) -> list[int]:
        return sorted(round(draw.uniform(60, 88) * NS) for _ in range(count))

    rules = rule_text("r", "any have access status = 499 within 1s by chance at most 10%")
    assert _share_claimed(lab, rules, anywhere, rate) <= 0.15


@pytest.mark.parametrize("count", [1, 3, 12])
@pytest.mark.parametrize("rate", [0.3, 2])
def test_what_is_near_for_a_reason(
    lab: Any, rule_text: Callable[..., str], rate: float, count: int
) -> None:
    def beside(draw: random.Random, others: list[int]) -> list[int]:
        late = [at for at in others if 60 * NS <= at < 88 * NS]
        chosen = draw.sample(late, min(count, len(late)))
        return sorted(at + draw.randrange(1, 10_000_000) for at in chosen)

    rules = rule_text("r", "any have access status = 499 within 1s by chance at most 10%")
    assert _share_claimed(lab, rules, beside, rate) >= 0.95
