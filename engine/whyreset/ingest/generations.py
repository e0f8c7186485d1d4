"""The files that one log consists of, over all rotations, in the order they were written in."""

import errno
import os
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from whyreset.ingest.identity import Identity
from whyreset.ingest.part import Part, open_part
from whyreset.ingest.place import Place, TailState
from whyreset.ingest.siblings import Sibling, is_known, sibling_at, siblings_of
from whyreset.ingest.trouble import Trouble

LINGER = 10.0
"""Seconds for which a renamed file is looked at for late lines of a writer that kept it open."""
_SEEN = 64
_TRIES = 3


class Generations:
    """The file that is read (`part`), what is to be read after it, and what was left.

    All of them are held open. `opened` counts them: it grows with every rotation. `is_frozen`
    says that the current one is a rotated one: its end is final.
    """

    def __init__(self, path: str, trouble: Trouble, state: TailState | None) -> None:
        self.part: Part | None = None
        self.opened = 0
        self.is_frozen = False
        self.is_surveyed = state is not None and state.surveyed
        self.seen: deque[Identity] = deque((state or TailState(None)).seen, _SEEN)
        self.real = os.path.realpath(path)
        self._path = path
        self._trouble = trouble
        self._chain: deque[Part] = deque()  # what is to be read next
        self._lingering: list[tuple[float, Part]] = []

    @property
    def is_last(self) -> bool:
        """Whether nothing is in line behind the current file."""
        return not self._chain

    @property
    def has_next(self) -> bool:
        """Whether anything is in the files that are in line."""
        return any(part.has_bytes for part in self._chain)

    @property
    def is_lingering(self) -> bool:
        """Whether files that were left are looked at for late lines."""
        return bool(self._lingering)

    @property
    def left(self) -> tuple[Place, ...]:
        """The files that are looked at for late lines."""
        return tuple(part.place for _, part in self._lingering)

    # What there is to read

    def begin(self, *, is_here: bool) -> bool:
        """Open the log; whether it could be."""
        if not self.is_surveyed:
            # What lies beside a log when it is first looked at is older, and not read.
            self.is_surveyed = True
            self.real = os.path.realpath(self._path)
            for sibling in siblings_of(self.real):
                self.seen.append(sibling.identity)
        elif is_here and not self.opened:
            self._line_up(siblings_of(self.real))
        if not is_here:
            return False
        self._append(self._path)
        return self._go_on()

    def find_again(
        self, state: TailState, place: Place, status: os.stat_result | None, *, is_missing: bool
    ) -> bool:
        """Open the file that was being read before, under whatever name; whether one was found
        to go on with."""
        identity = place.identity
        left = [past.identity for past in state.lingering]
        self.real = os.path.realpath(self._path)
        siblings = siblings_of(self.real)
        if state.real and state.real != self.real:  # the link leads elsewhere since
            siblings = [*siblings_of(state.real), *sibling_at(state.real), *siblings]
        older: list[Sibling] = []
        try:
            found, is_here = self._located(place, status, siblings)
        except OSError as error:  # it may be the one, but nobody can tell now
            self._trouble.complain(error)
            return False
        if is_here:
            if not identity.size:  # it was empty then: what was cut off it since is not known by it
                self._line_up(siblings, identity, *left)
            self._append(self._path, place.position)
        else:
            if found is not None:
                self._append(found.path, place.position, packed=found.packed)
                at = siblings.index(found)
                older, siblings = siblings[:at], siblings[at:]
            elif identity.size and status is None and is_missing:
                return False  # nothing is here yet: it may come
            elif identity.size:
                self._trouble.notes.append(
                    f"{self._path}: the file that was read is gone; what was written behind its "
                    f"byte {place.position}, if anything, is lost"
                )
            self._line_up(siblings, identity, *left)
            if status is not None:
                self._append(self._path)
        if not self._go_on():
            return False
        for past in state.lingering:
            self._linger_again(past, [*older, *siblings])
        self._linger_also(older, identity, *left)
        return True

    def _located(
        self, place: Place, status: os.stat_result | None, siblings: Sequence[Sibling]
    ) -> tuple[Sibling | None, bool]:
        """The rotated file that was being read, and whether it is the one at the path instead."""
        identity, found = place.identity, None
        if identity.size:  # of an empty file nothing is known but an inode, which others get later
            found = next((each for each in siblings if each.is_file(identity)), None)
        is_here = status is not None and self._is_here(status, place)
        if found is not None and status is not None and status.st_ino != identity.inode:
            is_here = False  # what is known by its number is known better
        if found is None and (identity.is_vague or not is_here):
            unread = (each for each in siblings if not is_known(each, self.seen))
            found = next((each for each in unread if each.is_copy_of(identity)), None)
            is_here = is_here and found is None
        return found, is_here

    def follow(self, part: Part, status: os.stat_result | None) -> None:
        """Hold open what the path leads to now."""
        last = self._chain[-1] if self._chain else part
        if status is not None and not (last.is_at(status) or part.is_at(status)):
            if self._is_renumbered(last):
                return
            self._line_up(siblings_of(self.real))
            self._append(self._path)
        elif last is not part and last.was_emptied():  # a copy may hold what was in it
            emptied = self._chain.pop()
            self._line_up(siblings_of(self.real))
            self._chain.append(emptied)

    def _is_renumbered(self, last: Part) -> bool:
        """Whether the path leads to the same file still, by another number."""
        for _ in range(_TRIES):  # somebody may write between two looks
            try:
                found = Part(self._path)
            except OSError:
                return False
            try:
                if found.is_also(last):
                    return True
            except OSError:
                return False
            finally:
                found.close()
        return False

    def begin_anew(self, part: Part) -> bool:
        """The file was cut short and is filled anew; a copy may hold what was not read of it.
        Whether there is anything to read."""
        identity, position = part.identity, part.position
        self.part = None
        siblings = siblings_of(self.real)
        copy = next(
            (
                each
                for each in siblings
                if each.is_copy_of(identity)
                and not each.is_file(identity)
                and not is_known(each, self.seen)
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
        return self._go_on() and self.part is not None and self.part.size > 0

    def has_unknown(self, part: Part) -> bool:
        """Whether a log that was next to empty was filled, copied and cut before anybody looked."""
        if self.is_frozen:
            return False
        known = [*self.seen, part.identity, *(each.present for each in self._held)]
        return any(
            not (is_known(each, known) or self._is_path(each)) for each in siblings_of(self.real)
        )

    def leave(self, part: Part, now: float) -> bool:
        """Go on to the next file; whether there is one. Of this one, late lines are read still."""
        self.part = None
        self.seen.append(part.identity)
        self._lingering.append((now + LINGER, part))
        return self._go_on()

    def _append(self, path: str, position: int = 0, *, packed: bool = False) -> None:
        """Open a file to be read after those that are in line."""
        try:
            self._chain.append(open_part(path, position, packed=packed))
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                self._trouble.complain(error)
            return
        self._trouble.recover()
        if path == self._path:
            self.real = os.path.realpath(self._path)

    def _go_on(self) -> bool:
        """Read the next file in line."""
        if not self._chain:
            return False
        self.part = self._chain.popleft()
        self.opened += 1
        self.is_frozen = self.part.path != self._path
        return True

    def _line_up(self, siblings: Sequence[Sibling], *more: Identity) -> None:
        """Line up the rotated files that were never read."""
        known = [*self.seen, *more, *(part.present for part in self._held)]
        # of open files: nobody else has them
        inodes = {part.identity.inode for part in self._held}
        for sibling in siblings:
            if sibling.identity.inode in inodes or self._is_path(sibling):
                continue
            # An empty one may only look known, by an inode that another empty one had before.
            if not sibling.size or not is_known(sibling, known):
                self._append(sibling.path, packed=sibling.packed)
                known.append(sibling.identity)

    def _is_path(self, sibling: Sibling) -> bool:
        """Whether a second name of the very file that the path leads to."""
        try:
            status = os.stat(self._path)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == sibling.identity[:2]

    def _is_here(self, status: os.stat_result, place: Place) -> bool:
        identity = place.identity
        if status.st_size < place.position:
            return False
        try:
            part = Part(self._path, place.position)
        except FileNotFoundError:
            return False
        part.close()
        if status.st_ino != identity.inode:
            return part.is_from(place)
        return identity.size == 0 or identity.is_head_of(part.head)

    # What was left

    def look_back(self, now: float) -> list[str | None]:
        """What `Part.look` says of the files that were left; those that had their time are let
        go."""
        kept = []
        for until, part in self._lingering:
            if until and now >= until and not part.peek(1):
                with suppress(OSError):
                    self.seen.append(part.present)  # it may have grown since it was left
                part.close()
            else:  # after a restart the time begins anew
                kept.append((until or now + LINGER, part))
        self._lingering = kept
        return [part.look() for _, part in kept]

    def late(self, size: int) -> bytes:
        """Whole lines that were written to a renamed file after its successor was begun."""
        for _, part in self._lingering:
            try:
                whole = part.peek(size).rfind(b"\n") + 1
                if whole:
                    return part.read(whole)
            except OSError:
                continue
        return b""

    def close(self) -> None:
        """Let all files go."""
        for part in self._held:
            part.close()
        self.part = None
        self._chain.clear()
        self._lingering = []

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

    def _linger_also(self, older: Sequence[Sibling], *more: Identity) -> None:
        """What is unknown in files that are older than the one that is read came late to them:
        it belongs to no record of that one, and must not come between its lines and the next."""
        known = [*self.seen, *more]
        inodes = {part.identity.inode for part in self._held}
        for sibling in older:
            if sibling.identity.inode not in inodes and not is_known(sibling, known):
                with suppress(OSError):
                    part = open_part(sibling.path, packed=sibling.packed)
                    self._lingering.append((0.0, part))

    @property
    def _held(self) -> list[Part]:
        """The open files: whatever is read of them comes from here."""
        held = [*self._chain, *(part for _, part in self._lingering)]
        return held if self.part is None else [self.part, *held]
