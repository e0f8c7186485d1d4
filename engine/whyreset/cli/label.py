"""`whyreset label`: one JSON line for each reset record, with its label."""

import argparse

from whyreset.cli.answer import add_answer_options, answer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `label`."""
    add_answer_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print each reset record once, in time order, as soon as its label is decided."""
    return answer(options)
