"""What several commands share: rule and input options, and how trouble is said."""

import argparse
import gc
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from whyreset.basis.units import NS, parse_duration
from whyreset.correlate.order import LATENESS
from whyreset.ingest.inputs import Input, InputError, open_inputs
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock
from whyreset.ingest.zones import parse_zone
from whyreset.language.load import load
from whyreset.model.diagnostic import RuleError
from whyreset.model.rule import Plan
from whyreset.run.prospect import peers_of
from whyreset.run.replay import Replay
from whyreset.run.text_output import safe

_LEAST_MEMORY = 96 << 20
"""The shipped rules, compiled, and what is needed to read (bytes)."""
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def add_rule_options(parser: argparse.ArgumentParser) -> None:
    """Which rules are in force."""
    parser.add_argument(
        "-r", "--rules", metavar="PATH", action="append", type=Path, default=[],
        help="add a rule file or a folder of them (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--no-builtin", action="store_true", help="leave the shipped rules and events out"
    )


def add_input_options(parser: argparse.ArgumentParser) -> None:
    """What to read, and how to read its times."""
    parser.add_argument(
        "paths", metavar="PATH", nargs="*", type=_path, default=["-"],
        help="files or folders; `-`, the default, is standard input",
    )  # fmt: skip
    add_time_options(parser)
    add_lateness_option(parser)
    parser.add_argument(
        "--jobs", metavar="N", type=number(1, 1000), default=1,
        help="processes that read, where there are several files (default 1)",
    )  # fmt: skip


def add_follow_options(parser: argparse.ArgumentParser) -> None:
    """How to go on for ever."""
    parser.add_argument(
        "--follow", action="store_true",
        help="go on as the files grow, rotate, come and go; rules are reloaded when they change",
    )  # fmt: skip
    parser.add_argument(
        "--state", metavar="DIR", type=Path, default=None,
        help="with --follow: where to keep what was read and decided, to go on after a restart",
    )  # fmt: skip
    parser.add_argument(
        "--skip", metavar="GLOB", action="append", default=[],
        help="with --follow: leave out logs in folders with such a name or path (repeatable); those"
             " of its own pod are left out anyway",
    )  # fmt: skip
    parser.add_argument(
        "--memory", metavar="SIZE", type=size(_LEAST_MEMORY), default=None,
        help="with --follow, or of a pipe: keep the process below so many bytes, from 96M on",
    )  # fmt: skip
    parser.add_argument(
        "--metrics", metavar="[HOST]:PORT", type=_address, default=None,
        help="with --follow, or of a pipe: serve /metrics (Prometheus) and /healthz",
    )  # fmt: skip


def add_time_options(parser: argparse.ArgumentParser) -> None:
    """How to read times that do not say all."""
    parser.add_argument(
        "--timezone", metavar="ZONE", type=_zone, default=None,
        help="zone of times that name none: UTC (the default), +02:00, -05:00, Europe/Berlin",
    )  # fmt: skip
    parser.add_argument(
        "--year", type=number(1970, 2115), default=None,
        help="year of all times that name none (default: nearest)",
    )  # fmt: skip


def add_lateness_option(parser: argparse.ArgumentParser) -> None:
    """How long to wait for what comes late."""
    parser.add_argument(
        "--lateness", metavar="DURATION", type=duration, default=LATENESS,
        help="how far out of order lines or records may be (default 5s)",
    )  # fmt: skip


def load_rules(options: argparse.Namespace) -> Plan | None:
    """The plan, or None after saying what is wrong with the rule files."""
    try:
        plan = load(options.rules, builtin=not options.no_builtin)
        gc.freeze()  # it stays to the end: no collection need look at it
        return plan
    except RuleError as error:
        say(str(error))
    except OSError as error:
        say_unread(error)
    return None


def say_unread(error: OSError) -> None:
    """Say which file could not be read, and why; or what else is wrong."""
    say(f"whyreset: {error.filename}: {error.strerror}" if error.filename else f"whyreset: {error}")


def extractor_of(options: argparse.Namespace, plan: Plan) -> Extractor:
    """What finds the events that the rules can use."""
    peers = peers_of(options.paths, plan, clock_of(options))
    frugal = options.memory is not None
    return Extractor(plan.definitions, narrow=True, peers=peers, frugal=frugal)


def open_all(
    options: argparse.Namespace, extractor: Extractor
) -> tuple[list[Input], list[str]] | None:
    """The inputs and what could not be opened, or None after saying why nothing can be read."""
    problems: list[InputError] = []
    try:
        inputs = open_inputs(options.paths, extractor, clock_of(options), problems)
    except InputError as error:
        say(f"whyreset: {error}")
        return None
    return _distinct(inputs), [str(problem) for problem in problems]


def _distinct(inputs: list[Input]) -> list[Input]:
    """Each file once, though it be named twice, or by a link and within a folder."""
    kept: dict[tuple[int, int], Input] = {}
    for source in inputs:
        status = os.fstat(source.descriptor)
        if kept.setdefault((status.st_dev, status.st_ino), source) is not source:
            source.close()
    return list(kept.values())


def shared_out(
    options: argparse.Namespace, inputs: list[Input], extractor: Extractor
) -> AbstractContextManager[list[Input]]:
    """The inputs while they are read, by as many processes as were asked for."""
    if options.jobs == 1:
        return nullcontext(inputs)
    from whyreset.run.jobs import share_out  # noqa: PLC0415 - seldom asked for

    return share_out(inputs, extractor, options.jobs)


def replay_of(
    options: argparse.Namespace, plan: Plan, inputs: list[Input], *, labels: bool
) -> Replay:
    """How inputs at rest are run, merged in event time: for their labels, or for verdicts."""
    return Replay(plan, inputs, options.lateness, labels=labels, verdicts=not labels)


def clock_of(options: argparse.Namespace) -> Clock:
    """How times that do not name their zone or year are to be read."""
    zone = options.timezone or UTC
    if options.year is None:
        return Clock(zone=zone)
    middle = datetime(options.year, 7, 2, tzinfo=UTC).timestamp()
    return Clock(zone=zone, reference=round(middle) * NS, year=options.year)


def say(text: str) -> None:
    """Lines for people, on standard error."""
    print("\n".join(map(safe, text.split("\n"))), file=sys.stderr, flush=True)


def duration(text: str) -> int:
    """An option's duration in ns."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}; write for example 5s or 500ms") from None


def number(least: int, most: int | None = None) -> Callable[[str], int]:
    """A reader of options that are whole numbers from `least` to `most`."""

    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and least <= int(text) <= (most or int(text)):
            return int(text)
        upto = "on" if most is None else f"to {most}"
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least} {upto}")

    return read


def size(least: int) -> Callable[[str], int]:
    """A reader of options that are numbers of bytes, such as 4096 or 256M."""

    def read(text: str) -> int:
        digits = text.rstrip("KMGkmg")
        unit = _UNITS.get(text[len(digits) :].upper())
        if unit and digits.isascii() and digits.isdigit() and int(digits) * unit >= least:
            return int(digits) * unit
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a size from {_size_text(least)} on, such as 256M or 1G"
        )

    return read


def _size_text(count: int) -> str:
    unit, each = next((u, n) for u, n in reversed(_UNITS.items()) if count % n == 0)
    return f"{count // each}{unit}"


def _path(text: str) -> str:
    if not text:  # the system would take it for the current folder
        raise argparse.ArgumentTypeError("the path is empty")
    return text


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r} is not an address such as :9464")
    return host.strip("[]"), int(port)


def _zone(text: str) -> tzinfo:
    try:
        return parse_zone(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
