"""How far rules look: in time, and over which keys their bursts can never cross."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from whyreset.basis.units import NS
from whyreset.correlate.joins import look_back, question_of
from whyreset.correlate.relations import Question
from whyreset.model.event import Event
from whyreset.model.rule import SELECTOR, AtLeast, Join, Rule, Scope, ScopeTest, asking

_SPAN = 600 * NS


class Stretch(NamedTuple):
    """How long (ns) a stretch of a burst is, and the largest count that a rule asks for."""

    span: int
    least: int


class Reach(NamedTuple):
    """Over all rules of a kind: common key fields, longest gap, look-back and look-ahead (ns);
    the rules that act everywhere, and those that act in some places."""

    keys: tuple[str, ...]
    gap: int
    before: int
    after: int
    everywhere: Stretch | None
    local: tuple[Rule, ...]

    def stretch(self, event: Event) -> Stretch:
        """The longest stretch, and the largest count, of the rules that may act on an event."""
        acting = [rule for rule in self.local if may_act(rule.scope, event)]
        found = [_stretch_of(acting)] if acting else []
        if self.everywhere is not None:
            found.append(self.everywhere)
        if not found:
            return Stretch(_SPAN, 1)
        return Stretch(max(each.span for each in found), max(each.least for each in found))


def reach_of(rules: Sequence[Rule], keys: tuple[str, ...], gap: int) -> Reach:
    """The reach of rules that share a kind; `keys` and `gap` are those of what is left over."""
    joins = [clause for rule in rules for clause in asking((*rule.when, *rule.unless))]
    common = [key for key in keys if all(key in rule.keys for rule in rules)]
    # what has several pods in it may be in several scopes
    local = [rule for rule in rules if "pod" in common and rule.scope != Scope()]
    everywhere = [rule for rule in rules if "pod" not in common or rule.scope == Scope()]
    before = [look_back(clause) for clause in joins]
    return Reach(
        keys=tuple(common),
        gap=max([gap, *(rule.gap for rule in rules)]),
        before=max(before, default=0),
        after=max([0, *(c.after for c in joins if isinstance(c, Join))]),
        everywhere=_stretch_of(everywhere) if everywhere else None,
        local=tuple(local),
    )


def _stretch_of(rules: Sequence[Rule]) -> Stretch:
    least = [c.count for rule in rules for c in rule.when if isinstance(c, AtLeast)]
    return Stretch(max(rule.span for rule in rules), max(least, default=1))


def may_act(scope: Scope, event: Event) -> bool:
    """Whether a rule may act on an event, as far as namespace and workload tell."""
    return all(
        any(_meets(test, event) is not False for test in group) for group in scope.within
    ) and not any(_meets(test, event) for test in scope.outside)


def _meets(test: ScopeTest, event: Event) -> bool | None:
    if test.field == SELECTOR:
        return None
    return fnmatchcase(str(event.get(test.field) or ""), test.glob)


def questions_of(rules: Iterable[Rule]) -> dict[Question, int]:
    """What the rules will ask for, and how far back (ns) before a reset."""
    found: dict[Question, int] = {}
    for rule in rules:
        for clause in asking((*rule.when, *rule.unless)):
            question = question_of(clause)
            found[question] = max(look_back(clause), found.get(question, 0))
    return found
