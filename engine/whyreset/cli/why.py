"""`whyreset why`: why one reset got its label and not another."""

import argparse
import os
import sys

from whyreset.basis.json_text import encode
from whyreset.cli.common import (
    add_input_options,
    add_rule_options,
    clock_of,
    load_rules,
    open_all,
    replay_of,
    say,
    shared_out,
)
from whyreset.cli.progress import steps_of
from whyreset.ingest.layout import peel_record
from whyreset.ingest.matching import Extractor
from whyreset.run.why import Inquiry, Wanted, at_time, of_line, why_object, why_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `why`."""
    parser.add_argument(
        "reset", metavar="TIME|LINE",
        help="the reset's time (2026-11-22T10:00:00.1+02:00 or 10:00:00, without an offset in "
        "--timezone), its line, or part of its text",
    )  # fmt: skip
    add_input_options(parser)
    add_rule_options(parser)
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="text (default) or json"
    )


def run(options: argparse.Namespace) -> int:
    """Print what every rule made of the reset; 1 where there is no such reset."""
    plan = load_rules(options)
    if plan is None:
        return 1
    extractor = Extractor(plan.definitions)
    opened = open_all(options, extractor)
    if opened is None:
        return 2
    with shared_out(options, opened[0], extractor) as inputs:
        replay = replay_of(options, plan, inputs, labels=True)
        inquiry = Inquiry(replay.correlator, _wanted(options))
        for decided in steps_of(replay, inputs):
            for labelled in decided.labels:
                inquiry.meet(labelled.event)
    for problem in (*opened[1], *replay.totals.problems, *extractor.problems):
        say(f"whyreset: {problem}")
    accounts = inquiry.accounts()
    if not accounts:
        say(f"whyreset: no reset fits {options.reset!r}; `whyreset label` lists all of them")
        return 1
    if options.output == "json":
        sys.stdout.buffer.write(
            b"".join(encode(why_object(account)) + b"\n" for account in accounts)
        )
        return 0
    print(why_text(accounts[0]), end="")
    if len(accounts) > 1:
        say(
            f"whyreset: {len(accounts)} resets fit; this is the first. A fuller time names another."
        )
    return 0


def _wanted(options: argparse.Namespace) -> Wanted:
    clock = clock_of(options)
    by_time = at_time(options.reset, clock.zone)
    return by_time or of_line(peel_record(os.fsencode(options.reset), clock))
