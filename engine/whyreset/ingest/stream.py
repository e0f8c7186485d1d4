"""A followed log: the bytes of its tail through an intake, with a state that can be kept."""

from collections import deque
from typing import NamedTuple

from whyreset.ingest.batches import Batch
from whyreset.ingest.envelopes import OBJECT_MODES
from whyreset.ingest.hindsight import Hindsight
from whyreset.ingest.intake import BLOCK, Progress
from whyreset.ingest.lines import REACH_BYTES
from whyreset.ingest.matching import Extractor
from whyreset.ingest.place import TailState
from whyreset.ingest.skim import Skim
from whyreset.ingest.source_name import source_of_path
from whyreset.ingest.stamps import Clock
from whyreset.ingest.tail import Tail
from whyreset.model.event import Event

QUIET, QUIET_PARTIAL = 0.2, 2.0
"""Seconds without a byte after which records wait no longer for further lines (those of one are
no further apart), and lines that came in pieces no longer for the next one."""
_PIECES = (b" stdout P ", b" stderr P ")
_BACK = 16 << 10
"""Bytes of decided lines that are kept over a restart: a record may begin in them."""
_PARTIAL = 10.0
"""Seconds after which a last line without a newline is taken for whole."""


class StreamState(NamedTuple):
    """A stream, to go on from exactly: what was fed, and what of it has to be fed again.

    fed      bytes fed so far, over all files
    again    how many of the last ones are to be read again, `carry` those that the current file
             does not hold
    floor    events of offsets below were given, and so were those of the offsets in `given`
    settled  whether nothing waits for further lines
    decided  offset up to which nothing does: what was not given there was passed over
    """

    path: str
    tail: TailState
    progress: Progress
    fed: int
    again: int
    carry: bytes
    floor: int
    given: tuple[int, ...]
    settled: bool
    decided: int = 0


