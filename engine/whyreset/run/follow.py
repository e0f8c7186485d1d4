"""Logs followed as they grow, rotate, come and go: the same engine, for as long as it runs."""

import heapq
import os
import select
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from whyreset.correlate.correlator import Correlator
from whyreset.correlate.order import LATENESS, Order
from whyreset.ingest.checkpoint import Checkpoint
from whyreset.ingest.folder import Folders
from whyreset.ingest.intake import Progress
from whyreset.ingest.matching import Extractor
from whyreset.ingest.place import Place, TailState
from whyreset.ingest.scan import Batch
from whyreset.ingest.stamps import Clock
from whyreset.ingest.stream import QUIET, Stream, StreamState
from whyreset.ingest.watch import Watch
from whyreset.model.event import Event
from whyreset.model.rule import Plan
from whyreset.run.bounds import Bounds
from whyreset.run.early import Early
from whyreset.run.pace import Pace
from whyreset.run.reload import Rules
from whyreset.run.replay import Decided, Origin, Replay, Totals
from whyreset.run.signals import Signals

_POLL, _POLL_MOST, _POLL_EACH = 0.2, 1.0, 0.01
"""Seconds from one look at a log to the next: more where many are written to."""
_HINT = 0.1
"""Seconds between looks at a log that is said to change."""
_COLD, _WARM = 1.0, 10.0
"""Seconds between looks at a log that has been silent for so many."""
_SLICE = 0.25
"""Seconds of reading after which what was decided is said."""
_LOOK = 1.0
"""Seconds between looks at folders and rules."""
_TICK = 0.25
_REST = 60.0
"""Seconds of silence after which a log's last bytes are let go, to be read again if need be."""
_SAVE, _SAVE_SHARE = 5.0, 100
"""Seconds between checkpoints, and how many times as long as the last took it must be."""
_BEHIND, _BEHIND_BYTES = 2.0, 4 << 20
"""Seconds and bytes behind from which there is no time for provisional verdicts."""
_ENDED_LIMIT = 4096


class Kept(NamedTuple):
    """The state of a run: positions and engine together, of one moment."""

    streams: tuple[StreamState, ...]
    ended: dict[int, Place]
    order: Order
    correlator: dict[str, Any]
    totals: Totals
    announced: dict[str, str]


