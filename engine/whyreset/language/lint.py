"""Warnings with meaning: rules that compile, but cannot do what they seem to say."""

from collections.abc import Iterable, Sequence

from whyreset.basis.units import format_duration, spell_duration
from whyreset.language.drafts import Draft, Placed
from whyreset.language.lint_clauses import lint_clauses
from whyreset.model import rule as model


def lint(drafts: Sequence[Draft], ordered: Sequence[model.Rule]) -> None:
    """Note what is odd; *ordered* are the finished rules in the order in which they are tried."""
    for draft in drafts:
        _gap(draft)
        _beats(draft)
        lint_clauses(draft)
        if not draft.rule.patches:
            _tests(draft)
    _never_wins(ordered, {(each.rule.name, each.scope): each for each in drafts})


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


def _never_wins(
    ordered: Sequence[model.Rule], drafts: dict[tuple[str, model.Scope], Draft]
) -> None:
    for index, later in enumerate(ordered):
        earlier = next((each for each in ordered[:index] if _claims_all(each, later)), None)
        if earlier is None:
            continue
        draft = drafts[later.name, later.scope]
        message = f"`{later.name}` can never win: `{earlier.name}` claims all of it first"
        hint = f"raise its priority above {earlier.priority}, or make `{earlier.name}` stricter"
        draft.desk.say("W003", message, draft.span, hint)


def _claims_all(earlier: model.Rule, later: model.Rule) -> bool:
    """Whether an earlier rule provably claims everything that a later one could.

    Its member clauses are among the later rule's, it has no exception and no scope, and its only
    burst clause is a count that the later rule's count implies over the same bursts.
    """
    if (
        earlier.name == later.name
        or earlier.kind != later.kind
        or earlier.unless
        or earlier.scope != model.Scope()
    ):
        return False
    same_bursts = (earlier.keys, earlier.gap, earlier.span) == (later.keys, later.gap, later.span)
    return all(_implied(clause, later.when, same_bursts=same_bursts) for clause in earlier.when)


def _implied(clause: model.Clause, by: Iterable[model.Clause], *, same_bursts: bool) -> bool:
    if isinstance(clause, model.MEMBER_CLAUSES) and clause.quantifier is None:
        return any(
            each.text == clause.text and each.quantifier is None
            and (clause.if_known or not each.if_known)
            for each in by
        )  # fmt: skip
    if isinstance(clause, model.AtLeast):
        if clause.count == 1:
            return True
        return same_bursts and any(
            isinstance(each, model.AtLeast)
            and each.within == clause.within
            and each.count >= clause.count
            for each in by
        )
    return False
