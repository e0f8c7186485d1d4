"""How much memory the process has, and giving back what is free."""

import ctypes
import gc
import os
from contextlib import suppress
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_MMAP_THRESHOLD, _LARGE = -3, 256 << 10  # of malloc.h, and bytes
_STATUS = Path("/proc/self/statm")


def resident() -> int:
    """Bytes in memory now; 0 where the system does not say."""
    try:
        return int(_STATUS.read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def keep_large_blocks_apart() -> None:
    """Let the system have a large block as soon as it is free: in a process that runs for months,
    small ones that outlive it would keep what it took."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """Let the system have what is free."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
