"""`whyreset rules`: the rules in force, in the order in which they are tried."""

import argparse
from pathlib import Path

from whyreset.cli.common import add_rule_options, load_rules
from whyreset.model.rule import Scope


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rules`."""
    parser.add_argument("more", metavar="RULES", nargs="*", type=Path, help="files or folders")
    add_rule_options(parser)


def run(options: argparse.Namespace) -> int:
    """One line a rule: priority, name, label, where it stands, what has patched it."""
    options.rules = [*options.rules, *options.more]
    plan = load_rules(options)
    if plan is None:
        return 1
    for rule in plan.rules:
        patched = f"  patched by {', '.join(rule.patches)}" if rule.patches else ""
        scope = scope_words(rule.scope)
        print(f"{rule.priority:4}  {rule.name:32} {rule.label:20} {rule.by}{scope}{patched}")
    return 0


def scope_words(scope: Scope) -> str:
    """Where a rule acts, when it is not everywhere."""
    within = ", ".join(f'{test.field} "{test.glob}"' for test in scope.within)
    outside = ", ".join(f'{test.field} "{test.glob}"' for test in scope.outside)
    return (f"  for {within}" if within else "") + (f"  not for {outside}" if outside else "")
