"""`whyreset diff`: which verdicts change from one set of rules to another, and how much."""

import argparse
from pathlib import Path

from whyreset.cli.common import say
from whyreset.ingest.inputs import InputError
from whyreset.language.load import load
from whyreset.model.diagnostic import RuleError
from whyreset.run.comparison import Comparison, compare
from whyreset.run.text_output import many, safe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `diff`."""
    parser.add_argument("old", metavar="OLD", type=Path, help="a rule file or a folder of them")
    parser.add_argument("new", metavar="NEW", type=Path, help="a rule file or a folder of them")
    parser.add_argument(
        "paths", metavar="LOGS", nargs="*", help="files or folders to judge by both"
    )
    parser.add_argument(
        "--no-builtin", action="store_true", help="leave the shipped rules and events out"
    )
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="text (default) or json"
    )


def run(options: argparse.Namespace) -> int:
    """Print the changes, and whether they are a patch, minor or major change of the rules."""
    try:
        old = load([options.old], builtin=not options.no_builtin)
        new = load([options.new], builtin=not options.no_builtin)
        found = compare(old, new, options.paths)
    except RuleError as error:
        say(str(error))
        return 1
    except InputError as error:
        say(f"whyreset: {error}")
        return 2
    if options.output == "json":
        _print_json(found)
    else:
        _print_text(found, judged=bool(options.paths))
    for problem in found.problems:
        say(f"whyreset: {problem}")
    return 2 if found.problems else 0


def _print_text(found: Comparison, *, judged: bool) -> None:
    for change in found.changes:
        print(f"{change.level:5}  {safe(change.text)}")
    for moved in found.moved:
        labels = f"{_label(moved.before)} -> {_label(moved.after)}"
        print(f"{moved.level:5}  {many(moved.resets, 'reset')}: {labels}")
        print(f"       {safe(moved.sample)}")
    if judged:
        changed = sum(moved.resets for moved in found.moved)
        print(f"{changed} of {found.resets} resets are judged otherwise")
    print(f"change of the rules: {found.level}")


def _label(label: tuple[str, str | None]) -> str:
    return label[0] + (f" ({label[1]})" if label[1] else "")


def _print_json(found: Comparison) -> None:
    from whyreset.basis.json_text import encode  # noqa: PLC0415

    shown = {
        "change": found.level,
        "resets": found.resets,
        "changes": [each._asdict() for each in found.changes],
        "moved": [{**each._asdict(), "level": each.level} for each in found.moved],
    }
    print(encode(shown).decode())
