"""`whyreset test`: run the tests inside rule files, and folders of logs with their verdicts."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from whyreset.basis.frozen import replace
from whyreset.cli.common import add_rule_options, load_rules, say
from whyreset.cli.rules import scope_words
from whyreset.language.load import load
from whyreset.language.sources import gather
from whyreset.model.rule import Plan
from whyreset.run import test_output
from whyreset.run.folder_tests import FolderCase, cases_in, run_case
from whyreset.run.rule_tests import run_rule_tests
from whyreset.run.test_output import FAILED, GAP, MENDED, PASSED, Told
from whyreset.run.text_output import many, safe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `test`."""
    parser.add_argument(
        "more", metavar="PATH", nargs="*", type=Path,
        help="rule files, folders of them, folders of NAME.log and NAME.expected.jsonl",
    )  # fmt: skip
    add_rule_options(parser)
    parser.add_argument(
        "-o", "--output", choices=("text", "json", "junit"), default="text",
        help="text (default), json (an object a test), junit (for continuous integration)",
    )  # fmt: skip
    parser.add_argument(
        "--coverage", action="store_true",
        help="say which clauses no test needs: without them all tests of their rule pass",
    )  # fmt: skip
    parser.add_argument("--watch", action="store_true", help="run again when a file changes")


def run(options: argparse.Namespace) -> int:
    """Run all tests; print the failing ones, and how many there were; 1 when one fails, 2 where
    a folder has none."""
    given = [*options.rules, *options.more]
    return _watch(given, options) if options.watch else _once(given, options)


def _watch(given: list[Path], options: argparse.Namespace) -> int:
    """Run all tests anew with each change, until Ctrl-C."""
    from watchfiles import watch  # noqa: PLC0415  only where it is asked for

    used = gather(_rule_paths(given), builtin=False).watched
    folders = {path if path.is_dir() else path.parent for path in given} or {Path()}
    folders |= {Path(each).parent for each in used}
    changes = watch(*folders, watch_filter=_is_watched, yield_on_timeout=True, rust_timeout=50)
    next(changes)  # from here on no change is missed
    while True:
        _once(given, options)
        sys.stdout.flush()
        say("whyreset: waiting for changes; Ctrl-C ends")
        changed = next(each for each in changes if each)
        say(f"\nchanged: {', '.join(sorted({Path(path).name for _, path in changed}))}")


def _is_watched(_change: object, path: str) -> bool:
    """What tests read: the report of this run may well be written beside it."""
    return path.endswith((".rules", ".log", "expected.jsonl"))


def _once(given: list[Path], options: argparse.Namespace) -> int:
    options.rules, cases = _rule_paths(given), []
    for path in given:
        found = list(cases_in(path)) if path.is_dir() else []
        if not found and path not in options.rules:
            say(f"whyreset: {path}: no *.rules and no *expected.jsonl is in this folder")
            return 2
        cases += found
    plan = load_rules(options)
    if plan is None:
        return 1
    tried = _tried(plan, options) if options.rules or not cases else replace(plan, rules=())
    told = list(_tell(plan, tried, cases))
    if options.output == "text":
        _print_text(told, tried)
    elif options.output == "junit":
        print(test_output.junit(told))
    else:
        _print_json(told)
    if options.coverage:
        _print_coverage(tried)
    return 1 if any(each.status == FAILED for each in told) else 0


def _rule_paths(given: list[Path]) -> list[Path]:
    """What is no folder of logs alone."""
    return [path for path in given if not path.is_dir() or any(path.glob("*.rules"))]


def _tell(plan: Plan, tried: Plan, cases: list[FolderCase]) -> Iterator[Told]:
    for result in run_rule_tests(tried):
        yield test_output.told_rule_test(result)
    for case in cases:
        yield test_output.told_folder_test(run_case(plan, case))


def _tried(plan: Plan, options: argparse.Namespace) -> Plan:
    """Without the shipped rules, where files are named: a site's networks break their tests."""
    if options.no_builtin or not options.rules:
        return plan
    shipped = {rule.by for rule in load([]).rules}
    return replace(plan, rules=tuple(rule for rule in plan.rules if rule.by not in shipped))


def _print_text(told: list[Told], tried: Plan) -> None:
    for each in told:
        if each.status == FAILED:
            print(test_output.text(each) + "\n")
        elif each.status == GAP:
            print(safe(f"{each.by}: known gap: {each.title}: {each.known_gap}"))
        elif each.status == MENDED:
            print(safe(f"{each.by}: passes now, remove `known gap`: {each.title}"))
    untested = [rule.name + scope_words(rule.scope) for rule in tried.rules if not rule.tests]
    if untested:
        print(safe(f"without a test: {', '.join(untested)}"))
    count = {status: sum(each.status == status for each in told) for status in (FAILED, GAP)}
    passed = sum(each.status in (PASSED, MENDED) for each in told)
    gaps = f", {many(count[GAP], 'known gap')}" if count[GAP] else ""
    print(f"{passed} passed, {count[FAILED]} failed{gaps}")


def _print_json(told: list[Told]) -> None:
    from whyreset.basis.json_text import encode  # noqa: PLC0415

    for each in told:
        print(encode(test_output.as_object(each)).decode())


def _print_coverage(tried: Plan) -> None:
    """Clauses that no test needs; to standard error, so that the reports stay what they are."""
    from whyreset.run.mutants import undecided  # noqa: PLC0415

    clauses = decided = 0
    for rule in tried.rules:
        if not rule.tests:
            continue
        idle = undecided(tried, rule)
        clauses += len(rule.when) + len(rule.unless)
        decided += len(rule.when) + len(rule.unless) - len(idle)
        for each in idle:
            part = "unless " if each.part == "unless" else ""
            say(f"{rule.by}: rule {rule.name}: no test needs `{part}{each.clause.text}`")
    say(f"{decided} of {clauses} clauses decide a test")
