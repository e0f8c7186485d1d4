"""Floods through a pipe under a limit: the most that the process takes, and what it gives up.

By hand: python tests/bench/floods.py [FLOOD ...] [LIMIT ...] [LINES ...]; with several numbers of
lines it shows whether the CPU grows with them.
"""

import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

_BEGAN = datetime(2026, 11, 22, 10, tzinfo=UTC)
_BYTES, _LINES = 24 << 20, 150_000
_LATE = 10_000
"""Lines after which some come late."""
_PEAK = """
import resource, sys
from whyreset.cli.main import main
code = main(sys.argv[1:])
usage = resource.getrusage(resource.RUSAGE_SELF)
sys.stderr.write(f"peak {usage.ru_maxrss} {usage.ru_utime + usage.ru_stime}")
raise SystemExit(code)
"""


def _reset(draw: random.Random, peer: str) -> str:
    port = draw.randrange(1024, 65536)
    return f"read tcp 10.42.3.9:80->{peer}:{port}: read: connection reset by peer"


def _access(draw: random.Random, at: datetime) -> str:
    client = f"10.42.{draw.randrange(4)}.{draw.randrange(250)}"
    return (
        f'{client} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET /cart/{draw.randrange(10**6)} HTTP/1.1"'
        f' {draw.choice((200, 200, 404, 499))} {draw.randrange(9999)} "-" "curl/8.1"'
    )


def _storm(draw: random.Random, number: int, at: datetime) -> tuple[str, str]:
    if number % 5 > 1:
        return "api-7c9d8b6f5d-x2x4v", "GET /cart 200 12ms"
    return "api-7c9d8b6f5d-x2x4v", _reset(draw, f"10.42.{draw.randrange(4)}.{draw.randrange(250)}")


def _peers(draw: random.Random, number: int, at: datetime) -> tuple[str, str]:
    peer = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return "api-7c9d8b6f5d-x2x4v", _reset(draw, peer)


def _requests(draw: random.Random, number: int, at: datetime) -> tuple[str, str]:
    if number % 50 == 0:
        return "api-7c9d8b6f5d-x2x4v", _reset(draw, f"10.42.1.{draw.randrange(250)}")
    return "web-6d4cf56db6-bz7qk", _access(draw, at)


def _pods(draw: random.Random, number: int, at: datetime) -> tuple[str, str]:
    pod = f"svc{number % 50}-7c9d8b6f5d-{number * 7919 % 5000:05}"
    if number % 10 == 0:
        return pod, _reset(draw, f"10.42.{draw.randrange(4)}.{draw.randrange(250)}")
    return pod, _access(draw, at)


def _long(draw: random.Random, number: int, at: datetime) -> tuple[str, str]:
    words = "error: connection x " * draw.choice((50, 500, 3000, 40_000))
    return "api-7c9d8b6f5d-x2x4v", words + _reset(draw, f"10.42.1.{number % 200}")


def _late(draw: random.Random, number: int, at: datetime) -> tuple[str, str]:
    """Two pods, of which one is half an hour behind: what it says is waited for."""
    if number > _LATE and number % 10 == 0:
        return "old-7c9d8b6f5d-x2x4v", _reset(draw, f"10.42.2.{draw.randrange(250)}")
    return _peers(draw, number, at)


_FLOODS: dict[str, Callable[[random.Random, int, datetime], tuple[str, str]]] = {
    "storm": _storm,
    "new peers": _peers,
    "requests": _requests,
    "5,000 pods": _pods,
    "long lines": _long,
    "late lines": _late,
}


def main(chosen: list[str], limits: list[str], sizes: list[int]) -> None:
    """A table: the flood, its lines, the limit, peak, CPU, and what was given up."""
    with tempfile.TemporaryDirectory() as name:
        for flood, line in _FLOODS.items():
            if flood not in chosen:
                continue
            log = Path(name) / "log"
            for lines in sizes:
                _write(line, lines, log)
                for limit in limits:
                    print(f"{flood:12} {lines:7,} {limit:>5}: {_cost(log, limit)}", flush=True)


def _cost(log: Path, limit: str) -> str:
    words = [] if limit == "none" else ["--memory", limit]
    with (
        tempfile.TemporaryFile() as out,
        subprocess.Popen(["cat", log], stdout=subprocess.PIPE) as cat,
    ):
        # What it says is not kept here: the kernel counts into a child's peak what its parent has.
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, "label", *words],
            stdin=cat.stdout, stdout=out, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
        out.seek(0)
        labels = sum(1 for _ in out)
    said = done.stderr.decode()
    peak, cpu = said.rpartition("peak ")[2].split()
    steps = [f"{count.group(1)} {what}" for what, count in (
        ("late", re.search(r"([\d,]+) came too late", said)),
        ("evictions", re.search(r"([\d,]+) times the oldest", said)),
    ) if count]  # fmt: skip
    shed = said.count("judged early")
    unwaited = said.count("not waited for")
    return (
        f"peak {int(peak) / 1024:6.1f} MiB, {float(cpu):5.1f} s CPU, {labels:,} labels;"
        f" {', '.join(steps) or 'nothing given up'}; judged early {shed}, not waited for {unwaited}"
        " times"
    )


def _write(
    line: Callable[[random.Random, int, datetime], tuple[str, str]], lines: int, log: Path
) -> None:
    """A hundred lines a second, as `kubectl logs --prefix --timestamps` tells them."""
    draw, size = random.Random(1), 0
    with log.open("w") as out:
        for number in range(lines):
            at = _BEGAN + timedelta(milliseconds=10 * number)
            pod, text = line(draw, number, at)
            behind = timedelta(minutes=30) if pod.startswith("old") else timedelta()
            size += out.write(f"[pod/{pod}/app] {at - behind:%Y-%m-%dT%H:%M:%S.%f}Z {text}\n")
            if size > _BYTES:
                return


if __name__ == "__main__":
    words_ = sys.argv[1:]
    main(
        [word for word in words_ if word in _FLOODS] or [*_FLOODS],
        [word for word in words_ if word not in _FLOODS and not word.isdecimal()]
        or ["96M", "200M", "none"],
        [int(word) for word in words_ if word.isdecimal()] or [_LINES],
    )
