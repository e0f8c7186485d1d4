"""Rhythm: how often streams without one are taken for one, and streams with one are found."""

import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.basis.units import NS
from whyreset.correlate.rhythm import MIN_BEATS, find_rhythm, resolution_of
from whyreset.correlate.trains import CANDIDATE_ERROR, LIKELY, Bounds, chain_of

Kind = Callable[[random.Random, int], list[float]]
RUNS = 100
LOW, HIGH = 4 * NS, 12 * NS


def train(draw: random.Random, n: int, period: float, jitter: float = 0.02) -> list[float]:
    times, now = [], draw.uniform(0, period)
    for _ in range(n):
        times.append(now)
        now += period * (1 + draw.uniform(-jitter, jitter))
    return times


def missed(draw: random.Random, n: int) -> list[float]:
    times = train(draw, 2 * n, draw.uniform(5, 10))
    return [time for time in times if draw.random() > 0.25][:n]


def probers(count: int, jitter: float = 0.02) -> Kind:
    def kind(draw: random.Random, n: int) -> list[float]:
        period = draw.uniform(5, 10)
        found = [t for _ in range(count) for t in train(draw, n, period, jitter)]
        return sorted(found)[:n]

    return kind


def two_periods(draw: random.Random, n: int) -> list[float]:
    both = [train(draw, n, draw.uniform(4.5, 11)) for _ in range(2)]
    return sorted(t for one in both for t in one)[:n]


def periods_apart(draw: random.Random, n: int) -> list[float]:
    period = draw.uniform(4.5, 6.8)
    both = [train(draw, n, each, 0.05) for each in (period, 1.75 * period)]
    return sorted(t for one in both for t in one)[:n]


def foreign(draw: random.Random, n: int, jitter: float = 0.02) -> list[float]:
    own = train(draw, round(n * 0.7), draw.uniform(5, 10), jitter)
    return own + [draw.uniform(0, own[-1]) for _ in range(n - len(own))]


def poisson(draw: random.Random, n: int) -> list[float]:
    times, now = [], 0.0
    for _ in range(n):
        now += draw.expovariate(1 / 7)
        times.append(now)
    return times


def log_normal(draw: random.Random, n: int) -> list[float]:
    times, now = [], 0.0
    for _ in range(n):
        now += draw.lognormvariate(1.8, 0.8)
        times.append(now)
    return times


def uniform_gaps(draw: random.Random, n: int) -> list[float]:
    times, now = [], 0.0
    for _ in range(n):
        now += draw.uniform(2, 14)
        times.append(now)
    return times


