"""What starting costs: CPU of the interpreter alone, of an empty and of a short input; medians."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import measure

TIMES = 15
RULES = Path(__file__).with_name("corpus.rules")
LINE = "2026-11-22T10:00:{:02}.5Z stdout F read tcp 10.0.0.9:80->10.0.0.1:4321: read: {}\n"


def main() -> None:
    """Print CPU in ms, then how long it takes from a pipe's lines to the first verdict."""
    whyreset = [sys.executable, "-m", "whyreset", "run", "-o", "json"]
    own = [*whyreset, "--no-builtin", "-r", str(RULES)]
    short = Path(tempfile.gettempdir()) / "whyreset-startup.log"
    short.write_text(lines())
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for name, command in (
        ("python", [sys.executable, "-c", "pass"]),
        ("bench rules, empty", [*own, os.devnull]),
        ("all rules, empty", [*whyreset, os.devnull]),
        ("bench rules, ten lines", [*own, str(short)]),
        ("all rules, ten lines", [*whyreset, str(short)]),
    ):
        measure(command, environment)  # bytecode and plan are in their caches from now on
        spent = [measure(command, environment)[0].cpu_s for _ in range(TIMES)]
        print(f"{name:24} {statistics.median(spent) * 1e3:7.1f} ms CPU")
    waited = [first_verdict(whyreset, environment) for _ in range(TIMES)]
    print(f"{'first verdict':24} {statistics.median(waited) * 1e3:7.1f} ms wall")
    short.unlink()


def lines() -> str:
    """Ten resets of one peer, a second apart."""
    return "".join(LINE.format(i, "connection reset by peer") for i in range(10))


def first_verdict(command: list[str], environment: dict[str, str]) -> float:
    """Seconds from the start of the process, its input at hand, to its first line."""
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env=environment,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(lines().encode())
        process.stdin.close()
        process.stdout.readline()
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
