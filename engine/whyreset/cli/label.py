"""`whyreset label`: one JSON line for each reset record, with its label."""

import argparse
import sys
from collections.abc import Sequence

from whyreset.cli.answer import add_answer_options, answer
from whyreset.cli.common import say
from whyreset.run.json_output import label_line
from whyreset.run.replay import Decided, Totals
from whyreset.run.summary import remarks_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `label`."""
    add_answer_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print each reset record once, in time order, as soon as its label is decided."""
    return answer(options, _Labels)


class _Labels:
    def take(self, decided: Decided) -> None:
        """Print the labels of one step."""
        if decided.labels:
            sys.stdout.buffer.write(b"".join(map(label_line, decided.labels)))
            sys.stdout.buffer.flush()

    def close(self, totals: Totals, problems: Sequence[str]) -> None:
        """Say what went wrong."""
        for remark in remarks_of(totals, problems):
            say(f"whyreset: {remark}")
