"""`whyreset run`: verdicts of files, folders or standard input."""

import argparse
import os
import sys
from collections.abc import Sequence

from whyreset.cli.answer import add_answer_options, answer
from whyreset.cli.common import say
from whyreset.model.verdict import Verdict
from whyreset.run.json_output import verdict_line
from whyreset.run.replay import Decided, Totals
from whyreset.run.summary import summary_of
from whyreset.run.tallies import Tallies
from whyreset.run.text_output import TextOutput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `run`."""
    add_answer_options(parser)
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="text (default) or json"
    )


def run(options: argparse.Namespace) -> int:
    """Print a verdict for each burst, then the summary."""
    return answer(options, lambda: _Verdicts(as_json=options.output == "json"))


class _Verdicts:
    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._text = TextOutput(colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ)
        self._tallies = Tallies()

    def take(self, decided: Decided) -> None:
        """Print the verdicts of one step; of files at rest those to come are no news."""
        out = sys.stdout.buffer
        self._tallies.take(decided)
        for verdict in decided.verdicts:
            if verdict.state != "ongoing":
                out.write(self._block(verdict))
        if decided.verdicts:
            out.flush()

    def close(self, totals: Totals, problems: Sequence[str]) -> None:
        """Print the summary, beside the verdicts or behind them."""
        summary = summary_of(totals, self._tallies, problems)
        if self._as_json:
            say(summary)
        else:
            sys.stdout.buffer.write(summary.encode() + b"\n")

    def _block(self, verdict: Verdict) -> bytes:
        if self._as_json:
            return verdict_line(verdict)
        return self._text.verdict(verdict).encode() + b"\n"
