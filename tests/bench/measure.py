"""What a whole process costs: CPU time and peak memory, from the kernel's accounts."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU (user + system) and wall time in seconds, peak resident memory in MiB."""

    cpu_s: float
    wall_s: float
    peak_mib: float


def measure(command: Sequence[str], environment: Mapping[str, str]) -> tuple[Cost, list[str]]:
    """Run a command to its end; its cost and its lines. RuntimeError where it fails.

    A process of its own starts it: the kernel counts into a child's peak what its parent had.
    """
    with tempfile.NamedTemporaryFile() as account:
        done = subprocess.run(
            [sys.executable, __file__, account.name, *command],
            capture_output=True,
            env={**environment},
            check=False,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace")
            raise RuntimeError(f"{command[0]} ended with {done.returncode}: {said}")
        cost = Cost(*json.loads(account.read()))
    return cost, done.stdout.decode().splitlines()


def main() -> int:
    """Run the command, and write its cost to the file named first."""
    began = time.perf_counter()
    code = subprocess.call(sys.argv[2:])
    wall = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = usage.ru_utime + usage.ru_stime
    Path(sys.argv[1]).write_text(
        json.dumps([round(cpu, 4), round(wall, 4), round(usage.ru_maxrss / 1024, 1)])
    )
    return code


if __name__ == "__main__":
    sys.exit(main())
