"""`whyreset try`: what a pattern matches in lines of standard input, and what it nearly matches."""

import argparse
import sys

from whyreset.cli.common import add_time_options, clock_of, say
from whyreset.ingest.layout import peel_record
from whyreset.model.diagnostic import RuleError
from whyreset.run.text_output import safe
from whyreset.run.tried_line import Pattern, TriedLine, near_miss

_MISSES = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `try`."""
    parser.add_argument(
        "pattern", metavar="PATTERN",
        help="a template (`... <peer:addr> ...`), a /regex/, or a line of an event block",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="text (default) or json"
    )
    add_time_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print the lines that match, a few near misses, and how many there were of each."""
    try:
        pattern = Pattern(options.pattern)
    except RuleError as error:
        say(str(error))
        return 1
    clock = clock_of(options)
    lines = matched = 0
    near: list[TriedLine] = []
    count = 0
    for raw in sys.stdin.buffer:
        lines += 1
        tried = pattern.on(peel_record(raw.rstrip(b"\r\n"), clock))
        if tried.marked is not None:
            matched += 1
            _print(tried, options.output)
        elif tried.upto is not None:
            count += 1
            near = [*near, tried][:_MISSES]
    for tried in near:
        _print(tried, options.output)
    for problem in pattern.problems:
        say(f"whyreset: {problem}")
    say(f"{matched} of {lines} lines match, {count} nearly")
    return 0


def _print(tried: TriedLine, output: str) -> None:
    if output == "json":
        from whyreset.basis.json_text import encode  # noqa: PLC0415

        near = near_miss(tried) if tried.marked is None else None
        shown = {
            "matches": tried.marked is not None,
            "text": tried.text,
            "fields": dict(tried.fields),
            "near": near,
        }
        sys.stdout.buffer.write(encode(shown) + b"\n")
        return
    if tried.marked is not None:
        fields = "  ".join(f"{name}={value}" for name, value in tried.fields)
        print(f"{safe(tried.marked)}\n  {safe(fields)}")
    else:
        print(f"nearly: {safe(tried.text)}\n  {safe(near_miss(tried))}")
