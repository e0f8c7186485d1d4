"""Unpackers of compressed files, found by the first bytes."""

import os
import re
import zlib
from collections.abc import Callable
from typing import NamedTuple, Protocol

TELLING = 10
"""Bytes by which all kinds are told."""
MAGICS = _GZIP, _XZ, _BZ2 = b"\x1f\x8b", b"\xfd7zXZ\0", b"BZh"
"""How the kinds that can be unpacked begin."""
_BZ2_HEAD = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P)")
_UNREADABLE = {b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
_MOST_MEMORY = 128 << 20
"""An xz file may ask for gigabytes; the strongest usual setting needs half of this."""


class Unpacker(Protocol):
    """What lzma and bz2 have: one stream, unpacked a piece at a time."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether more can only come from further bytes."""

    @property
    def unused_data(self) -> bytes:
        """What follows the stream's end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """The next unpacked bytes."""


class Packing(NamedTuple):
    """A kind of compression: `start` begins a stream, `error` is raised by damaged ones."""

    start: Callable[[], Unpacker]
    error: type[Exception]


def packing_of(head: bytes) -> Packing | None:
    """How a file is compressed, by its first bytes; None where it is not, as far as is known."""
    if head.startswith(_GZIP):
        return Packing(_Gzip, zlib.error)
    if head.startswith(_XZ):
        import lzma  # noqa: PLC0415 - seldom met

        return Packing(lambda: lzma.LZMADecompressor(memlimit=_MOST_MEMORY), lzma.LZMAError)
    if _BZ2_HEAD.match(head):
        import bz2  # noqa: PLC0415 - seldom met

        return Packing(bz2.BZ2Decompressor, OSError)
    return None


def unreadable_packing(head: bytes) -> str | None:
    """The name of a kind of compression that is known, but cannot be unpacked."""
    return next((name for magic, name in _UNREADABLE.items() if head.startswith(magic)), None)


class Unpacked:
    """What a descriptor has, unpacked; `packed` was read already.

    `damaged` says why the end cannot be unpacked.
    """

    def __init__(self, descriptor: int, packing: Packing, packed: bytes) -> None:
        self.damaged: str | None = None
        self._descriptor = descriptor
        self._packing = packing
        self._packed = packed
        self._unpacker = packing.start()

    def read(self, size: int) -> bytes:
        """The next bytes, at most so many; streams that follow each other are one."""
        while self.damaged is None:
            if not self._packed and (self._unpacker.eof or self._unpacker.needs_input):
                self._packed = os.read(self._descriptor, size)
                if not self._packed:
                    if not self._unpacker.eof:
                        self.damaged = "the compressed data end too early"
                    return b""
            if self._unpacker.eof:
                self._unpacker = self._packing.start()
            try:
                data = self._unpacker.decompress(self._packed, size)
            except self._packing.error as error:
                self.damaged = f"damaged compressed data: {error}"
                return b""
            self._packed = self._unpacker.unused_data
            if data:
                return data
        return b""


class _Gzip:
    """zlib's, in the form of those of lzma and bz2."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflater.unconsumed_tail and not self.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inflater.decompress(self._inflater.unconsumed_tail + data, max_length)
