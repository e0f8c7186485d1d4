"""Standard output of a run that goes on: a slow reader holds it up, and a signal gets through."""

import os
import select
import time
from collections.abc import Callable

_PIECE = 4096
"""Bytes that a pipe takes at once, or not at all, when it is ready to be written to."""
_LOOK = 0.25
"""Seconds from one look whether the run is to end to the next."""
_PATIENCE = 1.0
"""Seconds for which a slow reader is waited for when the run is to end."""


class StandardOutput:
    """Writes to a descriptor; BrokenPipeError where nobody reads any more."""

    def __init__(self, descriptor: int, stopping: Callable[[], bool]) -> None:
        self.blocked = False
        self.waited = 0.0
        self._descriptor = descriptor
        self._stopping = stopping
        self._until = 0.0

    def write(self, data: bytes) -> bool:
        """Write all of it; False where the reader is slow and the run is to end: then what was
        decided counts as not said."""
        view = memoryview(data)
        while view:
            began = time.monotonic()
            is_over = self._is_over(began)
            if select.select([], [self._descriptor], [], 0 if is_over else _LOOK)[1]:
                written = os.write(self._descriptor, view[:_PIECE])
                view = view[written:]
                continue
            if is_over:
                return False
            self.blocked = True
            self.waited += time.monotonic() - began
        self.blocked = False
        return True

    def _is_over(self, now: float) -> bool:
        """Whether a reader that is not there at once is not waited for any more."""
        if self._stopping():
            self._until = self._until or now + _PATIENCE
        return bool(self._until) and now >= self._until
