"""One rule and one burst: which resets it claims, and on what evidence."""

from collections.abc import Callable, Sequence
from functools import partial
from operator import mul, sub

from mypy_extensions import mypyc_attr

from whyreset.basis.units import format_duration
from whyreset.correlate.answers import Answer, Told
from whyreset.correlate.burst import Burst, shared_fields
from whyreset.correlate.members import MemberClause, World, compile_member
from whyreset.correlate.rhythm import MIN_BEATS, Rhythm, find_rhythm, resolution_of
from whyreset.correlate.trains import LIKELY, Bounds
from whyreset.model.event import Event
from whyreset.model.rule import (
    MEMBER_CLAUSES,
    AtLeast,
    Clause,
    Distinct,
    Every,
    IntervalsVary,
    Quantifier,
    Rule,
)
from whyreset.model.verdict import Finding

UNTOLD = 0.99
"""What a clause that could not be told, and passed by `if known`, leaves of the confidence: of 324
such verdicts in the lab none was wrong (docs/evidence.md)."""

_LEAST_PACE = 1_000_000
"""Mean interval (ns) below which resets have no pace: those whose lines tell no time have come, as
far as we know, at once."""
_NOBODY = Burst()

Entry = tuple[int, bool, str, float]
"""What a rule asks first: rules of which it is the same refuse the same bursts by it."""


@mypyc_attr(serializable=True)
class Note:
    """What one clause found; the words are made only if somebody will read them."""

    describe: Callable[[], str] | None = None
    members: Sequence[Event] = ()
    answers: Sequence[Answer] = ()

    def __init__(
        self, clause: Clause, holds: bool | None, found: str | None = None, *, excepts: bool = False
    ) -> None:
        self.clause = clause
        self.holds = holds
        self.found = found
        self.excepts = excepts

    def finding(self) -> Finding:
        """The finding in words."""
        if self.found is None:
            self.found = self.describe() if self.describe is not None else ""
            self.describe = None
        text = f"unless {self.clause.text}" if self.excepts else self.clause.text
        return Finding(text, self.holds, self.found, self.clause.name)

    @property
    def share(self) -> float:
        """The share of the resets for which the clause holds."""
        return sum(answer.holds is True for answer in self.answers) / max(1, len(self.answers))


@mypyc_attr(serializable=True)
class Outcome:
    """What a rule made of a burst; `claimed` is empty where it does not hold. `refused`: what the
    rule asks first holds of none."""

    confidence = 1.0
    refused = False
    rhythm: Rhythm | None = None

    def __init__(self, claimed: Burst | None = None) -> None:
        self.claimed = _NOBODY if claimed is None else claimed
        self.notes: list[Note] = []

    def findings(self) -> tuple[Finding, ...]:
        """All findings in words; from then on the outcome can be pickled."""
        return tuple(note.finding() for note in self.notes)


