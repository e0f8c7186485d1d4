"""Trains: the beats of one prober among events, and what they are worth as evidence."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import sub
from typing import Final, NamedTuple

CHAIN = 3
"""Beats of the shortest train."""
FEW = 12
"""Events up to which all periods are tried, and every explanation is priced as a whole."""
LIKELY = 1.0
"""Evidence (nats) from which a rhythm counts: 1 likely, 2 strong, 3 certain."""
MISSED = 2.3
"""Price in nats of a missed beat: -ln of 1/10."""
CANDIDATE_ERROR = 1.1
"""A period to be tried is near the true one, not equal to it: the factor for the tolerance."""

_WORTH: Final = [0.0, 1.0, 0.6, 0.2, -0.2]
"""What a link over 1, 2, 3, 4 periods is worth in the search for a chain. A list that is final, as
the compiled engine looks up any other constant by its name, and is slower at indexing a tuple."""
_NEAREST = 3
"""Periods that are tried in any case: those that most neighbours have."""
_HALF = 100 * math.log(2)
_FLOOR = 0.015
"""Smallest jitter (share of the period) that a few links can be trusted to show."""


class Train(NamedTuple):
    """One prober: indices of its beats, period in ns, what its links are worth in nats."""

    beats: tuple[int, ...]
    period: float
    missed: int
    residuals: tuple[float, ...]
    gain: float


class Bounds(NamedTuple):
    """Shortest and longest period (ns), tolerance (share), clock resolution of the times (ns)."""

    low: float
    high: float
    tolerance: float
    resolution: float = 0.0


def all_trains(times: list[int], bounds: Bounds, limit: int) -> list[Train]:
    """The best chain of each period worth trying, where it has beats enough; periods that lie
    close together give the same chain, which is weighed once."""
    periods = candidates(times, bounds, limit)
    trains: dict[tuple[int, ...], Train] = {}
    for period in periods:
        chain = chain_of(times, period, bounds)
        if len(chain) < CHAIN:
            continue
        steps = round((times[chain[-1]] - times[chain[0]]) / period)
        if (steps, *chain) not in trains:
            trains[steps, *chain] = weighed(times, chain, period, bounds)
    return list(trains.values())


def candidates(times: list[int], bounds: Bounds, limit: int) -> list[float]:
    """Periods worth trying: gaps over one to three neighbours (more in dense streams), whole
    and halved, thinned to one a percent; the most frequent ones when there are many."""
    reach = 3 if len(times) <= 32 else 8
    low, high = bounds.low * (1 - bounds.tolerance), bounds.high * (1 + bounds.tolerance)
    votes: dict[int, list[float]] = {}
    nearest: dict[int, float] = {}
    for lag in range(1, reach + 1):
        for earlier, later in zip(times, times[lag:], strict=False):
            gap = later - earlier
            if not low <= gap <= 2 * high:
                continue
            place = 100 * math.log(gap)
            if gap <= high:
                votes.setdefault(round(place), []).append(gap)
            if gap >= 2 * low:
                votes.setdefault(round(place - _HALF), []).append(gap / 2)
        if lag == 1:
            nearest = {place: len(periods) for place, periods in votes.items()}
    bins = {
        k: len(periods) + 0.6 * (len(votes.get(k - 1, ())) + len(votes.get(k + 1, ())))
        for k, periods in votes.items()
    }
    # Long gaps agree better with each other than the short ones that they are made of.
    most = {*_most(bins, limit), *_most(nearest, _NEAREST)}
    tried = bins if len(times) <= FEW else most
    clipped = (median_of(sorted(votes[k])) for k in tried)
    return sorted({min(max(period, bounds.low), bounds.high) for period in clipped})


def _most(votes: dict[int, float], count: int) -> list[int]:
    return sorted(votes, key=lambda place: (votes[place], place), reverse=True)[:count]


def chain_of(times: list[int], period: float, bounds: Bounds, steep: float = 0.3) -> list[int]:
    """The best chain of events one to four periods apart, by dynamic programming over the links
    whose gap is near so many periods; `steep`: what the farthest of them costs."""
    tolerance = max(bounds.tolerance * CANDIDATE_ERROR, bounds.resolution / period)
    reach = min(0.5, tolerance) * period
    price = steep / reach
    start = times[0]
    moments = [float(time - start) for time in times]
    far = [k * period + reach for k in range(len(_WORTH))]
    first = [0] * len(_WORTH)  # by periods the first event that is not too far back
    scores = [0.0] * len(times)
    before = [-1] * len(times)
    for j, now in enumerate(moments):
        best, link = 0.0, -1
        for k in range(1, len(_WORTH)):
            i, farthest = first[k], far[k]
            while now - moments[i] > farthest:
                i += 1
            first[k] = i
            while i < j:
                off = now - moments[i] - k * period
                if off < -reach:
                    break
                score = scores[i] + _WORTH[k] - price * abs(off)
                if score > best:
                    best, link = score, i
                i += 1
        scores[j], before[j] = best, link
    at = scores.index(max(scores))
    chain = []
    while at >= 0:
        chain.append(at)
        at = before[at]
    return chain[::-1]


def unbroken(times: list[int], count: int, bounds: Bounds) -> list[Train]:
    """All events as the beats of so many probers of one period that have missed none: each
    event follows the one so many places before it, whoever overtakes whom."""
    period = sum(times[-count:], -sum(times[:count])) / (len(times) - count)
    if not bounds.low <= period <= bounds.high:
        return []
    reach = max(bounds.tolerance * CANDIDATE_ERROR, bounds.resolution / period) * period
    gaps = list(map(sub, times[count:], times))
    if min(gaps) < period - reach or max(gaps) > period + reach:
        return []
    places = range(len(times))
    return [weighed(times, places[first::count], period, bounds) for first in range(count)]


def without(left: Iterable[int], train: Train) -> list[int]:
    """Indices that are not beats of the train."""
    taken = set(train.beats)
    return [i for i in left if i not in taken]


def weighed(times: list[int], chain: Sequence[int], period: float, bounds: Bounds) -> Train:
    """The chain with its refined period and its worth in nats."""
    gaps = [times[j] - times[i] for i, j in pairwise(chain)]
    missed = sum(_steps(gaps, period)) - len(gaps)
    residuals, period = fitted_to(gaps, period, bounds)
    gain = (
        shown(worth_in_a_row(residuals, period, bounds), len(residuals), period, bounds)
        - MISSED * missed
        - 0.5 * math.log(len(residuals))
        - price_of_period(bounds)
    )
    return Train(tuple(chain), period, missed, residuals, gain)


def fitted_to(gaps: list[int], period: float, bounds: Bounds) -> tuple[tuple[float, ...], float]:
    """What is left of gaps (shares of the period), and the period: sum kg / sum kk over them."""
    steps = _steps(gaps, period)
    fitted = sum(k * g for k, g in zip(steps, gaps, strict=True)) / sum(k * k for k in steps)
    if bounds.low <= fitted <= bounds.high:
        period = fitted
    return tuple(g / period - k for k, g in zip(steps, gaps, strict=True)), period


def _steps(gaps: list[int], period: float) -> list[int]:
    return [max(1, round(gap / period)) for gap in gaps]


def spread_of(residuals: Sequence[float], period: float, bounds: Bounds) -> float:
    """The standard deviation of links, as shares of the period, as far as clocks can show it."""
    return max(
        _FLOOR,
        bounds.resolution / (math.sqrt(6) * period),
        root_mean_square(residuals),
    )


def root_mean_square(residuals: Sequence[float]) -> float:
    """The spread of residuals about zero."""
    return math.sqrt(sum(r * r for r in residuals) / len(residuals))


def link_worth(residuals: Sequence[float], spread: float) -> float:
    """Log likelihood of the links against places anywhere in the period."""
    squares = sum(r * r for r in residuals) / (spread * spread)
    return -0.5 * squares - len(residuals) * math.log(spread * math.sqrt(2 * math.pi))


def shown(worth: float, links: int, period: float, bounds: Bounds) -> float:
    """What so many links are worth, as far as clocks can show it: in a period of so many of the
    clock's steps chance meets the right one once in so many."""
    if not bounds.resolution:
        return worth
    return min(worth, links * math.log(period / bounds.resolution))


