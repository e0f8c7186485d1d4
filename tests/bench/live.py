"""Scenarios written line by line while they are followed, in a clock that runs faster: what is said
in the end must be what a replay says of the same files. By hand:

nice -n -10 python tests/bench/live.py [--speed 20] [--lateness 5] FOLDER...

Each source is late by its own delay, up to the lateness. A scenario takes its own length, divided
by the speed.
"""

import argparse
import json
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from whyreset.basis.units import NS
from whyreset.ingest.envelopes import Peeler
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock, parse_rfc3339
from whyreset.run import follow

_AT_ONCE = 20_000_000  # ns
_AFTER = 30
"""Seconds of silence before the run is ended."""


class Piece(NamedTuple):
    """What is written at once, and when (ns, of the logs' time)."""

    time: int
    name: str
    data: bytes


def main() -> None:
    """Compare them all; the exit code is 1 if one differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--lateness", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    options = parser.parse_args()
    alike = [_compare(folder, options) for folder in options.folders if folder.is_dir()]
    print(f"{sum(alike)} of {len(alike)} scenarios: live is replay")
    raise SystemExit(not all(alike))


def _compare(scenario: Path, options: argparse.Namespace) -> bool:
    draw = random.Random(options.seed)
    late = _late(_together(_pieces(scenario)), draw, options.lateness)
    pieces = sorted(late, key=attrgetter("time"))  # lines of one time stay in their order
    with tempfile.TemporaryDirectory() as name:
        logs = Path(name) / "logs"
        logs.mkdir()
        words = ["-o", "json", "--lateness", f"{options.lateness}s", str(logs)]
        followed = _followed(pieces, logs, words, options.speed)
        replayed = subprocess.run(
            [sys.executable, "-m", "whyreset", "run", *words], capture_output=True, check=True
        )
    live, still = _finals(followed.stdout), _finals(replayed.stdout)
    are_late = b"came too late" in followed.stderr
    seconds = (pieces[-1].time - pieces[0].time) / NS
    print(f"{'alike' if live == still else 'DIFFERENT':9}  {scenario.name:32} "
          f"{len(pieces):6,} writes in {seconds:5,.0f} s, {len(still):3} verdicts"
          f"{', some lines too late' if are_late else ''}", flush=True)  # fmt: skip
    for name in live.keys() | still.keys():
        one, other = live.get(name, {}), still.get(name, {})
        for key in {**one, **other}:
            if one.get(key) != other.get(key):
                print(f"  {name} {key}\n    live:   {one.get(key)}\n    replay: {other.get(key)}")
    return live == still


def _finals(out: bytes) -> dict[str, dict[str, Any]]:
    verdicts = map(json.loads, out.decode().splitlines())
    return {verdict["id"]: verdict for verdict in verdicts if verdict["state"] == "final"}


def _together(pieces: list[Piece]) -> list[Piece]:
    """What a program printed at once is written at once: a machine that is busy for an instant,
    many times as long for the follower, must not part the lines of one record."""
    found: list[Piece] = []
    for piece in pieces:
        if found and found[-1].name == piece.name and piece.time - found[-1].time < _AT_ONCE:
            found[-1] = found[-1]._replace(data=found[-1].data + piece.data)
        else:
            found.append(piece)
    return found


def _late(pieces: list[Piece], draw: random.Random, lateness: float) -> Iterator[Piece]:
    delays: dict[str, int] = {}
    for piece in pieces:
        delay = delays.setdefault(piece.name, round(draw.uniform(0, lateness) * NS))
        yield piece._replace(time=piece.time + delay)


def _pieces(scenario: Path) -> list[Piece]:
    found: list[Piece] = []
    logs = sorted(scenario.glob("*.log"))
    cri = next(log for log in logs if log.name.count("_") >= 2 and log.stat().st_size)
    reference = parse_rfc3339(cri.read_bytes().split(b" ")[0])
    for log in logs:
        peeler, last = Peeler(make_source(log.name), Clock(reference=reference)), 0
        for line in log.read_bytes().splitlines(keepends=True):
            last = max(last, peeler.peel(line.rstrip(b"\n")).time or last)
            found.append(Piece(last, log.name, line))
    for events in scenario.glob("events*.json"):
        found += _objects(events)
    return found


def _objects(events: Path) -> Iterator[Piece]:
    """`kubectl get events -w -o json`: one object after the other."""
    text, at, last = events.read_text(), 0, 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        event, end = json.JSONDecoder().raw_decode(text, at)
        stamp = event["eventTime"] or event["lastTimestamp"] or event["firstTimestamp"]
        last = max(last, parse_rfc3339(stamp.encode()))
        yield Piece(last, events.name, text[at:end].encode() + b"\n")
        at = end


def _followed(
    pieces: list[Piece], logs: Path, words: list[str], speed: float
) -> "subprocess.CompletedProcess[bytes]":
    state, start = logs.parent / "state", pieces[0].time - 5 * NS
    for name in {piece.name for piece in pieces}:
        (logs / name).touch()
    command = [sys.executable, __file__, "--hurried", str(speed), str(start), "run", "--follow",
               "--state", str(state), *words]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not (state / "state").exists():
            time.sleep(0.01)
        began = time.monotonic()
        for piece in pieces:
            due = began + (piece.time - pieces[0].time) / NS / speed
            while (left := due - time.monotonic()) > 0.002:
                time.sleep(left)
            with (logs / piece.name).open("ab") as log:
                log.write(piece.data)
        time.sleep(_AFTER / speed + 0.5)
        while state.exists():  # so that it cannot go on later, and settles what is open
            shutil.rmtree(state, ignore_errors=True)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _hurry(speed: float, start: int) -> None:
    """Let time pass faster for this process, from `start` (ns) on."""
    now, wait = time.monotonic, select.select
    began = now()
    time.monotonic = lambda: began + (now() - began) * speed
    time.time_ns = lambda: start + round((now() - began) * speed * NS)
    time.time = lambda: time.time_ns() / NS

    def sooner(*waited_for: object) -> object:
        *descriptors, seconds = waited_for
        return wait(*descriptors, seconds / speed)  # type: ignore[arg-type, operator]

    select.select = sooner  # type: ignore[assignment]
    follow.SETTLE *= speed  # to judge what is left takes no less


if __name__ == "__main__":
    if sys.argv[1:2] == ["--hurried"]:
        from whyreset.cli.main import main as whyreset

        _hurry(float(sys.argv[2]), int(sys.argv[3]))
        raise SystemExit(whyreset(sys.argv[4:]))
    main()
