"""`--follow`, for `run` and `label`: logs followed until a signal ends it."""

import argparse
import os
from contextlib import ExitStack
from pathlib import Path

from whyreset.basis.times import system_time
from whyreset.cli.common import clock_of, say
from whyreset.cli.outlet import give_out
from whyreset.ingest.checkpoint import Checkpoint, StateError
from whyreset.ingest.folder import Folders, obstacle_of
from whyreset.model.rule import Plan
from whyreset.run.bounds import Bounds
from whyreset.run.follow import Follow
from whyreset.run.reload import Rules
from whyreset.run.signals import Signals


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
        _raise_limits()
        return give_out(options, run, signals)


def _wrong_usage(options: argparse.Namespace) -> str | None:
    if "-" in options.paths and options.state:
        return "--state is for files and folders: what a pipe has given cannot be read again"
    if not options.follow:
        return f"{'--state' if options.state else '--skip'} goes with --follow"
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
        if obstacle := obstacle_of(path):
            return f"{path}: {obstacle}: whyreset run {path}"
    return None


def _run_of(
    options: argparse.Namespace, plan: Plan, checkpoint: Checkpoint | None, signals: Signals
) -> Follow:
    clock = clock_of(options)._replace(arrival=system_time, latest=system_time)
    return Follow(
        plan,
        Folders(options.paths, os.uname().nodename, options.skip),  # a pod's host has its name
        clock,
        options.lateness,
        signals=signals,
        rules=Rules(options.rules, builtin=not options.no_builtin, plan=plan),
        checkpoint=checkpoint,
        bounds=Bounds(options.memory),
        labels=options.command == "label",
    )


def _raise_limits() -> None:
    """As many files as the system lets this user have open."""
    import resource  # noqa: PLC0415 - used here only

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            return
