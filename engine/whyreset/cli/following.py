"""`--follow`, for `run` and `label`: what is decided goes out as it comes, signals are heeded."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from whyreset.cli.common import clock_of, say
from whyreset.correlate.order import LATENESS
from whyreset.ingest.checkpoint import Checkpoint, StateError
from whyreset.ingest.folder import Folders
from whyreset.ingest.stamps import system_time
from whyreset.model.rule import Plan
from whyreset.model.verdict import Verdict
from whyreset.run.bounds import Bounds
from whyreset.run.follow import Follow
from whyreset.run.json_output import label_line, verdict_line
from whyreset.run.reload import Rules
from whyreset.run.replay import Decided
from whyreset.run.signals import Signals
from whyreset.run.sink import Sink
from whyreset.run.summary import remarks_of, summary_of
from whyreset.run.tallies import Tallies
from whyreset.run.text_output import TextOutput


def follow(options: argparse.Namespace, plan: Plan) -> int:
    """Follow the logs until a signal ends it; the exit code is 2 for wrong usage."""
    wrong = _wrong_usage(options)
    if wrong:
        say(f"whyreset: {wrong}")
        return 2
    with ExitStack() as stack:
        try:
            checkpoint = Checkpoint(options.state) if options.state else None
        except StateError as error:
            say(f"whyreset: {error}")
            return 2
        if checkpoint is not None:
            stack.callback(checkpoint.close)
        signals = stack.enter_context(Signals())
        run = _run_of(options, plan, checkpoint, signals)
        tallies = Tallies()
        if options.metrics:
            from whyreset.run.metrics import MetricsError, serve  # noqa: PLC0415 - optional

            try:
                stack.callback(serve(options.metrics, run, tallies))
            except MetricsError as error:
                say(f"whyreset: {error}")
                return 2
        _raise_limits()
        return _go(options, run, tallies, signals)


def _wrong_usage(options: argparse.Namespace) -> str | None:
    if not options.follow:
        return "--state, --memory and --metrics go with --follow"
    if "-" in options.paths:
        return (
            "--follow is for files and folders; a pipe is followed anyway:"
            " kubectl logs -f ... | whyreset run"
        )
    if options.jobs != 1:
        return "--jobs is for files at rest, not for --follow"
    for path in options.paths:
        if not Path(path).parent.is_dir():
            return f"{path}: No such file or directory"
    return None


def _run_of(
    options: argparse.Namespace, plan: Plan, checkpoint: Checkpoint | None, signals: Signals
) -> Follow:
    clock = clock_of(options)._replace(arrival=system_time)
    if not clock.reference:
        clock = clock._replace(reference=system_time())
    return Follow(
        plan,
        Folders(options.paths),
        clock,
        LATENESS if options.lateness is None else options.lateness,
        signals=signals,
        rules=Rules(options.rules, builtin=not options.no_builtin, plan=plan),
        checkpoint=checkpoint,
        bounds=Bounds(options.memory),
        labels=options.command == "label",
    )


def _go(options: argparse.Namespace, run: Follow, tallies: Tallies, signals: Signals) -> int:
    render = _render(options)
    sink = Sink(sys.stdout.fileno(), signals.is_stopping)
    for decided in run.run():
        _say_all(run)
        tallies.take(decided)
        data = b"".join(render(decided))
        if data and not sink.write(data):
            run.undelivered = True
            run.notes.append(
                "standard output is not read: what was decided last is said again after a restart"
            )
            break
    _say_all(run)
    _close(options, run, tallies, sink)
    return 0


def _render(options: argparse.Namespace) -> Callable[[Decided], Iterator[bytes]]:
    """How what was decided is printed."""
    if options.command == "label":
        return lambda decided: map(label_line, decided.labels)
    if options.output == "json":
        return lambda decided: map(verdict_line, decided.verdicts)
    text = TextOutput(colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ)

    def block(verdict: Verdict) -> bytes:
        return text.verdict(verdict).encode(errors="backslashreplace") + b"\n"

    return lambda decided: map(block, decided.verdicts)


def _say_all(run: Follow) -> None:
    for note in run.notes:
        say(f"whyreset: {note}")
    run.notes.clear()


def _close(options: argparse.Namespace, run: Follow, tallies: Tallies, sink: Sink) -> None:
    if options.command == "label":
        for remark in remarks_of(run.totals, run.extractor.problems):
            say(f"whyreset: {remark}")
        return
    summary = summary_of(run.totals, tallies.finals, run.extractor.problems)
    if options.output == "json" or run.undelivered:
        say(summary)
    else:
        sink.write(summary.encode(errors="backslashreplace") + b"\n")


def _raise_limits() -> None:
    """As many files as the system lets this user have open."""
    import resource  # noqa: PLC0415 - used here only

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            return
