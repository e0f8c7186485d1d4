"""What a whole process costs: CPU time and peak memory, from the kernel's accounts."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU (user + system) and wall time in seconds, peak resident memory in MiB."""

    cpu_s: float
    wall_s: float
    peak_mib: float


def measure(command: Sequence[str], environment: Mapping[str, str]) -> tuple[Cost, list[str]]:
    """Run a command to its end; its cost and its lines. RuntimeError where it fails."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=errors, env={**environment})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if process.returncode:
            said = errors.read().decode(errors="replace")
            raise RuntimeError(f"{command[0]} ended with {process.returncode}: {said}")
        lines = out.read().decode().splitlines()
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(round(cpu, 4), round(wall, 4), round(usage.ru_maxrss / 1024, 1)), lines
