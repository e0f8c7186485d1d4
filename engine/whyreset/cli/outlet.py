"""What is decided goes out as it comes, for as long as a run goes on; signals are heeded."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from whyreset.cli.common import say
from whyreset.cli.report import close, renderer
from whyreset.ingest.inputs import Input
from whyreset.ingest.matching import Extractor
from whyreset.model.rule import Plan
from whyreset.run.bounds import Bounds
from whyreset.run.live import Live
from whyreset.run.memory import keep_large_blocks_apart
from whyreset.run.reload import Rules
from whyreset.run.signals import Signals
from whyreset.run.standard_output import StandardOutput
from whyreset.run.tallies import Tallies

if TYPE_CHECKING:
    from whyreset.run.follow import Follow

_AT_ONCE = 64 << 10
"""Bytes that are written together: one line may have a megabyte."""


def give_out_live(
    options: argparse.Namespace, plan: Plan, inputs: list[Input], extractor: Extractor
) -> int:
    """The same of a pipe as it comes."""
    rules = Rules(options.rules, builtin=not options.no_builtin, plan=plan)
    labels = options.command == "label"
    with Signals() as signals:
        run = Live(
            plan, inputs, options.lateness, labels=labels, extractor=extractor,
            signals=signals, rules=rules, bounds=Bounds(options.memory),
        )  # fmt: skip
        return give_out(options, run, signals)


def give_out(options: argparse.Namespace, run: "Follow | Live", signals: Signals) -> int:
    """Print what is decided as it comes, and the summary; gives the exit code."""
    keep_large_blocks_apart()
    shortfall = run.bounds.shortfall()
    if shortfall is not None:
        say(f"whyreset: {shortfall}")
        return 2
    tallies, out = Tallies(), StandardOutput(sys.stdout.fileno(), signals.is_stopping)
    with ExitStack() as stack:
        if options.metrics:
            from whyreset.run.metrics import MetricsError, serve  # noqa: PLC0415 - optional

            try:
                stack.callback(serve(options.metrics, run, tallies, out))
            except MetricsError as error:
                say(f"whyreset: {error}")
                return 2
        return _print_all(options, run, tallies, out)


def _print_all(
    options: argparse.Namespace, run: "Follow | Live", tallies: Tallies, out: StandardOutput
) -> int:
    render = renderer(options)
    for decided in run.run():
        _say_all(run)
        tallies.take(decided)
        if not _written(render(decided), out):
            run.undelivered = True
            run.notes.append("standard output is not read: what was decided last was not said")
            break
    _say_all(run)
    write = None if run.undelivered else out.write
    close(options, run.totals, tallies, run.extractor.problems, write)
    return 2 if run.totals.failed else 0


def _written(blocks: Iterator[bytes], out: StandardOutput) -> bool:
    """Write them, not too much at once; whether all were."""
    some, size = [], 0
    for block in blocks:
        some.append(block)
        size += len(block)
        if size >= _AT_ONCE:
            if not out.write(b"".join(some)):
                return False
            some, size = [], 0
    return out.write(b"".join(some))


def _say_all(run: "Follow | Live") -> None:
    for note in run.notes:
        say(f"whyreset: {note}")
    run.notes.clear()
