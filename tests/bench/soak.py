"""A long run: many logs, rotated all the time; memory, descriptors and CPU must stay flat.

By hand: python tests/bench/soak.py [MINUTES] [FILES] [LINES_A_SECOND]
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_ROTATED = 5  # seconds
_KEPT = 3


def main(minutes: float, files: int, rate: int) -> None:
    """Write, rotate, and print what the follower uses, every twenty seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "logs"
        folder.mkdir()
        logs = [folder / f"api-7c9d8b6f5d-b{i:04}_shop_api-{i:064x}.log" for i in range(files)]
        for log in logs:
            log.touch()
        words = [sys.executable, "-m", "whyreset", "label", "--follow", "--state"]
        words += [f"{name}/state", str(folder)]
        with Path(f"{name}/out").open("wb") as out, Path(f"{name}/said").open("wb") as said:
            process = subprocess.Popen(words, stdout=out, stderr=said)
            _wait_for_state(Path(f"{name}/state/state"), 0)
            try:
                written = _write(process, logs, minutes * 60, rate)
            finally:
                process.terminate()
                process.wait()
            # Once more: without a folder for its state it settles what is open when it ends.
            began = time.time()
            process = subprocess.Popen(words, stdout=out, stderr=said)
            _wait_for_state(Path(f"{name}/state/state"), began)
            time.sleep(20)
            shutil.rmtree(f"{name}/state")
            process.terminate()
            process.wait()
        labelled = Counter(_address(line) for line in Path(f"{name}/out").read_text().splitlines())
        lost = [address for address in written if not labelled[address]]
        print(Path(f"{name}/said").read_text()[-2000:])
        print(f"{len(written)} resets written, {labelled.total()} labelled, {len(lost)} lost, "
              f"{sum(each > 1 for each in labelled.values())} more than once")  # fmt: skip
        print("lost:", *(lost[:5] + lost[-5:]))


def _wait_for_state(path: Path, after: float) -> None:
    """Until a run is at work: what was rotated away before is not its to read."""
    while not path.exists() or path.stat().st_mtime <= after:
        time.sleep(0.1)


def _write(
    process: "subprocess.Popen[bytes]", logs: list[Path], seconds: float, rate: int
) -> list[str]:
    """Write for so long; the addresses of the resets that were written, each another."""
    began, told, spent, turns = time.monotonic(), 20.0, _cpu(process.pid), 0
    resets: list[str] = []
    while (now := time.monotonic() - began) < seconds:
        for log in random.sample(logs, min(len(logs), max(1, rate // 10))):
            _line(log, resets)
        if now // _ROTATED > turns:
            turns += 1
            for log in logs:
                _rotate(log)
        if now > told:
            cpu = _cpu(process.pid)
            print(f"{now:6.0f} s  {_resident(process.pid):6.1f} MiB  "
                  f"{_descriptors(process.pid):4} descriptors  "
                  f"CPU {(cpu - spent) / 20:.1%}", flush=True)  # fmt: skip
            told, spent = told + 20, cpu
        time.sleep(max(0.0, 0.1 - (time.monotonic() - began - now)))
    print(
        f"{_cpu(process.pid):.1f} s of CPU in {now:.0f} s: {_cpu(process.pid) / now:.1%} of a core"
    )
    return resets


def _line(log: Path, resets: list[str]) -> None:
    stamp = f"{datetime.fromtimestamp(time.time(), UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    text = "GET /cart 200 12ms user=17 a line as services print them all day long"
    if random.random() < 0.02:
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
    main(minutes_, int(files_), int(rate_))
