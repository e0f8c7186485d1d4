"""Warnings about the clauses of one rule: what can never hold, and what says nothing."""

from whyreset.basis.names import plain
from whyreset.basis.units import spell_duration
from whyreset.language.drafts import Draft, Placed
from whyreset.model import rule as model
from whyreset.model.conditions import UNKNOWN

_LEAST_BEATS = 4
_MOST = 200


def lint_clauses(draft: Draft) -> None:
    """Note what is odd about the clauses of a rule."""
    _twice(draft)
    _exclusive(draft)
    for placed in draft.unless:
        _exception(draft, placed)
    for placed in draft.clauses():
        _if_known(placed)
        _unmet(placed)
    for placed in draft.when:
        _distinct(draft, placed)
        _stretch(draft, placed)
    for placed in draft.clauses():
        _ahead(draft, placed)


def is_member(clause: model.Clause) -> bool:
    """Whether it must hold for each reset."""
    return isinstance(clause, model.MEMBER_CLAUSES) and clause.quantifier is None


def _twice(draft: Draft) -> None:
    for part in (draft.when, draft.unless):
        seen: set[str] = set()
        for placed in part:
            if placed.clause.text in seen:
                message = f"`{placed.clause.text}` stands here twice"
                placed.desk.say("W023", message, placed.span, "leave one of them out")
            seen.add(placed.clause.text)


def _exclusive(draft: Draft) -> None:
    certain = [each for each in draft.when if is_member(each.clause) and not each.clause.if_known]
    certain = certain[:_MOST]  # each is compared with each
    for index, placed in enumerate(certain):
        other = next((e for e in certain[:index] if _contradict(e.clause, placed.clause)), None)
        if other is not None:
            message = f"no reset can pass `{placed.clause.text}` and `{other.clause.text}` as well"
            hint = "drop one of them, or write `any of { ...; ... }`"
            placed.desk.say("W011", message, placed.span, hint)


def _unmet(placed: Placed) -> None:
    """Note conditions on other events of which none meets both."""
    for clause in model.asking([placed.clause]):
        met = [model.Compare(text="", condition=each) for each in clause.conditions[:_MOST]]
        for index, one in enumerate(met):
            other = next((each for each in met[:index] if _contradict(each, one)), None)
            if other is not None:
                name = one.condition.field
                message = f"no `{plain(clause.event)}` has both values of `{name}`"
                hint = "drop one of them, or write `any of { ...; ... }`"
                placed.desk.say("W011", message, placed.span, hint)
                return


def _exception(draft: Draft, placed: Placed) -> None:
    clause = placed.clause
    for each in draft.when:
        if _implies(each.clause, clause):
            message = f"`{clause.text}` holds whenever the rule does: it can never claim anything"
            hint = f"`when` has `{each.clause.text}`: change one of the two"
            placed.desk.say("W012", message, placed.span, hint)
            return
        certain = is_member(each.clause) and not each.clause.if_known
        if certain and is_member(clause) and _contradict(each.clause, clause):
            message = f"this exception never holds: `when` has `{each.clause.text}`"
            placed.desk.say("W013", message, placed.span, "leave it out")
            return


def _implies(clause: model.Clause, exception: model.Clause) -> bool:
    """Whether a rule that passes `clause` always meets the exception."""
    if is_member(clause) and is_member(exception):
        return clause.text == exception.text and not clause.if_known
    if isinstance(clause, model.AtLeast) and isinstance(exception, model.AtLeast):
        same_time = exception.within in (None, clause.within)
        return same_time and exception.count <= clause.count
    return False


def _contradict(one: model.Clause, other: model.Clause) -> bool:
    if isinstance(one, model.InNetwork) and isinstance(other, model.InNetwork):
        negated = {each.negated: set(each.networks) for each in (one, other)}
        return one.field == other.field and len(negated) == 2 and negated[False] <= negated[True]
    if isinstance(other, model.InNetwork):
        one, other = other, one
    if isinstance(one, model.InNetwork) and isinstance(other, model.Compare):
        asked = other.condition
        return asked.field == one.field and asked.op == "=" and asked.value == UNKNOWN
    if isinstance(one, model.Compare) and isinstance(other, model.Compare):
        first, second = one.condition, other.condition
        return first.field == second.field and (
            _apart(first.op, first.value, second.op, second.value)
            or _apart(second.op, second.value, first.op, first.value)
        )
    return False


def _apart(op: str, value: object, other_op: str, other: object) -> bool:
    """Whether no value passes both conditions."""
    if op == "=":
        if other_op == "=":
            return str(value) != str(other)
        if other_op == "!=":
            return str(value) == str(other)
        return value == UNKNOWN
    if isinstance(value, str) or isinstance(other, str) or op not in (">", ">="):
        return False
    lowest, highest = float(value), float(other)  # type: ignore[arg-type]
    if other_op == "<" or (other_op == "<=" and op == ">"):
        return lowest >= highest
    return other_op == "<=" and lowest > highest


def _if_known(placed: Placed) -> None:
    clause = placed.clause
    if clause.if_known and not isinstance(clause, model.MEMBER_CLAUSES):
        message = "`if known` says nothing here: the resets of a burst can always be counted"
        placed.desk.say("W022", message, placed.span, "leave `if known` out")


def _distinct(draft: Draft, placed: Placed) -> None:
    clause = placed.clause
    if isinstance(clause, model.Distinct) and clause.field in draft.rule.keys and clause.count > 1:
        message = f"all resets of a burst have the same `{clause.field}`: it is one of its keys"
        hint = f"take `{clause.field}` out of `burst of {draft.rule.kind} by ...`"
        placed.desk.say("W021", message, placed.span, hint)


def _stretch(draft: Draft, placed: Placed) -> None:
    needed = _needed(placed.clause)
    span = draft.rule.span
    if 0 < span < needed:
        message = (
            f"this takes {spell_duration(needed)}, but bursts are judged in stretches of "
            f"{spell_duration(span)}"
        )
        hint = f"add `span {spell_duration(needed * 2)}`, or ask for less"
        placed.desk.say("W024", message, placed.span, hint)


def _ahead(draft: Draft, placed: Placed) -> None:
    clause, span = placed.clause, draft.rule.span
    if isinstance(clause, model.Join) and 0 < span < clause.after:
        ahead = spell_duration(clause.after)
        message = f"every verdict waits {ahead} for what may come after a reset"
        hint = f"write `within {ahead} before` if only the past is meant, or a shorter time"
        placed.desk.say("W030", message, placed.span, hint)


def _needed(clause: model.Clause) -> int:
    """How long (ns) a burst must go on before the clause can hold."""
    if isinstance(clause, model.Every):
        return clause.low * (_LEAST_BEATS - 1)
    if isinstance(clause, model.AtLeast) and clause.within is not None:
        return clause.within
    return 0
