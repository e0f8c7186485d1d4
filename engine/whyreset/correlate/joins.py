"""Joins: the events near a reset in time, and what their presence or absence tells."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import exp, log

from whyreset.basis.names import plain
from whyreset.basis.units import NS, format_duration
from whyreset.correlate.answers import Answer, Told, told_of
from whyreset.correlate.burst import Burst
from whyreset.correlate.lookup import Evidence
from whyreset.correlate.nearest import Nearest
from whyreset.correlate.relations import Question
from whyreset.model.event import ACCESS, Event, Value
from whyreset.model.rule import AfterLast, Join

_RATED, _LATELY = 60 * NS, 10 * NS
"""Times (ns) before a reset from which it is told how often such events come: the higher rate
counts, in the shorter one without the event that was found."""
_SAMPLE, _TELLING = 100, 5
"""Resets of a burst, the first ones, that tell whether what was found may be chance, and for how
many they count at most: rates are not known so well that hundreds of them would prove more."""
_WHOLE_SECOND = NS // 2
"""How far (ns) a time may be off that is a whole second, as stamps without a fraction are."""


def question_of(clause: Join | AfterLast) -> Question:
    """The question that a clause will ask."""
    return Question(clause.event, clause.relation, clause.conditions)


def look_back(clause: Join | AfterLast) -> int:
    """How far (ns) before a reset a clause looks."""
    if isinstance(clause, AfterLast):
        return clause.high
    return clause.before if clause.chance is None else max(clause.before, _RATED)


class Joining:
    """A join of resets with the events that may explain them."""

    def __init__(self, clause: Join, evidence: Evidence, shared: frozenset[str]) -> None:
        self._clause = clause
        self._evidence = evidence
        window = clause.before, clause.after
        self._nearest = Nearest(
            question_of(clause), window, evidence, shared, negated=clause.negated
        )

    def ask(self, burst: Burst) -> Told:
        """The answer for each reset; could not tell, where the events that were found may well be
        near by chance."""
        answers, limit = self._nearest.of(burst), self._clause.chance
        if limit is None or not any(answer.event for answer in answers):
            return told_of(answers)
        if self._chance(burst, answers) > limit:
            answers = [each._replace(holds=None) if each.event else each for each in answers]
        return told_of(answers)

    def _chance(self, burst: Burst, answers: Sequence[Answer]) -> float:
        """How likely chance would put events as near to these resets, by Fisher's method: an event
        tells once, by the first reset beside it, and a reset without one tells against."""
        told = self._by_chance(burst[:_SAMPLE], answers)
        telling = min(len(told), _TELLING)
        half = -sum(map(log, told)) * telling / len(told)  # of the statistic, chi-squared
        term = total = exp(-half)
        for k in range(1, telling):
            term *= half / k
            total += term
        return total

    def _by_chance(self, resets: Sequence[Event], answers: Sequence[Answer]) -> list[float]:
        """How likely each event is as near by chance; 1 of a reset without one."""
        nearest, told = self._nearest, list[float]()
        seen: set[int] = set()
        around: dict[tuple[Value | None, ...], list[int]] = {}  # times of what resets ask for
        low, high = resets[0].time - look_back(self._clause), resets[-1].time + self._clause.after
        for reset, answer in zip(resets, answers, strict=False):
            if answer.event is None:
                told.append(1.0)
            elif id(answer.event) not in seen:
                seen.add(id(answer.event))
                target = tuple([reset.get(field) for field in nearest.targets])
                if target not in around:
                    near = self._evidence.near(nearest.question, reset, low, high) or ()
                    around[target] = [event.time for event in near]
                told.append(self._as_near(reset.time, answer.event.time, around[target]))
        return told

    def _as_near(self, reset: int, event: int, times: list[int]) -> float:
        """How likely an event is as near to a reset (ns) by chance, as those before it, at these
        times, are a Poisson stream: 1 - exp(-rate * time that is as near)."""
        before, after = look_back(self._clause), max(self._clause.after, 0)
        end = bisect_right(times, reset + after)
        every = end - bisect_left(times, reset - before)
        lately = end - bisect_left(times, reset - _LATELY) - 1
        rate = max(every / (before + after), lately / (_LATELY + after))
        least = 0 if reset % NS and event % NS else _WHOLE_SECOND
        distance = max(abs(reset - event), least)
        as_near = sum(
            min(distance, max(side, least)) if side > 0 else side
            for side in (self._clause.before, self._clause.after)
        )
        return 1 - exp(-rate * max(as_near, 1))

    def describe(self, burst: Burst, answers: Sequence[Answer]) -> str:
        """What was found, in words."""
        return _describe_join(self._clause, burst, answers, self._evidence)


def _describe_join(
    clause: Join, events: Sequence[Event], answers: Sequence[Answer], evidence: Evidence
) -> str:
    hits = [
        (event, answer.event)
        for event, answer in zip(events, answers, strict=True)
        if answer.event is not None
    ]
    if not hits:
        return _nothing_found(clause, events, answers, evidence)
    reset, nearest = min(hits, key=lambda pair: abs(pair[0].time - pair[1].time))
    away = format_duration(abs(reset.time - nearest.time))
    side = "before" if nearest.time <= reset.time else "after"
    beside = f"{len(hits)} of {len(answers)}"
    if clause.negated:
        beside = f"none beside {sum(answer.holds is True for answer in answers)} of {len(answers)}"
    told = f"{beside}, nearest {away} {side}: {summary(nearest)}"
    is_chance = clause.chance is not None and not any(answer.holds for answer in answers)
    return f"{told}; so many are there that this may be chance" if is_chance else told


def _nothing_found(
    clause: Join, events: Sequence[Event], answers: Sequence[Answer], evidence: Evidence
) -> str:
    question, name, first = question_of(clause), plain(clause.event), events[0]
    if not evidence.coverage.streams(clause.event):
        return f"no stream with {name} events was read"
    untold = sum(answer.holds is None for answer in answers)
    streams = evidence.streams(question, first)
    if not untold:
        return f"none in {streams} stream{'s' if streams > 1 else ''} with {name} events"
    if untold < len(answers):
        return f"none beside {len(answers) - untold} of {len(answers)}; of the rest it is not known"
    if not first.source.timed:
        return "nothing tells when these came"
    if evidence.near(question, first, first.time, first.time) is None:
        return "it is not known whom to look for"
    if evidence.is_gone(question, first, first.time - clause.before, first.time + clause.after):
        return f"too many {name} events came: those of the time were let go"
    if not streams:
        return f"no stream that was read tells of its {name}"
    return f"the {name} streams that were read do not cover the time"


def summary(event: Event) -> str:
    """One short phrase for an event of evidence: the fields that tell most."""
    fields = event.fields
    if event.kind == ACCESS:
        parts = [fields.get("method"), fields.get("path"), fields.get("status")]
        if (duration := fields.get("duration")) is not None:
            parts.append(f"after {float(duration):.3g}s")
    else:
        parts = [fields.get("reason"), fields.get("what"), event.get("pod") or event.get("node")]
    text = " ".join(str(part)[:60] for part in parts if part not in (None, ""))
    return text or plain(event.kind)
