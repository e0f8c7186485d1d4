"""The bytes of one path in the order in which they were written, across rotations."""

import errno
import os
import resource

from whyreset.ingest.generations import Generations
from whyreset.ingest.part import Part
from whyreset.ingest.place import Place, TailState
from whyreset.ingest.trouble import Trouble

SWITCH = 0.2
"""Seconds for which a renamed file, read to its end, is looked at again before its successor."""
GONE = 3.0
"""Seconds after which a path that leads nowhere is taken for deleted."""
RENAMED = 60.0
"""The same, where the file is still there under another name."""
_STALE = 2.0
"""Seconds in which a network file system may tell too small a size."""
_RESERVE = 16
"""Descriptors that are left to all else: folders, the state, the output."""


class Tail:
    """Follows a path as `tail -F` does, but loses nothing that rotation leaves to be found.

    `poll` looks at the file system, `read` gives bytes; `notes` are sentences to be said.
    Times are seconds of a monotonic clock. Where the last bytes of a state are needed `again`,
    the file that holds them is opened before anything else is seen of the log.
    """

    def __init__(self, path: str, state: TailState | None = None, *, again: bool = False) -> None:
        self.path = path
        self.gone = False
        self.was_late = False  # whether the last bytes are not of the file that is read now
        self.is_starved = False  # no descriptor was left to open a file with
        self._trouble = Trouble(path)
        self._files = Generations(path, self._trouble, state)
        self._restored = state
        self._again = again
        self._aligned = state is None or state.aligned
        self._moved: float | None = None
        self._missing: float | None = None
        self._shrunk: float | None = None
        self._is_hidden = False  # nothing can be told of what the path leads to
        self._waits = False  # there are bytes to read, as far as the last poll saw
        self._parked: tuple[int, ...] | None = None  # what the path showed when it was parked

    @property
    def notes(self) -> list[str]:
        """Sentences to be said; whoever says them takes them away."""
        return self._trouble.notes

    @property
    def trouble(self) -> str | None:
        """Why the log cannot be read; None where it can."""
        return self._trouble.reason

    @property
    def parts(self) -> int:
        """How many files have been opened: it grows with every rotation."""
        return self._files.opened

    @property
    def has_more(self) -> bool:
        """Whether the last look found something to read."""
        return self._waits

    @property
    def is_open(self) -> bool:
        """Whether a file is being read."""
        return self._files.part is not None

    @property
    def is_quiet(self) -> bool:
        """Whether it is known that nothing more was written, though no file may be open."""
        parked = self._restored is not None and self._missing is None
        known = self.trouble is None and not self._waits and not self.is_moving
        return known and (self.is_open or parked)

    @property
    def is_moving(self) -> bool:
        """Whether another file follows the one that is read."""
        return self._moved is not None or self._files.is_frozen

    @property
    def real(self) -> str:
        """The path without links of the file that is read."""
        return self._files.real

    @property
    def is_aligned(self) -> bool:
        """Whether what was read ends with a whole line."""
        return self._aligned

    @property
    def place(self) -> Place | None:
        """Where reading goes on."""
        part = self._files.part
        if part is not None:
            return part.place
        return self._restored.place if self._restored else None

    @property
    def behind(self) -> int:
        """Bytes of the current file that wait."""
        part = self._files.part
        return max(0, part.size - part.position) if part is not None else 0

    def state(self) -> TailState:
        """What `Tail` takes to go on; also between two polls, and before the first."""
        files = self._files
        if files.part is None:
            known = self._restored or TailState(None, (), (), self._aligned)
            return known._replace(
                seen=tuple(files.seen), surveyed=files.is_surveyed, real=files.real
            )
        return TailState(
            self.place, files.left, tuple(files.seen), self._aligned, files.is_surveyed, files.real
        )

    def poll(self, now: float) -> bool:
        """Look whether there is something to read, and whether the path leads elsewhere now."""
        try:
            status = os.stat(self.path)
        except OSError as error:
            status = None
            self._missed(error, now)
        else:
            self._missing = None
            if self._is_hidden:
                self._is_hidden = False
                self._trouble.recover()
        if not self.is_open and (status is None or _shown(status) != self._parked):
            self._parked = None
            if self._can_open():
                self._begin(status)
        if self._again and self.is_open:
            self._again, self._waits = False, True
        elif self._files.part is not None:
            self._waits = self._looks(self._files.part, status, now)
        else:
            self._waits = False
            if self._missing is not None and now - self._missing >= GONE:
                self.gone = True
        return self._waits

    def read(self, size: int, *, late: bool = True) -> bytes:
        """The next bytes; empty where there are none now. Lines that come `late` to a file that
        was left before may follow any whole line."""
        part = self._files.part
        if part is None:
            return b""
        self.was_late = False
        if not self._aligned and not part.position:  # the rest of a line was cut off
            self.was_late = True
            return self.end_line()
        try:
            data = part.read(size)
        except OSError as error:
            self._fail(error)
            return b""
        if not data and late and self._aligned and self._files.is_lingering:
            data = self._files.late(size)
            self.was_late = bool(data)
        if not data:
            self._waits = False
        return self._given(data)

    def reread(self, size: int) -> bytes | None:
        """The last bytes that were read from the current file; None where they are gone."""
        try:
            return self._files.part.reread(size) if self._files.part is not None else None
        except OSError:
            return None

    def end_line(self) -> bytes:
        """The newline that a last line lacks, if it does."""
        if self._aligned:
            return b""
        self._aligned = True
        return b"\n"

    def advance(self, now: float) -> bool:
        """Go on to the next file, where this one is read to its end and has one; call
        `end_line` first."""
        part = self._files.part
        if part is None or not self.is_finished(now):
            return False
        self._waits = self._files.leave(part, now)
        self._moved = None
        return True

    def is_finished(self, now: float) -> bool:
        """Whether nothing more is expected of the current file."""
        if not self.is_open or self._waits:
            return False
        if self._files.is_frozen:
            return True
        return self._moved is not None and now - self._moved >= SWITCH

    def park(self) -> bool:
        """Give the descriptor back; the file is found again by its identity."""
        part = self._files.part
        if part is None or self._waits or not self._files.is_last or self._files.is_frozen:
            return False
        status = os.fstat(part.descriptor)
        if part.is_at(_status_of(self.path)) and status.st_size == part.position:
            self._parked = _shown(status)
        self.close()
        return True

    def close(self) -> None:
        """Let all files go."""
        if self.is_open:
            self._restored = self.state()
        self._files.close()

    def _can_open(self) -> bool:
        """Whether a descriptor is left: without one, no file that is looked for can be seen."""
        try:
            free = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            os.close(free)
            if free >= resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _RESERVE:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        except OSError as error:
            self.is_starved = True
            self._trouble.complain(error)
            return False
        if self.is_starved:
            self.is_starved, self._trouble.reason = False, None
        return True

    def _given(self, data: bytes) -> bytes:
        if data:
            self._aligned = data.endswith(b"\n")
        return data

    def _missed(self, error: OSError, now: float) -> None:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            if self._missing is None:
                self._missing = now
        else:
            self._is_hidden = True
            self._trouble.complain(error)

    def _fail(self, error: OSError) -> None:
        """The open file cannot be read (a network file system): open it again."""
        self._trouble.complain(error)
        self.close()
        self._waits = False

    def _begin(self, status: os.stat_result | None) -> None:
        """Open the file; after a restart, the one that was being read."""
        state = self._restored
        if state is None or state.place is None:
            self._files.begin(is_here=status is not None)
        elif self._files.find_again(
            state, state.place, status, is_missing=self._missing is not None
        ):
            self._restored = None

    def _looks(self, part: Part, status: os.stat_result | None, now: float) -> bool:
        try:
            seen = part.look()
        except OSError as error:
            self._fail(error)
            return False
        if seen == "shrunk":
            self._shrunk = self._shrunk or now
            if now - self._shrunk < _STALE:
                return False
            seen = "replaced"
        self._shrunk = None
        files = self._files
        if seen == "replaced" or (
            seen == "begun" and part.is_at(status) and files.has_unknown(part)
        ):
            self._moved = None
            return files.begin_anew(part)
        files.follow(part, status)
        self._note_move(part, status, now)
        return any(look in ("grown", "begun") for look in (seen, *files.look_back(now)))

    def _note_move(self, part: Part, status: os.stat_result | None, now: float) -> None:
        """Note since when it is worth going on to what follows."""
        if self._files.has_next:
            self._moved = self._moved or now
        elif status is None and self._missing is not None and self._files.is_last:
            # a renamed file may still be written to before its successor is there
            grace = RENAMED if part.links else GONE
            if now - self._missing >= grace:
                self._moved = self._moved or now
        else:
            self._moved = None


def _status_of(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _shown(status: os.stat_result) -> tuple[int, ...]:
    """By what it shows that a file was changed, or another took its place."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
