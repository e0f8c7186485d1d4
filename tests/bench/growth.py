"""How `whyreset run` grows with its input: CPU, CPU of a million lines, peak memory.

Among 16 million lines the corpus generator draws some addresses twice, so that a few of its bursts
are not what it planted (16 of 62,470 with seed 7; the awk script says what we say of each).
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from compare import ROOT, make_corpus
from judge import Score, score
from measure import Cost, measure

MIX = "mixed"
_LINE = 300
"""Bytes of a line, generously, and of what the judge needs to know about it."""


@dataclass(frozen=True, slots=True)
class Size:
    """The runs on so many lines, and whether their verdicts were right."""

    lines: int
    runs: list[Cost]
    score: Score

    @property
    def cpu(self) -> float:
        """The median, in seconds."""
        return median(cost.cpu_s for cost in self.runs)

    @property
    def peak(self) -> float:
        """The median, in MiB."""
        return median(cost.peak_mib for cost in self.runs)


def main() -> int:
    """0 when everything was right, 1 when a verdict was wrong, 2 when something is missing."""
    options = _options()
    sizes = sorted(round(options.lines * each) for each in options.sizes)
    if not (options.bench_dir / "make_corpus.py").is_file():
        print(f"growth: no make_corpus.py in {options.bench_dir}: --bench-dir", file=sys.stderr)
        return 2
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < sizes[-1] * _LINE:
        print(f"growth: {sizes[-1] * _LINE >> 20} MiB of disk are needed", file=sys.stderr)
        return 2
    head = f"{MIX:>12} {'CPU s':>8} {'CPU s/M lines':>14} {'range':>15} {'peak MiB':>9}"
    print(f"{head}  bursts right")
    measured = []
    for lines in sizes:
        measured.append(_measure(options, lines))
        _print_row(measured[-1])
    _write(options, measured)
    return 0 if all(size.score.perfect for size in measured) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000, help="lines of size 1")
    parser.add_argument(
        "--sizes", type=lambda text: [float(each) for each in text.split(",")], default=[1.0, 4.0],
        help="multiples of --lines, separated by commas (default 1,4; 16 needs 5 GB of disk)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--runs", type=int, default=3, help="runs on each size")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes of whyreset")
    parser.add_argument(
        "--bench-dir", type=Path, default=ROOT.parent / "shared" / "bench",
        help="where make_corpus.py is",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, default=ROOT / "bench-out" / "growth.json")
    return parser.parse_args()


def _measure(options: argparse.Namespace, lines: int) -> Size:
    """The runs on a corpus, which is there only for as long; the first is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = make_corpus(options, lines, MIX, Path(folder) / MIX)
        rules = str(ROOT / "tests" / "bench" / "corpus.rules")
        words = ("--no-builtin", "-r", rules, "-o", "json", "--jobs", str(options.jobs))
        command = (sys.executable, "-m", "whyreset", "run", *words, str(corpus))
        environment = {**os.environ, "XDG_CACHE_HOME": str(Path(folder) / "cache")}
        _, told = measure(command, environment)
        runs = [measure(command, environment)[0] for _ in range(options.runs)]
        return Size(lines, runs, score(corpus, told))


def _print_row(size: Size) -> None:
    cpus = [cost.cpu_s for cost in size.runs]
    print(
        f"{size.lines:12,} {size.cpu:8.3f} {size.cpu / size.lines * 1e6:14.3f} "
        f"{min(cpus):7.3f}-{max(cpus):7.3f} {size.peak:9.1f}  "
        f"{size.score.right} of {size.score.bursts}",
        flush=True,
    )


def _write(options: argparse.Namespace, measured: list[Size]) -> None:
    options.out.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "mix": MIX,
        "seed": options.seed,
        "jobs": options.jobs,
        "results": [
            {**asdict(size), "cpu_s_per_million": round(size.cpu / size.lines * 1e6, 4)}
            for size in measured
        ],
    }
    options.out.write_text(json.dumps(told, indent=2) + "\n")
    print(f"\nwritten: {options.out}")


if __name__ == "__main__":
    sys.exit(main())
