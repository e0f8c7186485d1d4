"""How long it takes from a line written to its provisional verdict. By hand, a minute:

python tests/bench/latency.py [BURSTS]
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

RULES = """
event reset { match `read tcp <local:addr>-><peer:addr>: read: connection reset by peer` }
rule three {
  label probe_noise; title "three"
  burst of reset by pod, peer gap 60s
  when { at least 3 }
}
"""
_FILES = 20


def main(bursts: int) -> None:
    """Write bursts of three at odd moments, and note when each is spoken of."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "three.rules").write_text(RULES)
        logs = [folder / f"api-7c9d8b6f5d-{'bcdfghjklmnpqrstvwxz'[i]}2x4v_shop_api-{'a' * 64}.log"
                for i in range(_FILES)]  # fmt: skip
        for log in logs:
            log.touch()
        process = subprocess.Popen(
            [sys.executable, "-m", "whyreset", "run", "--follow", "-o", "json", "-r",
             str(folder / "three.rules"), str(folder)], stdout=subprocess.PIPE,
        )  # fmt: skip
        said: dict[str, float] = {}
        reader = threading.Thread(target=_read, args=(process, said), daemon=True)
        reader.start()
        time.sleep(3)
        written = {}
        for number in range(bursts):
            peer = f"10.42.{number // 250}.{number % 250}"
            with random.choice(logs).open("a") as log:
                for port in range(3):
                    stamp = datetime.fromtimestamp(time.time(), UTC)
                    log.write(
                        f"{stamp:%Y-%m-%dT%H:%M:%S.%f}Z stderr F read tcp 10.42.3.9:80->{peer}:"
                        f"{port + 1}: read: connection reset by peer\n"
                    )
            written[peer] = time.monotonic()
            time.sleep(random.uniform(0, 0.5))
        time.sleep(3)
        process.terminate()
        process.wait()
    took = sorted(said[peer] - at for peer, at in written.items() if peer in said)
    print(f"{len(took)} of {bursts} said early: median {statistics.median(took):.3f} s, "
          f"95 % {took[len(took) * 95 // 100]:.3f} s, worst {took[-1]:.3f} s; "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip


def _read(process: "subprocess.Popen[bytes]", said: dict[str, float]) -> None:
    assert process.stdout
    for line in process.stdout:
        now = time.monotonic()
        text = line.decode()
        if '"state":"provisional"' in text:
            peer = text.partition('"peer":"')[2].partition('"')[0]
            said.setdefault(peer, now)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
