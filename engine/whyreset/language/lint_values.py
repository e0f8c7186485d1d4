"""Warnings about values: those that a field never has, as far as the events can tell."""

import re
from collections.abc import Iterable, Iterator, Mapping

from whyreset.basis.suggest import did_you_mean
from whyreset.language import tree
from whyreset.language.drafts import Draft
from whyreset.language.kinds import values_of
from whyreset.language.report import Desk
from whyreset.model import rule as model
from whyreset.model.conditions import UNKNOWN
from whyreset.model.definition import Condition, Definition
from whyreset.model.event import PLACE_FIELDS

Values = Mapping[tuple[str, str], frozenset[str]]
"""(kind, field) -> all values that the field can have, where that can be told."""

_LISTED = re.compile(r"\(\?P?<(\w+)>([\w-]+(?:\|[\w-]+)*)\)")
_TEXTUAL = ("=", "!=")


def possible_values(definitions: Iterable[Definition]) -> Values:
    """The values of fields that events only ever `set`, or capture by listing them."""
    found: dict[tuple[str, str], set[str]] = {}
    open_fields: set[tuple[str, str]] = set()
    for each in definitions:
        for assignment in each.assignments:
            found.setdefault((each.kind, assignment.field), set()).add(str(assignment.value))
        for matcher in each.matchers:
            listed = dict(_LISTED.findall(matcher.pattern or ""))
            for name, _ in matcher.types:
                if name in listed:
                    found.setdefault((each.kind, name), set()).update(listed[name].split("|"))
                else:
                    open_fields.add((each.kind, name))
            open_fields.update((each.kind, mapped.field) for mapped in matcher.mapped)
    return {
        place: frozenset(values)
        for place, values in found.items()
        if place not in open_fields and place[1] not in PLACE_FIELDS and not values_of(*place)
    }


def lint_values(
    drafts: Iterable[Draft], files: Iterable[tuple[tree.RuleFile, Desk]], values: Values
) -> None:
    """Note comparisons, and fields of tests, with a value that no event gives."""
    for draft in drafts:
        for placed in draft.clauses():
            for kind, condition in _conditions(placed.clause, draft.rule.kind):
                told = _never(kind, condition.field, condition.op, str(condition.value), values)
                if told is not None:
                    placed.desk.say("W008", told[0], placed.span, told[1])
    for file, desk in files:
        for node in _tested(file):
            for pair in node.fields:
                told = _never(node.kind.text, pair.field.text, "=", pair.value.text, values)
                if told is not None:
                    desk.say("W008", told[0], pair.value.span, told[1])


def _never(
    kind: str, field: str, op: str, value: str, values: Values
) -> tuple[str, str | None] | None:
    """The message and the hint, if no event of this kind has the value."""
    known = values.get((kind, field))
    if known is None or op not in _TEXTUAL or value in known or value == UNKNOWN:
        return None
    names = sorted(known)
    hint = did_you_mean(value, names) or f"it is one of: {', '.join(names)}"
    return f"`{field}` of `{kind}` is never `{value}`", hint


def _conditions(clause: model.Clause, kind: str) -> Iterator[tuple[str, Condition]]:
    match clause:
        case model.Compare():
            yield kind, clause.condition
        case model.Join() | model.AfterLast():
            for condition in clause.conditions:
                yield clause.event, condition
        case model.AnyOf():
            for each in clause.clauses:
                yield from _conditions(each, kind)


def _tested(file: tree.RuleFile) -> Iterator[tree.AtNode]:
    for statement in file.statements:
        if isinstance(statement, tree.RuleNode | tree.ExtendNode):
            for test in statement.body.tests:
                for item in test.items:
                    if isinstance(item, tree.AtNode):
                        yield item
