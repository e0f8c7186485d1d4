"""`whyreset check`: do the rule files compile, and do their samples give what they say?"""

import argparse
from pathlib import Path

from whyreset.cli.common import say
from whyreset.language.load import check
from whyreset.run.samples import failing_samples
from whyreset.run.text_output import safe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `check`."""
    parser.add_argument("rules", metavar="RULES", nargs="*", type=Path, help="files or folders")
    parser.add_argument(
        "--no-builtin", action="store_true", help="leave the shipped rules and events out"
    )


def run(options: argparse.Namespace) -> int:
    """Print what is wrong, the first cause only; 1 when something is."""
    try:
        plan, found = check(options.rules, builtin=not options.no_builtin)
    except OSError as error:
        say(f"whyreset: {error.filename}: {error.strerror}")
        return 2
    for diagnostic in found:
        print("\n".join(map(safe, diagnostic.render().split("\n"))) + "\n")
    failed = list(failing_samples(plan)) if plan is not None else []
    for failure in failed:
        print(failure + "\n")
    errors = sum(diagnostic.is_error for diagnostic in found) + len(failed)
    warnings = len(found) + len(failed) - errors
    if plan is not None:
        samples = sum(len(definition.samples) for definition in plan.definitions)
        print(f"{len(plan.rules)} rules, {len(plan.definitions)} event blocks, {samples} samples")
    print(f"{errors} errors, {warnings} warnings")
    return 1 if errors else 0
