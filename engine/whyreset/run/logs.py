"""The logs that are followed: which there are, and which of them it is time to look at."""

import os
import select
import time
from collections.abc import Iterator

from whyreset.ingest.envelopes import OBJECT_MODES
from whyreset.ingest.folder import Folders
from whyreset.ingest.intake import Progress
from whyreset.ingest.matching import Extractor
from whyreset.ingest.place import Place, TailState
from whyreset.ingest.stamps import Clock
from whyreset.ingest.stream import QUIET, Stream, StreamState
from whyreset.ingest.watch import Watch

POLL = 0.2
_POLL_MOST, _POLL_EACH = 1.0, 0.01
"""Seconds from one look at a log to the next: more where many are written to."""
_PACE = 0.02
"""Seconds from one look to the next, at least, where nothing waits to be read."""
_HINT = 0.1
"""Seconds between looks at a log that is said to change."""
_COLD, _WARM = 1.0, 10.0
"""Seconds between looks at a log that has been silent for so many."""
_REST = 60.0
"""Seconds of silence after which a log's last bytes are let go, to be read again if need be."""
_ENDED_LIMIT = 4096


class Logs:
    """Logs come and go with the `folders`; `streams` holds them by path.

    `ended` says how far those were read that went, by inode. Times are seconds of a monotonic
    clock; `notes` are sentences to be said.
    """

    def __init__(self, folders: Folders, clock: Clock) -> None:
        self.streams: dict[str, Stream] = {}
        self.ended: dict[int, Place] = {}
        self.notes: list[str] = []
        self.watch = Watch()
        self._folders = folders
        self.clock = clock
        self._is_short = False  # there are more logs than descriptors
        self._room: int | None = None  # descriptors that were given back in this turn
        self._pace = POLL

    # Which there are

    def look(self, now: float, extractor: Extractor) -> Iterator[Stream]:
        """Look at the folders; the logs that are new in them."""
        found = self._folders.look(now)
        self.notes += self._folders.problems
        self._folders.problems.clear()
        for path in found or ():
            if path not in self.streams:
                yield from self._found(path, extractor)

    def start(self, path: str, extractor: Extractor, state: StreamState | None = None) -> Stream:
        """Follow a log from now on, or on from a state."""
        stream = self.streams[path] = Stream(path, extractor, self.clock, state)
        return stream

    def drop(self, stream: Stream) -> bool:
        """A log is gone, and everything in it was read; whether it was named, and may come
        back."""
        place = stream.tail.place
        if place is not None:
            self.ended[place.identity.inode] = place
            while len(self.ended) > _ENDED_LIMIT:
                self.ended.pop(next(iter(self.ended)))
        del self.streams[stream.path]
        return stream.path in self._folders.named

    def watch_folders(self, others: set[str]) -> None:
        """Be woken by changes where logs are, and in other folders."""
        real = {os.path.dirname(stream.tail.real) for stream in self.streams.values()}
        self.watch.watch({place for place in (*self._folders.places, *others, *real) if place})

    def close(self) -> None:
        """Let all files go."""
        self.watch.close()
        for stream in self.streams.values():
            stream.close()

    def _found(self, path: str, extractor: Extractor) -> Iterator[Stream]:
        inode = inode_of(path)
        if inode is not None and any(
            (place := each.tail.place) and place.identity.inode == inode
            for each in self.streams.values()
        ):
            return  # a log that is being read was given another name: not before it has ended
        state = None
        if inode is not None and inode in self.ended:
            tail = TailState(self.ended[inode])
            state = StreamState(path, tail, Progress(), 0, 0, b"", 0, (), True)
        yield self.start(path, extractor, state)

    # Which it is time to look at

    def due(self, now: float) -> list[Stream]:
        """Those whose time has come, or that are said to have changed."""
        self._room = None
        changed = self.watch.take()
        folders = {os.path.dirname(path) for path in changed}
        found = []
        hot = 0
        for stream in self.streams.values():
            warm = not _is_cold(stream, now)
            hot += warm
            if now < stream.due and not _is_hinted(stream, changed, folders, now):
                continue
            stream.due = now + (self._pace if warm else _COLD)
            found.append(stream)
        self._pace = min(_POLL_MOST, max(POLL, hot * _POLL_EACH))
        return found

    def wait(self, now: float, woken_by: int) -> None:
        """Until a log is due, a folder changes, or a descriptor can be read from."""
        due = min((stream.due for stream in self.streams.values()), default=now + POLL)
        rest = min(due - time.monotonic(), POLL)
        if rest > 0:
            select.select([self.watch.descriptor, woken_by], [], [], rest)
            left = min(_PACE, due - time.monotonic())
            if left > 0:
                select.select([woken_by], [], [], left)
        if self.watch.problem:
            self.notes.append(self.watch.problem)
            self.watch.problem = None

    def heard(self, stream: Stream) -> bool:
        """Take what a tail has to say; whether the log has come to its end."""
        if stream.tail.is_starved:
            self._make_room(stream)
        self.notes += stream.tail.notes
        stream.tail.notes.clear()
        return stream.tail.gone

    def was_read(self, stream: Stream, now: float) -> None:
        """A log was read to its end: when to look at it again."""
        if stream.tail.has_more:
            stream.due = 0.0
        elif not stream.is_settled:
            stream.due = min(stream.due, now + QUIET)
        elif not stream.is_resting and now - (stream.spoke or 0.0) > _REST:
            stream.rest()

    def rest(self) -> None:
        """Memory is short: let the last bytes go wherever nothing waits for more."""
        for stream in self.streams.values():
            if stream.is_settled:
                stream.rest()

    def _make_room(self, starved: Stream) -> None:
        """No file can be opened: close some that were silent for longest; they are opened again
        when they change. It is said once."""
        if self._is_short:
            starved.tail.notes.clear()
        self._is_short = True
        if self._room is None:
            self._room = self._park_some()
        if self._room:
            starved.due = 0.0

    def _park_some(self) -> int:
        """Close a quarter of those that were silent for longest; gives how many it was."""
        idle = [each for each in self.streams.values() if each.is_settled and each.tail.is_open
                and each.mode not in OBJECT_MODES]  # fmt: skip
        idle.sort(key=lambda each: each.spoke or 0.0)
        return sum(each.tail.park() for each in idle[: 1 + len(idle) // 4])


def _is_hinted(stream: Stream, changed: set[str], folders: set[str], now: float) -> bool:
    """Whether it is worth a look before its time."""
    if stream.tail.real in changed:
        return now - stream.checked >= _HINT
    return _is_cold(stream, now) and os.path.dirname(stream.path) in folders


def _is_cold(stream: Stream, now: float) -> bool:
    return stream.spoke is None or now - stream.spoke >= _WARM


def inode_of(path: str) -> int | None:
    """The inode that a path leads to; None where it leads nowhere."""
    try:
        return os.stat(path).st_ino
    except OSError:
        return None
