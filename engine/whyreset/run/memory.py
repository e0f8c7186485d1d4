"""How much memory the process has, and giving back what is free."""

import ctypes
import gc
import os
from contextlib import suppress
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_STATUS = Path("/proc/self/statm")


def resident() -> int:
    """Bytes in memory now; 0 where the system does not say."""
    try:
        return int(_STATUS.read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def give_back() -> None:
    """Let the system have what is free."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
