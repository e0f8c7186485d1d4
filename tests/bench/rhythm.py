"""The table of rhythms: streams without one that pass for one, and those with one that are found.

    python tests/bench/rhythm.py            # a cell is the share of 300 streams, of fixed seeds

Bounds are 4 s to 12 s, the tolerance 15 %, the threshold 1 nat. (`every` in a rule asks for four
beats besides.)
"""

import argparse
import random
import sys
from collections.abc import Callable

from whyreset.basis.units import NS
from whyreset.correlate.rhythm import LIKELY, find_rhythm, resolution_of
from whyreset.correlate.trains import Bounds

Kind = Callable[[random.Random, int], list[float]]
COUNTS = (4, 5, 6, 8, 10, 12, 16)


def train(draw: random.Random, n: int, period: float, jitter: float = 0.02) -> list[float]:
    """Beats of one prober that sleeps between probes: jitter adds up."""
    times, now = [], draw.uniform(0, period)
    for _ in range(n):
        times.append(now)
        now += period * (1 + draw.uniform(-jitter, jitter))
    return times


def _missed(draw: random.Random, n: int) -> list[float]:
    times = train(draw, 3 * n, draw.uniform(5, 10))
    return [time for time in times if draw.random() > 0.25][:n]


def _equal(count: int) -> Kind:
    def kind(draw: random.Random, n: int) -> list[float]:
        period = draw.uniform(5, 10)
        return sorted(t for _ in range(count) for t in train(draw, n, period))[:n]

    return kind


def _different(draw: random.Random, n: int) -> list[float]:
    return sorted(t for _ in range(2) for t in train(draw, n, draw.uniform(4.5, 11)))[:n]


def _strangers(draw: random.Random, n: int) -> list[float]:
    own = train(draw, round(n * 0.7), draw.uniform(5, 10))
    return own + [draw.uniform(own[0], own[-1]) for _ in range(n - len(own))]


def _from_gaps(gap: Callable[[random.Random], float]) -> Kind:
    def kind(draw: random.Random, n: int) -> list[float]:
        times, now = [], 0.0
        for _ in range(n):
            now += gap(draw)
            times.append(now)
        return times

    return kind


def _bursts(draw: random.Random, n: int) -> list[float]:
    starts = [draw.uniform(0, 7 * n) for _ in range(max(2, n // 3))]
    return [draw.choice(starts) + draw.uniform(0, 1.5) for _ in range(n)]


def _back_off(draw: random.Random, n: int) -> list[float]:
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
    "uniform gaps 2..14 s": _from_gaps(lambda draw: draw.uniform(2, 14)),
    "log-normal gaps": _from_gaps(lambda draw: draw.lognormvariate(1.8, 0.8)),
    "bursts": _bursts,
    "retries that back off": _back_off,
}
BEATS: dict[str, Kind] = {
    "clean": lambda draw, n: train(draw, n, draw.uniform(5, 10), 0.0),
    "jitter 15 %": lambda draw, n: train(draw, n, draw.uniform(5, 10), 0.15),
    "25 % missed": _missed,
    "two equal": _equal(2),
    "three equal": _equal(3),
    "two different": _different,
    "30 % strangers": _strangers,
    "whole seconds": lambda draw, n: [float(round(t)) for t in train(draw, n, draw.uniform(5, 10))],
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


def found(times: list[float], low: float = 4, high: float = 12) -> bool:
    """Whether a rhythm is said to be in these times (s)."""
    stamps = sorted(round(time * NS) for time in times)
    rhythm = find_rhythm(stamps, Bounds(low * NS, high * NS, 0.15, resolution_of(stamps)))
    return rhythm is not None and rhythm.evidence >= LIKELY


def share(kind: Kind, n: int, runs: int, seed: int) -> float:
    """The share of `runs` streams of n events in which a rhythm is found."""
    return sum(found(kind(random.Random(f"{seed}-{n}-{i}"), n)) for i in range(runs)) / runs


def main() -> int:
    """Print the table; 1 when a cell falls short of the wanted one by more than chance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    short = 0
    print(f"{'':24}" + "".join(f"  n={n:<9}" for n in COUNTS))
    for title, kinds in (("false alarms", NONE), ("found", BEATS)):
        print(title)
        for name, kind in kinds.items():
            row = f"  {name:22}"
            for n in COUNTS:
                got = share(kind, n, options.runs, options.seed)
                wanted = ALARMS.get(n) if kinds is NONE else WANTED[name].get(n)
                slack = 2 * (max(got * (1 - got), 0.01) / options.runs) ** 0.5
                worse = wanted is not None and (
                    got > wanted + slack if kinds is NONE else got < wanted - slack
                )
                short += worse
                told = "" if wanted is None else f"/{wanted:.3f}"
                row += f"  {got:.3f}{told:6}"[:11] + ("!" if worse else " ")
            print(row, flush=True)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
