"""Warnings with meaning: rules that compile, but cannot do what they seem to say."""

from collections.abc import Sequence

from whyreset.basis.units import format_duration, spell_duration
from whyreset.language.drafts import Draft, Placed
from whyreset.language.lint_clauses import lint_clauses
from whyreset.language.lint_order import lint_order
from whyreset.model import rule as model


def lint(drafts: Sequence[Draft], ordered: Sequence[model.Rule]) -> None:
    """Note what is odd; *ordered* are the finished rules in the order in which they are tried."""
    for draft in drafts:
        _gap(draft)
        _beats(draft)
        lint_clauses(draft)
        if not draft.rule.patches:
            _tests(draft)
    lint_order(ordered, {(each.rule.name, each.scope): each for each in drafts})


def _every(draft: Draft) -> Placed | None:
    return next((each for each in draft.when if isinstance(each.clause, model.Every)), None)


def _gap(draft: Draft) -> None:
    placed = _every(draft)
    if placed is None or not isinstance(placed.clause, model.Every):
        return
    every = placed.clause
    least = every.high * (1 + every.tolerance) * 2
    if 0 < draft.rule.gap <= least:
        message = (
            f"a gap of {spell_duration(draft.rule.gap)} ends the burst at one missed beat of "
            f"{spell_duration(every.high)}"
        )
        hint = f"a gap longer than {format_duration(least)} lets one beat be missed"
        draft.gap_desk.say("W001", message, draft.gap_span, hint)


def _beats(draft: Draft) -> None:
    if _every(draft) is None:
        return
    for placed in draft.when:
        clause = placed.clause
        if isinstance(clause, model.AtLeast) and clause.quantifier is None and clause.count < 4:
            message = f"{clause.count} resets show no rhythm"
            placed.desk.say("W002", message, placed.span, "`every` needs at least 4")


def _tests(draft: Draft) -> None:
    tests = draft.rule.tests
    if not tests:
        hint = 'add `test "..." { at ...; expect ... }`'
        draft.desk.say("W004", f"rule `{draft.name}` has no test", draft.span, hint)
    elif not any(each.label == "unknown" for test in tests for each in test.expectations):
        message = f"no test shows when rule `{draft.name}` must stay silent"
        draft.desk.say("W005", message, draft.span, "add a test that expects `unknown`")
