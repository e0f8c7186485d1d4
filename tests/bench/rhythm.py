"""The table of rhythms: streams without one that pass for one, and those with one that are found.

    python tests/bench/rhythm.py            # a cell is the share of 300 streams, of fixed seeds

Bounds are 4 s to 12 s, the tolerance 15 %, the threshold 1 nat. (`every` in a rule asks for four
beats besides.) A cell is `ours/published/plain`: what a published table has for streams of this
kind, as far as its words tell, and what the plain method (sparse.py) finds in the very same
streams. `!` marks what is worse than both by more than chance.
"""

import argparse
import random
import sys
from collections.abc import Callable

from sparse import evidence

from whyreset.basis.units import NS
from whyreset.correlate.rhythm import find_rhythm, resolution_of
from whyreset.correlate.trains import LIKELY, Bounds

Kind = Callable[[random.Random, int, float], list[float]]
"""(draw, count, jitter) -> times (s); streams without a rhythm have no use for the jitter."""
APART = 1.75
"""Two different periods: that many times the other. With this, and jitter of 5 %, the plain method
finds what the published table has at every count; with independent periods it does not."""
COUNTS = (4, 5, 6, 8, 10, 12, 14, 16)


def train(draw: random.Random, n: int, period: float, jitter: float) -> list[float]:
    """Beats of one prober that sleeps between probes: jitter adds up."""
    times, now = [], draw.uniform(0, period)
    for _ in range(n):
        times.append(now)
        now += period * (1 + draw.uniform(-jitter, jitter))
    return times


def _missed(draw: random.Random, n: int, jitter: float) -> list[float]:
    times = train(draw, 3 * n, draw.uniform(5, 10), jitter)
    return [time for time in times if draw.random() > 0.25][:n]


def _equal(count: int) -> Kind:
    def kind(draw: random.Random, n: int, jitter: float) -> list[float]:
        period = draw.uniform(5, 10)
        return sorted(t for _ in range(count) for t in train(draw, n, period, jitter))[:n]

    return kind


def _different(draw: random.Random, n: int, jitter: float) -> list[float]:
    period = draw.uniform(4.5, 6.8)
    both = [train(draw, n, period * times, jitter) for times in (1, APART)]
    return sorted(t for one in both for t in one)[:n]


def _strangers(draw: random.Random, n: int, jitter: float) -> list[float]:
    own = train(draw, round(n * 0.7), draw.uniform(5, 10), jitter)
    return own + [draw.uniform(own[0], own[-1]) for _ in range(n - len(own))]


def _from_gaps(gap: Callable[[random.Random], float]) -> Kind:
    def kind(draw: random.Random, n: int, _: float) -> list[float]:
        times, now = [], 0.0
        for _ in range(n):
            now += gap(draw)
            times.append(now)
        return times

    return kind


