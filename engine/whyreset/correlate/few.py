"""Rhythm among a few events: explanations by one to three probers, each priced in nats."""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations, pairwise
from typing import NamedTuple

from whyreset.correlate.trains import (
    CHAIN,
    FEW,
    LIKELY,
    Bounds,
    Train,
    candidates,
    chain_of,
    fitted_to,
    link_worth,
    price_of_period,
    root_mean_square,
    shown,
    spread_of,
    unbroken,
    weighed,
    without,
    worth_in_a_row,
)

_MOST = 3
"""Probers that a few events can show."""
_STEEP = (0.3, 1.0)
"""Prices of a residual in the search for chains: long chains first, precise chains first."""
_FLOOR = 0.02
"""Smallest jitter (share of the period) that so few links can show."""
_WIDE, _BLURRED = 0.055, 0.045
"""Jitter from which trains may as well be chance, which fills the tolerance: of several probers,
and of one that leaves events or beats out."""
_EXTENDED, _BESIDE = 12, 4
"""Chains, the likeliest first, that are tried with more probers: of their period, of another."""
_PAIRED = 4
"""Events left, at most, among which two may be another prober of the same period."""

_MISSED, _STRAY, _TRAIN = 1.45, 1.45, 2.15
"""Prices in nats of a missed beat, an event outside every train, one more prober of the same
period: -ln of 1/4, 1/4, 1/9. These and the next were chosen by a search over streams of
other seeds than those of the table in tests/bench/rhythm.py."""
_BEYOND = 1.0
"""What a stray before the first beat, or after the last, costs besides: there the prober is
silent, while one among the beats says nothing against it."""
_OWN_PERIOD = 3.45
"""Price of a prober with a period of its own."""
_COUPLES, _SHARP, _COUPLED, _APART = (2, 3), 0.01, 1.6, 0.05
"""Probers that may show two beats each and nothing else, the jitter that their gaps can show, the
price of that, and the share of a period that parts them: two bursts are no two probers."""
_ABSENT = 4.0
"""Price of a prober that begins late or stops early among the events."""
_BLEMISH, _OF_SEVERAL = 1.7, 2.9
"""Prices of each blemish beyond the first, of one prober and of several: missed beats, strays,
and more than one prober are told from chance one by one, all at once they explain anything."""


class Explanation(NamedTuple):
    """Trains, and what they are worth in nats against no rhythm at all."""

    trains: list[Train]
    evidence: float


def explanations(times: list[int], bounds: Bounds) -> Iterator[Explanation]:
    """What may be behind up to FEW sorted `times` (ns): the chain of each period alone; the
    likeliest of them with more probers of that period, and with one of another."""
    yield from _in_pairs(times, bounds)
    for count in range(1, _MOST + 1):
        if len(times) >= 3 * count - 1 and (trains := unbroken(times, count, bounds)):
            yield _of_one_period(times, trains, [], bounds)
    ordered = _singles(times, bounds)
    yield from (alone for alone, _ in ordered)
    if ordered and _is_whole(ordered[0][0].trains[0], times):
        return
    for rank, (alone, steep) in enumerate(ordered[:_EXTENDED]):
        yield from _with_more(times, alone.trains[0], bounds, steep)
        if rank < _BESIDE and len(times) >= 2 * CHAIN:
            yield from _beside(times, alone.trains[0], bounds)


def _singles(times: list[int], bounds: Bounds) -> list[tuple[Explanation, float]]:
    """The chains of each period, each as one prober, and how steep the search for it was; the
    likeliest first, without those that cannot be among the ones that are tried with more."""
    found: list[tuple[Explanation, float]] = []
    chains = _chains(times, bounds)
    for length in sorted({len(chain) for _, chain in chains}, reverse=True):
        ceiling = _most_worth(length - 1, bounds) - _STRAY * (len(times) - length)
        if len(found) >= _EXTENDED and ceiling < found[_EXTENDED - 1][0].evidence:
            break
        for (_, chain), (period, steep) in chains.items():
            if len(chain) == length:
                train = weighed(times, chain, period, bounds)
                left = without(range(len(times)), train)
                found.append((_of_one_period(times, [train], left, bounds), steep))
        found.sort(key=lambda each: each[0].evidence, reverse=True)
    return found


