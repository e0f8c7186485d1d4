"""The requests of a proxy in every layout, as a file, through a pipe and followed: what it costs.

    python tests/bench/layouts.py [--lines N] [LAYOUT...]

All shipped rules are loaded. One line in 700 is a reset. What was read before the rules were
compiled, and that, is not counted: a first run is left out.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import measure

POD = "edge-7d9c5b8f6d-76tnk"
AGENTS = ("python-requests/2.32.3", "okhttp/4.12.0", "curl/8.5.0", "Go-http-client/2.0")
UNTIL_IDLE = """
pid=$!
used() { set -- $(cat /proc/$pid/stat); echo $((${14} + ${15})); }
while sleep 1 && [ $(($(used) - before)) -gt 5 ]; do before=$(used); done
kill $pid
wait $pid
"""
"""Ends what was begun last, when it has taken less than 50 ms of CPU in a second."""
RESET = (
    "2026/11/22 10:{m:02}:{s:02} [error] 31#31: *{n} recv() failed (104: Connection reset by peer)"
    " while reading response header from upstream, client: {client}, server: shop.example.com,"
    ' request: "GET /items/{n} HTTP/1.1", upstream: "http://10.42.1.3:8080/items/{n}", host: "shop"'
)
REQUEST = (
    '{client} - - [22/Nov/2026:10:{m:02}:{s:02} +0000] "GET /items/{n} HTTP/1.1" {status} {n} "-"'
    ' "{agent}" 315 0.325 [shop-web-8080] [] 10.42.1.3:8080 {n} 0.325 {status} {id:032x}'
)


def _docker(at: str, text: str) -> str:
    return json.dumps({"log": f"{text}\n", "stream": "stdout", "time": at}, separators=(",", ":"))


def _shipped(at: str, text: str) -> str:
    place = {"pod_name": POD, "namespace_name": "edge", "container_name": "nginx"}
    return json.dumps({"time": at, "stream": "stdout", "log": text, "kubernetes": place})


LAYOUTS: dict[str, Callable[[str, str], str]] = {
    "cri": lambda at, text: f"{at} stdout F {text}",
    "timestamps": lambda at, text: f"{at} {text}",
    "plain": lambda _, text: text,
    "docker": _docker,
    "prefix": lambda at, text: f"[pod/{POD}/nginx] {at} {text}",
    "stern": lambda _, text: f"{POD} nginx {text}",
    "compose": lambda _, text: f"nginx-1  | {text}",
    "syslog": lambda at, text: f"Nov 22 {at[11:19]} node1 nginx[77]: {text}",
    "fluentbit": _shipped,
}


def main() -> int:
    """Print a table; 0 when all layouts told of the same resets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layouts", nargs="*", metavar="LAYOUT", help=f"of {', '.join(LAYOUTS)}")
    parser.add_argument("--lines", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "XDG_CACHE_HOME": f"{folder}/cache",
            "PYTHONPYCACHEPREFIX": f"{folder}/compiled",
            "PYTHONDONTWRITEBYTECODE": "",
        }
        run = f"{sys.executable} -m whyreset run -o json"
        log = Path(folder) / f"{POD}_edge_nginx.log"
        ways = (f"{run} {log}", f"cat {log} | {run}", f"{run} --follow {log} & {UNTIL_IDLE}")
        counts: set[int] = set()
        print(f"{'layout':12} {'file':>12} {'pipe':>12} {'followed':>12}   s of CPU, MiB at most")
        for number, layout in enumerate(options.layouts or LAYOUTS):
            log.write_text(_log(LAYOUTS[layout], options.lines))
            costs = []
            for way in ways:
                command = ("sh", "-c", way)
                if not number:
                    measure(command, environment)
                cost, lines = measure(command, environment)
                costs.append(f"{cost.cpu_s:6.2f} {cost.peak_mib:5.0f}")
                verdicts = [json.loads(line) for line in lines]
                counts.add(sum(v["count"] for v in verdicts if v["state"] == "final"))
            print(f"{layout:12} {costs[0]} {costs[1]} {costs[2]}")
    print("resets:", *sorted(counts))
    return int(len(counts) > 1)


def _log(layout: Callable[[str, str], str], count: int) -> str:
    """Lines a hundredth of a second apart."""
    pick = random.Random(7)
    lines = []
    for number in range(count):
        second, part = divmod(number, 100)
        minute, second = divmod(second, 60)
        said = RESET if number % 700 == 99 else REQUEST
        text = said.format(
            n=number, m=minute, s=second, status=pick.choice((200, 200, 304, 404, 499)),
            client=f"198.51.{pick.randrange(100)}.{pick.randrange(250)}",
            agent=pick.choice(AGENTS), id=pick.getrandbits(128),
        )  # fmt: skip
        lines.append(layout(f"2026-11-22T10:{minute:02}:{second:02}.{part:02}1600491Z", text))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
