"""The bytes of one path in the order in which they were written, across rotations."""

import errno
import os
import resource
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from whyreset.ingest.identity import Identity
from whyreset.ingest.part import Part, open_part
from whyreset.ingest.siblings import Sibling, is_known, sibling_at, siblings_of

SWITCH = 0.2
"""Seconds for which a renamed file, read to its end, is looked at again before its successor."""
GONE = 3.0
"""Seconds after which a path that leads nowhere is taken for deleted."""
RENAMED = 60.0
"""The same, where the file is still there under another name."""
LINGER = 10.0
"""Seconds for which a renamed file is looked at for late lines of a writer that kept it open."""
_STALE = 2.0
"""Seconds in which a network file system may tell too small a size."""
_SEEN = 64
_RESERVE = 16
"""Descriptors that are left to all else: folders, the state, the output."""


class Place(NamedTuple):
    """Where reading goes on: in which file, and at which byte of it."""

    identity: Identity
    position: int


class TailState(NamedTuple):
    """What a tail must know after a restart; `seen` are files that are not to be read again,
    `surveyed` says that those which lay beside the log at first are among them."""

    place: Place | None
    lingering: tuple[Place, ...] = ()
    seen: tuple[Identity, ...] = ()
    aligned: bool = True
    surveyed: bool = False
    real: str = ""


