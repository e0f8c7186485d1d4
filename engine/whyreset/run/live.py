"""A pipe as it comes: time goes on while it is silent, and verdicts are said early."""

import select
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from whyreset.basis.times import END
from whyreset.basis.units import NS
from whyreset.correlate.correlator import Correlator
from whyreset.correlate.order import LATENESS
from whyreset.ingest.batches import Batch
from whyreset.ingest.hindsight import Hindsight
from whyreset.ingest.inputs import Input
from whyreset.ingest.matching import Extractor
from whyreset.model.rule import Plan
from whyreset.model.verdict import Verdict
from whyreset.run.bounds import Bounds
from whyreset.run.ledger import CAUGHT_UP, PAUSE
from whyreset.run.looks import Looks
from whyreset.run.pace import Pace
from whyreset.run.reload import Rules
from whyreset.run.replay import Decided, Origin, Replay, Totals
from whyreset.run.signals import SETTLE, Signals

_QUIET = 1.0
"""Seconds without a byte after which a tick tells that time goes on."""
_SILENT = 10.0
"""Seconds of silence that are said, once."""
_LOOK = 1.0
"""Seconds between looks at the rules."""
_FORGET = 10.0
"""Seconds until evidence is let go of once more."""
_SOURCES = 4096
"""Sources of one pipe of which it is known how far they were read."""


