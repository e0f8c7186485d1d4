"""`whyreset facts`: what this node is set to, as a settings file that rules can name."""

import argparse
from pathlib import Path

from whyreset.cli.common import say
from whyreset.run.facts import facts_of, run_command, settings_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `facts`."""
    parser.add_argument(
        "--proc", metavar="PATH", type=Path, default=Path("/proc"),
        help="where /proc is mounted (default /proc); elsewhere, no commands are run",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Print the settings; 2 where nothing could be read."""
    here = options.proc == Path("/proc")
    facts = facts_of(options.proc, run_command if here else lambda _: None)
    if not facts:
        say(f"whyreset: {options.proc}: nothing to be read there")
        return 2
    print(settings_file(facts), end="")
    return 0
