"""A pipe as it comes: time goes on while it is silent, and verdicts are said early."""

import select
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from os import fstat

from whyreset.basis.units import NS
from whyreset.ingest.inputs import Input
from whyreset.ingest.scan import Batch
from whyreset.model.verdict import Verdict
from whyreset.run.replay import END, Decided, Origin, Replay, Totals

_QUIET = 1.0
"""Seconds without a byte after which a tick tells that time goes on."""
_PAUSE, _CAUGHT_UP = 0.25, 2.0
"""Seconds of a pause, and of pauses in all, after which a pipe tells what happens now, and no
longer the history of one pod after the other."""


def is_pipe(inputs: Sequence[Input]) -> bool:
    """Whether the only input is a pipe or a terminal, which may go on for ever."""
    return len(inputs) == 1 and not stat.S_ISREG(fstat(inputs[0].descriptor).st_mode)


class Live(Replay):
    """Follows one pipe; the clock is read here only, and reaches the engine as ticks."""

    _paused = 0.0
    _caught_up = False
    _newest: int | None = None

    def run(self, on_read: Callable[[Totals], None] | None = None) -> Iterator[Decided]:
        """Steps until the pipe is closed; silent seconds are steps, too."""
        source = self._inputs[0]
        self._order.open(source.path)
        self._high[id(source)] = -1
        self._since: dict[str, int] = {}
        self._announced: dict[str, str] = {}
        last_byte = looked = time.monotonic()
        while (batch := self._read(source)) is not None:
            self._pause(time.monotonic() - last_byte)
            last_byte = time.monotonic()
            self._take(source, batch)
            if on_read is not None:
                on_read(self.totals)
            yield self._step()
            if time.monotonic() - looked > _QUIET:
                looked = time.monotonic()
                yield self._early()
            while not (source.ended or self._has_data(source)):
                looked = time.monotonic()
                yield self._tick(source, looked - last_byte)
                yield self._early()
        for name in self._since:
            self._correlator.evidence.cover(name, self._since[name], END)
        self._order.close(source.path)
        yield self._step()
        self._correlator.finish()
        yield self._decided()

    @staticmethod
    def _has_data(source: Input) -> bool:
        """Wait a little for bytes, or for the end."""
        return bool(select.select([source.descriptor], [], [], _QUIET)[0])

    def _tick(self, source: Input, silent: float) -> Decided:
        """The pipe has been silent for some seconds: event time goes on by as much."""
        self._caught_up = self._caught_up or silent >= _CAUGHT_UP
        self._take(source, source.settle())
        if self._newest is not None and self._caught_up:
            self._order.progress(source.path, self._newest + round(silent * NS))
        return self._step()

    def _pause(self, seconds: float) -> None:
        """The pipe had nothing to say for so long."""
        if seconds >= _PAUSE:
            self._paused += seconds
            self._caught_up = self._caught_up or self._paused >= _CAUGHT_UP

    def _early(self) -> Decided:
        """Verdicts whose conditions hold already, each said once for each label."""
        new: list[Verdict] = []
        for verdict in self._correlator.provisional():
            if self._announced.get(verdict.id) != verdict.label:
                self._announced[verdict.id] = verdict.label
                new.append(verdict)
        return Decided((), new)

    def _decided(self) -> Decided:
        decided = super()._decided()
        for verdict in decided.verdicts:
            if verdict.state == "final":
                self._announced.pop(verdict.id, None)
        return decided

    def _is_steady(self, source: Origin) -> bool:  # noqa: ARG002 - as the base has it
        # `cat *.log` tells one container after the other, whatever the layout of its lines
        return self._caught_up

    def _cover(self, batch: Batch) -> None:
        """Of a live pipe it is known up to its newest line; silence proves nothing."""
        for printed_by, (first, _) in batch.sources.items():
            self._since.setdefault(printed_by.name, first)
        if batch.high is None:
            return
        self._newest = max(batch.high, self._newest or 0)
        for name, first in self._since.items():
            self._correlator.evidence.cover(name, first, self._newest)
