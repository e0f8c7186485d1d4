"""The plain method for few events, to compare with: one period for all trains, prices in nats."""

import math
from itertools import pairwise

_LAGS, _PARTS, _MISSED = (1, 2, 3), (1, 2), 4


def evidence(times: list[float], low: float, high: float, tolerance: float, clock: float) -> float:
    """Nats for the best of all periods between `low` and `high` in sorted times (s).

    Sparse noisy period estimation with removal: the best chain of a period is taken out up to
    three times; 1.6 nats a missed beat, 1.5 a stray, 2.2 a further train, and the number of
    periods that can be told apart.
    """
    best = -math.inf
    for period in _periods(times, low, high):
        chains, left = [], list(range(len(times)))
        while len(chains) < 3 and len(left) >= 3:
            chain = [left[i] for i in _chain([times[i] for i in left], period, tolerance, clock)]
            if len(chain) < 3:
                break
            chains.append(chain)
            left = [i for i in left if i not in chain]
        if chains:
            worth = _worth(times, chains, period, clock) - 1.5 * len(left)
            choices = math.log(high / low) / math.log1p(tolerance)
            best = max(best, worth - math.log(max(1.0, choices)))
    return best


def _periods(times: list[float], low: float, high: float) -> list[float]:
    gaps = [b - a for lag in _LAGS for a, b in zip(times, times[lag:], strict=False)]
    periods: list[float] = []
    for period in sorted(gap / part for gap in gaps for part in _PARTS):
        if low <= period <= high and (not periods or period > periods[-1] * 1.01):
            periods.append(period)
    return periods


def _chain(times: list[float], period: float, tolerance: float, clock: float) -> list[int]:
    scores, before = [0.0] * len(times), [-1] * len(times)
    for j, now in enumerate(times):
        for i in range(j):
            gap = (now - times[i]) / period
            steps = round(gap)
            off = abs(gap - steps)
            if not 1 <= steps <= _MISSED or off > max(tolerance, clock / period):
                continue
            score = scores[i] + 1 - 0.4 * (steps - 1) - 0.3 * off / tolerance
            if score > scores[j]:
                scores[j], before[j] = score, i
    at = scores.index(max(scores))
    chain = []
    while at >= 0:
        chain.append(at)
        at = before[at]
    return chain[::-1]


def _worth(times: list[float], chains: list[list[int]], period: float, clock: float) -> float:
    gaps = [(times[j] - times[i]) / period for chain in chains for i, j in pairwise(chain)]
    residuals = [gap - round(gap) for gap in gaps]
    squares = sum(r * r for r in residuals)
    spread = max(0.03, clock / (math.sqrt(6) * period), math.sqrt(squares / len(gaps)))
    links = -squares / (2 * spread**2) - len(gaps) * math.log(spread * math.sqrt(2 * math.pi))
    missed = sum(round(gap) - 1 for gap in gaps)
    return links - 1.6 * missed - 2.2 * (len(chains) - 1) - 0.5 * math.log(len(gaps))