def _bursts(draw: random.Random, n: int, _: float) -> list[float]:
    starts = [draw.uniform(0, 7 * n) for _ in range(max(2, n // 3))]
    return [draw.choice(starts) + draw.uniform(0, 1.5) for _ in range(n)]


def _back_off(draw: random.Random, n: int, _: float) -> list[float]:
    times: list[float] = []
    while len(times) < n:
        now, wait = draw.uniform(0, 7 * n), 1.0
        for _ in range(5):
            times.append(now)
            now += wait * draw.uniform(0.75, 1.25)
            wait *= 2
    return times[:n]


NONE: dict[str, Kind] = {
    "Poisson": _from_gaps(lambda draw: draw.expovariate(1 / 7)),
    "uniform gaps 1..16 s": _from_gaps(lambda draw: draw.uniform(1, 16)),
    "log-normal gaps": _from_gaps(lambda draw: draw.lognormvariate(1.8, 0.8)),
    "bursts": _bursts,
    "retries that back off": _back_off,
}
EVENER: dict[str, Kind] = {"uniform gaps 2..14 s": _from_gaps(lambda draw: draw.uniform(2, 14))}
"""Nearer to a beat than what was published: the plain method has more false alarms in it."""
BEATS: dict[str, Kind] = {
    "clean": lambda draw, n, _: train(draw, n, draw.uniform(5, 10), 0.0),
    "jitter 15 %": lambda draw, n, _: train(draw, n, draw.uniform(5, 10), 0.15),
    "25 % missed": _missed,
    "two equal": _equal(2),
    "three equal": _equal(3),
    "two different": _different,
    "30 % strangers": _strangers,
    "whole seconds": lambda draw, n, jitter: [
        float(round(t)) for t in train(draw, n, draw.uniform(5, 10), jitter)
    ],
}
WANTED: dict[str, dict[int, float]] = {
    "clean": {4: 0.99, 5: 1, 6: 1, 8: 1, 10: 1},
    "jitter 15 %": {4: 0.63, 5: 0.85, 6: 0.93, 8: 0.99, 10: 0.99},
    "25 % missed": {4: 0.60, 5: 0.73, 6: 0.80, 8: 0.91, 10: 0.94},
    "two equal": {4: 0.07, 5: 0.09, 6: 0.93, 8: 1, 10: 1},
    "three equal": {4: 0.02, 5: 0.01, 6: 0.05, 8: 0.73, 10: 1},
    "two different": {4: 0.43, 5: 0.09, 6: 0.58, 8: 0.78, 10: 0.89},
    "30 % strangers": {4: 0.46, 5: 0.93, 6: 0.50, 8: 1, 10: 1},
    "whole seconds": {4: 0.72, 5: 0.88, 6: 1, 8: 1, 10: 1},
}
"""What a published table of this method has for the same kinds, as far as its words tell."""
ALARMS = {4: 0.067, 5: 0.033, 6: 0.017, 8: 0.007, 10: 0.013}
"""Its false alarms, at the worst of its five kinds."""


LOW, HIGH, TOLERANCE = 4, 12, 0.15


def found(times: list[float]) -> bool:
    """Whether a rhythm is said to be in these times (s)."""
    stamps = sorted(round(time * NS) for time in times)
    bounds = Bounds(LOW * NS, HIGH * NS, TOLERANCE, resolution_of(stamps))
    rhythm = find_rhythm(stamps, bounds)
    return rhythm is not None and rhythm.evidence >= LIKELY


def found_plainly(times: list[float]) -> bool:
    """Whether the plain method says so."""
    clock = resolution_of([round(time * NS) for time in times]) / NS
    return evidence(sorted(set(times)), LOW, HIGH, TOLERANCE, clock) >= LIKELY


def shares(kind: Kind, n: int, options: argparse.Namespace) -> tuple[float, float]:
    """The shares of streams of n events in which a rhythm is found: by us, and plainly."""
    ours = plain = 0
    for i in range(options.runs):
        times = kind(random.Random(f"{options.seed}-{n}-{i}"), n, options.jitter)
        ours += found(times)
        plain += found_plainly(times)
    return ours / options.runs, plain / options.runs


def cell(name: str, n: int, options: argparse.Namespace) -> tuple[str, bool]:
    """What is printed of one kind and count, and whether it is worse than both others."""
    null = name not in BEATS
    ours, plain = shares((NONE | EVENER | BEATS)[name], n, options)
    published = (ALARMS if name in NONE else WANTED.get(name, {})).get(n)
    slack = 2 * (max(ours * (1 - ours), 0.01) / options.runs) ** 0.5
    others = [plain] if published is None else [plain, published]
    worse = ours > max(others) + slack if null else ours < min(others) - slack
    told = "  -  " if published is None else f"{published:.3f}"
    return f"  {ours:.3f}/{told}/{plain:.3f}{'!' if worse else ' '}", worse


def main() -> int:
    """Print the table; 1 when a cell is worse than both others by more than chance."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--jitter", type=float, default=0.05, help="share of the period")
    options = parser.parse_args()
    short = 0
    print(f"{'':24}" + "".join(f"  {f'n={n}':18}" for n in COUNTS))
    for title, kinds in (("false alarms", NONE | EVENER), ("found", BEATS)):
        print(title)
        for name in kinds:
            cells = [cell(name, n, options) for n in COUNTS]
            short += sum(worse for _, worse in cells)
            print(f"  {name:22}" + "".join(text for text, _ in cells), flush=True)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
