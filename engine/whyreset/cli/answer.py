"""What `run` and `label` share: a follower, a pipe or a replay answers, as the options say."""

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
from whyreset.cli.report import close, renderer
from whyreset.ingest.inputs import is_pipe
from whyreset.run.memory import keep_what_is_free
from whyreset.run.replay import Decided
from whyreset.run.tallies import Tallies


def add_answer_options(parser: argparse.ArgumentParser) -> None:
    """The options that both commands have."""
    add_input_options(parser)
    add_follow_options(parser)
    add_rule_options(parser)


def answer(options: argparse.Namespace) -> int:
    """Do what the options ask for; gives the exit code."""
    plan = load_rules(options)
    if plan is None:
        return 1
    if options.follow or options.state or options.skip:
        from whyreset.cli.following import follow  # noqa: PLC0415 - not everybody follows

        return follow(options, plan)
    extractor = extractor_of(options, plan)
    opened = open_all(options, extractor)
    if opened is None:
        return 2
    if is_pipe(opened[0]):
        from whyreset.cli.outlet import give_out_live  # noqa: PLC0415 - not everybody has a pipe

        return give_out_live(options, plan, opened[0], extractor)
    if options.memory or options.metrics:
        say("whyreset: --memory and --metrics are for what goes on: a pipe, or with --follow")
        return 2
    keep_what_is_free()
    render, tallies, out = renderer(options), Tallies(), sys.stdout.buffer
    with shared_out(options, opened[0], extractor) as inputs:
        replay = replay_of(options, plan, inputs, labels=options.command == "label")
        replay.totals.problems += opened[1]
        for decided in steps_of(replay, inputs):
            tallies.take(decided)
            if decided.labels or decided.verdicts:
                out.writelines(render(_news(decided)))
                out.flush()
    close(options, replay.totals, tallies, extractor.problems, out.write)
    return 2 if replay.totals.failed else 0


def _news(decided: Decided) -> Decided:
    """The same without bursts that go on: of files at rest what is to come is known as well."""
    said = [verdict for verdict in decided.verdicts if verdict.state != "ongoing"]
    return Decided(decided.labels, said)