class Judge:
    """A rule, compiled against the evidence."""

    def __init__(self, rule: Rule, world: World) -> None:
        self.rule = rule
        world = world._replace(shared=shared_fields(rule.kind, rule.keys))
        plain, counted, self._burst = _sorted_clauses(rule.when)
        self._members = [compile_member(clause, world) for clause in plain]
        self._counted = [compile_member(clause, world) for clause in counted]
        plain, counted, self._unless_burst = _sorted_clauses(rule.unless)
        self._unless = [compile_member(clause, world) for clause in plain]
        self._unless_counted = [compile_member(clause, world) for clause in counted]
        self._least = max((c.count for c in self._burst if isinstance(c, AtLeast)), default=1)
        self._too_few: dict[int, Outcome] = {}
        self.entry = self._entry()

    def _entry(self) -> Entry | None:
        """What identifies the first clause, where it is asked of all resets of a burst."""
        if self._members:
            first = self._members[0]
            return id(first.ask), first.clause.if_known, "", 0.0
        if self._counted and not self._unless:
            first = self._counted[0]
            how = first.clause.quantifier
            if how is not None:
                return id(first.ask), first.clause.if_known, how.kind, how.share
        return None

    def judge(self, burst: Burst) -> Outcome:
        """The claims of the rule among the resets of one burst."""
        if len(burst) < self._least:
            return self._short(len(burst))
        outcome = Outcome()
        members = self._pass_members(burst, outcome)
        if not (members and self._pass_burst(members, outcome)):
            outcome.claimed = _NOBODY
        return outcome

    def _short(self, count: int) -> Outcome:
        """Of all bursts that are too short the same; in a crowd of peers most are."""
        outcome = self._too_few.get(count)
        if outcome is None:
            outcome = self._too_few[count] = Outcome()
            outcome.notes.append(_too_few(self._burst, count))
        return outcome

    def _pass_members(self, members: Burst, outcome: Outcome) -> Burst:
        for member in self._members:
            told = members.told(member.ask)
            kept = _kept(member.clause, members, told)
            outcome.notes.append(_note(member, members, told.answers, _overall(told)))
            outcome.refused = not kept and len(outcome.notes) == 1
            if len(kept) < self._least:
                return _NOBODY
            if member.clause.if_known and told.unsure:
                outcome.confidence *= UNTOLD
            members = kept
        for member in self._unless:
            told = members.told(member.ask)
            if told.yes:
                outcome.notes.append(_note(member, members, told.answers, False, excepts=True))
                asked = zip(members, told.answers, strict=True)
                members = Burst(each for each, answer in asked if not answer.holds)
            if len(members) < self._least:
                return _NOBODY
        return members

    def _pass_burst(self, members: Burst, outcome: Outcome) -> bool:
        for member in self._counted:
            quantifier = member.clause.quantifier
            first = quantifier is not None and quantifier.kind == "first"
            asked = Burst(members[:1]) if first else members
            told = asked.told(member.ask)
            holds = _quantified(quantifier, told)
            outcome.notes.append(_note(member, asked, told.answers, holds))
            if holds is None and member.clause.if_known:
                outcome.confidence *= UNTOLD
            elif not holds:
                outcome.refused = len(outcome.notes) == 1 and self.entry is not None
                return False
        outcome.claimed = members
        for clause in self._burst:
            holds, found = _burst_clause(clause, outcome)
            outcome.notes.append(Note(clause, holds, found))
            if not holds:
                return False
        return not self._excepted(members, outcome)

    def _excepted(self, members: Burst, outcome: Outcome) -> bool:
        for member in self._unless_counted:
            told = members.told(member.ask)
            if _quantified(member.clause.quantifier, told):
                outcome.notes.append(_note(member, members, told.answers, False, excepts=True))
                return True
        for clause in self._unless_burst:
            holds, found = _burst_clause(clause, Outcome(claimed=members))
            if holds:
                outcome.notes.append(Note(clause, False, found, excepts=True))
                return True
        return False


def _note(
    member: MemberClause,
    members: Burst,
    answers: Sequence[Answer],
    holds: bool | None,
    *,
    excepts: bool = False,
) -> Note:
    note = Note(member.clause, holds, excepts=excepts)
    note.describe = partial(member.describe, members, answers)
    note.members = members
    note.answers = answers
    return note


def _sorted_clauses(
    clauses: Sequence[Clause],
) -> tuple[list[Clause], list[Clause], list[Clause]]:
    """Member clauses, quantified member clauses, burst clauses with the rhythm last."""
    members = [c for c in clauses if isinstance(c, MEMBER_CLAUSES) and not c.quantifier]
    counted = [c for c in clauses if isinstance(c, MEMBER_CLAUSES) and c.quantifier]
    burst = [c for c in clauses if not isinstance(c, MEMBER_CLAUSES)]
    return list(members), list(counted), sorted(burst, key=lambda c: isinstance(c, Every))


def _kept(clause: Clause, members: Burst, told: Told) -> Burst:
    """The resets of which a clause holds, or with `if known` may hold."""
    count = told.yes + (told.unsure if clause.if_known else 0)
    if count == len(members):
        return members
    if not count:
        return _NOBODY
    wanted = (True, None) if clause.if_known else (True,)
    asked = zip(members, told.answers, strict=True)
    return Burst(member for member, answer in asked if answer.holds in wanted)


def _overall(told: Told) -> bool | None:
    """True when it holds of some; None when it could not be told of any; else False."""
    return True if told.yes else (None if told.unsure else False)


