"""Member clauses: what holds, does not, or cannot be told of each reset by itself."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from whyreset.basis.frozen import replace
from whyreset.basis.names import plain
from whyreset.basis.network import is_address
from whyreset.basis.units import NS, format_duration
from whyreset.correlate.ages import Aging
from whyreset.correlate.answers import NO, OPEN, YES, Answer, Told, alike, told_of
from whyreset.correlate.burst import Burst
from whyreset.correlate.joins import Joining
from whyreset.correlate.lookup import Evidence
from whyreset.model.conditions import UNKNOWN, value_test
from whyreset.model.event import Value
from whyreset.model.rule import AfterLast, AnyOf, Clause, Compare, InNetwork, Join

Membership = Callable[[str], bool]
_SECONDS = ("idle", "duration")

Ask = Callable[[Burst], Told]
Describe = Callable[[Burst, Sequence[Answer]], str]


class MemberClause(NamedTuple):
    """A compiled member clause: `ask` answers for each reset, `describe` says what was found."""

    clause: Clause
    ask: Ask
    describe: Describe


class World(NamedTuple):
    """What clauses are compiled against: the evidence, the networks, what is asked so far (rules
    that ask the same share it), and the fields that all resets of a burst share."""

    evidence: Evidence
    networks: dict[str, Membership]
    asked: "dict[tuple[Clause, frozenset[str]], Ask]"
    shared: frozenset[str] = frozenset()


def compile_member(clause: Clause, world: World) -> MemberClause:
    """Closures for one member clause; `ask` is the same for all that ask the same."""
    bare = replace(clause, text="", name=None, if_known=False, quantifier=None)
    made = _compiled(clause, world)
    return made._replace(ask=world.asked.setdefault((bare, world.shared), made.ask))


def _compiled(clause: Clause, world: World) -> MemberClause:
    if isinstance(clause, InNetwork):
        return _in_network(clause, world)
    if isinstance(clause, Compare):
        return _compare(clause)
    if isinstance(clause, Join):
        joining = Joining(clause, world.evidence, world.shared)
        return MemberClause(clause, joining.ask, joining.describe)
    if isinstance(clause, AfterLast):
        aging = Aging(clause, world.evidence, world.shared)
        return MemberClause(clause, aging.ask, aging.describe)
    if isinstance(clause, AnyOf):
        return _any_of(clause, world)
    raise TypeError(f"not a member clause: {clause!r}")


def _by_value(field: str, one: Callable[[Value | None], Answer]) -> Ask:
    """The answer for each event of a burst, found once for each value of its field."""

    def ask(burst: Burst) -> Told:
        values, distinct = burst.column(field)
        if len(distinct) == 1:
            return alike(one(values[0]), len(values))
        answers = {value: one(value) for value in distinct}
        return told_of([answers[value] for value in values])

    return ask


def _in_network(clause: InNetwork, world: World) -> MemberClause:
    tests = [world.networks[name] for name in clause.networks]
    field, wanted = clause.field, not clause.negated

    def one(value: Value | None) -> Answer:
        if value is None or not is_address(str(value)):
            return OPEN  # what stands behind a name is not known
        return YES if any(test(str(value)) for test in tests) is wanted else NO

    def describe(burst: Burst, _: Sequence[Answer]) -> str:
        values = _values(burst, field)
        if not values:
            return f"the lines name no {field}"
        if not any(map(is_address, values)):
            return f"{values[0]} is a name: what address it stands for is not known"
        inside = sum(any(test(value) for test in tests) for value in values)
        names = plain(" or ".join(clause.networks))
        if len(values) == 1:
            return f"{values[0]} is {'' if inside else 'not '}in {names}"
        return f"{inside} of {len(values)} addresses are in {names}"

    return MemberClause(clause, _by_value(field, one), describe)


def _compare(clause: Compare) -> MemberClause:
    condition = clause.condition
    field, test = condition.field, value_test(condition)
    untold = condition.value != UNKNOWN

    def one(value: Value | None) -> Answer:
        if untold and value is None:
            return OPEN
        return YES if test(value) else NO

    def describe(burst: Burst, _: Sequence[Answer]) -> str:
        values = _values(burst, field)
        if not values:
            return f"the lines say no {field}"
        if field in _SECONDS:
            values = [format_duration(float(value) * NS) for value in values]
        more = f" and {len(values) - 3} more" if len(values) > 3 else ""
        return f"{field} {', '.join(values[:3])}{more}"

    return MemberClause(clause, _by_value(field, one), describe)


def _any_of(clause: AnyOf, world: World) -> MemberClause:
    parts = [compile_member(part, world) for part in clause.clauses]

    def ask(burst: Burst) -> Told:
        told = [burst.told(part.ask) for part in parts]
        if all(each.alike for each in told):
            return alike(_either([each.answers[0] for each in told]), len(burst))
        columns = zip(*(each.answers for each in told), strict=True)
        return told_of([_either(column) for column in columns])

    def describe(burst: Burst, _: Sequence[Answer]) -> str:
        for part in parts:
            given = burst.told(part.ask)
            if given.yes:
                return f"{part.clause.text}: {part.describe(burst, given.answers)}"
        return "; ".join(part.describe(burst, burst.told(part.ask).answers) for part in parts)

    return MemberClause(clause, ask, describe)


def _either(answers: Sequence[Answer]) -> Answer:
    for answer in answers:
        if answer.holds:
            return answer
    return OPEN if any(answer.holds is None for answer in answers) else NO


def _values(burst: Burst, field: str) -> list[str]:
    """The distinct values of a field, as they came."""
    column = burst.column(field)
    values = column.values[:1] if len(column.distinct) == 1 else column.values
    return list(dict.fromkeys(str(value) for value in values if value is not None))
