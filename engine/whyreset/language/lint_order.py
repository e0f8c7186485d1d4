"""Warnings about rules that can never win: one that is tried before claims all of it."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

from whyreset.language.drafts import Draft
from whyreset.language.lint_clauses import is_member
from whyreset.model import rule as model

_Asked = dict[Hashable, int]
"""What a rule asks for -> how strict it is about that."""
_MOST = 20
"""Rules to which one of the others is compared, of those that ask for the same thing."""


def lint_order(
    ordered: Sequence[model.Rule], drafts: Mapping[tuple[str, model.Scope], Draft]
) -> None:
    """Note what can never win; *ordered* are the finished rules in the order they are tried in."""
    asked = [_asked(rule) for rule in ordered]
    often = Counter(key for each in asked for key in each)
    # A rule can only claim what is left by one that asks for all that it asks for itself: so each
    # waits under what it asks for and the fewest others do, or under nothing.
    waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place, rule in enumerate(ordered):
        keys = (*asked[place], ("any", rule.kind))
        found = min((each for key in keys for each in waiting[key]
                     if _claims_all(asked[each], asked[place])
                     and ordered[each].name != rule.name), default=None)  # fmt: skip
        if found is not None:
            _say(ordered[found], rule, drafts[rule.name, rule.scope])
        if _is_plain(rule):
            rarest = min(asked[place], key=lambda key: often[key], default=("any", rule.kind))
            if len(waiting[rarest]) < _MOST:
                waiting[rarest].append(place)


def _say(earlier: model.Rule, later: model.Rule, draft: Draft) -> None:
    message = f"`{later.name}` can never win: `{earlier.name}` claims all of it first"
    hint = f"raise its priority above {earlier.priority}, or make `{earlier.name}` stricter"
    draft.desk.say("W003", message, draft.span, hint)


def _asked(rule: model.Rule) -> _Asked:
    asked: _Asked = {}
    for clause in rule.when:
        for key, strictness in _comparable(clause, rule):
            asked[key] = max(strictness, asked.get(key, 0))
    return asked


def _comparable(clause: model.Clause, rule: model.Rule) -> Iterator[tuple[Hashable, int]]:
    """What can be compared with the clauses of other rules: single resets, and plain counts."""
    if is_member(clause):
        yield ("each", rule.kind, clause.text), 0 if clause.if_known else 1
    elif isinstance(clause, model.AtLeast) and clause.count > 1:
        burst = rule.keys, rule.gap, rule.span
        yield ("count", rule.kind, burst, clause.within), clause.count


def _is_plain(rule: model.Rule) -> bool:
    """Whether a rule claims whatever passes the clauses that can be compared, anywhere."""
    return (
        not rule.unless
        and rule.scope == model.Scope()
        and all(is_member(each) or isinstance(each, model.AtLeast) for each in rule.when)
    )


def _claims_all(earlier: _Asked, later: _Asked) -> bool:
    return all(later.get(key, -1) >= strictness for key, strictness in earlier.items())
