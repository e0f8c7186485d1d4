"""Fixed intervals from few events: periodic trains, with missed beats, in a stream of times."""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from whyreset.correlate.few import explanations, of_one
from whyreset.correlate.trains import (
    CHAIN,
    FEW,
    LIKELY,
    MISSED,
    Bounds,
    Train,
    all_trains,
    chain_of,
    fitted_to,
    link_worth,
    median_of,
    price_of_period,
    root_mean_square,
    shown,
    spread_of,
    unbroken,
    weighed,
    without,
)

MIN_BEATS = 4
"""Beats from which a rhythm may count; fewer are found, and weighed, all the same."""

_MAX_TRAINS = 4
_MAX_EQUAL = 3
"""Probers of one period that are looked for together."""
_TOGETHER = 0.04
"""Largest jitter of probers that are told by their common period."""
_FEW_TOGETHER = 32
"""Events up to which trains are also looked for by a common period; longer ones stand out."""
_SHORTLIST, _MANY_SHORTLIST, _FURTHER = 16, 8, 5
"""Periods that are tried: among more than a few events, among many, there for one more train."""
_CHUNK = 192

_STEADY = 0.03
"""Share of the period by which gaps of a steady prober differ from it."""

_LONG, _PRECISE = 9, 0.05
"""Links, and root mean square of their residuals, from which a train stands out of noise."""

_BESIDE = 4
"""Links from which one more train may have a period of its own."""

_STRAY, _TRAIN = 2.78, 2.6
"""Prices in nats of an event outside every train, and of one more train: -ln of 1/16, 1/13."""


class Rhythm(NamedTuple):
    """What was found: `period` (ns) and `jitter` (share of it) of the longest train."""

    beats: tuple[int, ...]
    period: float
    jitter: float
    missed: int
    trains: int
    evidence: float


def resolution_of(times: list[int]) -> float:
    """The clock's step in ns: 1 s when every time is a whole second, else 0."""
    return 1e9 if times and all(time % 1_000_000_000 == 0 for time in times) else 0.0


def find_rhythm(times: list[int], bounds: Bounds) -> Rhythm | None:
    """The trains in sorted `times` (ns), or None where there is none of three beats.

    Formulas: sparse noisy period estimation with chains found by dynamic programming, weighed
    in nats against "the next event falls anywhere in the period". Several rules may ask for
    the same times, and ask again as a burst goes on: the last answers are kept.
    """
    return _find_rhythm(tuple(times), bounds)


@lru_cache(maxsize=8)
def _find_rhythm(times: tuple[int, ...], bounds: Bounds) -> Rhythm | None:
    moments, members = _distinct(times)
    trains: list[Train] = []
    evidence = 0.0
    for start in range(0, max(1, len(moments) - MIN_BEATS + 1), _CHUNK):
        part = moments[start : start + _CHUNK]
        if start and len(part) < MIN_BEATS:
            break
        found, worth = _trains(part, bounds)
        if worth > -_STRAY * len(part):
            evidence += worth
            trains += [_shifted(train, start) for train in found]
        else:
            evidence -= _STRAY * len(part)
    if not trains:
        return None
    beats = sorted({i for train in trains for beat in train.beats for i in members[beat]})
    main = max(trains, key=lambda train: len(train.beats))
    residuals = sorted(abs(r) for train in trains for r in train.residuals)
    chunks = max(1, math.ceil(len(moments) / _CHUNK))
    return Rhythm(
        beats=tuple(beats),
        period=main.period,
        jitter=1.4826 * median_of(residuals),
        missed=sum(train.missed for train in trains),
        trains=max(1, round(len(trains) / chunks)),
        evidence=evidence,
    )


def _distinct(times: Sequence[int]) -> tuple[list[int], list[list[int]]]:
    """Identical times are one beat: the distinct times, and the indices that each stands for."""
    moments: list[int] = []
    members: list[list[int]] = []
    for i, time in enumerate(times):
        if moments and time == moments[-1]:
            members[-1].append(i)
        else:
            moments.append(time)
            members.append([i])
    return moments, members


def _trains(times: list[int], bounds: Bounds) -> tuple[list[Train], float]:
    """The likeliest explanation: one steady prober that nothing can be likelier than, long trains
    first, precise trains first, one period for all, or probers that have missed nothing."""
    alone = unbroken(times, 1, bounds) if len(times) >= MIN_BEATS else []
    if alone and max(map(abs, alone[0].residuals)) <= _STEADY:
        return alone, (of_one(times, alone[0], bounds) if len(times) <= FEW else alone[0].gain)
    if len(times) <= FEW:
        return _simplest([(each.trains, each.evidence) for each in explanations(times, bounds)])
    few = len(times) <= _FEW_TOGETHER
    first = all_trains(times, bounds, _SHORTLIST if few else _MANY_SHORTLIST)
    known = {tuple(range(len(times))): first}
    found = [_taken_greedily(times, bounds, relief, known) for relief in (_STRAY, 0.0)]
    if few:
        found.append(_taken_together(times, bounds, first))
    several = (unbroken(times, count, bounds) for count in range(2, _MAX_EQUAL + 1))
    found += [(each, _common_worth(times, each, bounds)) for each in (alone, *several) if each]
    return _simplest(found)


