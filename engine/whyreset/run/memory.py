"""How much memory the process has, how much of it is in use, and giving back what is free."""

import ctypes
import gc
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of malloc.h
_LARGE, _HUGE, _MUCH = 256 << 10, 32 << 20, 256 << 20  # bytes
_STATUS = Path("/proc/self/statm")
_BLOCK = 96
"""Bytes of one of the interpreter's small blocks, about; what is larger comes from the system."""


class _Mallinfo(ctypes.Structure):
    """`struct mallinfo2` of malloc.h."""

    _fields_: ClassVar[list[tuple[str, Any]]] = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
            "fordblks", "keepcost",
        )
    ]  # fmt: skip


def resident() -> int:
    """Bytes in memory now; 0 where the system does not say."""
    try:
        return int(_STATUS.read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def in_use() -> int:
    """Bytes that objects take, about: what is resident beside has holes that will be filled."""
    large = 0
    with suppress(OSError, AttributeError):
        info = ctypes.CDLL(None).mallinfo2
        info.restype = _Mallinfo
        found = info()
        large = found.uordblks + found.hblkhd
    return sys.getallocatedblocks() * _BLOCK + large


def keep_large_blocks_apart() -> None:
    """Let the system have a large block as soon as it is free: in a process that runs for months,
    small ones that outlive it would keep what it took."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)


def keep_what_is_free() -> None:
    """Let the process keep what is free, in a run that ends soon: a page that goes back to the
    system and comes again for the next block is worth a tenth of the time to read a quiet log."""
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _HUGE)
        mallopt(_TRIM_THRESHOLD, _MUCH)


def give_back() -> None:
    """Let the system have what is free."""
    gc.collect()
    trim()


def trim() -> None:
    """The same, without a look for what nothing refers to any more."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
