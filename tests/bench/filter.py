"""How many records a second `whyreset filter` passes, beside `cat` and a bare JSON loop."""

import argparse
import os
import random
import subprocess
import sys
import tempfile
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
MARK = b'"whyreset":{'
WORDS = ("handled", "request", "cache", "miss", "user", "basket", "total", "queue", "done")


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


def main() -> int:
    """0 if the aim is met, and 1 if not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--share", type=float, default=0.02, help="of the records tell resets")
    parser.add_argument("--peers", type=int, default=50, help="whom the resets come from")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--aim", type=int, default=150_000, help="records a second")
    options = parser.parse_args()
    whyreset = [sys.executable, "-m", "whyreset", "filter"]
    subprocess.run(whyreset, input=b"", stderr=subprocess.DEVNULL, check=True)  # fill the cache
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "records.jsonl"
        write_corpus(source, options.records, options.share, options.peers)
        size = source.stat().st_size
        print(f"{options.records:,} records, {options.share:.0%} resets, {size:,} bytes, one core")
        print(f"{'':16} {'records/s':>10} {'by CPU time':>12} {'peak MiB':>9}")
        for name, command in (
            ("cat", ["cat"]),
            ("orjson loop", [sys.executable, "-c", LOOP]),
            ("whyreset filter", whyreset),
        ):
            runs = [timed(command, source) for _ in range(options.runs)]
            if any(run.lines != options.records for run in runs):
                raise SystemExit(f"{name}: {runs[0].lines:,} lines came back")
            rate = options.records / min(run.wall for run in runs)
            lean = options.records / min(run.cpu for run in runs)
            print(f"{name:16} {rate:>10,.0f} {lean:>12,.0f} {runs[0].peak:>9.0f}")
    verdict = "met" if rate >= options.aim else "missed"
    print(f"{runs[0].marks:,} labelled; aim of {options.aim:,} records/s: {verdict}")
    return 0 if rate >= options.aim else 1


if __name__ == "__main__":
    sys.exit(main())
