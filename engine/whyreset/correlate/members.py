"""Member clauses: what holds, does not, or cannot be told of each reset by itself."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import NamedTuple

from whyreset.basis.names import plain
from whyreset.basis.units import NS, format_duration
from whyreset.correlate.lookup import ENDS, UNKNOWN, Evidence, Question, condition_test
from whyreset.model.event import Event
from whyreset.model.rule import AfterLast, AnyOf, Clause, Compare, InNetwork, Join

Membership = Callable[[str], bool]
_time = attrgetter("time")


class Answer(NamedTuple):
    """For one reset: whether the clause holds (None: could not tell), by which event."""

    holds: bool | None
    event: Event | None = None


_TARGETS = {
    "from peer": ("peer",),
    "on peer": ("peer",),
    "on pod": ("namespace", "pod"),
    "on workload": ("namespace", "workload"),
    "on node": ("node",),
    "to workload": ("namespace", "workload", "local"),
}
"""What a relation takes from a reset."""
_KEY_OF = {"from peer": "peer", "on peer": "peer", "on pod": "pod", "on workload": "workload"}
"""The key of a burst that makes all its resets ask for the same events."""
_SECONDS = ("idle", "duration")

_YES, _NO, _OPEN = Answer(True), Answer(False), Answer(None)
Ask = Callable[[Sequence[Event]], list[Answer]]
Describe = Callable[[Sequence[Event], Sequence[Answer]], str]


class MemberClause(NamedTuple):
    """A compiled member clause: `ask` answers for each reset, `describe` says what was found."""

    clause: Clause
    ask: Ask
    describe: Describe


class World(NamedTuple):
    """What clauses are compiled against."""

    evidence: Evidence
    networks: dict[str, Membership]


def question_of(clause: Join | AfterLast) -> Question:
    """The question that a clause will ask."""
    return Question(clause.event, clause.relation, clause.conditions)


def compile_member(clause: Clause, world: World, keys: tuple[str, ...]) -> MemberClause:
    """Closures for one member clause of a rule whose bursts have these keys."""
    if isinstance(clause, InNetwork):
        return _in_network(clause, world, clause.field in keys)
    if isinstance(clause, Compare):
        return _compare(clause, clause.condition.field in keys)
    if isinstance(clause, Join):
        return _join(clause, world.evidence, keys)
    if isinstance(clause, AfterLast):
        return _after_last(clause, world.evidence)
    if isinstance(clause, AnyOf):
        return _any_of(clause, world, keys)
    raise TypeError(f"not a member clause: {clause!r}")


def _each(one: Callable[[Event], Answer], *, constant: bool = False) -> Ask:
    """The answer for each event; the first one's for all where none can differ."""

    def ask(events: Sequence[Event]) -> list[Answer]:
        if constant:
            return [one(events[0])] * len(events)
        return [one(event) for event in events]

    return ask


def _in_network(clause: InNetwork, world: World, constant: bool) -> MemberClause:
    tests = [world.networks[name] for name in clause.networks]
    field, wanted = clause.field, not clause.negated

    def one(event: Event) -> Answer:
        value = event.get(field)
        if value is None:
            return _OPEN
        return _YES if any(test(str(value)) for test in tests) is wanted else _NO

    def describe(events: Sequence[Event], _: Sequence[Answer]) -> str:
        values = _values(events[:1] if constant else events, field)
        if not values:
            return f"the lines name no {field}"
        inside = sum(any(test(value) for test in tests) for value in values)
        names = plain(" or ".join(clause.networks))
        if len(values) == 1:
            return f"{values[0]} is {'' if inside else 'not '}in {names}"
        return f"{inside} of {len(values)} addresses are in {names}"

    return MemberClause(clause, _each(one, constant=constant), describe)


def _compare(clause: Compare, constant: bool) -> MemberClause:
    test = condition_test([clause.condition])
    field = clause.condition.field
    untold = clause.condition.value != UNKNOWN

    def one(event: Event) -> Answer:
        if untold and event.get(field) is None:
            return _OPEN
        return _YES if test(event) else _NO

    def describe(events: Sequence[Event], _: Sequence[Answer]) -> str:
        values = _values(events[:1] if constant else events, field)
        if not values:
            return f"the lines say no {field}"
        if field in _SECONDS:
            values = [format_duration(float(value) * NS) for value in values]
        more = f" and {len(values) - 3} more" if len(values) > 3 else ""
        return f"{field} {', '.join(values[:3])}{more}"

    return MemberClause(clause, _each(one, constant=constant), describe)