def _quantified(quantifier: Quantifier | None, told: Told) -> bool | None:
    """The quantifier over three-valued answers: true only if it stays so whatever is unknown."""
    count, yes, unsure = len(told.answers), told.yes, told.unsure
    if quantifier is None:
        raise ValueError("the clause has no quantifier")
    if quantifier.kind == "first":
        return told.answers[0].holds
    if quantifier.kind == "none":
        return False if yes else (None if unsure else True)
    # 55% of 20 is 11, though 0.55 * 20 is a little more
    share = round(quantifier.share * count, 6)
    need = {"any": 1.0, "all": float(count)}.get(quantifier.kind, share)
    if yes >= need:
        return True
    return None if yes + unsure >= need else False


def _burst_clause(clause: Clause, outcome: Outcome) -> tuple[bool, str]:
    """Whether a burst clause holds for the claimed resets; `every` narrows them to its beats."""
    members = outcome.claimed
    if isinstance(clause, AtLeast):
        if clause.within is None:
            return len(members) >= clause.count, _resets(len(members))
        if not all(member.source.timed for member in members):
            return False, "nothing tells when these came"
        dense = _densest(members, clause.within)
        return dense >= clause.count, f"{dense} in {format_duration(clause.within)}"
    if isinstance(clause, Distinct):
        values = len(members.column(clause.field).distinct - {None})
        return values >= clause.count, f"{values} distinct"
    if isinstance(clause, IntervalsVary):
        return _intervals_vary(clause, outcome)
    if isinstance(clause, Every):
        return _every(clause, outcome)
    raise TypeError(f"not a burst clause: {clause!r}")


def _densest(members: Sequence[Event], within: int) -> int:
    best = start = 0
    for end, event in enumerate(members):
        while event.time - members[start].time > within:
            start += 1
        best = max(best, end - start + 1)
    return best


def _intervals_vary(clause: IntervalsVary, outcome: Outcome) -> tuple[bool, str]:
    """Coefficient of variation (population) of the gaps between neighbours."""
    times = outcome.claimed.times
    extent = times[-1] - times[0]
    if len(times) < 3:
        return False, "too few to compare"
    if extent < _LEAST_PACE * (len(times) - 1):
        return False, "all at once"
    gaps = list(map(sub, times[1:], times))
    count, squares = len(gaps), sum(map(mul, gaps, gaps))
    mean = extent / count
    variation = (count * squares - extent * extent) ** 0.5 / extent
    if variation <= clause.share:
        outcome.rhythm = Rhythm(tuple(range(len(times))), mean, variation, 0, 1, 0.0)
    return variation <= clause.share, f"{variation:.1%} around {format_duration(mean)}"


def _every(clause: Every, outcome: Outcome) -> tuple[bool, str]:
    members = outcome.claimed
    times = members.times
    bounds = Bounds(clause.low, clause.high, clause.tolerance, resolution_of(times))
    rhythm = find_rhythm(times, bounds)
    if rhythm is None or len(rhythm.beats) < MIN_BEATS or rhythm.evidence < LIKELY:
        return False, f"no fixed interval in {_resets(len(members))}"
    missing = rhythm.missed / (rhythm.missed + len(rhythm.beats))
    text = (
        f"every {format_duration(rhythm.period)}, jitter {rhythm.jitter:.1%}, "
        f"{rhythm.missed} missed, {len(rhythm.beats)} of {len(members)} on the beat"
    )
    if rhythm.trains > 1:
        text += f", {rhythm.trains} probers"
    if missing > clause.missing:
        return False, text
    outcome.rhythm = rhythm
    if len(rhythm.beats) < len(members):
        outcome.claimed = Burst(members[i] for i in rhythm.beats)
    outcome.confidence *= min(1.0, 0.7 + 0.1 * rhythm.evidence)
    return True, text


def _resets(count: int) -> str:
    return f"{count} reset{'' if count == 1 else 's'}"


def _too_few(burst: Sequence[Clause], count: int) -> Note:
    clause = max((c for c in burst if isinstance(c, AtLeast)), key=lambda c: c.count)
    return Note(clause, False, _resets(count))


Witness = Callable[[Judge, Sequence[Event], Outcome], None]
"""Is told of every rule that is tried: the burst, and what the rule made of it."""
