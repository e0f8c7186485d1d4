"""Answers: what a member clause says of each reset of a burst."""

from collections.abc import Sequence
from typing import NamedTuple

from whyreset.model.event import Event


class Answer(NamedTuple):
    """For one reset: whether the clause holds (None: could not tell), by which event."""

    holds: bool | None
    event: Event | None = None


YES, NO, OPEN = Answer(True), Answer(False), Answer(None)


class Told:
    """The answers for the resets of a burst, counted: of so many the clause holds (`yes`), of so
    many it could not be told (`unsure`); `alike`, where all are the same."""

    def __init__(self, answers: Sequence[Answer], yes: int, unsure: int, *, alike: bool) -> None:
        self.answers = answers
        self.yes = yes
        self.unsure = unsure
        self.alike = alike


def alike(answer: Answer, count: int) -> Told:
    """The same answer for so many resets."""
    holds = answer.holds
    yes, unsure = count if holds else 0, count if holds is None else 0
    return Told([answer] * count, yes, unsure, alike=True)


def told_of(answers: Sequence[Answer]) -> Told:
    """Answers that may differ."""
    first = answers[0]
    if first.event is None and answers.count(first) == len(answers):
        return alike(first, len(answers))
    holds = [answer.holds for answer in answers]
    return Told(answers, holds.count(True), holds.count(None), alike=False)


def delays_of(events: Sequence[Event], answers: Sequence[Answer]) -> list[int]:
    """How long (ns) after the event found each reset came."""
    return [
        event.time - answer.event.time
        for event, answer in zip(events, answers, strict=True)
        if answer.event is not None
    ]
