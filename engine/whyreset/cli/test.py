"""`whyreset test`: run the tests inside rule files."""

import argparse
from dataclasses import replace
from pathlib import Path

from whyreset.cli.common import add_rule_options, load_rules
from whyreset.language.load import load
from whyreset.model.rule import Plan
from whyreset.run.rule_tests import TestResult, run_rule_tests


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `test`."""
    parser.add_argument("more", metavar="RULES", nargs="*", type=Path, help="files or folders")
    add_rule_options(parser)


def run(options: argparse.Namespace) -> int:
    """Run all tests; print the failing ones, and how many there were; 1 when one fails."""
    options.rules = [*options.rules, *options.more]
    plan = load_rules(options)
    if plan is None:
        return 1
    tried = _tried(plan, options)
    results = list(run_rule_tests(tried))
    failed = [result for result in results if result.failures]
    for result in failed:
        _show(result)
    untested = _untested(tried)
    if untested:
        print(f"without a test: {', '.join(untested)}")
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _tried(plan: Plan, options: argparse.Namespace) -> Plan:
    """Without the shipped rules, where files are named: a site's networks break their tests."""
    if options.no_builtin or not options.rules:
        return plan
    shipped = {rule.by for rule in load([]).rules}
    return replace(plan, rules=tuple(rule for rule in plan.rules if rule.by not in shipped))


def _untested(plan: Plan) -> list[str]:
    return [rule.name for rule in plan.rules if not rule.tests]


def _show(result: TestResult) -> None:
    print(f"{result.test.by}: rule {result.rule.name}: {result.test.title}")
    for failure in result.failures:
        print(f"    {failure}")
    for verdict in result.got:
        for finding in verdict.evidence:
            mark = {True: "✓", False: "✗", None: "?"}[finding.holds]
            print(f"      {mark} {finding.clause}  {finding.found}")
    print()
