"""What several commands share: rule and input options, and how trouble is said."""

import argparse
import os
import sys
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from whyreset.basis.units import NS, parse_duration
from whyreset.correlate.order import LATENESS
from whyreset.ingest.inputs import Input, InputError, open_inputs
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock, parse_zone
from whyreset.language.load import load
from whyreset.model.diagnostic import RuleError
from whyreset.model.rule import Plan
from whyreset.run.live import Live, is_pipe
from whyreset.run.replay import Replay
from whyreset.run.text_output import safe


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
        "paths", metavar="PATH", nargs="*", default=["-"],
        help="files or folders; `-`, the default, is standard input",
    )  # fmt: skip
    add_time_options(parser)
    parser.add_argument(
        "--lateness", metavar="DURATION", type=_duration, default=None,
        help="how far out of order lines may be (default 5s)",
    )  # fmt: skip


def add_time_options(parser: argparse.ArgumentParser) -> None:
    """How to read times that do not say all."""
    parser.add_argument(
        "--timezone", metavar="ZONE", type=_zone, default=None,
        help="zone of times that name none: UTC (the default), +02:00, Europe/Berlin",
    )  # fmt: skip
    parser.add_argument(
        "--year", type=_year, default=None, help="year of times that name none (default: nearest)"
    )


def load_rules(options: argparse.Namespace) -> Plan | None:
    """The plan, or None after saying what is wrong with the rule files."""
    try:
        return load(options.rules, builtin=not options.no_builtin)
    except RuleError as error:
        say(str(error))
    except OSError as error:
        say(f"whyreset: {error.filename}: {error.strerror}")
    return None


def open_all(options: argparse.Namespace, plan: Plan) -> tuple[list[Input], list[str]] | None:
    """The inputs and what could not be opened, or None after saying why nothing can be read."""
    problems: list[InputError] = []
    try:
        extractor = Extractor(plan.definitions, narrow=True)
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


def replay_of(
    options: argparse.Namespace, plan: Plan, inputs: list[Input], *, labels: bool
) -> Replay:
    """How the inputs are run: a pipe as it comes, files merged in event time."""
    kind = Live if is_pipe(inputs) else Replay
    lateness = LATENESS if options.lateness is None else options.lateness
    return kind(plan, inputs, lateness, labels=labels)


def clock_of(options: argparse.Namespace) -> Clock:
    """How times that do not name their zone or year are to be read."""
    zone = options.timezone or UTC
    if options.year is None:
        return Clock(zone=zone)
    middle = datetime(options.year, 7, 2, tzinfo=UTC).timestamp()
    return Clock(zone=zone, reference=round(middle) * NS)


def say(text: str) -> None:
    """Lines for people, on standard error."""
    print("\n".join(map(safe, text.split("\n"))), file=sys.stderr, flush=True)


def _duration(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}; write for example 5s or 500ms") from None


def _year(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1970 <= int(text) <= 2261):
        raise argparse.ArgumentTypeError(f"{text!r} is not a year from 1970 to 2261")
    return int(text)


def _zone(text: str) -> tzinfo:
    try:
        return parse_zone(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
