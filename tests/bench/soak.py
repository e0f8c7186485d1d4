"""A long run: many logs, rotated all the time; memory and descriptors must stay flat.

By hand: python tests/bench/soak.py [MINUTES] [FILES] [LINES_A_SECOND]
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

_TICK = os.sysconf("SC_CLK_TCK")
_ROTATED = 5  # seconds
_KEPT = 3
_EVERY = 60.0
"""Seconds from one row of the table to the next."""
_LAST, _GROWTH, _CPU = 600.0, 0.05, 0.05
"""The last seconds, in which nothing may grow by more than this share: the rules' look-back, which
fills first, is twenty minutes. Share of a core that it may take."""
_LATER, _PATIENCE = 3600.0, 120.0
"""Seconds by which the last lines are later than all others, so that every burst is over, and in
which all resets must be labelled then."""


class Row(NamedTuple):
    """What the follower used at a moment: seconds, MiB, descriptors, share of a core until then."""

    seconds: float
    memory: float
    descriptors: int
    cpu: float


def main(minutes: float, files: int, rate: int) -> int:
    """Write, rotate, print what the follower uses, and judge it; the exit code."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "logs").mkdir()
        logs = [
            folder / "logs" / f"api-7c9d8b6f5d-b{i:04}_shop_api-{i:064x}.log" for i in range(files)
        ]
        for log in logs:
            log.touch()
        with _following(folder) as process:
            rows, written = _write(process, logs, minutes * 60, rate)
        with _following(folder):  # goes on from its state, until every burst is over
            for log in logs:
                _line(log, [], time.time() + _LATER, share=0.0)
            until = time.monotonic() + _PATIENCE
            while sum(_labelled(folder).values()) < len(written) and time.monotonic() < until:
                time.sleep(5)
        print((folder / "said").read_text()[-2000:])
        return _judged(rows, written, _labelled(folder))


@contextmanager
def _following(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A follower, from when it has read its state until it has ended."""
    began, state = time.time(), folder / "state"
    words = [sys.executable, "-m", "whyreset", "label", "--follow", "--state", str(state)]
    with (folder / "out").open("ab") as out, (folder / "said").open("ab") as said:
        process = subprocess.Popen([*words, str(folder / "logs")], stdout=out, stderr=said)
        try:
            _wait_for_state(state / "state", began)
            yield process
        finally:
            process.terminate()
            process.wait()


def _labelled(folder: Path) -> Counter[str]:
    with (folder / "out").open() as out:
        return Counter(map(_address, out))


def _judged(rows: list[Row], written: list[str], labelled: Counter[str]) -> int:
    """Say what was asked and what was seen; 1 where they differ."""
    lost = [address for address in written if not labelled[address]]
    twice = sum(each > 1 for each in labelled.values())
    print(f"{len(written)} resets written, {labelled.total()} labelled; lost:", *lost[:5])
    last = [row for row in rows if row.seconds >= rows[-1].seconds - _LAST]
    memory = max(row.memory for row in last) / last[0].memory - 1
    descriptors = max(row.descriptors for row in last) / last[0].descriptors - 1
    cpu = sum(row.cpu for row in rows) / len(rows)
    answers = [
        (f"memory grows by {memory:.1%} in the last ten minutes", memory < _GROWTH),
        (f"descriptors by {descriptors:.1%}", descriptors < _GROWTH),
        (f"{cpu:.1%} of a core", cpu < _CPU),
        (f"{len(lost)} resets lost", not lost),
        (f"{twice} labelled more than once", not twice),
    ]
    for text, holds in answers:
        print("as asked " if holds else "NOT SO   ", text)
    return int(not all(holds for _, holds in answers))


def _wait_for_state(path: Path, after: float) -> None:
    """Until a run is at work: what was rotated away before is not its to read."""
    while not path.exists() or path.stat().st_mtime <= after:
        time.sleep(0.1)


def _write(
    process: "subprocess.Popen[bytes]", logs: list[Path], seconds: float, rate: int
) -> tuple[list[Row], list[str]]:
    """Write for so long; what it took, and the addresses of the resets, each another."""
    began, told, spent, turns = time.monotonic(), 0.0, _cpu(process.pid), 0
    rows: list[Row] = []
    resets: list[str] = []
    while (now := time.monotonic() - began) < seconds:
        for log in random.sample(logs, min(len(logs), max(1, rate // 10))):
            _line(log, resets, time.time())
        if now // _ROTATED > turns:
            turns += 1
            for log in logs:
                _rotate(log)
        if now >= told + _EVERY:
            cpu = _cpu(process.pid)
            rows.append(
                Row(now, _resident(process.pid), _descriptors(process.pid), (cpu - spent) / _EVERY)
            )
            print(
                "{:6.0f} s  {:6.1f} MiB  {:4} descriptors  CPU {:.1%}".format(*rows[-1]), flush=True
            )
            told, spent = told + _EVERY, cpu
        time.sleep(max(0.0, 0.1 - (time.monotonic() - began - now)))
    return rows, resets


def _line(log: Path, resets: list[str], at: float, share: float = 0.02) -> None:
    stamp = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    text = "GET /cart 200 12ms user=17 a line as services print them all day long"
    if random.random() < share:
        number = len(resets)
        resets.append(f"10.42.{number // 60_000}.{number // 250 % 240}:{10_000 + number % 50_000}")
        text = f"read tcp 10.42.3.9:80->{resets[-1]}: read: connection reset by peer"
    with log.open("a") as out:
        out.write(f"{stamp} stderr F {text}\n")


def _address(line: str) -> str:
    return line.partition("10.42.3.9:80->")[2].partition(": ")[0]


def _rotate(log: Path) -> None:
    for number in range(_KEPT, 0, -1):
        old = log.with_name(f"{log.name}.{number}")
        if old.exists():
            old.rename(
                log.with_name(f"{log.name}.{number + 1}")
            ) if number < _KEPT else old.unlink()
    log.rename(log.with_name(f"{log.name}.1"))
    log.touch()


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _descriptors(pid: int) -> int:
    return len([*Path(f"/proc/{pid}/fd").iterdir()])


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


if __name__ == "__main__":
    minutes_, files_, rate_ = [float(word) for word in sys.argv[1:]] + [30, 100, 1000][
        len(sys.argv) - 1 :
    ]
    sys.exit(main(minutes_, int(files_), int(rate_)))
