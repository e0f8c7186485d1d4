"""Final labels and verdicts of one stream of records that goes on for ever."""

import time
from collections.abc import Iterable, Sequence

from whyreset.basis.times import END
from whyreset.basis.units import NS
from whyreset.correlate.correlator import Correlator
from whyreset.correlate.order import LATENESS, Order
from whyreset.model.event import Event
from whyreset.model.record import Source
from whyreset.model.rule import Plan
from whyreset.model.verdict import Labelled, Verdict
from whyreset.run.pace import AHEAD

_STREAM = "-"
PAUSE, CAUGHT_UP = 0.25, 2.0
"""Seconds of a pause, and of pauses in all, after which a stream tells what happens now, and no
longer the backlog of one file after the other."""
_HELD_LIMIT, _SOURCES = 10_000, 20_000


class Ledger:
    """Decides in event time; whoever owns it tells it how long the stream was silent."""

    def __init__(
        self, plan: Plan, lateness: int = LATENESS, *, labels: bool = True, verdicts: bool = True
    ) -> None:
        self._order = Order(lateness)
        self._order.open(_STREAM)
        self._correlator = Correlator(plan, labels=labels, verdicts=verdicts)
        self._wants_verdicts = verdicts
        self._joined: dict[str, None] = {}  # sources that are read together
        self._newest: int | None = None  # without stamps from the future, if there are others
        self._newest_odd: int | None = None
        self._covered = 0
        self._step = min(NS, lateness)  # what is judged is older than the lateness
        self._paused = 0.0
        self._announced: dict[str, str] = {}

    @property
    def held(self) -> int:
        """Events that wait for older ones."""
        return self._order.held

    @property
    def late(self) -> int:
        """Events that came too late to be in order."""
        return self._order.late

    def take(self, events: Iterable[Event], seen: Iterable[tuple[Source, int]]) -> None:
        """Take events, and who printed records when (ns), whether there were events or not."""
        self._order.add(list(events))
        coverage = self._correlator.evidence.coverage
        limit = time.time_ns() + AHEAD
        for source, told in seen:
            if source.name not in self._joined:
                if len(self._joined) >= _SOURCES:
                    coverage.part(first := next(iter(self._joined)))
                    del self._joined[first]
                self._joined[source.name] = None
                coverage.join(source.name, told)
            if told <= limit:
                self._newest = max(told, self._newest or 0)
            else:
                self._newest_odd = max(told, self._newest_odd or 0)
        newest = self._reach
        if newest is not None and newest - self._covered >= self._step:
            self._covered = newest
            coverage.cover_joined(newest)
        self._progress(0)

    @property
    def _reach(self) -> int | None:
        return self._newest if self._newest is not None else self._newest_odd

    def silent(self, seconds: float, *, going_on: bool) -> None:
        """The stream had nothing to say for so long, and is silent still (`going_on`)."""
        if going_on:
            if seconds >= CAUGHT_UP:
                self._paused = max(self._paused, seconds)
            self._progress(round(seconds * NS))
        elif seconds >= PAUSE:
            self._paused += seconds

    def _progress(self, silent: int) -> None:
        newest = self._reach
        if newest is not None and self._paused >= CAUGHT_UP:
            self._order.progress(_STREAM, newest + silent)
        elif self._order.held > _HELD_LIMIT:
            self._order.let_half_go(_STREAM)

    def decided(self) -> tuple[Sequence[Labelled], Sequence[Verdict]]:
        """What is decided by now, each label and verdict once."""
        self._correlator.feed_all(self._order.take())
        mark = self._order.watermark
        if mark is not None:
            self._correlator.advance(mark)
        return self._correlator.take_labels(), self._taken()

    def early(self) -> Sequence[Verdict]:
        """Verdicts whose conditions hold already, each said once for each label."""
        new: list[Verdict] = []
        if not self._wants_verdicts:
            return new
        for verdict in self._correlator.provisional():
            if self._announced.get(verdict.id) != verdict.label:
                self._announced[verdict.id] = verdict.label
                new.append(verdict)
        return new

    def finish(self) -> tuple[Sequence[Labelled], Sequence[Verdict]]:
        """The stream has ended: everything is decided."""
        self._correlator.evidence.coverage.cover_joined(END)
        self._order.close(_STREAM)
        self._correlator.feed_all(self._order.take())
        self._correlator.finish()
        return self._correlator.take_labels(), self._taken()

    def _taken(self) -> Sequence[Verdict]:
        verdicts = self._correlator.take_verdicts()
        for verdict in verdicts:
            if verdict.state == "final":
                self._announced.pop(verdict.id, None)
        return verdicts