class Tail:
    """Follows a path as `tail -F` does, but loses nothing that rotation leaves to be found.

    `poll` looks at the file system, `read` gives bytes; `notes` are sentences to be said.
    Times are seconds of a monotonic clock.
    """

    def __init__(self, path: str, state: TailState | None = None) -> None:
        self.path = path
        self.notes: list[str] = []
        self.trouble: str | None = None
        self.gone = False
        self.parts = 0  # how many files have been opened: it grows with every rotation
        self.was_late = False  # whether the last bytes are not of the file that is read now
        self._part: Part | None = None
        self._chain: deque[Part] = deque()  # what is to be read next, held open
        self._lingering: list[tuple[float, Part]] = []
        self._seen: deque[Identity] = deque((state or TailState(None)).seen, _SEEN)
        self._restored = state
        self._real = os.path.realpath(path)
        self._aligned = state is None or state.aligned
        self._surveyed = state is not None and state.surveyed
        self._moved: float | None = None
        self._missing: float | None = None
        self._shrunk: float | None = None
        self._waits = False  # there are bytes to read, as far as the last poll saw
        self._frozen = False  # the current part is a rotated one: its end is final
        self.is_starved = False  # no descriptor was left to open a file with
        self._parked: tuple[int, ...] | None = None  # what the path showed when it was parked

    @property
    def has_more(self) -> bool:
        """Whether the last look found something to read."""
        return self._waits

    @property
    def is_open(self) -> bool:
        """Whether a file is being read."""
        return self._part is not None

    @property
    def is_quiet(self) -> bool:
        """Whether it is known that nothing more was written, though no file may be open."""
        parked = self._restored is not None and self._missing is None
        return self.trouble is None and not self._waits and (self._part is not None or parked)

    @property
    def is_moving(self) -> bool:
        """Whether another file follows the one that is read."""
        return self._moved is not None or self._frozen

    @property
    def real(self) -> str:
        """The path without links of the file that is read."""
        return self._real

    @property
    def is_aligned(self) -> bool:
        """Whether what was read ends with a whole line."""
        return self._aligned

    @property
    def place(self) -> Place | None:
        """Where reading goes on."""
        if self._part is not None:
            return Place(self._part.identity, self._part.position)
        return self._restored.place if self._restored else None

    @property
    def behind(self) -> int:
        """Bytes of the current file that wait."""
        return max(0, self._part.size - self._part.position) if self._part is not None else 0

    def state(self) -> TailState:
        """What `Tail` takes to go on; also between two polls, and before the first."""
        if self._part is None:
            known = self._restored or TailState(None, (), (), self._aligned)
            return known._replace(seen=tuple(self._seen), surveyed=self._surveyed, real=self._real)
        lingering = tuple(Place(part.identity, part.position) for _, part in self._lingering)
        return TailState(
            self.place, lingering, tuple(self._seen), self._aligned, self._surveyed, self._real
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
            if self._part is not None:
                self._recover()
        if self._part is None and (status is None or _shown(status) != self._parked):
            self._parked = None
            if self._can_open():
                self._begin(status)
        if self._part is not None:
            self._waits = self._looks(self._part, status, now)
        else:
            self._waits = False
            if self._missing is not None and now - self._missing >= GONE:
                self.gone = True
        return self._waits

    def read(self, size: int, *, late: bool = True) -> bytes:
        """The next bytes; empty where there are none now. Lines that come `late` to a file that
        was left before may follow any whole line."""
        if self._part is None:
            return b""
        self.was_late = False
        if not self._aligned and not self._part.position:  # the rest of a line was cut off
            self.was_late = True
            return self.end_line()
        try:
            data = self._part.read(size)
        except OSError as error:
            self._fail(error)
            return b""
        if not data and late and self._aligned and self._lingering:
            data = self._late(size)
            self.was_late = bool(data)
        if not data:
            self._waits = False
        return self._given(data)

    def reread(self, size: int) -> bytes | None:
        """The last bytes that were read from the current file; None where they are gone."""
        try:
            return self._part.reread(size) if self._part is not None else None
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
        if self._part is None or not self.is_finished(now):
            return False
        part, self._part = self._part, None
        self._see(part.identity)
        self._lingering.append((now + LINGER, part))
        self._moved = None
        self._go_on()
        return True

    def is_finished(self, now: float) -> bool:
        """Whether nothing more is expected of the current file."""
        if self._part is None or self._waits:
            return False
        if self._frozen:
            return True
        return self._moved is not None and now - self._moved >= SWITCH

    def park(self) -> bool:
        """Give the descriptor back; the file is found again by its identity."""
        if self._part is None or self._waits or self._chain or self._frozen:
            return False
        self._restored = self.state()
        status = os.fstat(self._part.descriptor)
        if self._part.is_at(_status_of(self.path)) and status.st_size == self._part.position:
            self._parked = _shown(status)
        self._part.close()
        self._part = None
        self._drop_others()
        return True

    def close(self) -> None:
        """Let all files go."""
        if self._part is not None:
            self._restored = self.state()
            self._part.close()
            self._part = None
        self._drop_others()

    def _can_open(self) -> bool:
        """Whether a descriptor is left: without one, no file that is looked for can be seen."""
        try:
            free = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            os.close(free)
            if free >= resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _RESERVE:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        except OSError as error:
            self.is_starved = True
            self._complain(error)
            return False
        if self.is_starved:
            self.is_starved, self.trouble = False, None
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
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        """Say once what is wrong, until it is right again."""
        reason = error.strerror or str(error)
        if self.trouble != reason:
            self.trouble = reason
            self.notes.append(f"{self.path}: {reason}; trying again")

    def _recover(self) -> None:
        if self.trouble is not None:
            self.notes.append(f"{self.path}: can be read again")
            self.trouble = None

    def _fail(self, error: OSError) -> None:
        """The open file cannot be read (a network file system): open it again."""
        self._complain(error)
        self.close()
        self._waits = False

    def _begin(self, status: os.stat_result | None) -> None:
        """Open the file; after a restart, the one that was being read."""
        state = self._restored
        if state is not None and state.place is not None:
            self._find_again(state, state.place, status)
            return
        if not self._surveyed:
            # What lies beside a log when it is first looked at is older, and not read.
            self._surveyed = True
            self._real = os.path.realpath(self.path)
            for sibling in siblings_of(self._real):
                self._see(sibling.identity)
        elif status is not None and not self.parts:
            self._line_up(siblings_of(self._real))
        if status is not None:
            self._append(self.path)
            self._go_on()

    def _find_again(self, state: TailState, place: Place, status: os.stat_result | None) -> None:
        identity = place.identity
        left = [past.identity for past in state.lingering]
        self._real = os.path.realpath(self.path)
        siblings = siblings_of(self._real)
        if state.real and state.real != self._real:  # the link leads elsewhere since
            siblings = [*siblings_of(state.real), *sibling_at(state.real), *siblings]
        found = next((each for each in siblings if each.is_file(identity)), None)
        is_here = status is not None and self._is_here(status, place)
        if found is None and (identity.is_vague or not is_here):
            unread = (each for each in siblings if not is_known(each, self._seen))
            found = next((each for each in unread if each.is_copy_of(identity)), None)
            is_here = is_here and found is None
        if is_here:
            if not identity.size:  # it was empty then: what was cut off it since is not known by it
                self._line_up(siblings, identity, *left)
            self._append(self.path, place.position)
        else:
            if found is not None:
                self._append(found.path, place.position, packed=found.packed)
            elif status is None and self._missing is not None:
                return  # nothing is here yet: it may come
            elif place.position or identity.size:
                self.notes.append(
                    f"{self.path}: the file that was read is gone; what was written behind its "
                    f"byte {place.position}, if anything, is lost"
                )
            self._line_up(siblings, identity, *left)
            if status is not None:
                self._append(self.path)
        if self._go_on():
            for past in state.lingering:
                self._linger_again(past, siblings)
            self._restored = None

    def _is_here(self, status: os.stat_result, place: Place) -> bool:
        identity = place.identity
        if status.st_ino != identity.inode or status.st_size < place.position:
            return False
        try:
            part = Part(self.path)
        except OSError:
            return False
        try:
            return identity.size == 0 or identity.is_head_of(part.head)
        finally:
            part.close()

    def _linger_again(self, past: Place, siblings: Sequence[Sibling]) -> None:
        """Open a file that was renamed, or packed since, for its late lines."""
        inodes = {part.identity.inode for part in self._held}
        for sibling in siblings:
            if sibling.identity.inode in inodes:
                continue
            same = sibling.is_file(past.identity) and sibling.size >= past.position
            if same or (sibling.packed and sibling.is_copy_of(past.identity)):
                with suppress(OSError):
                    part = open_part(sibling.path, past.position, packed=sibling.packed)
                    self._lingering.append((0.0, part))

    def _line_up(self, siblings: Sequence[Sibling], *more: Identity) -> None:
        """Line up the rotated files that were never read."""
        known = [*self._seen, *more, *(part.present for part in self._held)]
        # of open files: nobody else has them
        inodes = {part.identity.inode for part in self._held}
        for sibling in siblings:
            if sibling.identity.inode in inodes or self._is_path(sibling):
                continue
            if not is_known(sibling, known):
                self._append(sibling.path, packed=sibling.packed)
                known.append(sibling.identity)

    def _line_up_before(self, last: Part) -> None:
        self._line_up(siblings_of(self._real))
        self._chain.append(last)

    def _has_unknown(self, part: Part) -> bool:
        """Whether a log that was next to empty was filled, copied and cut before anybody looked."""
        if self._frozen:
            return False
        known = [*self._seen, part.identity, *(each.present for each in self._held)]
        return any(
            not (is_known(each, known) or self._is_path(each)) for each in siblings_of(self._real)
        )

    def _is_path(self, sibling: Sibling) -> bool:
        """Whether a second name of the very file that the path leads to."""
        try:
            status = os.stat(self.path)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == sibling.identity[:2]

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
        if seen == "replaced" or (
            seen == "begun" and part.is_at(status) and self._has_unknown(part)
        ):
            return self._restart(part)
        self._follow_path(part, status, now)
        late = [each.look() for _, each in self._linger(now)]
        return any(look in ("grown", "begun") for look in (seen, *late))

    def _follow_path(self, part: Part, status: os.stat_result | None, now: float) -> None:
        """Hold open what the path leads to now; note since when it is worth going to."""
        last = self._chain[-1] if self._chain else part
        if status is not None and not (last.is_at(status) or part.is_at(status)):
            self._line_up(siblings_of(self._real))
            self._append(self.path)
        elif last is not part and last.was_emptied():  # a copy may hold what was in it
            self._line_up_before(self._chain.pop())
        if any(each.has_bytes for each in self._chain):
            self._moved = self._moved or now
        elif status is None and self._missing is not None and not self._chain:
            # a renamed file may still be written to before its successor is there
            grace = RENAMED if part.links else GONE
            if now - self._missing >= grace:
                self._moved = self._moved or now
        else:
            self._moved = None

    def _restart(self, part: Part) -> bool:
        """The file was cut short and is filled anew; a copy may hold what was not read of it."""
        identity, position = part.identity, part.position
        self._part = None
        siblings = siblings_of(self._real)
        copy = next(
            (
                each
                for each in siblings
                if each.is_copy_of(identity)
                and not each.is_file(identity)
                and not is_known(each, self._seen)
            ),
            None,
        )
        later, self._chain = self._chain, deque()
        if copy is not None:
            self._append(copy.path, position, packed=copy.packed)
        self._line_up(siblings, identity)
        part.rewind()
        self._chain.append(part)
        self._chain += later
        self._moved = None
        return self._go_on() and self._part is not None and self._part.size > 0

    def _append(self, path: str, position: int = 0, *, packed: bool = False) -> bool:
        """Open a file to be read after those that are in line."""
        try:
            self._chain.append(open_part(path, position, packed=packed))
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                self._complain(error)
            return False
        self._recover()
        if path == self.path:
            self._real = os.path.realpath(self.path)
        return True

    def _go_on(self) -> bool:
        """Read the next file in line."""
        if not self._chain:
            return False
        self._part = self._chain.popleft()
        self.parts += 1
        self._frozen = self._part.path != self.path
        self._waits = True
        return True

    def _see(self, identity: Identity) -> None:
        self._seen.append(identity)

    def _linger(self, now: float) -> list[tuple[float, Part]]:
        kept = []
        for until, part in self._lingering:
            if until and now >= until and not part.peek(1):
                with suppress(OSError):
                    self._see(part.present)  # it may have grown since it was left
                part.close()
            else:  # after a restart the time begins anew
                kept.append((until or now + LINGER, part))
        self._lingering = kept
        return kept

    def _late(self, size: int) -> bytes:
        """Whole lines that were written to a renamed file after its successor was begun."""
        for _, part in self._lingering:
            try:
                whole = part.peek(size).rfind(b"\n") + 1
                if whole:
                    return part.read(whole)
            except OSError:
                continue
        return b""

    @property
    def _held(self) -> list[Part]:
        """The open files: whatever is read of them comes from here."""
        held = [*self._chain, *(part for _, part in self._lingering)]
        return held if self._part is None else [self._part, *held]

    def _drop_others(self) -> None:
        for part in (*self._chain, *(part for _, part in self._lingering)):
            part.close()
        self._chain.clear()
        self._lingering = []


def _status_of(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _shown(status: os.stat_result) -> tuple[int, ...]:
    """By what it shows that a file was changed, or another took its place."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
