"""Bytes of files, pipes and compressed files, a block at a time, as text in UTF-8."""

import codecs
import os

from whyreset.ingest.unpacking import MAGICS, TELLING, Unpacked, packing_of, unreadable_packing

BLOCK = 512 << 10
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class ByteReader:
    """Reads a raw descriptor; gzip, xz, bzip2 and UTF-16 (PowerShell writes it) are recognised by
    the first bytes.

    `damaged` says what was wrong with a compressed file whose end cannot be unpacked.
    """

    def __init__(self, descriptor: int, *, owned: bool = True) -> None:
        self.descriptor = descriptor
        self._owned = owned
        self._held: bytes | None = None
        self._started = False
        self._unreadable: str | None = None
        self._unpacked: Unpacked | None = None
        self._decoder: codecs.IncrementalDecoder | None = None

    @property
    def damaged(self) -> str | None:
        """Why no more can be unpacked."""
        return self._unreadable if self._unpacked is None else self._unpacked.damaged

    @property
    def holds(self) -> bool:
        """Whether bytes that were peeked at are still to be read."""
        return bool(self._held)

    def peek(self, size: int) -> bytes:
        """The first bytes, unpacked, without losing them; waits for a pipe to say something."""
        if self._held is None:
            self._held = self.read()
        return self._held[:size]

    def read(self, size: int = BLOCK) -> bytes:
        """Up to `size` bytes, more of what is packed; empty at the end. OSError where the file
        cannot be read."""
        if self._held is not None:
            held, self._held = self._held, None
            return held
        data = self._next(size) if self._started else self._first(size)
        if self._decoder is None:
            return data
        while data:
            if text := self._decoder.decode(data):
                return text.encode()
            data = self._next(size)
        return b""

    def _first(self, size: int) -> bytes:
        """The first bytes say what all are; a pipe may hand over half of what tells."""
        self._started = True
        data = os.read(self.descriptor, size)
        while data and len(data) < TELLING and _may_tell(data):
            more = os.read(self.descriptor, BLOCK)
            if not more:
                break
            data += more
        if packing := packing_of(data):
            self._unpacked = Unpacked(self.descriptor, packing, data)
            data = self._unpacked.read(BLOCK)
        elif name := unreadable_packing(data):
            self._unreadable = f"packed with {name}: unpack it first"
            return b""
        if data.startswith(_UTF_16):
            self._decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
        return data

    def _next(self, size: int) -> bytes:
        if self._unreadable is not None:
            return b""
        if self._unpacked is not None:
            return self._unpacked.read(BLOCK)
        return os.read(self.descriptor, size)

    def close(self) -> None:
        """Close the descriptor, unless it was lent."""
        if self._owned:
            os.close(self.descriptor)
            self._owned = False


def disguise_of(head: bytes) -> str | None:
    """What a file is whose bytes are not those of its text, by the first of them."""
    if head.startswith(_UTF_16):
        return "in UTF-16"
    return "packed" if packing_of(head) or unreadable_packing(head) else None


def _may_tell(head: bytes) -> bool:
    return any(magic[: len(head)] == head[: len(magic)] for magic in (*MAGICS, *_UTF_16))
