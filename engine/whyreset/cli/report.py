"""How `run` and `label` print what was decided, and what they say at the end."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence

from whyreset.cli.common import say
from whyreset.model.verdict import Verdict
from whyreset.run.json_output import label_line, verdict_line
from whyreset.run.replay import Decided, Totals
from whyreset.run.summary import remarks_of, summary_of
from whyreset.run.tallies import Tallies
from whyreset.run.text_output import TextOutput


def renderer(options: argparse.Namespace) -> Callable[[Decided], Iterator[bytes]]:
    """How what was decided is printed."""
    if options.command == "label":
        return lambda decided: map(label_line, decided.labels)
    if options.output == "json":
        return lambda decided: map(verdict_line, decided.verdicts)
    text = TextOutput(colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ)

    def block(verdict: Verdict) -> bytes:
        return text.verdict(verdict).encode(errors="backslashreplace") + b"\n"

    return lambda decided: map(block, decided.verdicts)


def close(
    options: argparse.Namespace,
    totals: Totals,
    tallies: Tallies,
    problems: Sequence[str],
    write: Callable[[bytes], object] | None,
) -> None:
    """Say what went wrong, of verdicts within the summary: behind them, by `write`, or beside
    them, where they are for programs or cannot be written."""
    if options.command == "label":
        for remark in remarks_of(totals, problems):
            say(f"whyreset: {remark}")
        return
    summary = summary_of(totals, tallies, problems)
    if options.output == "json" or write is None:
        say(summary)
    else:
        write(summary.encode(errors="backslashreplace") + b"\n")
