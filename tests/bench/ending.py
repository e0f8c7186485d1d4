"""How long a run takes to end when SIGTERM comes amid a flood, asked: two seconds.

By hand: python tests/bench/ending.py [SECONDS_OF_FLOOD ...]
"""

import random
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_LINES = 1_000_000
_BEGAN = datetime(2026, 11, 22, 10, tzinfo=UTC)
_WAYS = {
    "run, pipe": ["run", "-o", "json", "-"],
    "label, pipe": ["label", "-"],
    "run, pipe, 96M": ["run", "-o", "json", "--memory", "96M", "-"],
    "run --follow": ["run", "-o", "json", "--follow"],
    "label --follow": ["label", "--follow"],
    "run --follow, state": ["run", "-o", "json", "--follow", "--state", "STATE"],
}


def main(seconds: list[float]) -> None:
    """A table: how it was run, after how many seconds it was to end, and how many it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / f"api-7c9d8b6f5d-x2x4v_shop_api-{'a' * 64}.log"
        _write(log)
        for way, words in _WAYS.items():
            for after in seconds:
                took, code, size = _ended(words, log, after)
                print(f"{way:20} after {after:4.1f} s: {took:5.2f} s, exit code {code}, "
                      f"{size >> 10:,} KiB said", flush=True)  # fmt: skip


def _ended(words: list[str], log: Path, after: float) -> tuple[float, int, int]:
    with tempfile.TemporaryDirectory() as state, tempfile.TemporaryFile() as out:
        command = [sys.executable, "-m", "whyreset", *words]
        command = [state if word == "STATE" else word for word in command]
        if "--follow" in words:
            feeder = None
            command.append(str(log))
        else:
            feeder = subprocess.Popen(["cat", str(log)], stdout=subprocess.PIPE)
        process = subprocess.Popen(
            command, stdin=feeder.stdout if feeder else None, stdout=out, stderr=subprocess.DEVNULL
        )
        time.sleep(after)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        code = process.wait()
        took = time.monotonic() - began
        if feeder is not None:
            feeder.kill()
            feeder.wait()
        return took, code, out.seek(0, 2)


def _write(log: Path) -> None:
    """A storm: resets of a thousand peers, two in five lines, a thousand lines a second."""
    draw = random.Random(1)
    with log.open("w") as out:
        for number in range(_LINES):
            stamp = f"{_BEGAN + timedelta(milliseconds=number):%Y-%m-%dT%H:%M:%S.%f}Z"
            text = f"GET /cart 200 {draw.randrange(90)}ms a line as services print them all day"
            if draw.random() < 0.4:
                peer = f"10.42.{draw.randrange(4)}.{draw.randrange(250)}"
                text = (
                    f"read tcp 10.42.3.9:80->{peer}:{draw.randrange(1024, 65536)}: read: "
                    "connection reset by peer"
                )
            out.write(f"{stamp} stderr F {text}\n")


if __name__ == "__main__":
    main([float(word) for word in sys.argv[1:]] or [2, 5, 10, 20])