def _simplest(found: list[tuple[list[Train], float]]) -> tuple[list[Train], float]:
    """The likeliest explanation, or one by fewer probers that explains as much."""
    likeliest = max(found, key=lambda each: each[1], default=([], -math.inf))
    return min(
        (each for each in found if _instead_of(each, likeliest)),
        key=lambda each: (len(each[0]), -each[1]),
        default=likeliest,
    )


def _instead_of(
    explanation: tuple[list[Train], float], likeliest: tuple[list[Train], float]
) -> bool:
    """Whether fewer probers explain as much: every third beat of a train is a train, too."""
    (trains, evidence), (others, _) = explanation, likeliest
    beats, most = (sum(len(train.beats) for train in each) for each in (trains, others))
    return len(trains) < len(others) and evidence >= LIKELY and beats >= most


def _taken_together(
    times: list[int], bounds: Bounds, first: list[Train]
) -> tuple[list[Train], float]:
    """Trains of one common period: it is chosen, and paid for, only once."""
    best: tuple[list[Train], float] = ([], -math.inf)
    for train in first:
        trains = [train]
        left = without(range(len(times)), train)
        while len(trains) < _MAX_EQUAL and len(left) >= CHAIN:
            chain = chain_of([times[i] for i in left], train.period, bounds)
            if len(chain) < CHAIN:
                break
            trains.append(weighed(times, [left[i] for i in chain], train.period, bounds))
            left = without(left, trains[-1])
        if len(trains) < 2:
            continue
        evidence = _common_worth(times, trains, bounds) - _STRAY * len(left)
        if evidence > best[1]:
            best = trains, evidence
    return best


def _common_worth(times: list[int], trains: list[Train], bounds: Bounds) -> float:
    """What trains of one period and one jitter are worth in nats, strays apart."""
    gaps = [times[j] - times[i] for train in trains for i, j in pairwise(train.beats)]
    residuals, period = fitted_to(gaps, trains[0].period, bounds)
    spread = spread_of(residuals, period, bounds)
    if len(trains) > 1 and spread > _TOGETHER and not bounds.resolution:
        return -math.inf  # chance chains fill the whole tolerance
    missed = sum(train.missed for train in trains)
    return (
        shown(link_worth(residuals, spread), len(residuals), period, bounds)
        - MISSED * missed
        - _TRAIN * (len(trains) - 1)
        - 0.5 * math.log(len(residuals))
        - price_of_period(bounds)
    )


def _taken_greedily(
    times: list[int], bounds: Bounds, relief: float, known: dict[tuple[int, ...], list[Train]]
) -> tuple[list[Train], float]:
    """Trains taken one after the other while each makes the whole likelier, and the nats;
    each beat counts for `relief` nats as no stray. `known`: trains by the events among which
    they were looked for, of all of them to begin with."""
    left = list(range(len(times)))
    further = _SHORTLIST if len(times) <= _FEW_TOGETHER else _FURTHER
    found: list[Train] = []
    evidence = 0.0
    while len(found) < _MAX_TRAINS and len(left) >= CHAIN:
        among = tuple(left)
        if among not in known:
            known[among] = all_trains([times[i] for i in left], bounds, further)
        train = max(
            known[among], key=lambda train: train.gain + relief * len(train.beats), default=None
        )
        if train is None or (found and not _joins(train, found[0], len(left), times)):
            break
        evidence += train.gain - (_TRAIN if found else 0)
        found.append(train._replace(beats=tuple(left[i] for i in train.beats)))
        left = without(left, found[-1])
    if not found:
        return [], -math.inf
    alone = _against_noise(found[0], len(times) - len(found[0].beats), times)
    if len(found) > 1 or left:
        beside = sum(_against_noise(train, len(left), times) - _TRAIN for train in found[1:])
        alone += max(0.0, beside)
    return found, max(evidence - _STRAY * len(left), alone)


def _joins(train: Train, main: Train, left: int, times: list[int]) -> bool:
    """Whether one more train is likelier than strays: precise on its own, or of the same
    period as the first and about as precise (chance chains fill the whole tolerance)."""
    if _against_noise(train, left - len(train.beats), times, _BESIDE) > _TRAIN:
        return True
    worth = train.gain - _TRAIN + _STRAY * len(train.beats)
    alike = abs(train.period / main.period - 1) <= _PRECISE
    widest = max(_PRECISE, 1.5 * root_mean_square(main.residuals))
    return worth > 0 and alike and root_mean_square(train.residuals) <= widest


def _against_noise(train: Train, others: int, times: list[int], least: int = _LONG) -> float:
    """Evidence of a long, precise train in the midst of `others`.

    The other events are taken for a Poisson stream on both sides of the ratio, so that they
    cost nothing by themselves; a link must be worth more than meeting one of them by chance.
    """
    links = len(train.residuals)
    if links < least or root_mean_square(train.residuals) > 2 * _PRECISE:
        return -math.inf
    density = others * train.period / (times[-1] - times[0])
    return train.gain - links * math.log1p(2 * density)


def _shifted(train: Train, by: int) -> Train:
    if not by:
        return train
    beats = tuple(beat + by for beat in train.beats)
    return Train(beats, train.period, train.missed, train.residuals, train.gain)
