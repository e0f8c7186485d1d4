"""`whyreset run`: verdicts of files, folders or standard input."""

import argparse
import os
import sys

from whyreset.cli.common import (
    add_follow_options,
    add_input_options,
    add_rule_options,
    extractor_of,
    load_rules,
    open_all,
    replay_of,
    say,
    shared_out,
)
from whyreset.cli.progress import steps_of
from whyreset.run.json_output import verdict_line
from whyreset.run.live import is_pipe
from whyreset.run.summary import summary_of
from whyreset.run.text_output import TextOutput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `run`."""
    add_input_options(parser)
    add_follow_options(parser)
    add_rule_options(parser)
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="text (default) or json"
    )


def run(options: argparse.Namespace) -> int:
    """Print a verdict for each burst, then the summary."""
    plan = load_rules(options)
    if plan is None:
        return 1
    if options.follow or options.state or options.metrics or options.memory:
        from whyreset.cli.following import follow  # noqa: PLC0415 - not everybody follows

        return follow(options, plan)
    extractor = extractor_of(options, plan)
    opened = open_all(options, extractor)
    if opened is None:
        return 2
    if is_pipe(opened[0]):
        from whyreset.cli.outlet import give_out_live  # noqa: PLC0415 - not everybody has a pipe

        return give_out_live(options, plan, opened[0], extractor)
    as_json = options.output == "json"
    text = TextOutput(colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    labels: dict[str, tuple[int, int]] = {}
    out = sys.stdout.buffer
    with shared_out(options, opened[0], extractor) as inputs:
        replay = replay_of(options, plan, inputs, labels=False)
        replay.totals.problems += opened[1]
        for decided in steps_of(replay, inputs):
            for verdict in decided.verdicts:
                if verdict.state == "ongoing":
                    continue
                if verdict.state == "final":
                    bursts, resets = labels.get(verdict.label, (0, 0))
                    labels[verdict.label] = (bursts + 1, resets + verdict.count)
                block = verdict_line(verdict) if as_json else text.verdict(verdict).encode() + b"\n"
                out.write(block)
            if decided.verdicts:
                out.flush()
    summary = summary_of(replay.totals, labels, extractor.problems)
    if as_json:
        say(summary)
    else:
        out.write(summary.encode() + b"\n")
    return 2 if replay.totals.failed else 0
