"""`whyreset serve`: labels for a Lua filter of Fluent Bit, over a unix socket."""

import argparse
import time
from pathlib import Path

from whyreset.cli.common import add_rule_options, add_time_options, clock_of, load_rules, say
from whyreset.cli.filter import CANNOT_BEGIN, PatternNews, add_label_options, keys_of, sink_of
from whyreset.ingest.matching import Extractor
from whyreset.model.rule import Plan
from whyreset.run.answers import Answers
from whyreset.run.aside import Aside
from whyreset.run.labeller import Labeller
from whyreset.run.ledger import Ledger
from whyreset.run.pump import stop_on_signals
from whyreset.run.reading import Reader
from whyreset.run.serve import Server, SocketError, listening
from whyreset.run.sinks import SinkError, VerdictSink


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `serve`."""
    parser.add_argument(
        "--unix", metavar="PATH", type=Path, required=True, help="the socket to listen at"
    )
    parser.add_argument(
        "--mode", metavar="OCTAL", type=_mode, default=0o600,
        help="permissions of the socket (default 0600)",
    )  # fmt: skip
    add_label_options(parser)
    add_time_options(parser)
    add_rule_options(parser)


def run(options: argparse.Namespace) -> int:
    """Answer until SIGTERM or SIGINT."""
    plan = load_rules(options)
    if plan is None:
        return CANNOT_BEGIN
    extractor = Extractor(plan.definitions, narrow=True)
    try:
        sink = sink_of(options)
        labeller = Labeller(plan, _aside(options, plan) if sink is not None else None)
        reader = Reader(keys_of(options), clock_of(options), time.time_ns)
        answers = Answers(extractor, labeller, reader, options.key, frozenset(options.drop))
        with stop_on_signals() as stop, listening(options.unix, options.mode) as socket:
            say(f"whyreset: listening at {options.unix}; what was before is not known")
            Server(socket, answers, stop, sink, PatternNews(extractor)).run()
        if sink is not None:
            sink.finish()
    except (SinkError, SocketError) as error:
        say(f"whyreset: {error}")
        return CANNOT_BEGIN
    say(f"whyreset: {_remark(answers, sink)}")
    return 0


def _aside(options: argparse.Namespace, plan: Plan) -> Aside:
    """What decides finally, for the verdicts."""
    return Aside(Ledger(plan, options.lateness, labels=False))


def _remark(answers: Answers, sink: VerdictSink | None) -> str:
    """What was done, and what went wrong."""
    said = f"{answers.asked:,} asked, {answers.labelled:,} labelled, {answers.dropped:,} dropped"
    for count, what in (
        (answers.failed, "not understood"),
        (sink.lost if sink is not None else 0, "verdicts could not be written"),
    ):
        said += f", {count:,} {what}" if count else ""
    return said


def _mode(text: str) -> int:
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o777:
        raise argparse.ArgumentTypeError(f"{text!r} is no octal mode; write for example 0660")
    return mode
