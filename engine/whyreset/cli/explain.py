"""`whyreset explain`: what a label, a rule or a code of the checker means, and what to do."""

import argparse
import re

from whyreset.basis.suggest import did_you_mean
from whyreset.basis.units import format_duration
from whyreset.cli.common import add_rule_options, load_rules, say
from whyreset.cli.rules import scope_words
from whyreset.model.rule import LABELS, Plan, Rule
from whyreset.run.costs import cost_of
from whyreset.run.text_output import safe

_CODE = re.compile(r"[EeWw]\d{3}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `explain`."""
    parser.add_argument("name", metavar="NAME", help="a label, a rule, or a code such as W003")
    add_rule_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print the rule, all rules of the label, or the page of a code; 2 for any other name."""
    if _CODE.fullmatch(options.name):
        return _explain_code(options.name.upper())
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
        say(f"whyreset: {_wrong_name(options.name, plan)}")
        return 2
    print("\n\n".join(_page(rule) for rule in chosen))
    return 0


def _explain_code(code: str) -> int:
    from whyreset.language.pages import pages  # noqa: PLC0415  only where it is asked for

    page = pages().get(code)
    if page is None:
        hint = did_you_mean(code, pages())
        say(f"whyreset: the checker has no code {code}" + (f"; {hint}" if hint else ""))
        return 2
    print(page.text())
    return 0


def _wrong_name(name: str, plan: Plan) -> str:
    if name in LABELS:
        return f"no rule in force gives {name!r}"
    hint = did_you_mean(name, [*LABELS, *(rule.name for rule in plan.rules)])
    return f"no label or rule is named {name!r}" + (f"; {hint}" if hint else "")


def _single(text: str) -> str:
    """A text with the braces that it means: they are doubled where it is written."""
    return text.replace("{{", "{").replace("}}", "}")


def _page(rule: Rule) -> str:
    lines = [f"{rule.name} ({rule.label}): {rule.title}", f"  {rule.by}{scope_words(rule.scope)}"]
    lines += [f"  patched by {patch}" for patch in rule.patches]
    lines += [f"  when     {clause.text}" for clause in rule.when]
    lines += [f"  unless   {clause.text}" for clause in rule.unless]
    texts = [("because", rule.because), ("remedy", rule.remedy)]
    texts += [("verify", command) for command in rule.verify]
    lines += [f"  {name:7}  {_single(text)}" for name, text in texts if text]
    cost = cost_of(rule)
    looks = f"{format_duration(cost.look_back)} back, {format_duration(cost.look_ahead)} ahead"
    lines.append(f"  looks    {looks}; final {format_duration(cost.latest)} after the last reset")
    return "\n".join(map(safe, lines))