def _chains(
    times: list[int], bounds: Bounds
) -> dict[tuple[int, tuple[int, ...]], tuple[float, float]]:
    """The chains of all periods by their periods from end to end and their events: the first
    period that gave them, and how steep the search was."""
    chains: dict[tuple[int, tuple[int, ...]], tuple[float, float]] = {}
    for period in candidates(times, bounds, FEW):
        for steep in _STEEP:
            chain = chain_of(times, period, bounds, steep)
            if len(chain) >= CHAIN:
                steps = round((times[chain[-1]] - times[chain[0]]) / period)
                chains.setdefault((steps, tuple(chain)), (period, steep))
    return chains


def _in_pairs(times: list[int], bounds: Bounds) -> Iterator[Explanation]:
    """As many probers as half the events, two beats of each, when the gaps agree sharply."""
    count = len(times) // 2
    if count not in _COUPLES or len(times) % 2:
        return
    gaps = [times[i + count] - times[i] for i in range(count)]
    period = sum(gaps) / count
    nearest = min(later - earlier for earlier, later in pairwise(times))
    if not bounds.low <= period <= bounds.high or nearest < _APART * period:
        return
    residuals = [gap / period - 1 for gap in gaps]
    if max(map(abs, residuals)) > _WIDE:
        return
    spread = max(_SHARP, bounds.resolution / period, root_mean_square(residuals))
    worth = shown(link_worth(residuals, spread), count, period, bounds)
    evidence = worth - _price_of_width(count) - price_of_period(bounds)
    trains = [weighed(times, [i, i + count], period, bounds) for i in range(count)]
    yield Explanation(trains, evidence - _TRAIN * (count - 1) - _COUPLED)


def of_one(times: list[int], train: Train, bounds: Bounds) -> float:
    """What a prober that explains all of a few events is worth in nats."""
    return _of_one_period(times, [train], [], bounds).evidence


def _is_whole(train: Train, times: list[int]) -> bool:
    """Whether one prober explains every event and has missed no beat."""
    return len(train.beats) == len(times) and not train.missed


def _with_more(
    times: list[int], first: Train, bounds: Bounds, steep: float
) -> Iterator[Explanation]:
    """The first, and one or two more of the same period."""
    trains, left = [first], without(range(len(times)), first)
    while len(trains) < _MOST and len(left) > 1:
        if len(left) <= _PAIRED and (pair := _pair(times, left, first.period, bounds)):
            yield _of_one_period(times, [*trains, pair], without(left, pair), bounds)
        chain = chain_of([times[i] for i in left], first.period, bounds, steep)
        if len(chain) < CHAIN:
            return
        trains = [*trains, weighed(times, [left[i] for i in chain], first.period, bounds)]
        left = without(left, trains[-1])
        yield _of_one_period(times, trains, left, bounds)


def _pair(times: list[int], left: list[int], period: float, bounds: Bounds) -> Train | None:
    """The two events that are nearest to one period apart."""

    def off(two: tuple[int, int]) -> float:
        return abs((times[two[1]] - times[two[0]]) / period - 1)

    best = min(combinations(left, 2), key=off)
    if off(best) > max(bounds.tolerance, bounds.resolution / period):
        return None
    return weighed(times, list(best), period, bounds)


def _of_one_period(
    times: list[int], trains: list[Train], left: list[int], bounds: Bounds
) -> Explanation:
    """The period is chosen, and the jitter shown, by all of them together."""
    gaps = [times[j] - times[i] for train in trains for i, j in pairwise(train.beats)]
    residuals, period = fitted_to(gaps, trains[0].period, bounds)
    worth = _worth if len(trains) == 1 else _worth_apart
    evidence = worth(residuals, period, bounds) - _TRAIN * (len(trains) - 1)
    evidence -= _flaws(times, trains, left)
    if bounds.resolution and _is_whole(trains[0], times):
        evidence += _price_of_width(len(residuals))  # the clock's step sets it
    several = len(trains) > 1
    wide = _jitter(residuals, period, bounds) > (_WIDE if several else _BLURRED)
    blemishes = _blemishes(trains, left) + several + wide
    price = _OF_SEVERAL if several else _BLEMISH
    return Explanation(trains, evidence - price * max(0, blemishes - 1))


