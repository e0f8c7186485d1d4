"""How many records a second `whyreset filter` passes, beside `cat` and a bare JSON loop, and how
much memory it takes for ten and thirty times as many."""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import gmtime, perf_counter, strftime

START = 1_795_341_600
LOOP = """
import sys, orjson
write = sys.stdout.buffer.write
for line in sys.stdin.buffer:
    write(orjson.dumps(orjson.loads(line)) + b"\\n")
"""
ON_ONE_CORE = """
import os, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.execvp(sys.argv[1], sys.argv[1:])
"""
FILTER = [sys.executable, "-m", "whyreset", "filter"]
MARK = b'"whyreset":{'
WORDS = ("handled", "request", "cache", "miss", "user", "basket", "total", "queue", "done")
FEW, MANY = 50, 4000
"""Peers from which the resets come."""


@dataclass(frozen=True, slots=True)
class Run:
    """One command on the whole stream: seconds by the wall and of CPU, its peak in MiB, and
    the lines and marks that came out."""

    wall: float
    cpu: float
    peak: float
    lines: int
    marks: int


def write_corpus(path: Path, records: int, share: float, peers: int, seed: int = 7) -> None:
    """Fluent Bit's JSON lines of three pods; resets come from `peers` addresses."""
    draw = random.Random(seed)
    with path.open("w") as out:
        for number in range(records):
            seconds, rest = divmod(number, 1000)
            pod = number % 3
            text = f"seq={number} {' '.join(draw.choices(WORDS, k=8))}"
            if draw.random() < share:
                peer = draw.randrange(peers)
                text = (
                    f"read tcp 10.42.1.{pod}:8080->10.42.{peer // 250}.{peer % 250}:"
                    f"{draw.randrange(30000, 60000)}: read: connection reset by peer"
                )
            time = strftime("%Y-%m-%dT%H:%M:%S", gmtime(START + seconds))
            out.write(
                f'{{"date":{START + seconds}.{rest:03}456,"time":"{time}.{rest:03}456789Z",'
                f'"stream":"stderr","_p":"F","log":"{text}","kubernetes":{{"pod_name":'
                f'"api-7c9d8b6f5d-x2x4{pod}","namespace_name":"shop","container_name":"api"}}}}\n'
            )


def timed(command: list[str], source: Path) -> Run:
    """Run a command on one core with a pipe at each end."""
    on_one_core = [sys.executable, "-c", ON_ONE_CORE, *command]
    with subprocess.Popen(["cat", str(source)], stdout=subprocess.PIPE) as feeder:
        started = perf_counter()
        worker = subprocess.Popen(
            on_one_core, stdin=feeder.stdout, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        lines = marks = 0
        rest = b""
        while block := os.read(worker.stdout.fileno(), 1 << 20):
            lines += block.count(b"\n")
            marks += (rest + block).count(MARK)
            rest = block[1 - len(MARK) :]
        feeder.stdout.close()
        _, status, usage = os.wait4(worker.pid, 0)
        worker.returncode = status
        wall = perf_counter() - started
    if status:
        raise SystemExit(f"{command[0]} ended with {status}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, lines, marks)


def speed(folder: Path, options: argparse.Namespace) -> bool:
    """Print records a second of each command; whether the aim is met.

    The commands take turns, so that a busy minute of the machine is one for all of them.
    """
    few, many = folder / "few.jsonl", folder / "many.jsonl"
    write_corpus(few, options.records, options.share, FEW)
    write_corpus(many, options.records, options.share, MANY)
    commands = {
        "cat": (["cat"], few),
        "orjson loop": ([sys.executable, "-c", LOOP], few),
        "whyreset filter": (FILTER, few),
        "with --trust": ([*FILTER, "--trust"], few),
        f"{MANY:,} peers": (FILTER, many),
    }
    print(f"{options.records:,} records, {options.share:.0%} resets, {few.stat().st_size:,} bytes")
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(options.runs):
        for name, (command, source) in commands.items():
            runs[name].append(timed(command, source))
    print(f"{'':16} {'records/s':>10} {'by CPU time':>12} {'of the loop':>12} {'peak MiB':>9}")
    loop = min(run.cpu for run in runs["orjson loop"])
    for name, each in runs.items():
        if any(run.lines != options.records for run in each):
            raise SystemExit(f"{name}: {each[0].lines:,} lines came back")
        rate, lean = (options.records / min(times) for times in _times(each))
        share = lean * loop / options.records
        print(f"{name:16} {rate:>10,.0f} {lean:>12,.0f} {share:>12.0%} {each[0].peak:>9.0f}")
    found = runs["whyreset filter"]
    rate = options.records / min(run.wall for run in found)
    verdict = "met" if rate >= options.aim else "missed"
    print(f"{found[0].marks:,} labelled; aim of {options.aim:,} records/s: {verdict}")
    return rate >= options.aim


def _times(runs: Iterable[Run]) -> tuple[list[float], list[float]]:
    return [run.wall for run in runs], [run.cpu for run in runs]


def memory(folder: Path, options: argparse.Namespace) -> bool:
    """Print the peaks for so many records, ten and thirty times as many; whether they stay.

    A thousand records are a second: the first do not fill the minutes over which rules look
    back, and the last have run for more than an hour.
    """
    source = folder / "records.jsonl"
    sizes = [times * options.records for times in (1, 10, 30)]
    print(f"{'peak MiB':26}" + "".join(f"{records:>12,}" for records in sizes))
    is_flat = True
    for peers in (FEW, MANY):
        peaks: dict[str, list[float]] = {}
        for records in sizes:
            write_corpus(source, records, options.share, peers)
            for words in ("", "--hold 5s", f"--verdicts {folder / 'verdicts'}"):
                run = timed([*FILTER, *words.split()], source)
                peaks.setdefault(words.partition(" ")[0] or "at once", []).append(run.peak)
        for name, found in peaks.items():
            print(f"{f'{peers:,} peers, {name}':26}" + "".join(f"{peak:>12.0f}" for peak in found))
            is_flat &= found[2] < 1.3 * found[1]
    return is_flat


def main() -> int:
    """0 if the aims are met, and 1 if not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--share", type=float, default=0.02, help="of the records tell resets")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--aim", type=int, default=150_000, help="records a second")
    parser.add_argument(
        "--memory", action="store_true", help="peaks, also for ten and thirty times as many"
    )
    options = parser.parse_args()
    subprocess.run(FILTER, input=b"", stderr=subprocess.DEVNULL, check=True)  # fill the cache
    with tempfile.TemporaryDirectory() as folder:
        measure = memory if options.memory else speed
        return 0 if measure(Path(folder), options) else 1


if __name__ == "__main__":
    sys.exit(main())
