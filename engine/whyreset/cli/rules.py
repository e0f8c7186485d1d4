"""`whyreset rules`: the rules in force, in the order in which they are tried."""

import argparse
from os.path import normpath
from pathlib import Path

from whyreset.cli.common import add_rule_options, load_rules
from whyreset.model.rule import Rule, Scope, ScopeTest
from whyreset.run.text_output import safe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rules`."""
    parser.add_argument("more", metavar="RULES", nargs="*", type=Path, help="files or folders")
    add_rule_options(parser)
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="text (default) or json"
    )


def run(options: argparse.Namespace) -> int:
    """One line a rule: priority, name, label, where it stands, what has patched it; then those
    that are disabled everywhere."""
    options.rules = [*options.rules, *options.more]
    plan = load_rules(options)
    if plan is None:
        return 1
    for rule in plan.rules:
        print(_json(rule) if options.output == "json" else _line(rule))
    if options.output == "text":
        for name, place in plan.disabled:
            print(f"   -  {name:32} disabled by {safe(place)}")
    if options.output == "text" and not options.no_builtin:
        print(f"loaded: {', '.join(['the shipped rules', *map(safe, map(normpath, plan.files))])}")
    return 0


def _line(rule: Rule) -> str:
    status = "" if rule.status == "stable" else f"  {rule.status}"
    patched = f"  patched by {', '.join(rule.patches)}" if rule.patches else ""
    place = safe(f"{rule.by}{scope_words(rule.scope)}{patched}")
    return f"{rule.priority:4}  {rule.name:32} {rule.label:20} {place}{status}"


def _json(rule: Rule) -> str:
    from whyreset.basis.json_text import encode  # noqa: PLC0415  only where it is asked for

    shown = {
        "rule": rule.name,
        "label": rule.label,
        "priority": rule.priority,
        "status": rule.status,
        "by": rule.by,
        "patched_by": rule.patches,
        "for": [f"{test.field} {test.glob}" for group in rule.scope.within for test in group],
        "not_for": [f"{test.field} {test.glob}" for test in rule.scope.outside],
        "tests": len(rule.tests),
    }
    return encode(shown).decode()


def scope_words(scope: Scope) -> str:
    """Where a rule acts, when it is not everywhere."""
    within = " and ".join(map(_tests, scope.within))
    outside = _tests(scope.outside)
    return (f"  for {within}" if within else "") + (f"  not for {outside}" if outside else "")


def _tests(tests: tuple[ScopeTest, ...]) -> str:
    return ", ".join(f'{test.field} "{test.glob}"' for test in tests)