def bursts(draw: random.Random, n: int) -> list[float]:
    starts = [draw.uniform(0, 80) for _ in range(max(2, n // 3))]
    return [draw.choice(starts) + draw.uniform(0, 1.5) for _ in range(n)]


def back_off(draw: random.Random, n: int) -> list[float]:
    times: list[float] = []
    while len(times) < n:
        now, wait = draw.uniform(0, 120), 1.0
        for _ in range(5):
            times.append(now)
            now += wait * draw.uniform(0.75, 1.25)
            wait *= 2
    return times[:n]


NONE: dict[str, Kind] = {
    "poisson": poisson,
    "uniform": lambda draw, n: [draw.uniform(0, 7 * n) for _ in range(n)],
    "uniform gaps": uniform_gaps,
    "log-normal gaps": log_normal,
    "bursts": bursts,
    "retries that back off": back_off,
}
BEATS: dict[str, Kind] = {
    "clean": lambda draw, n: train(draw, n, draw.uniform(5, 10), 0.0),
    "jitter": lambda draw, n: train(draw, n, draw.uniform(5, 10), 0.15),
    "a quarter missed": missed,
    "two probers": probers(2),
    "three probers": probers(3),
    "three probers, uneven": probers(3, 0.05),
    "two periods": two_periods,
    "two periods apart": periods_apart,
    "strangers": foreign,
    "strangers, uneven": lambda draw, n: foreign(draw, n, 0.05),
    "whole seconds": lambda draw, n: [float(round(t)) for t in train(draw, n, draw.uniform(5, 10))],
}


def in_seconds(kind: Kind) -> Kind:
    return lambda draw, n: [float(round(time)) for time in kind(draw, n)]


def share_found(kind: Kind, n: int, runs: int = RUNS) -> float:
    found = 0
    for seed in range(runs):
        times = sorted(round(time * NS) for time in kind(random.Random(seed), n))
        bounds = Bounds(LOW, HIGH, 0.15, resolution_of(times))
        rhythm = find_rhythm(times, bounds)
        found += rhythm is not None and rhythm.evidence >= LIKELY and len(rhythm.beats) >= MIN_BEATS
    return found / runs


@pytest.mark.parametrize(("n", "most"), [(6, 0.06), (8, 0.02), (10, 0.015)])
@pytest.mark.parametrize("name", NONE)
def test_false_alarms(name: str, n: int, most: float) -> None:
    assert share_found(NONE[name], n, 200) <= most


@pytest.mark.parametrize(
    ("name", "at_6", "at_8", "at_10"),
    [
        ("clean", 1, 1, 1),
        ("jitter", 0.9, 0.95, 0.98),
        ("a quarter missed", 0.9, 0.95, 0.98),
        ("two probers", 0.92, 0.98, 0.98),
        ("three probers", 0.0, 0.9, 0.98),
        ("two periods", 0.4, 0.95, 0.98),
        ("strangers", 0.5, 0.98, 0.98),
        ("whole seconds", 0.98, 0.98, 0.98),
    ],
)
def test_found(name: str, at_6: float, at_8: float, at_10: float) -> None:
    assert share_found(BEATS[name], 6) >= at_6
    assert share_found(BEATS[name], 8) >= at_8
    assert share_found(BEATS[name], 10) >= at_10


def test_what_is_reported() -> None:
    times = [10 * NS * i for i in range(12) if i not in (4, 7)]
    rhythm = find_rhythm(times, Bounds(NS, 60 * NS, 0.15))
    assert rhythm is not None
    assert (rhythm.period, rhythm.missed, rhythm.trains) == (10 * NS, 2, 1)
    assert rhythm.beats == tuple(range(10))
    assert rhythm.jitter < 1e-9
    assert rhythm.evidence >= 3


@pytest.mark.parametrize(
    ("name", "n", "at_least"),
    [
        ("jitter", 4, 0.55),
        ("jitter", 5, 0.78),
        ("two probers", 4, 0.12),
        ("two probers", 5, 0.9),
        ("three probers", 6, 0.2),
        ("strangers, uneven", 6, 0.6),
        ("two periods apart", 6, 0.57),
    ],
)
def test_few_events_are_enough(name: str, n: int, at_least: float) -> None:
    assert share_found(BEATS[name], n, 200) >= at_least


@pytest.mark.parametrize(("n", "most"), [(4, 0.1), (5, 0.06)])
@pytest.mark.parametrize("name", NONE)
def test_false_alarms_among_few_events(name: str, n: int, most: float) -> None:
    assert share_found(NONE[name], n, 200) <= most


@pytest.mark.parametrize(
    ("name", "n", "at_least"),
    [
        ("three probers, uneven", 8, 0.99),
        ("three probers, uneven", 16, 0.99),
        ("strangers, uneven", 5, 0.95),
        ("two periods apart", 13, 0.93),
        ("two periods apart", 14, 0.97),
    ],
)
def test_no_count_of_events_is_a_gap(name: str, n: int, at_least: float) -> None:
    assert share_found(BEATS[name], n, 200) >= at_least


UNBROKEN = {
    "three": (3, [12, 21, 26, 73, 82, 84, 136, 141, 145, 194, 205, 209, 254, 263, 267, 312]),
    "three, the last of which shows two beats": (3, [33, 38, 41, 87, 91, 92, 138, 142]),
    "one of much jitter": (1, [69, 145, 229, 323, 412, 484, 561, 638, 713, 792, 865, 956, 1050]),
}
"""Probers that have missed nothing, and their beats (tenths of a second)."""


@pytest.mark.parametrize("name", UNBROKEN)
def test_every_event_is_a_beat(name: str) -> None:
    probers, tenths = UNBROKEN[name]
    rhythm = find_rhythm([each * NS // 10 for each in tenths], Bounds(LOW, HIGH, 0.15))
    assert rhythm is not None
    assert rhythm.evidence >= LIKELY
    assert (rhythm.trains, len(rhythm.beats), rhythm.missed) == (probers, len(tenths), 0)


@pytest.mark.parametrize(
    ("name", "n", "at_least"), [("strangers", 8, 0.75), ("a quarter missed", 6, 0.6)]
)
def test_stamps_of_whole_seconds_hide_no_beat(name: str, n: int, at_least: float) -> None:
    assert share_found(in_seconds(BEATS[name]), n, 200) >= at_least


@pytest.mark.parametrize(("n", "most"), [(5, 0.09), (6, 0.06), (8, 0.02)])
@pytest.mark.parametrize("name", NONE)
def test_stamps_of_whole_seconds_make_no_beat(name: str, n: int, most: float) -> None:
    assert share_found(in_seconds(NONE[name]), n, 200) <= most


@pytest.mark.parametrize("mean", [0.7, 1.1, 1.5])
@pytest.mark.parametrize("n", [6, 12, 20])
def test_what_comes_about_every_second_has_no_beat_in_whole_seconds(n: int, mean: float) -> None:
    """A stamp of each second is no prober: chance makes it, too."""
    found = 0
    for seed in range(50):
        draw, now, times = random.Random(seed), 0.0, []
        for _ in range(n):
            now += draw.uniform(0.2 * mean, 1.8 * mean)
            times.append(int(now) * NS)
        rhythm = find_rhythm(times, Bounds(NS, 60 * NS, 0.15, NS))
        found += rhythm is not None and rhythm.evidence >= LIKELY and len(rhythm.beats) >= MIN_BEATS
    assert found <= 5


def test_a_prober_of_three_seconds_has_a_beat_in_whole_seconds() -> None:
    rhythm = find_rhythm([3 * i * NS for i in range(8)], Bounds(NS, 60 * NS, 0.15, NS))
    assert rhythm is not None
    assert rhythm.evidence >= LIKELY


@pytest.mark.parametrize(
    "seconds", [[5, 11, 17, 22, 29, 34], [6, 12, 18, 25, 30, 37], [4, 12, 18, 26, 33, 39]]
)
def test_long_and_short_gaps_in_turn_are_rounded_ones(seconds: list[int]) -> None:
    rhythm = find_rhythm([each * NS for each in seconds], Bounds(LOW, HIGH, 0.15, NS))
    assert rhythm is not None
    assert rhythm.evidence >= LIKELY
    assert (rhythm.trains, len(rhythm.beats)) == (1, 6)


def test_a_stray_says_more_before_and_after_the_beats_than_among_them() -> None:
    bounds = Bounds(LOW, HIGH, 0.15)
    among = find_rhythm([0, 6 * NS, 8 * NS, 12 * NS], bounds)
    after = find_rhythm([0, 6 * NS, 12 * NS, 14 * NS], bounds)
    before = find_rhythm([0, 2 * NS, 8 * NS, 14 * NS], bounds)
    assert among is not None
    assert after is not None
    assert before is not None
    assert LIKELY <= before.evidence == after.evidence < among.evidence


def test_two_bursts_are_no_probers() -> None:
    bounds = Bounds(LOW, HIGH, 0.15)
    apart = find_rhythm([0, 3 * NS, 8 * NS, 11 * NS], bounds)
    assert apart is not None
    assert (apart.trains, apart.period) == (2, 8 * NS)
    assert apart.evidence >= LIKELY
    together = find_rhythm([0, NS // 100, 8 * NS, 8 * NS + NS // 100], bounds)
    assert together is None or together.evidence < LIKELY


def test_two_probers_are_counted() -> None:
    draw = random.Random(1)
    times = sorted(round(t * NS) for t in (*train(draw, 12, 10, 0.01), *train(draw, 12, 10, 0.01)))
    rhythm = find_rhythm(times, Bounds(8 * NS, 12 * NS, 0.1))
    assert rhythm is not None
    assert rhythm.trains == 2
    assert len(rhythm.beats) == 24


def test_a_long_burst_is_taken_in_parts() -> None:
    draw = random.Random(2)
    times = sorted(round(t * NS) for t in train(draw, 2000, 5, 0.05))
    rhythm = find_rhythm(times, Bounds(NS, 60 * NS, 0.15))
    assert rhythm is not None
    assert rhythm.trains == 1
    assert len(rhythm.beats) > 1950
    assert abs(rhythm.period - 5 * NS) < 0.05 * NS


def test_strays_behind_a_long_burst_do_not_end_its_rhythm() -> None:
    draw = random.Random(2)
    times = [round(t * NS) for t in sorted(train(draw, 192, 10, 0.02))]
    strays = [times[-1] + round(t * NS) for t in (0.3, 400, 400.2, 900)]
    rhythm = find_rhythm(times + strays, Bounds(NS, 60 * NS, 0.15))
    assert rhythm is not None
    assert rhythm.evidence >= LIKELY
    assert rhythm.beats == tuple(range(192))


def test_resolution() -> None:
    assert resolution_of([NS, 5 * NS]) == NS
    assert resolution_of([NS, 5 * NS + 1]) == 0
    assert resolution_of([]) == 0


seconds = st.lists(st.integers(0, 120_000), max_size=14)
BOUNDS = Bounds(NS, 30 * NS, 0.15)


@given(seconds, st.integers(0, 10**6))
@settings(max_examples=80)
def test_the_same_beat_at_another_time(millis: list[int], shift: int) -> None:
    times = sorted(ms * 1_000_000 for ms in millis)
    rhythm = find_rhythm(times, BOUNDS)
    assert find_rhythm(list(times), BOUNDS) == rhythm
    assert find_rhythm([time + shift * NS for time in times], BOUNDS) == rhythm


@given(seconds)
@settings(max_examples=80)
def test_beats_are_increasing_places_within_the_bounds(millis: list[int]) -> None:
    times = sorted(ms * 1_000_000 for ms in millis)
    rhythm = find_rhythm(times, BOUNDS)
    if rhythm is None:
        return
    assert all(a < b for a, b in pairwise(rhythm.beats))
    assert rhythm.beats[0] >= 0
    assert rhythm.beats[-1] < len(times)
    assert BOUNDS.low <= rhythm.period <= BOUNDS.high
    assert 0 <= rhythm.jitter <= 0.25
    assert rhythm.missed >= 0


@given(st.lists(st.integers(0, 120_000), min_size=5, max_size=12), st.data())
@settings(max_examples=50)
def test_identical_times_are_one_beat(millis: list[int], data: st.DataObject) -> None:
    times = sorted(ms * 1_000_000 for ms in set(millis))
    double = sorted(times + data.draw(st.lists(st.sampled_from(times), max_size=4)))
    alone, together = find_rhythm(times, BOUNDS), find_rhythm(double, BOUNDS)
    assert (alone is None) == (together is None)
    if alone is not None and together is not None:
        assert alone.period == together.period
        assert {times[i] for i in alone.beats} == {double[i] for i in together.beats}
        on_beat = [i for i, time in enumerate(double) if time in {times[k] for k in alone.beats}]
        assert list(together.beats) == on_beat


def slow_chain(times: list[int], period: float, tolerance: float) -> float:
    """What the best chain scores, every pair looked at."""
    scores = [0.0] * len(times)
    for j, now in enumerate(times):
        for i in range(j):
            gap = (now - times[i]) / period
            steps = round(gap)
            if 1 <= steps <= 4 and abs(gap - steps) <= tolerance:
                worth = 1 - 0.4 * (steps - 1) - 0.3 * abs(gap - steps) / tolerance
                scores[j] = max(scores[j], scores[i] + worth)
    return max(scores)


@given(st.lists(st.integers(0, 90_000), min_size=2, max_size=40), st.integers(1000, 20_000))
@settings(max_examples=100)
def test_the_chain_is_the_best_one(millis: list[int], period: int) -> None:
    times = sorted({each * NS // 1000 + 1 for each in millis})
    length = period * NS / 1000 + 0.4
    chain = chain_of(times, length, BOUNDS)
    score = slow_chain([times[i] for i in chain], length, 0.15 * CANDIDATE_ERROR)
    best = slow_chain(times, length, 0.15 * CANDIDATE_ERROR)
    assert abs(score - best) < 1e-6
