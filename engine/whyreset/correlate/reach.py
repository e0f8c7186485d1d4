"""How far rules look: in time, and over which keys their bursts can never cross."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from whyreset.basis.units import NS
from whyreset.correlate.joins import look_back, question_of
from whyreset.correlate.lookup import Question
from whyreset.model.rule import AtLeast, Join, Rule, asking

_SPAN = 600 * NS


class Reach(NamedTuple):
    """Over all rules of a kind: common key fields, longest gap, look-back, look-ahead, span
    (ns), and the largest count that a rule asks for."""

    keys: tuple[str, ...]
    gap: int
    before: int
    after: int
    span: int
    least: int


def reach_of(rules: Sequence[Rule], keys: tuple[str, ...], gap: int) -> Reach:
    """The reach of rules that share a kind; `keys` and `gap` are those of what is left over."""
    joins = [clause for rule in rules for clause in asking((*rule.when, *rule.unless))]
    common = [key for key in keys if all(key in rule.keys for rule in rules)]
    before = [look_back(clause) for clause in joins]
    return Reach(
        keys=tuple(common),
        gap=max([gap, *(rule.gap for rule in rules)]),
        before=max(before, default=0),
        after=max([0, *(c.after for c in joins if isinstance(c, Join))]),
        span=max((rule.span for rule in rules), default=_SPAN),
        least=max((c.count for r in rules for c in r.when if isinstance(c, AtLeast)), default=1),
    )


def questions_of(rules: Iterable[Rule]) -> dict[Question, int]:
    """What the rules will ask for, and how far back (ns) before a reset."""
    found: dict[Question, int] = {}
    for rule in rules:
        for clause in asking((*rule.when, *rule.unless)):
            question = question_of(clause)
            found[question] = max(look_back(clause), found.get(question, 0))
    return found
