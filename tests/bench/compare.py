"""The same job by whyreset and by a hand-written awk script: CPU, time, memory, correctness."""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from judge import Score, score
from measure import Cost, measure

ROOT = Path(__file__).resolve().parents[2]
MIXES = ("quiet", "mixed", "access", "storm")
AWK = "mawk -f correlate.awk"


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do the job; `judged` where its verdicts must be those of truth.json."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    judged: bool


@dataclass(frozen=True, slots=True)
class Result:
    """The runs of one contender on one mix; no score where it was not judged."""

    mix: str
    contender: str
    runs: list[Cost]
    score: Score | None

    @property
    def cpu(self) -> float:
        """The median, in seconds."""
        return median(cost.cpu_s for cost in self.runs)


def main() -> int:
    """0 when everything was right, 1 when a verdict was wrong, 2 when something is missing."""
    options = _options()
    missing = _missing(options.bench_dir)
    if missing:
        print(f"compare: {missing}", file=sys.stderr)
        return 2
    print("the engine is", "compiled" if _is_compiled() else "not compiled")
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for mix in options.mix or MIXES:
            corpus = make_corpus(options, options.lines, mix, work / mix)
            results += _run_mix(mix, corpus, _contenders(options, corpus, work), options.runs)
            _print_table(results, mix)
            shutil.rmtree(corpus)
    _write(options, results)
    wrong = [r for r in results if r.score is not None and not r.score.perfect]
    for result in wrong:
        print(f"WRONG: {result.contender} on {result.mix}: {result.score}")
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=400_000, help="lines of each corpus")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--mix", action="append", choices=MIXES, help="default: all of them")
    parser.add_argument("--runs", type=int, default=3, help="runs of each contender, in turns")
    parser.add_argument(
        "--jobs", type=int, action="append", default=[], metavar="N",
        help="whyreset with so many processes as well (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--all-rules", action="store_true", help="the shipped rules: more work, nothing to check"
    )
    parser.add_argument(
        "--bench-dir", type=Path, default=ROOT.parent / "shared" / "bench",
        help="where make_corpus.py and peers/awk/correlate.awk are",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, default=ROOT / "bench-out" / "compare.json")
    return parser.parse_args()


def _missing(bench: Path) -> str | None:
    """What the comparison needs and does not find."""
    for path in (bench / "make_corpus.py", bench / "peers" / "awk" / "correlate.awk"):
        if not path.is_file():
            return (
                f"{path} is not there. The corpus generator and the awk script are not part of "
                "this repository; say where they are with --bench-dir."
            )
    return None if shutil.which("mawk") else "mawk is not installed"


def make_corpus(options: argparse.Namespace, lines: int, mix: str, folder: Path) -> Path:
    """Write a corpus of so many lines; its folder."""
    generator = options.bench_dir / "make_corpus.py"
    words = ["--lines", str(lines), "--seed", str(options.seed), "--mix", mix]
    subprocess.run(
        [sys.executable, str(generator), *words, "--out", str(folder)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder


def _contenders(options: argparse.Namespace, corpus: Path, work: Path) -> list[Contender]:
    own = ("--no-builtin", "-r", str(ROOT / "tests" / "bench" / "corpus.rules"))
    rules = () if options.all_rules else own
    ours = (sys.executable, "-m", "whyreset", "run", *rules, "-o", "json", str(corpus))
    ours_env = {
        **os.environ,
        "XDG_CACHE_HOME": str(work / "cache"),
        # Modules are compiled once, as where they are installed.
        "PYTHONPYCACHEPREFIX": str(work / "compiled"),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    without = {**ours_env, "PYTHONPATH": str(_shadow(work))}
    judged = not options.all_rules
    found = [Contender("whyreset, without hyperscan", ours, without, judged)]
    if find_spec("hyperscan"):
        found.insert(0, Contender("whyreset, hyperscan", ours, ours_env, judged))
    else:
        print("hyperscan is not installed: that row is left out", file=sys.stderr)
    several = [
        replace(each, name=f"{each.name}, {jobs} jobs", command=(*ours, "--jobs", str(jobs)))
        for jobs in options.jobs
        for each in found
    ]
    script = options.bench_dir / "peers" / "awk" / "correlate.awk"
    awk = ("mawk", "-f", str(script), *map(str, sorted(corpus.glob("*.log"))))
    return [*found, *several, Contender(AWK, awk, {**os.environ, "LC_ALL": "C"}, judged)]


def _shadow(work: Path) -> Path:
    """A folder whose `hyperscan` cannot be imported, as where it is not installed."""
    folder = work / "shadow"
    folder.mkdir(exist_ok=True)
    (folder / "hyperscan.py").write_text("raise ImportError('left out for the comparison')\n")
    return folder


def _run_mix(mix: str, corpus: Path, contenders: Sequence[Contender], runs: int) -> list[Result]:
    """One run of each to be judged and to warm caches, then measured runs in turns."""
    scores: dict[str, Score | None] = {}
    costs: dict[str, list[Cost]] = {contender.name: [] for contender in contenders}
    for contender in contenders:
        _, lines = measure(contender.command, contender.environment)
        scores[contender.name] = score(corpus, lines) if contender.judged else None
    for _ in range(runs):
        for contender in contenders:
            cost, _ = measure(contender.command, contender.environment)
            costs[contender.name].append(cost)
    return [Result(mix, name, costs[name], scores[name]) for name in costs]


def _print_table(results: Sequence[Result], mix: str) -> None:
    rows = [result for result in results if result.mix == mix]
    base = next(result.cpu for result in rows if result.contender == AWK)
    print(
        f"\n{mix:34} {'CPU s':>8} {'of awk':>7} {'range':>15} {'wall s':>7} {'peak MiB':>9}"
        "  bursts right"
    )
    for result in rows:
        cpus = [cost.cpu_s for cost in result.runs]
        wall = median(cost.wall_s for cost in result.runs)
        peak = median(cost.peak_mib for cost in result.runs)  # of the largest process
        right = f"{result.score.right} of {result.score.bursts}" if result.score else "not judged"
        print(
            f"{result.contender:34} {result.cpu:8.3f} {result.cpu / base:7.2f} "
            f"{min(cpus):7.3f}-{max(cpus):7.3f} {wall:7.3f} {peak:9.1f}  {right}"
        )


def _is_compiled() -> bool:
    """Whether it is the compiled engine that is measured (`make compiled`)."""
    judge = find_spec("whyreset.correlate.judge")
    return judge is not None and str(judge.origin).endswith(".so")


def _write(options: argparse.Namespace, results: Sequence[Result]) -> None:
    options.out.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "lines": options.lines,
        "seed": options.seed,
        "compiled": _is_compiled(),
        "rules": "shipped" if options.all_rules else "corpus.rules",
        "results": [asdict(result) for result in results],
    }
    options.out.write_text(json.dumps(told, indent=2) + "\n")
    print(f"\nwritten: {options.out}")


if __name__ == "__main__":
    sys.exit(main())