def _beside(times: list[int], first: Train, bounds: Bounds) -> Iterator[Explanation]:
    """The first, and one more of another period among what it leaves."""
    left = without(range(len(times)), first)
    most = _worth(first.residuals, first.period, bounds) - _MISSED * first.missed - _OWN_PERIOD
    if len(left) < CHAIN or most + _most_worth(len(left) - 1, bounds) < LIKELY:
        return
    rest = [times[i] for i in left]
    for period in candidates(rest, bounds, FEW):
        chain = chain_of(rest, period, bounds)
        ceiling = most + _most_worth(len(chain) - 1, bounds) - _STRAY * (len(left) - len(chain))
        if len(chain) < CHAIN or ceiling < LIKELY:
            continue
        second = weighed(times, [left[i] for i in chain], period, bounds)
        trains, strays = [first, second], without(left, second)
        wide = sum(_jitter(train.residuals, train.period, bounds) > _WIDE for train in trains)
        evidence = sum(_worth(train.residuals, train.period, bounds) for train in trains)
        evidence -= _OWN_PERIOD + _flaws(times, trains, strays)
        yield Explanation(trains, evidence - _OF_SEVERAL * (_blemishes(trains, strays) + wide))


def _worth(residuals: Sequence[float], period: float, bounds: Bounds) -> float:
    """What the links of a train are worth, the price of their period and of its jitter paid."""
    links = worth_in_a_row(residuals, period, bounds, _FLOOR)
    return _paid(links, residuals, period, bounds)


def _worth_apart(residuals: Sequence[float], period: float, bounds: Bounds) -> float:
    """The same of several trains, of which not every link begins where another ends."""
    spread = max(_FLOOR, spread_of(residuals, period, bounds))
    return _paid(link_worth(residuals, spread), residuals, period, bounds)


def _paid(links: float, residuals: Sequence[float], period: float, bounds: Bounds) -> float:
    worth = max(links, _even_worth(residuals, period, bounds))
    worth = shown(worth, len(residuals), period, bounds)
    return worth - _price_of_width(len(residuals)) - price_of_period(bounds)


def _price_of_width(links: int) -> float:
    """The price of choosing the jitter that so many links show (Schwarz's criterion)."""
    return 0.5 * math.log(links)


def _jitter(residuals: Sequence[float], period: float, bounds: Bounds) -> float:
    """The jitter of links, without what rounding adds to it."""
    rounding = (bounds.resolution / period) ** 2 / 6
    return math.sqrt(max(0.0, root_mean_square(residuals) ** 2 - rounding))


@lru_cache(maxsize=256)
def _most_worth(links: int, bounds: Bounds) -> float:
    """What so many links are worth at most: without any jitter."""
    return _worth((0.0,) * links, bounds.high, bounds) if links else -math.inf


def _even_worth(residuals: Sequence[float], period: float, bounds: Bounds) -> float:
    """What links are worth whose jitter is as likely anywhere in a band, which is as likely of
    any width up to the tolerance: the log of the mean of (2w)^-links over widths that hold them."""
    links = len(residuals)
    widest = max(bounds.tolerance, bounds.resolution / period)
    half = max(_FLOOR, (max(residuals) - min(residuals)) / 2)
    if links < CHAIN or half >= widest:
        return -math.inf
    held = half ** (1 - links) - widest ** (1 - links)
    return math.log(held / (widest * (links - 1))) - links * math.log(2)


def _flaws(times: list[int], trains: list[Train], left: list[int]) -> float:
    """The price of what the trains leave out: beats, events, and either end."""
    missed = sum(train.missed for train in trains)
    absent = any(
        times[train.beats[0]] - times[0] >= 1.15 * train.period
        or times[-1] - times[train.beats[-1]] >= 1.15 * train.period
        for train in trains
    )
    first = min(train.beats[0] for train in trains)
    last = max(train.beats[-1] for train in trains)
    beyond = sum(not first < i < last for i in left)
    return _MISSED * missed + _STRAY * len(left) + _BEYOND * beyond + _ABSENT * absent


def _blemishes(trains: list[Train], left: list[int]) -> int:
    return any(train.missed for train in trains) + bool(left)
