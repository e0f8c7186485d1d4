"""A part of a log: one file that is being read, plain or compressed, from a place on."""

import os
from collections.abc import Callable

from whyreset.ingest.identity import HEAD, STAMP, Identity, identity_of
from whyreset.ingest.place import Place
from whyreset.ingest.reader import ByteReader

KEPT = 4 << 20
"""Bytes of a compressed part that are kept to be read again: more than a record can take."""
_TRACE = 32
_SECOND = 1_000_000_000
_LEAST = 4 << 10
"""Bytes that are asked for though none are known to be there."""


class Part:
    """An open file; `position` is the offset of the next byte, unpacked.

    OSError where the file cannot be opened or read.
    """

    def __init__(self, path: str, position: int = 0) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        self.position = position
        self.head = b""
        self._trace = b""  # the last bytes before the position, as they were read
        try:
            self._status = os.fstat(self.descriptor)
            self._looked = (self._status.st_size, self._status.st_mtime_ns)
            self._grow_head()
            if position:
                self._remember(os.pread(self.descriptor, min(_TRACE, position), self._back(_TRACE)))
        except OSError:
            os.close(self.descriptor)
            raise

    @property
    def identity(self) -> Identity:
        """By what the file is known again."""
        return identity_of(self._status, self.head)

    @property
    def present(self) -> Identity:
        """The same, of what the file holds now, though nobody has looked at it yet."""
        return identity_of(os.fstat(self.descriptor), os.pread(self.descriptor, HEAD, 0))

    @property
    def place(self) -> Place:
        """Where reading goes on."""
        return Place(self.identity, self.position, self._trace)

    def is_from(self, place: Place) -> bool:
        """Whether it holds what was read of that file, to the last byte, under another number."""
        known = place.identity
        return not known.is_vague and known.is_head_of(self.head) and self._trace == place.trace

    def is_also(self, other: "Part") -> bool:
        """Whether the same file by all that it shows but its number: some file systems give out
        others with every look, or when they are mounted anew."""
        shown, others = os.fstat(self.descriptor), os.fstat(other.descriptor)
        if (shown.st_size, shown.st_mtime_ns) != (others.st_size, others.st_mtime_ns):
            return False
        is_telling = shown.st_mtime_ns % _SECOND != 0 or shown.st_size >= HEAD
        return is_telling and self.head[: len(other.head)] == other.head

    def is_at(self, status: os.stat_result | None) -> bool:
        """Whether a path's status is that of this file."""
        return status is not None and (status.st_dev, status.st_ino) == (
            self._status.st_dev,
            self._status.st_ino,
        )

    def look(self) -> str | None:
        """Look at the file anew: None, `grown`, `begun` (changed when there was next to nothing in
        it: it may have been filled and cut in between), `replaced` (other bytes than those that
        were read), or `shrunk` (fewer bytes, perhaps only to a client of a network file system)."""
        self._status = os.fstat(self.descriptor)
        seen = (self._status.st_size, self._status.st_mtime_ns)
        if seen == self._looked:
            return "grown" if seen[0] > self.position else None
        if seen[0] < max(self.position, len(self.head)):
            if seen[0] and self._begins_as_before(seen[0]):
                return "shrunk"
            return "replaced"
        if not (self._begins_as_before(seen[0]) and self._goes_on_here()):
            return "replaced"
        was_vague = len(self.head) < STAMP
        self._looked = seen
        self._grow_head()
        if was_vague:
            return "begun"
        return "grown" if seen[0] > self.position else None

    def was_emptied(self) -> bool:
        """Whether an unread file is empty, but was written to since this was asked last."""
        before, self._status = self._status, os.fstat(self.descriptor)
        return not self._status.st_size and before.st_mtime_ns != self._status.st_mtime_ns

    @property
    def size(self) -> int:
        """The size when it was last looked at."""
        return self._status.st_size

    @property
    def has_bytes(self) -> bool:
        """Whether anything is in it now."""
        return os.fstat(self.descriptor).st_size > 0

    @property
    def links(self) -> int:
        """How many names the file had then; none once it was deleted."""
        return self._status.st_nlink

    def read(self, size: int) -> bytes:
        """The next bytes; empty where there are none now."""
        data = self.peek(size)
        if data:
            self.position += len(data)
            self._remember(data)
        return data

    def peek(self, size: int) -> bytes:
        """The next bytes, not taken yet."""
        # What is asked for is set aside at first, and what is left over tears holes in the memory.
        expected = max(_LEAST, self.size - self.position)
        return os.pread(self.descriptor, min(size, expected), self.position)

    def rewind(self) -> None:
        """Begin anew: the file was cut."""
        self.position, self.head, self._trace = 0, b"", b""
        self._status = os.fstat(self.descriptor)
        self._looked = (self._status.st_size, self._status.st_mtime_ns)
        self._grow_head()

    def reread(self, size: int) -> bytes | None:
        """The last bytes before the position; None where they are not to be had."""
        if size > self.position:
            return None
        data = os.pread(self.descriptor, size, self.position - size)
        return data if len(data) == size else None

    def close(self) -> None:
        """Let the file go."""
        os.close(self.descriptor)

    def _back(self, size: int) -> int:
        return max(0, self.position - size)

    def _remember(self, data: bytes) -> None:
        self._trace = data[-_TRACE:] if len(data) >= _TRACE else (self._trace + data)[-_TRACE:]

    def _grow_head(self) -> None:
        if len(self.head) < HEAD:
            self.head = os.pread(self.descriptor, HEAD, 0)

    def _begins_as_before(self, size: int) -> bool:
        known = self.head[:size]
        return os.pread(self.descriptor, len(known), 0) == known

    def _goes_on_here(self) -> bool:
        trace = self._trace
        return os.pread(self.descriptor, len(trace), self.position - len(trace)) == trace


class PackedPart(Part):
    """A compressed file, which does not change any more."""

    def __init__(self, path: str, position: int = 0) -> None:
        super().__init__(path)
        self._reader = ByteReader(self.descriptor, owned=False)
        self.head = self._reader.peek(HEAD)
        self._kept = b""
        self._ahead = b""
        while self.position < position:
            data = self._next()
            if not data:
                break
            wanted = position - self.position
            self._keep(data[:wanted])
            self._ahead = data[wanted:]

    @property
    def present(self) -> Identity:
        """The same, of what was packed."""
        return self.identity

    def look(self) -> str | None:
        """There is more until the end was read."""
        if not self._ahead:
            self._ahead = self._next()
        return "grown" if self._ahead else None

    def read(self, size: int) -> bytes:
        """The next bytes, unpacked."""
        if not self._ahead:
            self._ahead = self._next()
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        self._keep(data)
        return data

    def peek(self, size: int) -> bytes:
        """The next bytes, not taken yet."""
        return self._ahead[:size]

    def reread(self, size: int) -> bytes | None:
        """The last bytes, as far as they were kept."""
        if size > len(self._kept):
            return None
        return self._kept[len(self._kept) - size :]

    def _next(self) -> bytes:
        return self._reader.read()

    def _keep(self, data: bytes) -> None:
        self.position += len(data)
        self._kept = (self._kept + data)[-KEPT:]


def open_part(path: str, position: int = 0, *, packed: bool = False) -> Part:
    """Open a file at a place; OSError where that fails."""
    kind: Callable[[str, int], Part] = PackedPart if packed else Part
    return kind(path, position)