class _Joining:
    """A join of resets with the events that may explain them."""

    def __init__(self, clause: Join, evidence: Evidence, keys: tuple[str, ...]) -> None:
        self._clause = clause
        self._evidence = evidence
        self._question = question = question_of(clause)
        self._one_target = question.relation is None or _KEY_OF.get(question.relation) in keys
        self._present = _NO if clause.negated else _YES
        self._absent = _YES if clause.negated else _NO

    def ask(self, events: Sequence[Event]) -> list[Answer]:
        """The answer for each reset; where all ask for the same events, in one look-up."""
        relation = self._question.relation
        if len(events) > 2 and (self._one_target or _same_target(relation, events)):
            low, high = events[0].time - self._clause.before, events[-1].time + self._clause.after
            found = self._evidence.near(self._question, events[0], low, high)
            if found is not None and not (found and self._clause.event in ENDS):
                return self._among(found, list(map(_time, events)))
        return [self._one(event) for event in events]

    def _missing(self, low: int, high: int) -> Answer:
        return self._absent if self._evidence.covered(self._clause.event, low, high) else _OPEN

    def _one(self, reset: Event) -> Answer:
        time = reset.time
        low, high = time - self._clause.before, time + self._clause.after
        found = self._evidence.near(self._question, reset, low, high)
        return _OPEN if found is None else self._among(found, [time])[0]

    def _among(self, found: list[Event], times: list[int]) -> list[Answer]:
        """The answer for a reset at each time: the nearest of the events found for them all."""
        before, after = self._clause.before, self._clause.after
        missing = self._missing(times[0] - before, times[-1] + after)
        if not found and (missing.holds is not None or len(times) == 1):
            return [missing] * len(times)
        hits = [Answer(self._present.holds, event) for event in found]
        places = [event.time for event in found]
        answers = []
        for time in times:
            at = bisect_right(places, time)
            earlier = time - places[at - 1] if at else before + 1
            later = places[at] - time if at < len(places) else after + 1
            if earlier <= before and (earlier <= later or later > after):
                answers.append(hits[at - 1])
            elif later <= after:
                answers.append(hits[at])
            elif missing.holds is not None:
                answers.append(missing)
            else:
                answers.append(self._missing(time - before, time + after))
        return answers

    def describe(self, events: Sequence[Event], answers: Sequence[Answer]) -> str:
        """What was found, in words."""
        return _describe_join(self._clause, events, answers, self._evidence)


def _join(clause: Join, evidence: Evidence, keys: tuple[str, ...]) -> MemberClause:
    joining = _Joining(clause, evidence, keys)
    return MemberClause(clause, joining.ask, joining.describe)


def _same_target(relation: str | None, events: Sequence[Event]) -> bool:
    """Whether all resets of the burst would be joined to the same events."""
    if relation is None:
        return True
    fields = _TARGETS[relation]
    first = [events[0].get(field) for field in fields]
    return all([event.get(field) for field in fields] == first for event in events)


def _describe_join(
    clause: Join, events: Sequence[Event], answers: Sequence[Answer], evidence: Evidence
) -> str:
    hits = [
        (event, answer.event)
        for event, answer in zip(events, answers, strict=True)
        if answer.event is not None
    ]
    streams = evidence.streams(clause.event)
    if hits:
        reset, nearest = min(hits, key=lambda pair: abs(pair[0].time - pair[1].time))
        away = format_duration(abs(reset.time - nearest.time))
        side = "before" if nearest.time <= reset.time else "after"
        return f"{len(hits)} of {len(answers)}, nearest {away} {side}: {summary(nearest)}"
    if not streams:
        return f"no stream with {clause.event} events was read"
    if any(answer.holds is None for answer in answers):
        if evidence.near(question_of(clause), events[0], events[0].time, events[0].time) is None:
            return "it is not known whom to look for"
        return f"the {clause.event} streams that were read do not cover the time"
    return f"none in {streams} stream{'s' if streams > 1 else ''} with {clause.event} events"


def summary(event: Event) -> str:
    """One short phrase for an event of evidence: the fields that tell most."""
    fields = event.fields
    if event.kind == "access":
        parts = [fields.get("method"), fields.get("path"), fields.get("status")]
        if (duration := fields.get("duration")) is not None:
            parts.append(f"after {float(duration):.3g}s")
    else:
        parts = [fields.get("reason"), fields.get("what"), event.get("pod") or event.get("node")]
    text = " ".join(str(part)[:60] for part in parts if part not in (None, ""))
    return text or plain(event.kind)


def _after_last(clause: AfterLast, evidence: Evidence) -> MemberClause:
    question = question_of(clause)

    def one(reset: Event) -> Answer:
        low = reset.time - clause.high
        found = evidence.near(question, reset, low, reset.time - 1)
        if found is None:
            return _OPEN
        if not found:
            return _NO if evidence.covered(clause.event, low, reset.time) else _OPEN
        last = found[-1]
        return Answer(reset.time - last.time >= clause.low, last)

    def describe(events: Sequence[Event], answers: Sequence[Answer]) -> str:
        delays = delays_of(events, answers)
        if not delays:
            return f"no {clause.event} before it was seen"
        return f"{format_duration(min(delays))} to {format_duration(max(delays))} after it"

    return MemberClause(clause, _each(one), describe)


def delays_of(events: Sequence[Event], answers: Sequence[Answer]) -> list[int]:
    """How long (ns) after the event found each reset came."""
    return [
        event.time - answer.event.time
        for event, answer in zip(events, answers, strict=True)
        if answer.event is not None
    ]


def _any_of(clause: AnyOf, world: World, keys: tuple[str, ...]) -> MemberClause:
    parts = [compile_member(part, world, keys) for part in clause.clauses]

    def ask(events: Sequence[Event]) -> list[Answer]:
        columns = [part.ask(events) for part in parts]
        return [_either(column) for column in zip(*columns, strict=True)]

    def describe(events: Sequence[Event], _: Sequence[Answer]) -> str:
        for part in parts:
            given = part.ask(events)
            if any(answer.holds for answer in given):
                return f"{part.clause.text}: {part.describe(events, given)}"
        return "; ".join(part.describe(events, part.ask(events)) for part in parts)

    return MemberClause(clause, ask, describe)


def _either(answers: Sequence[Answer]) -> Answer:
    for answer in answers:
        if answer.holds:
            return answer
    return _OPEN if any(answer.holds is None for answer in answers) else _NO


def _values(events: Sequence[Event], field: str) -> list[str]:
    """The distinct values of a field, as they came."""
    return list(dict.fromkeys(str(v) for event in events if (v := event.get(field)) is not None))
