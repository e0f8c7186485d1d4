"""Inputs through the engine in event time: several are merged by their events, not lines."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple, Protocol

from whyreset.basis.times import END
from whyreset.basis.units import NS
from whyreset.correlate.burst import in_order
from whyreset.correlate.correlator import Correlator
from whyreset.correlate.order import LATENESS, Order
from whyreset.ingest.batches import Batch
from whyreset.ingest.inputs import Input, InputError
from whyreset.model.event import RESET, Event
from whyreset.model.rule import Plan
from whyreset.model.verdict import Labelled, Verdict

_time = itemgetter(0)
_SILENCE = 600 * NS
"""How long (ns) after its last line a file at rest still shows that nothing was printed: a quiet
service prints seldom, but a log that was cut off long before proves nothing."""
_HELD_LIMIT = 200_000
"""Events held back for an input that is not in time order; beyond it the lateness applies."""
_AT_ONCE = 1024
"""Verdicts or labels that are told at once, about, where very many bursts are due."""


class Totals:
    """What was read, for the closing summary; `lines` may be estimated."""

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.lines = self.bytes = 0
        self.is_estimated = False
        self.events = self.resets = 0
        self.unreadable = self.timeless = self.cut = 0
        self.late = self.evicted = self.failed = 0
        self.unjudged = 0
        self.problems: list[str] = []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Totals) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it changes


class Decided(NamedTuple):
    """What one step decided."""

    labels: Sequence[Labelled]
    verdicts: Sequence[Verdict]


class Origin(Protocol):
    """What batches come from: an input at rest, or a log that is followed."""

    path: str

    @property
    def ordered(self) -> bool:
        """Whether lines come in the order of time."""


class Replay:
    """Reads inputs to their end, always the one that is furthest behind."""

    together = 16_384
    """Events that are fed in one step: the more of them, the less work each one is."""

    def __init__(
        self,
        plan: Plan,
        inputs: Sequence[Input],
        lateness: int = LATENESS,
        *,
        labels: bool = True,
        verdicts: bool = True,
    ) -> None:
        self._inputs = list(inputs)
        self._order = Order(lateness)
        self._labels = labels
        self._correlator = Correlator(plan, labels=labels, verdicts=verdicts)
        self._high: dict[int, int] = {}
        self.totals = Totals(inputs=len(self._inputs))

    @property
    def correlator(self) -> Correlator:
        """What judges."""
        return self._correlator

    @property
    def open_bursts(self) -> list[tuple[tuple[str, ...], int, int]]:
        """Key, resets and last time (ns) of what is open now."""
        return self._correlator.open_bursts

    @property
    def held(self) -> int:
        """Events that wait for what may come before them."""
        return self._order.held

    @property
    def late(self) -> int:
        """Events that came after their turn."""
        return self._order.late

    def run(self, on_read: Callable[[Totals], None] | None = None) -> Iterator[Decided]:
        """Steps to the end; `on_read` is told after every block."""
        live = {id(source): source for source in self._inputs}
        for source in self._inputs:
            self._order.open(source.path)
            self._high[id(source)] = -1
        while live:
            source = self._next(list(live.values()))
            batch = self._read(source)
            if batch is None:
                self._order.close(source.path)
                del live[id(source)]
            else:
                self._take(source, batch)
            if on_read is not None:
                on_read(self.totals)
            if self._order.held >= self.together:
                yield from self._step()
        yield from self._step()
        yield from self._finish()

    def _next(self, live: list[Input]) -> Input:
        """The input that is furthest behind: what the others say can wait least for it."""
        return min(live, key=lambda source: self._high[id(source)])

    def _read(self, source: Input) -> Batch | None:
        """The next batch; None at the end, also where an input fails in the midst of it."""
        try:
            batch = source.read()
        except InputError as error:
            self.totals.failed += 1
            self.totals.problems.append(str(error))
            return None
        if batch is None and source.damaged:
            self.totals.problems.append(f"{source.path}: {source.damaged}")
        return batch

    def _take(self, source: Origin, batch: Batch) -> None:
        totals = self.totals
        totals.lines += batch.lines
        totals.bytes += batch.bytes
        totals.is_estimated |= batch.is_estimated
        totals.events += len(batch.events)
        totals.resets += [event.kind for event in batch.events].count(RESET)
        totals.unreadable += batch.unreadable
        totals.timeless += batch.timeless
        totals.cut += batch.cut
        self._cover(batch)
        self._order.add(batch.events)
        if batch.high is not None and (self._is_steady(source) or self._order.held > _HELD_LIMIT):
            self._high[id(source)] = max(self._high[id(source)], batch.high)
            self._order.progress(source.path, batch.high)

    def _cover(self, batch: Batch) -> None:
        """A source was read up to its newest line, and a while of silence beyond it."""
        for printed_by, (first, last) in batch.sources.items():
            self._correlator.evidence.coverage.cover(printed_by.name, first, last + _SILENCE)

    def _is_steady(self, source: Origin) -> bool:
        """Whether no later line of the input will be much older than the newest so far."""
        return source.ordered

    def _judge_by(self, plan: Plan) -> None:
        """Swap all rules at once; open bursts go on under the new ones."""
        before = self._correlator
        self._correlator = Correlator(plan, labels=self._labels)
        self._correlator.set_state(before.state())
        self._correlator.stopped = before.stopped
        self._correlator.evidence.hindsight = before.evidence.hindsight

    def _finish(self) -> Iterator[Decided]:
        """Judge all that is left, as far as there is time."""
        yield from self._advance(END)
        self.totals.unjudged += self._correlator.leave()
        yield self._decided()

    def _step(self) -> Iterator[Decided]:
        """What can be decided now, in parts where there is very much of it."""
        taken, mark = self._order.take(), self._order.watermark
        if len(taken) > self.together:
            taken = in_order(taken)
        while taken:
            if self._is_too_late():
                self._leave_out(taken)
                break
            part, taken = taken[: self.together], taken[self.together :]
            yield from self._advance(min(map(_time, part)))
            self._correlator.feed_all(part)
            part.clear()
            yield from self._shrink()
        if mark is not None:
            yield from self._advance(mark)
        yield self._decided()

    def _advance(self, time: int) -> Iterator[Decided]:
        while not self._correlator.advance(time, _AT_ONCE):
            yield self._decided()
            if self._correlator.stopped():
                return

    def _is_too_late(self) -> bool:
        """Whether what was read is to be left out: the run must end, and keeps nothing."""
        return False

    def _leave_out(self, events: list[Event]) -> None:
        self.totals.unjudged += [event.kind for event in events].count(RESET)

    def _shrink(self) -> Iterator[Decided]:
        """Give up what there is no room for, between two parts of a step."""
        return iter(())

    def _decided(self) -> Decided:
        self.totals.late = self._order.late
        self.totals.evicted = self._correlator.evidence.evicted
        return Decided(self._correlator.take_labels(), self._correlator.take_verdicts())
