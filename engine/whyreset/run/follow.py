"""Logs followed as they grow, rotate, come and go: the same engine, for as long as it runs."""

import heapq
import time
from collections.abc import Callable, Iterator

from whyreset.correlate.order import LATENESS
from whyreset.ingest.batches import Batch
from whyreset.ingest.checkpoint import Checkpoint
from whyreset.ingest.folder import Folders
from whyreset.ingest.hindsight import Hindsight
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock
from whyreset.ingest.stream import Stream, StreamState
from whyreset.model.event import Event
from whyreset.model.rule import Plan
from whyreset.run.bounds import Bounds
from whyreset.run.early import Early
from whyreset.run.kept import Keeper, Kept
from whyreset.run.logs import Logs, inode_of
from whyreset.run.pace import Backlog, Pace
from whyreset.run.reload import Rules
from whyreset.run.replay import Decided, Origin, Replay, Totals
from whyreset.run.signals import SETTLE, Signals

_SLICE, _MOST = 0.25, 8192
"""Seconds of reading, and events read, after which what was decided is said."""
_LOOK, _TICK, _FORGET = 1.0, 0.25, 10.0
"""Seconds between looks at folders and rules, between ticks, and until evidence is let go of."""


class Follow(Replay):
    """Follows logs; the clock is read here only, and reaches the engine as ticks.

    `notes` are sentences to be said on the way, `undelivered` is set by whoever takes what is
    decided and could not hand it on: then the last checkpoint stays.
    """

    together = 2048

    def __init__(  # noqa: PLR0913 - the parts that a run is wired from
        self,
        plan: Plan,
        folders: Folders,
        clock: Clock,
        lateness: int = LATENESS,
        *,
        signals: Signals,
        rules: Rules | None = None,
        checkpoint: Checkpoint | None = None,
        bounds: Bounds | None = None,
        labels: bool = False,
    ) -> None:
        super().__init__(plan, (), lateness, labels=labels)
        self.bounds = bounds or Bounds(None)
        self.extractor = self._extractor_of(plan)
        self.notes: list[str] = []
        self.undelivered = False
        self.beat = time.monotonic()
        self._hindsight = Hindsight(plan.definitions, self.bounds.limit)
        self._recall = self._hindsight.open()
        self.early = Early(plan, self._is_stopped, self._hindsight)
        self.pace, self._backlog = Pace(), Backlog()
        self.rules = rules
        if rules is not None:
            rules.make_room = self.bounds.make_room
        self._plan = plan
        self._logs, self._keeper = Logs(folders, clock), Keeper(checkpoint)
        self._signals = signals
        self._keeps = checkpoint is not None  # what is open when it ends
        self._correlator.stopped = self._is_stopped
        self._correlator.evidence.hindsight = self._recall
        self._since: dict[str, dict[str, int]] = {}
        self._fresh: list[Event] = []
        self._looked_at: dict[str, Stream] = {}  # since the last tick
        self._told = 0
        self._now = time.monotonic()
        self._times = dict.fromkeys(("look", "tick", "forget"), 0.0)

    def run(self, on_read: Callable[[Totals], None] | None = None) -> Iterator[Decided]:
        """Steps until a signal ends the run."""
        self._restore()
        try:
            while not self._signals.stopping:
                self._now = self.beat = time.monotonic()
                self._look_around()
                for decided in self._round():
                    yield decided
                    if on_read is not None:
                        on_read(self.totals)
                if self._keeper.is_due(self._now):
                    self._save()
                self._logs.wait(self._now, self._signals.descriptor)
                self._say(self._logs.notes)
            yield from self._end()
        finally:
            self._logs.close()

    def _due(self, what: str, every: float) -> bool:
        if self._now < self._times[what]:
            return False
        self._times[what] = self._now + every
        return True

    @property
    def followed(self) -> int:
        """How many logs are followed."""
        return len(self.streams)

    @property
    def streams(self) -> dict[str, Stream]:
        """The logs that are followed, by path."""
        return self._logs.streams

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Where the state is kept."""
        return self._keeper.checkpoint

    @property
    def lags(self) -> dict[str, int]:
        """Per log the event time (ns) that it is behind, as far as it has more to read."""
        now = self.pace.at(self._now)
        return {
            path: max(0, now - self._high[id(stream)])
            if now is not None and stream.tail.has_more and self._high[id(stream)] > 0
            else 0
            for path, stream in list(self.streams.items())
        }

    # What there is to follow

    def _look_around(self) -> None:
        """Folders and rules, now and then; what signals asked for, at once."""
        self._signals.drain()
        asked = self._signals.take_reload()
        if self._due("look", _LOOK) or asked:
            for stream in self._logs.look(self._now, self.extractor):
                self._begin(stream)
            self._say(self._logs.notes)
            if self.rules is not None:
                plan = self.rules.look(at_once=asked)
                self._say(self.rules.notes)
                if plan is not None:
                    self._change_rules(plan)
            self._logs.watch_folders(self.rules.folders if self.rules is not None else set())
        if self._signals.take_tell():
            from whyreset.run.telling import state_of  # noqa: PLC0415 - seldom asked for

            self.notes.append(state_of(self, self._order))

    def _start(self, path: str, state: StreamState | None = None) -> None:
        self._begin(self._logs.start(path, self.extractor, state))

    def _begin(self, stream: Stream) -> None:
        self.totals.inputs = max(self.totals.inputs, len(self.streams))
        stream.hindsight = self._hindsight
        self._high[id(stream)] = -1
        self._since[stream.path] = {}
        if inode_of(stream.path) is not None:
            self._order.open(stream.path)

    def _drop(self, stream: Stream) -> None:
        """The log is gone, and everything in it was read."""
        self._take(stream, stream.finish())
        self._order.close(stream.path)
        self._hindsight.end(stream.path)
        del self._high[id(stream)], self._since[stream.path]
        if self._logs.drop(stream):
            self._start(stream.path)  # it may come back

    def _say(self, notes: list[str]) -> None:
        self.notes += notes
        notes.clear()

    def _extractor_of(self, plan: Plan) -> Extractor:
        return Extractor(plan.definitions, narrow=True, peers=(), frugal=self.bounds.is_limited)

    def _change_rules(self, plan: Plan) -> None:
        self._plan = plan
        self.extractor = self._extractor_of(plan)
        self._told = 0
        self._hindsight.change(plan.definitions)
        self._judge_by(plan)
        for stream in self.streams.values():
            stream.change_rules(self.extractor)
        if self.early.active:
            self.early.resume(self._correlator, self._recall, self._order.waiting, plan)

    # Reading

    def _round(self) -> Iterator[Decided]:
        """Look at the logs that are due, and read what they have, the furthest behind first."""
        waiting = self._poll()
        behind = [(self._high[id(stream)], path) for path, stream in waiting.items()]
        heapq.heapify(behind)
        began = time.monotonic()
        while behind and not self._signals.stopping:
            path = behind[0][1]
            stream = waiting[path]
            batch = stream.read(self._now)
            if batch is None:
                heapq.heappop(behind)
                self._read_to_end(stream)
            else:
                self._take(stream, batch)
                heapq.heapreplace(behind, (self._high[id(stream)], path))
            if time.monotonic() - began > _SLICE or len(self._fresh) > _MOST:
                break
        for _, path in behind:
            waiting[path].due = 0.0
        self._weigh(sum(waiting[path].tail.behind for _, path in behind))
        if self._due("tick", _TICK):
            self._tick()
        if self._due("forget", _FORGET):
            self._correlator.forget()
            self.early.forget()
        yield from self._step()
        yield from self._shrink(held=True)
        yield Decided((), self.early.verdicts())

    def _poll(self) -> dict[str, Stream]:
        waiting = {}
        for stream in self._logs.due(self._now):
            if stream.tail.poll(self._now):
                waiting[stream.path] = stream
            else:
                self._read_to_end(stream)
            if self._logs.heard(stream):
                self._drop(stream)
        self._say(self._logs.notes)
        return waiting

    def _read_to_end(self, stream: Stream) -> None:
        """A log has nothing more to say now."""
        stream.checked = self._now
        self._looked_at[stream.path] = stream
        stream.caught_up = True
        for batch in filter(None, (stream.advance(self._now), stream.settle(self._now))):
            self._take(stream, batch)
        self._logs.was_read(stream, self._now)

    def _take(self, source: Origin, batch: Batch) -> None:
        self.pace.believe(batch, time.monotonic())  # the step may have begun long ago
        super()._take(source, batch)
        if batch.high is not None and id(source) in self._high:
            self._high[id(source)] = max(self._high[id(source)], batch.high)
        if batch.events:
            self._fresh += batch.events
        since = self._since.get(source.path)
        if since is not None:
            for printed_by, (first, _) in batch.sources.items():
                since.setdefault(printed_by.name, first)

    def _tick(self) -> None:
        """What was read to its end was silent until then; what cannot be read holds up nobody."""
        looked_at, self._looked_at = self._looked_at, {}
        for stream in looked_at.values():
            if self.streams.get(stream.path) is not stream:
                continue
            if not stream.tail.is_quiet:
                if stream.tail.trouble is not None:
                    self._order.close(stream.path)
                continue
            self._order.open(stream.path)
            passed = self.pace.passed(stream.checked)
            if passed is None or not stream.is_settled:
                continue
            self._order.progress(stream.path, passed)
            for name, first in self._since[stream.path].items():
                self._correlator.evidence.coverage.cover(name, first, passed)

    def _step(self) -> Iterator[Decided]:
        if self.early.active:
            self.early.take(self._fresh, self._order.watermark)
        self._fresh.clear()
        return super()._step()

    def _decided(self) -> Decided:
        decided = super()._decided()
        self.early.ended(decided.verdicts)
        self.notes += self.extractor.problems[self._told :]
        self._told = len(self.extractor.problems)
        return decided

    def _weigh(self, behind: int) -> None:
        """Steps that are taken when there is too much to do, and back."""
        if self._backlog.is_long(behind, self._now) and self.early.active:
            self.early.suspend()
            self.notes.append(
                f"{behind >> 20} MiB behind: no provisional verdicts until they are read"
            )
        if not (self.early.active or self._labels or behind) and self.bounds.is_roomy:
            self.early.resume(self._correlator, self._recall, self._order.waiting, self._plan)

    def _is_stopped(self) -> bool:
        """Whether nothing more is to be judged."""
        return self._signals.is_stopping(0 if self._keeps else SETTLE)

    def _is_too_late(self) -> bool:
        return not self._keeps and self._is_stopped()

    def _shrink(self, *, held: bool = False) -> Iterator[Decided]:
        if self._is_stopped():
            return
        for notes in self.bounds.keep(
            self._now, self._correlator, self._order, self.early, held=held
        ):
            self.notes += notes
            self._logs.rest()
            yield from self._step() if held else (self._decided(),)

    # State

    def _restore(self) -> None:
        kept = self._keeper.load()
        if kept is not None:
            self._order, self.totals = kept.order, kept.totals
            self._logs.ended = kept.ended
            self._correlator.set_state(kept.correlator)
            self._hindsight.set_state(kept.hindsight, self._recall, self._logs.clock)
            self.early.announced = kept.announced
            for state in kept.streams:
                self._start(state.path, state)
        self._say(self._keeper.notes)

    def _save(self) -> bool:
        """Store positions and engine; whether that worked."""
        if self.checkpoint is None or self.undelivered:
            return False
        began = time.monotonic()
        kept = Kept(
            tuple(stream.state() for stream in self.streams.values()),
            self._logs.ended, self._order, self._correlator.state(),
            self._hindsight.state(self._recall), self.totals, self.early.announced,
        )  # fmt: skip
        saved = self._keeper.save(kept, self._now, began)
        self._say(self._keeper.notes)
        return saved

    def _end(self) -> Iterator[Decided]:
        """The run is over: go on later, where there is a state, or else settle what is open."""
        if self._save() or self.undelivered:
            return
        self._keeps = False
        for stream in list(self.streams.values()):
            self._take(stream, stream.finish())
            self._order.close(stream.path)
        yield from self._step()
        yield from self._finish()
