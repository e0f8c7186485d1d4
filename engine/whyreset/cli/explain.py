"""`whyreset explain`: what a label or a rule means, and what to do."""

import argparse

from whyreset.basis.suggest import did_you_mean
from whyreset.cli.common import add_rule_options, load_rules, say
from whyreset.cli.rules import scope_words
from whyreset.model.rule import LABELS, Rule


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `explain`."""
    parser.add_argument("name", metavar="LABEL_OR_RULE")
    add_rule_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print the rule, or all rules of the label; 2 for a name that is neither."""
    plan = load_rules(options)
    if plan is None:
        return 1
    chosen = [rule for rule in plan.rules if options.name in (rule.name, rule.label)]
    if options.name == "unknown":
        print(
            "unknown: no rule explains the reset, or the evidence could not be read.\n"
            "The verdict names the nearest rule, the clause that failed, and what was not read."
        )
        return 0
    if not chosen:
        names = [*LABELS, *(rule.name for rule in plan.rules)]
        hint = did_you_mean(options.name, names)
        say(f"whyreset: no label or rule is named {options.name!r}" + (f"; {hint}" if hint else ""))
        return 2
    print("\n\n".join(_page(rule) for rule in chosen))
    return 0


def _page(rule: Rule) -> str:
    lines = [f"{rule.name} ({rule.label}): {rule.title}", f"  {rule.by}{scope_words(rule.scope)}"]
    lines += [f"  patched by {patch}" for patch in rule.patches]
    lines += [f"  when     {clause.text}" for clause in rule.when]
    lines += [f"  unless   {clause.text}" for clause in rule.unless]
    lines += [f"  because  {rule.because}", f"  remedy   {rule.remedy}"]
    lines += [f"  verify   {command}" for command in rule.verify]
    return "\n".join(lines)