class Follow(Replay):
    """Follows logs; the clock is read here only, and reaches the engine as ticks.

    `notes` are sentences to be said on the way, `undelivered` is set by whoever takes what is
    decided and could not hand it on: then the last checkpoint stays.
    """

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
        self.extractor = Extractor(plan.definitions, narrow=True)
        self.streams: dict[str, Stream] = {}
        self.notes: list[str] = []
        self.undelivered = False
        self.behind_since: float | None = None
        self.beat = time.monotonic()
        self.early = Early(plan)
        self.pace = Pace()
        self.rules, self.checkpoint = rules, checkpoint
        self.bounds = bounds or Bounds(None)
        self._plan = plan
        self._labels = labels
        self._folders = folders
        self._clock = clock
        self._signals = signals
        self._watch = Watch()
        self._ended: dict[int, Place] = {}
        self._since: dict[str, dict[str, int]] = {}
        self._fresh: list[Event] = []
        self._told = 0
        self._is_short = False  # there are more logs than descriptors
        self._now = time.monotonic()
        self._times = dict.fromkeys(("look", "tick", "save"), 0.0)
        self._pace_of_polls = _POLL

    def run(self, on_read: Callable[[Totals], None] | None = None) -> Iterator[Decided]:
        """Steps until a signal ends the run."""
        self._restore()
        self.early.suspend()  # until the past has been read
        try:
            while not self._signals.stopping:
                self._now = self.beat = time.monotonic()
                self._look_around()
                for decided in self._round():
                    yield decided
                    if on_read is not None:
                        on_read(self.totals)
                if self._due("save", 0.0):
                    self._save()
                self._wait()
            yield from self._end()
        finally:
            self._watch.close()
            for stream in self.streams.values():
                stream.close()

    def _due(self, what: str, every: float) -> bool:
        if self._now < self._times[what]:
            return False
        self._times[what] = self._now + every
        return True

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
            found = self._folders.look(self._now)
            self.notes += self._folders.problems
            self._folders.problems.clear()
            for path in found or ():
                self._add(path)
            if self.rules is not None:
                plan = self.rules.look(at_once=asked)
                self.notes += self.rules.notes
                self.rules.notes.clear()
                if plan is not None:
                    self._change_rules(plan)
            rules = self.rules.folders if self.rules is not None else set()
            real = {os.path.dirname(stream.tail.real) for stream in self.streams.values()}
            self._watch.watch({place for place in (*self._folders.places, *rules, *real) if place})
        if self._signals.take_tell():
            from whyreset.run.telling import sources_of, told  # noqa: PLC0415 - seldom asked for

            what = f"{len(self.streams)} logs followed"
            self.notes.append(
                told(self.totals, self.open_bursts, self._order, what, sources_of(self))
            )

    def _add(self, path: str) -> None:
        if path in self.streams:
            return
        state = None
        try:
            inode = os.stat(path).st_ino
        except OSError:
            inode = -1
        if any((place := each.tail.place) and place.identity.inode == inode
               for each in self.streams.values()):  # fmt: skip
            return  # a log that is being read was given another name: not before it has ended
        if inode in self._ended:
            tail = TailState(self._ended[inode])
            state = StreamState(path, tail, Progress(), 0, 0, b"", 0, (), True)
        self._start(path, state)

    def _start(self, path: str, state: StreamState | None = None) -> None:
        stream = self.streams[path] = Stream(path, self.extractor, self._clock, state)
        self.totals.inputs = max(self.totals.inputs, len(self.streams))
        self._high[id(stream)] = -1
        self._since[path] = {}
        if inode_of(path) is not None:
            self._order.open(path)

    def _drop(self, stream: Stream) -> None:
        """The log is gone, and everything in it was read."""
        self._take(stream, stream.finish())
        place = stream.tail.place
        if place is not None:
            self._ended[place.identity.inode] = place
            while len(self._ended) > _ENDED_LIMIT:
                self._ended.pop(next(iter(self._ended)))
        self._order.close(stream.path)
        del self.streams[stream.path], self._high[id(stream)], self._since[stream.path]
        if stream.path in self._folders.named:
            self._start(stream.path)  # it may come back

    def _change_rules(self, plan: Plan) -> None:
        """Swap all rules at once; open bursts go on under the new ones."""
        self._plan = plan
        self.extractor = Extractor(plan.definitions, narrow=True)
        self._told = 0
        correlator = Correlator(plan, labels=self._labels)
        correlator.set_state(self._correlator.state())
        self._correlator = correlator
        for stream in self.streams.values():
            stream.change_rules(self.extractor)
        if self.early.active:
            self.early.resume(correlator, self._order.waiting, plan)

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
            if time.monotonic() - began > _SLICE:
                break
        for _, path in behind:
            waiting[path].due = 0.0
        self._weigh(sum(waiting[path].tail.behind for _, path in behind))
        if self._due("tick", _TICK):
            self._tick()
        yield self._step()
        yield Decided((), self.early.verdicts())

    def _poll(self) -> dict[str, Stream]:
        changed = self._watch.take()
        folders = {os.path.dirname(path) for path in changed}
        waiting = {}
        hot = 0
        for stream in list(self.streams.values()):
            warm = not self._is_cold(stream)
            hot += warm
            if self._now < stream.due and not self._is_hinted(stream, changed, folders):
                continue
            stream.due = self._now + (self._pace_of_polls if warm else _COLD)
            if stream.tail.poll(self._now):
                waiting[stream.path] = stream
            else:
                self._read_to_end(stream)
            self._heard(stream)
        self._pace_of_polls = min(_POLL_MOST, max(_POLL, hot * _POLL_EACH))
        return waiting

    def _is_hinted(self, stream: Stream, changed: set[str], folders: set[str]) -> bool:
        """Whether it is worth a look before its time."""
        if stream.tail.real in changed:
            return self._now - stream.checked >= _HINT
        return self._is_cold(stream) and os.path.dirname(stream.path) in folders

    def _is_cold(self, stream: Stream) -> bool:
        return stream.spoke is None or self._now - stream.spoke >= _WARM

    def _heard(self, stream: Stream) -> None:
        """Say what a tail has to say, and let go what has come to its end."""
        if stream.tail.is_starved:
            self._make_room(stream)
        self.notes += stream.tail.notes
        stream.tail.notes.clear()
        if stream.tail.gone:
            self._drop(stream)

    def _make_room(self, starved: Stream) -> None:
        """No file can be opened: close some that were silent for longest; they are opened again
        when they change. It is said once."""
        if self._is_short:
            starved.tail.notes.clear()
        self._is_short = True
        idle = [each for each in self.streams.values() if each.is_settled and each.tail.is_open
                and each.mode != "kubernetes"]  # fmt: skip
        idle.sort(key=lambda each: each.spoke or 0.0)
        if sum(each.tail.park() for each in idle[: 1 + len(idle) // 4]):
            starved.due = 0.0

    def _read_to_end(self, stream: Stream) -> None:
        """A log has nothing more to say now."""
        stream.checked = self._now
        stream.caught_up = True
        for batch in (stream.advance(self._now), stream.settle(self._now)):
            if batch is not None:
                self._take(stream, batch)
        if stream.tail.has_more:
            stream.due = 0.0
        elif not stream.is_settled:
            stream.due = min(stream.due, self._now + QUIET)
        elif (
            stream.is_settled
            and not stream.is_resting
            and self._now - (stream.spoke or 0.0) > _REST
        ):
            stream.rest()

    def _take(self, source: Origin, batch: Batch) -> None:
        super()._take(source, batch)
        if batch.high is not None:
            self.pace.saw(batch.high, time.monotonic())  # the step may have begun long ago
            if id(source) in self._high:
                self._high[id(source)] = max(self._high[id(source)], batch.high)
        if batch.events:
            self._fresh += batch.events
        since = self._since.get(source.path)
        if since is not None:
            for printed_by, (first, _) in batch.sources.items():
                since.setdefault(printed_by.name, first)

    def _is_steady(self, source: Origin) -> bool:
        return source.ordered

    def _tick(self) -> None:
        """What was read to its end was silent until then; what cannot be read holds up nobody."""
        for stream in self.streams.values():
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
                self._correlator.evidence.cover(name, first, passed)

    def _step(self) -> Decided:
        decided = super()._step()
        if self.early.active:
            self.early.take(self._fresh, self._order.watermark)
        self._fresh.clear()
        self.early.ended(decided.verdicts)
        for problem in self.extractor.problems[self._told :]:
            self.notes.append(problem)
        self._told = len(self.extractor.problems)
        return decided

    def _weigh(self, behind: int) -> None:
        """Steps that are taken when there is too much to do, and back."""
        if not behind:
            self.behind_since = None
        elif self.behind_since is None:
            self.behind_since = self._now
        late = self.behind_since is not None and self._now - self.behind_since > _BEHIND
        if self.early.active and late and behind > _BEHIND_BYTES:
            self.early.suspend()
            self.notes.append(
                f"{behind >> 20} MiB behind: no provisional verdicts until they are read"
            )
        notes = self.bounds.keep(self._now, self._correlator, self._order, self.early)
        self.notes += notes
        if notes:
            for stream in self.streams.values():
                if stream.is_settled:
                    stream.rest()
        elif not (self.early.active or self._labels or behind or self.bounds.is_tight):
            self.early.resume(self._correlator, self._order.waiting, self._plan)

    def _wait(self) -> None:
        """Until a log is due, a folder changes, or a signal comes."""
        due = min((stream.due for stream in self.streams.values()), default=self._now + _POLL)
        rest = min(due - time.monotonic(), _POLL)
        if rest > 0:
            select.select([self._watch.descriptor, self._signals.descriptor], [], [], rest)
            left = min(0.02, due - time.monotonic())
            if left > 0 and not self._signals.stopping:
                select.select([self._signals.descriptor], [], [], left)
        if self._watch.problem:
            self.notes.append(self._watch.problem)
            self._watch.problem = None

    # State

    def _restore(self) -> None:
        kept = self.checkpoint.load() if self.checkpoint is not None else None
        if isinstance(kept, Kept):
            self._order, self.totals = kept.order, kept.totals
            self._ended = kept.ended
            self._correlator.set_state(kept.correlator)
            self.early.announced = kept.announced
            for state in kept.streams:
                self._start(state.path, state)
        if self.checkpoint is not None:
            self.notes += self.checkpoint.notes
            self.checkpoint.notes.clear()

    def _save(self) -> bool:
        """Store positions and engine; whether that worked."""
        if self.checkpoint is None or self.undelivered:
            return False
        began = time.monotonic()
        kept = Kept(
            tuple(stream.state() for stream in self.streams.values()),
            self._ended, self._order, self._correlator.state(), self.totals,
            self.early.announced,
        )  # fmt: skip
        saved = self.checkpoint.save(kept, time.time())
        self.notes += self.checkpoint.notes
        self.checkpoint.notes.clear()
        self._times["save"] = self._now + max(_SAVE, _SAVE_SHARE * (time.monotonic() - began))
        return saved

    def _end(self) -> Iterator[Decided]:
        """The run is over: go on later, where there is a state, or else settle what is open."""
        if self._save() or self.undelivered:
            return
        for stream in list(self.streams.values()):
            self._take(stream, stream.finish())
            self._order.close(stream.path)
        yield self._step()
        self._correlator.finish()
        yield self._decided()


def inode_of(path: str) -> int | None:
    """The inode that a path leads to; None where it leads nowhere."""
    try:
        return os.stat(path).st_ino
    except OSError:
        return None
