"""`whyreset label`: one JSON line for each reset record, with its label."""

import argparse
import sys

from whyreset.cli.common import (
    add_input_options,
    add_rule_options,
    load_rules,
    open_all,
    replay_of,
    say,
)
from whyreset.cli.progress import progress_for
from whyreset.run.json_output import label_line
from whyreset.run.summary import remarks_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `label`."""
    add_input_options(parser)
    add_rule_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print each reset record once, in time order, as soon as its label is decided."""
    plan = load_rules(options)
    if plan is None:
        return 1
    opened = open_all(options, plan)
    if opened is None:
        return 2
    inputs, problems = opened
    replay = replay_of(options, plan, inputs, labels=True)
    replay.totals.problems += problems
    out = sys.stdout.buffer
    with progress_for(inputs) as on_read:
        for decided in replay.run(on_read):
            for labelled in decided.labels:
                out.write(label_line(labelled))
            if decided.labels:
                out.flush()
    for remark in remarks_of(replay.totals):
        say(f"whyreset: {remark}")
    return 2 if replay.totals.failed else 0
