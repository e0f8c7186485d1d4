"""The sentences of a verdict: placeholders filled with what the burst really has."""

import re
from collections.abc import Callable, Mapping

from whyreset.basis.lazy import lazy
from whyreset.basis.times import clock
from whyreset.basis.units import NS, format_duration
from whyreset.correlate.answers import delays_of
from whyreset.correlate.judge import Note, Outcome
from whyreset.correlate.stretch import Tally
from whyreset.model.event import as_text
from whyreset.model.rule import AfterLast, Rule

_PLACEHOLDER = lazy(r"\{\{|\}\}|\{([^{}]+)\}")


def complete(text: str, values: Mapping[str, str]) -> bool:
    """Whether every placeholder of the text has a value."""
    return all(values.get(name) for name in _PLACEHOLDER.findall(text) if name)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with `{name}` replaced; an unknown or empty value reads as `?`."""
    if "{" not in text and "}" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        return values.get(match[1]) or "?"

    return _PLACEHOLDER.sub(one, text)


class Values(dict[str, str]):
    """Everything that the texts of a rule may name, as people read it; made when asked for."""

    def __init__(
        self, rule: Rule, tally: Tally, outcome: Outcome, settings: dict[str, str]
    ) -> None:
        super().__init__()
        self._rule, self._tally, self._outcome = rule, tally, outcome
        self._settings = settings

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """The value of a placeholder; None where the burst has none."""
        known = super().get(name)
        if known is None:
            known = self._value(name)
            if known is None:
                return default
            self[name] = known
        return known

    def _value(self, name: str) -> str | None:
        reader = _READERS.get(name)
        if reader is not None:
            return reader(self._tally, self._outcome)
        clause, dot, field = name.partition(".")
        note = next((n for n in self._outcome.notes if n.clause.name == clause), None)
        if note is not None:
            return _hit_value(note, field) if dot else note.finding().found
        if name in self._settings:
            return self._settings[name]
        if name == "label":
            return self._rule.label
        return as_text(self._tally.first.get(name))


_SOME, _MOST, _ALIKE = 3, 0.8, 0.03
"""Durations from which a timer can be told, how many of them must agree, and how well."""

_READERS: dict[str, Callable[[Tally, Outcome], str | None]] = {
    "count": lambda tally, _: str(tally.count),
    "peer": lambda tally, _: _peer(tally),
    "peers": lambda tally, _: str(len(tally.peers)),
    "span": lambda tally, _: format_duration(tally.end - tally.start),
    "start": lambda tally, _: clock(tally.start),
    "end": lambda tally, _: clock(tally.end),
    "period": lambda tally, _: None if tally.period is None else format_duration(tally.period),
    "jitter": lambda tally, _: None if tally.jitter is None else f"{tally.jitter:.1%}",
    "missed": lambda tally, _: None if tally.missed is None else str(tally.missed),
    "trains": lambda _, outcome: str(outcome.rhythm.trains) if outcome.rhythm else None,
    "share": lambda _, outcome: _share(outcome),
    "delay": lambda _, outcome: _delay(outcome),
}


def _share(outcome: Outcome) -> str | None:
    """The share for the clause with a quantifier, else for the first member clause."""
    notes = [note for note in outcome.notes if note.answers]
    notes.sort(key=lambda note: note.clause.quantifier is None)
    return f"{notes[0].share:.0%}" if notes else None


def _delay(outcome: Outcome) -> str | None:
    for note in outcome.notes:
        if isinstance(note.clause, AfterLast):
            delays = sorted(delays_of(note.members, note.answers))
            return format_duration(delays[len(delays) // 2]) if delays else None
    return None


def _peer(tally: Tally) -> str:
    if not tally.peers:
        return "an unnamed peer"
    if len(tally.peers) == 1:
        return next(iter(tally.peers))
    return f"{len(tally.peers)} peers"


def _hit_value(note: Note, field: str) -> str | None:
    """A field of the nearest event that a clause found; `count` of all of them, `time` of day."""
    pairs = [
        (abs(member.time - answer.event.time), answer.event.place, answer.event)
        for member, answer in zip(note.members, note.answers, strict=True)
        if answer.event is not None
    ]
    if not pairs:
        return None
    hits = [hit for _, _, hit in sorted(pairs, key=lambda pair: pair[:2])]
    if field == "count":
        return str(len({hit.place for hit in hits}))
    if field == "time":
        return clock(hits[0].time)
    value = hits[0].get(field)
    if isinstance(value, float):
        return _duration([each for hit in hits if isinstance(each := hit.get(field), float)])
    return as_text(value)


def _duration(values: list[float]) -> str:
    """The first of some durations (s), or that of most where they are one: a timer's."""
    usual = sorted(values)[len(values) // 2]
    alike = sum(abs(value - usual) <= _ALIKE * usual for value in values)
    if usual >= 1 and len(values) >= _SOME and alike >= _MOST * len(values):
        return f"{format_duration(usual * NS)} each time"
    return format_duration(values[0] * NS)