class Live(Replay):
    """Follows one pipe; the clock is read here only, and reaches the engine as ticks.

    `notes` are sentences to be said on the way; `undelivered` is set by whoever takes what is
    decided and could not hand it on. Signals end it, reload the `rules` and ask for its state;
    `beat` is when it took its last step (seconds, monotonic).
    """

    checkpoint = None
    followed = 1
    together = 2048

    _paused = 0.0
    _caught_up = False
    _newest: int | None = None
    _last_byte = 0.0
    _told_silence = False
    _look_at = _forget_at = 0.0

    def __init__(  # noqa: PLR0913 - the parts that a run is wired from
        self,
        plan: Plan,
        inputs: Sequence[Input],
        lateness: int = LATENESS,
        *,
        labels: bool = True,
        extractor: Extractor,
        signals: Signals,
        rules: Rules,
        bounds: Bounds | None = None,
    ) -> None:
        super().__init__(plan, inputs, lateness, labels=labels)
        self.notes: list[str] = []
        self.undelivered = False
        self.extractor = extractor
        self.rules = rules
        self.bounds = bounds or Bounds(None)
        rules.make_room = self.bounds.make_room
        self.beat = time.monotonic()
        self._signals = signals
        self._hindsight = Hindsight(plan.definitions, self.bounds.limit)
        self._inputs[0].hindsight = self._hindsight
        self._correlator.evidence.hindsight = self._hindsight.open()
        self._correlator.stopped = self._is_too_late
        self._joined: dict[str, None] = {}  # sources that are read together
        self._announced, self._pace = _Announced(), Pace()
        self._said = 0

    def run(self, on_read: Callable[[Totals], None] | None = None) -> Iterator[Decided]:
        """Steps until the pipe is closed, or a signal ends it; silent seconds are steps, too."""
        source = self._inputs[0]
        self._order.open(source.path)
        self._high[id(source)] = -1
        looked = self._last_byte = time.monotonic()
        while not self._signals.stopping:
            self.beat = time.monotonic()
            yield from self._stay_within_bounds()
            if not source.ended and (self._look_around() or not self._has_data(source)):
                looked = time.monotonic()
                yield from self._tick(source, looked - self._last_byte)
                yield self._early()
                continue
            batch = self._read(source)
            if batch is None:
                break
            self._pause(time.monotonic() - self._last_byte)
            self._last_byte = time.monotonic()
            self._take(source, batch)
            if on_read is not None:
                on_read(self.totals)
            yield from self._step()
            if time.monotonic() - looked > _QUIET:
                looked = time.monotonic()
                yield self._early()
        yield from self._end(source)

    def _end(self, source: Input) -> Iterator[Decided]:
        """Settle what is open: a pipe that has ended cannot be gone on with."""
        if not source.ended:
            self._take(source, source.stop())
        else:
            self._correlator.evidence.coverage.cover_joined(END)
        self._order.close(source.path)
        yield from self._step()
        yield from self._finish()

    @property
    def lags(self) -> dict[str, int]:
        """How far (ns) the newest line is behind the clock, while there is more to read."""
        source, lag = self._inputs[0], 0
        if self._newest is not None and not source.ended and _holds_bytes(source.descriptor):
            lag = max(0, time.time_ns() - self._newest)
        return {source.path: lag}

    def _look_around(self) -> bool:
        """See after the rules, now and then, and what signals asked for; whether they did."""
        self._signals.drain()
        told, asked = self._signals.take_tell(), self._signals.take_reload()
        if told:
            self.notes.append(self._told())
        if self.beat >= self._forget_at:
            self._forget_at = self.beat + _FORGET
            self._correlator.forget()
        if asked or self.beat >= self._look_at:
            self._look_at = self.beat + _LOOK
            plan = self.rules.look(at_once=asked)
            self.notes += self.rules.notes
            self.rules.notes.clear()
            if plan is not None:
                self._change_rules(plan)
        return told or asked

    def _change_rules(self, plan: Plan) -> None:
        frugal = self.bounds.is_limited
        self.extractor = Extractor(plan.definitions, narrow=True, peers=(), frugal=frugal)
        self._said = 0
        self._hindsight.change(plan.definitions)
        self._judge_by(plan)
        self._take(self._inputs[0], self._inputs[0].change_rules(self.extractor))

    def _is_too_late(self) -> bool:
        return self._signals.is_stopping(SETTLE)

    def _shrink(self, *, held: bool = False) -> Iterator[Decided]:
        if self._is_too_late():
            return
        for notes in self.bounds.keep(
            self.beat, self._correlator, self._order, self._announced, held=held
        ):
            self.notes += notes
            yield from self._step() if held else (self._decided(),)

    def _stay_within_bounds(self) -> Iterator[Decided]:
        yield from self._shrink(held=True)
        if not self.bounds.is_tight:
            self._announced.active = True

    def _told(self) -> str:
        from whyreset.run.telling import told  # noqa: PLC0415 - seldom asked for

        silent = time.monotonic() - self._last_byte
        return told(
            self.totals, self._correlator.open_bursts, self._order, "1 pipe read",
            [f"  source   {self._inputs[0].path}: silent for {silent:.0f}s"],
        )  # fmt: skip

    def _has_data(self, source: Input) -> bool:
        """Wait a little for bytes, for the end, or for a signal."""
        if source.has_more:
            return True
        waited_for = [source.descriptor, self._signals.descriptor]
        return source.descriptor in select.select(waited_for, [], [], _QUIET)[0]

    def _tick(self, source: Input, silent: float) -> Iterator[Decided]:
        """The pipe has been silent for some seconds: event time goes on by as much."""
        self._caught_up = self._caught_up or silent >= CAUGHT_UP
        if silent >= _SILENT and not self._told_silence and self._newest is not None:
            self._told_silence = True
            self.notes.append(
                f"nothing came for {_SILENT:.0f} s: that a line is absent cannot be told from now"
                " on (kubectl logs -f stops when a log is rotated)"
            )
        self._take(source, source.settle())
        if self._newest is not None and self._caught_up:
            self._order.progress(source.path, self._newest + round(silent * NS))
        return self._step()

    def _pause(self, seconds: float) -> None:
        """The pipe had nothing to say for so long."""
        if seconds >= PAUSE:
            self._paused += seconds
            self._caught_up = self._caught_up or self._paused >= CAUGHT_UP

    def _take(self, source: Origin, batch: Batch) -> None:
        self._pace.believe(batch, self._last_byte)
        super()._take(source, batch)

    def _early(self) -> Decided:
        """Verdicts whose conditions hold already."""
        return Decided((), self._announced.verdicts(self._correlator))

    def _decided(self) -> Decided:
        decided = super()._decided()
        self._announced.ended(decided.verdicts)
        problems = self.extractor.problems
        self.notes += problems[self._said :]
        self._said = len(problems)
        return decided

    def _is_steady(self, source: Origin) -> bool:  # noqa: ARG002 - as the base has it
        # `cat *.log` tells one container after the other, whatever the layout of its lines
        return self._caught_up

    def _cover(self, batch: Batch) -> None:
        """Of a live pipe it is known up to its newest line; silence proves nothing."""
        joined, coverage = self._joined, self._correlator.evidence.coverage
        for printed_by, (first, _) in batch.sources.items():
            name = printed_by.name
            if name in joined:
                del joined[name]
            else:
                coverage.join(name, first)
            joined[name] = None
        while len(joined) > _SOURCES:  # the one that said nothing for longest
            silent = next(iter(joined))
            del joined[silent]
            coverage.part(silent)
        if batch.high is not None:
            self._newest = max(batch.high, self._newest or 0)
            coverage.cover_joined(self._newest)


class _Announced:
    """Verdicts ahead of time, unless they are suspended."""

    def __init__(self) -> None:
        self.active = True
        self._looks = Looks()

    def verdicts(self, correlator: Correlator) -> list[Verdict]:
        """Those that were not said before."""
        self._looks.news = True  # time has passed, at least
        return self._looks.at(correlator) if self.active else []

    def ended(self, verdicts: Iterable[Verdict]) -> None:
        """These were decided: those that are over need not be remembered."""
        self._looks.ended(verdicts)

    def suspend(self) -> None:
        """Say none for now."""
        self.active = False
        self._looks.forget()


def _holds_bytes(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])