class Stream:
    """One followed path, read batch by batch; `path` is its identity in event time.

    `hindsight` keeps what is read, if it is set before.
    """

    hindsight: Hindsight | None = None

    def __init__(
        self, path: str, extractor: Extractor, clock: Clock, state: StreamState | None = None
    ) -> None:
        self.path = path
        self.source = source_of_path(path)
        again = state is not None and not state.settled
        self.tail = Tail(path, state.tail if state else None, again=again)
        self.checked = 0.0  # when it was last read to its end (seconds of the monotonic clock)
        self.spoke: float | None = None  # when it last gave a byte
        self.caught_up = False
        self.due = 0.0
        self._extractor = extractor
        self._clock = clock
        self._state = state  # what the intake is to be made from, when it is needed
        self._intake: Skim | None = None
        self._fed = state.fed if state else 0
        self._base = self._fed  # where the intake's offsets begin
        self._given: deque[int] = deque(state.given if state else ())
        self._again = 0  # events of offsets below may come a second time
        self._floor = 0
        self._left: list[Event] = []
        self._settled = state is None or state.settled
        self._last = _PIECES[0]  # the head of the last line; after a restart it may be a piece
        self._parts = 0
        self._own = self._fed  # what was fed from here on is in the current file, up to its place

    @property
    def ordered(self) -> bool:
        """Whether lines come in the order of time; of a live stream, what comes late is late."""
        return self.caught_up or self._intake is None or self._intake.ordered

    @property
    def mode(self) -> str | None:
        """The layout; None before the first line."""
        if self._intake is not None:
            return self._intake.mode
        return self._state.progress.mode if self._state is not None else None

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits for further lines."""
        return self._settled

    @property
    def is_resting(self) -> bool:
        """Whether the last bytes were let go."""
        return self._intake is None

    def read(self, now: float) -> Batch | None:
        """The next batch; None where there is nothing now, or no more in this file."""
        if self._intake is None:
            self._wake()
        data = self.tail.read(BLOCK, late=self._settled or not self._in_pieces)
        if not data:
            return None
        self.spoke = now
        batch = self._feed(data)
        self._settled = self._awake().is_free and not self._left
        return batch

    def settle(self, now: float) -> Batch | None:
        """The events that wait for further lines, once the stream is quiet; None if none do."""
        if self._settled or self.tail.has_more or self.tail.is_moving:
            return None
        if self.spoke is None:
            self.spoke = now
        if now - self.spoke < self._patience:
            return None
        ended = self._end_line()
        if ended is not None:
            return ended
        self._settled = True
        return self._noted(self._awake().settle())

    def advance(self, now: float) -> Batch | None:
        """Go on to the next file, if this one has ended; gives what its last line completes."""
        if not self.tail.is_finished(now):
            return None
        if not self._settled:
            self._awake()  # while the file is at hand
        batch = self._end_line()
        self.tail.advance(now)
        self.spoke = now  # a record may go on in the next file
        return batch or Batch()

    def finish(self) -> Batch:
        """The stream has ended: what still waits in it."""
        batch = Batch() if self._settled else self._noted(self._awake().feed(b"", last=True))
        self.tail.close()
        return batch

    def rest(self) -> None:
        """Let the last bytes go; they are read again when the stream goes on."""
        if self._intake is not None:
            self._state = self.state()
            self._intake = None

    def change_rules(self, extractor: Extractor) -> None:
        """Go on with other definitions."""
        self._extractor = extractor
        if self._intake is not None:
            # The file may have been cut in the meantime: what waits is taken from memory.
            self._state, self._intake = self.state(whole=not self._settled), None
            if not self._settled:
                self._wake()

    def state(self, *, whole: bool = False) -> StreamState:
        """What a stream is made from to go on here; `whole` leaves nothing to be read again."""
        tail = self.tail.state()
        if self._intake is None:
            if self._state is not None:
                return self._state._replace(tail=tail)
            return StreamState(self.path, tail, Progress(), self._fed, 0, b"", 0, (), True)
        data, waiting = self._intake.recent()
        if len(data) > waiting + _BACK:
            data = data[data.find(b"\n", len(data) - waiting - _BACK) + 1 :]
        start = self._fed - len(data)
        own = self._fed if whole or self._parts != self.tail.parts else self._own
        carry = data[: max(0, min(own - start, len(data)))]
        # An event of a record that is longer than this may be given twice; none is lost.
        floor = max(start, self._fed - waiting - REACH_BYTES // 2)
        given = tuple(offset for offset in self._given if offset >= floor)
        return StreamState(
            self.path, tail, self._intake.progress, self._fed, len(data), carry, floor, given,
            self._settled, self._fed - (0 if self._intake.is_free else waiting),
        )  # fmt: skip

    def close(self) -> None:
        """Let the files go."""
        self.tail.close()

    @property
    def _patience(self) -> float:
        if not self.tail.is_aligned:
            return _PARTIAL
        return QUIET_PARTIAL if self._in_pieces else QUIET

    @property
    def _in_pieces(self) -> bool:
        """Whether the last line goes on in the next one, as far as is known."""
        return any(mark in self._last for mark in _PIECES)

    def _awake(self) -> Skim:
        if self._intake is None:
            self._wake()
        assert self._intake is not None
        return self._intake

    def _feed(self, data: bytes) -> Batch:
        intake = self._awake()
        if self._parts != self.tail.parts:
            if self._parts and intake.mode in OBJECT_MODES:  # a file of objects begins anew
                intake = self._intake = self._made(None)
                self._base = self._fed
            self._parts = self.tail.parts
            self._own = self._fed
        self._last = data[data.rfind(b"\n", 0, -1) + 1 :][:64]
        batch = intake.feed(data)
        self._fed += len(data)
        if self.tail.was_late:
            self._own = self._fed
        return self._noted(batch, data)

    def _end_line(self) -> Batch | None:
        data = self.tail.end_line()
        if not data:
            return None
        batch = self._awake().feed(data)
        self._fed += len(data)
        self._own = self._fed
        return self._noted(batch, data)

    def _noted(self, batch: Batch, data: bytes = b"") -> Batch:
        """The same as they are given; `data` were read for it."""
        batch.events = self._new(batch.events)
        if self._left:
            batch.events = self._left + batch.events
            self._left = []
        given = self._given
        given += [event.offset for event in batch.events]
        floor = self._fed - 2 * REACH_BYTES
        while given and given[0] < floor:
            given.popleft()
        if self.hindsight is not None:
            self.hindsight.keep(self.path, data, self._fed, batch, self._awake().scanner)
        return batch

    def _new(self, events: list[Event]) -> list[Event]:
        """The same with offsets counted in the stream, without what was given before."""
        if self._base and events:
            base = self._base
            events = [event._replace(offset=event.offset + base) for event in events]
        if self._again:
            events = [event for event in events if self._is_new(event.offset)]
            if self._fed - self._again > 2 * REACH_BYTES:
                self._again = 0
        return events

    def _is_new(self, offset: int) -> bool:
        return offset >= self._again or (offset >= self._floor and offset not in self._given)

    def _wake(self) -> None:
        """Make the intake, and feed it again what it must have seen."""
        state, self._state = self._state, None
        self._parts = self.tail.parts if state is not None else 0
        self._intake = self._made(state.progress if state is not None else None)
        if state is None:
            return
        data, rest = state.carry, state.again - len(state.carry)
        if rest:
            own = self.tail.reread(rest)
            data, rest = (b"", 0) if own is None else (data + own, rest)
        self._base = self._fed - len(data)
        self._own = self._fed - rest
        self._again, self._floor = self._fed, state.floor
        if data:
            found = self._new(self._intake.feed(data).events)
            kept = self.hindsight.kinds if self.hindsight is not None else ()
            # What was passed over is not told now, long after its time: it is found if asked for.
            self._left = [e for e in found if e.offset >= state.decided or e.kind not in kept]

    def _made(self, progress: Progress | None) -> Skim:
        return Skim(self._extractor, self.source, self._clock, progress)
