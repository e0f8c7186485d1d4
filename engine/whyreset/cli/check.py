"""`whyreset check`: do the rule files compile, and do their samples give what they say?"""

import argparse
from pathlib import Path

from whyreset.cli.common import say, say_unread
from whyreset.run.checking import Checked, check_rules
from whyreset.run.text_output import many, safe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `check`."""
    parser.add_argument("rules", metavar="RULES", nargs="*", type=Path, help="files or folders")
    parser.add_argument(
        "--no-builtin", action="store_true", help="leave the shipped rules and events out"
    )
    parser.add_argument(
        "-o", "--output", choices=("text", "json", "github", "sarif"), default="text",
        help="text (default), json (an object a finding), github (annotations), sarif",
    )  # fmt: skip
    parser.add_argument(
        "--costs", action="store_true",
        help="how far each rule looks, when its verdicts are final, what it keeps in memory: of "
        "all rules, and not only of those in RULES",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Print what is wrong, the first cause only; 1 when something is."""
    if options.costs and options.output not in ("text", "json"):
        say(f"whyreset: --costs has no place in -o {options.output}: it is for text and json")
        return 2
    try:
        checked = check_rules(options.rules, builtin=not options.no_builtin)
    except OSError as error:
        say_unread(error)
        return 2
    if options.output == "text":
        _print_text(checked, options)
    else:
        _print_for_programs(checked, options)
    return 1 if checked.errors else 0


def _print_text(checked: Checked, options: argparse.Namespace) -> None:
    plan, found = checked.plan, checked.found
    for diagnostic in found:
        print("\n".join(map(safe, diagnostic.render().split("\n"))) + "\n")
    costed = plan.rules if plan is not None and options.costs else checked.own
    if plan is not None and costed:
        from whyreset.run.costs import cost_lines, together  # noqa: PLC0415  seldom needed

        print("\n".join(cost_lines(costed)))
        print(f"{together(plan)}\n" if options.costs else "")
    if plan is not None:
        samples = sum(len(definition.samples) for definition in plan.definitions)
        rules, blocks = many(len(plan.rules), "rule"), many(len(plan.definitions), "event block")
        print(f"{rules}, {blocks}, {many(samples, 'sample')}")
    warnings = len(found) - checked.errors
    print(f"{many(checked.errors, 'error')}, {many(warnings, 'warning')}")
    codes = sorted({diagnostic.code for diagnostic in found})
    if codes:
        print(f"more about a code: whyreset explain {codes[0]}")


def _print_for_programs(checked: Checked, options: argparse.Namespace) -> None:
    from whyreset.basis.json_text import encode  # noqa: PLC0415
    from whyreset.run import check_output  # noqa: PLC0415

    plan, found = checked.plan, checked.found
    if options.output == "sarif":
        print(check_output.sarif(found))
        return
    make = check_output.json_lines if options.output == "json" else check_output.github_lines
    for line in make(found):
        print(line)
    if options.costs and options.output == "json" and plan is not None:
        from whyreset.run.costs import cost_object, cost_of  # noqa: PLC0415

        for rule in plan.rules:
            print(encode(cost_object(cost_of(rule))).decode())
