"""`whyreset label`: one JSON line for each reset record, with its label."""

import argparse
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
from whyreset.run.json_output import label_line
from whyreset.run.live import is_pipe
from whyreset.run.summary import remarks_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `label`."""
    add_input_options(parser)
    add_follow_options(parser)
    add_rule_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print each reset record once, in time order, as soon as its label is decided."""
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
    out = sys.stdout.buffer
    with shared_out(options, opened[0], extractor) as inputs:
        replay = replay_of(options, plan, inputs, labels=True)
        replay.totals.problems += opened[1]
        for decided in steps_of(replay, inputs):
            for labelled in decided.labels:
                out.write(label_line(labelled))
            if decided.labels:
                out.flush()
    for remark in remarks_of(replay.totals, extractor.problems):
        say(f"whyreset: {remark}")
    return 2 if replay.totals.failed else 0
