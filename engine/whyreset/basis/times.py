"""Points in time as text: RFC 3339 with nanoseconds."""

import time as _time
from functools import lru_cache

from whyreset.basis.units import NS

END = 1 << 62
"""The end of all times (ns), in 2116: beyond it and before 1970 nothing is the time of a log."""


def system_time() -> int:
    """The one place that reads the system clock: a reference where the input has none, ns."""
    return _time.time_ns()


def format_time(nanoseconds: int) -> str:
    """`2026-11-22T10:00:00.123456789Z` of nanoseconds since the epoch."""
    seconds, rest = divmod(nanoseconds, NS)
    return f"{_second(seconds)}.{rest:09}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return _time.strftime("%Y-%m-%dT%H:%M:%S", _time.gmtime(seconds))


def clock(nanoseconds: int) -> str:
    """Hours, minutes and seconds (UTC)."""
    return _second(nanoseconds // NS)[11:]
