"""Bytes of files, pipes and compressed files, a block at a time."""

import os
import zlib
from typing import Any

BLOCK = 512 << 10
_GZIP = b"\x1f\x8b"


class ByteReader:
    """Reads a raw descriptor; gzip is recognised by its first bytes and unpacked.

    `damaged` says what was wrong with a compressed file whose end cannot be unpacked.
    """

    def __init__(self, descriptor: int, *, owned: bool = True) -> None:
        self.descriptor = descriptor
        self.damaged: str | None = None
        self._owned = owned
        self._held: bytes | None = None
        self._started = False
        self._unpacker: Any = None
        self._packed = b""

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
        if self._unpacker is not None:
            return self._unpack()
        data = os.read(self.descriptor, size)
        if not self._started:
            self._started = True
            if len(data) == 1:  # a pipe may hand over half of the two bytes that tell
                data += os.read(self.descriptor, BLOCK)
            if data[:2] == _GZIP:
                self._unpacker = zlib.decompressobj(wbits=31)
                self._packed = data
                return self._unpack()
        return data

    def _unpack(self) -> bytes:
        """The next unpacked bytes; members that follow each other are one stream."""
        while self.damaged is None:
            if not self._packed:
                self._packed = os.read(self.descriptor, BLOCK)
                if not self._packed:
                    if not self._unpacker.eof:
                        self.damaged = "the compressed data end too early"
                    return b""
            if self._unpacker.eof:
                self._unpacker = zlib.decompressobj(wbits=31)
            try:
                data: bytes = self._unpacker.decompress(self._packed, BLOCK)
            except zlib.error as error:
                self.damaged = f"damaged compressed data: {error}"
                return b""
            self._packed = self._unpacker.unconsumed_tail or self._unpacker.unused_data
            if data:
                return data
        return b""

    def close(self) -> None:
        """Close the descriptor, unless it was lent."""
        if self._owned:
            os.close(self.descriptor)
            self._owned = False
