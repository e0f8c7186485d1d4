"""Which file is this? Device and inode, and the first bytes, which grow with the file."""

import os
import zlib
from contextlib import suppress
from typing import NamedTuple

from whyreset.basis.digest import blake2s

HEAD = 1024
"""Bytes at the start of a file by which it is known again."""
STAMP = 32
"""Bytes with which two logs may begin alike, though they have nothing else in common."""
_PACKED = 64 << 10
_GZIP = b"\x1f\x8b"


class Identity(NamedTuple):
    """A file, as it was last seen: `size` bytes of its head gave `digest`."""

    device: int
    inode: int
    size: int
    digest: str

    def is_head_of(self, head: bytes) -> bool:
        """Whether a head begins as this file does; an empty file shows nothing."""
        return 0 < self.size <= len(head) and digest(head[: self.size]) == self.digest

    @property
    def is_vague(self) -> bool:
        """Whether it shows so little that another file may begin alike."""
        return self.size < STAMP


def digest(data: bytes) -> str:
    """A short name of bytes."""
    made = blake2s(digest_size=12)
    made.update(data)
    return made.hexdigest()


def identity_of(status: os.stat_result, head: bytes) -> Identity:
    """The identity of an open file with this head."""
    return Identity(status.st_dev, status.st_ino, len(head), digest(head))


def head_of(path: str) -> tuple[os.stat_result, bytes, bool] | None:
    """Status, first bytes (unpacked) and whether it is compressed; None if it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        head = os.pread(descriptor, HEAD, 0)
        if head[:2] != _GZIP:
            return status, head, False
        packed = os.pread(descriptor, _PACKED, 0)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    unpacked = b""
    with suppress(zlib.error):
        unpacked = zlib.decompressobj(wbits=31).decompress(packed, HEAD)
    return status, unpacked, True
