"""`whyreset run`: verdicts of files, folders or standard input."""

import argparse

from whyreset.cli.answer import add_answer_options, answer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `run`."""
    add_answer_options(parser)
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="text (default) or json"
    )


def run(options: argparse.Namespace) -> int:
    """Print a verdict for each burst, then the summary."""
    return answer(options)