def worth_in_a_row(
    residuals: Sequence[float], period: float, bounds: Bounds, floor: float = _FLOOR
) -> float:
    """What links of one train are worth, each beginning with the event at which the last ends."""
    spread = max(floor, spread_of(residuals, period, bounds))
    if not bounds.resolution:
        return link_worth(residuals, spread)
    rounding = (bounds.resolution / period) ** 2 / 12
    least = math.sqrt(2 * rounding + floor * floor)
    spreads = {least, math.sqrt(least * spread), spread} if spread > least else {least}
    return max(_rounded_worth(residuals, each, rounding) for each in spreads)


def _rounded_worth(residuals: Sequence[float], spread: float, rounding: float) -> float:
    """As `link_worth`, of events each of which is rounded with that variance: what it adds to
    one gap it takes from the next, so that long and short ones in turn are no jitter.

    Each link is weighed against what is expected of it after the one before.
    """
    worth = expected = shared = 0.0
    for residual in residuals:
        variance = spread * spread - shared * rounding
        off = residual - expected
        worth -= 0.5 * (off * off / variance + math.log(2 * math.pi * variance))
        shared = rounding / variance
        expected = -shared * off
    return worth


def price_of_period(bounds: Bounds) -> float:
    """The price of choosing a period: the log of how many the bounds can tell apart."""
    choices = math.log(bounds.high / bounds.low) / math.log1p(bounds.tolerance)
    return math.log(max(1.0, choices))


def median_of(ordered: list[float]) -> float:
    """The median of sorted values; 0 of none."""
    if not ordered:
        return 0.0
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
