"""Standard output of a run that goes on: a slow reader holds it up, and a signal gets through."""

import os
import select
import time
from collections.abc import Callable

_PIECE = 4096
"""Bytes that a pipe takes at once, or not at all, when it is ready to be written to."""
_PATIENCE = 1.0
"""Seconds for which a reader that has stalled is waited for when the run is to end."""


class Sink:
    """Writes to a descriptor; BrokenPipeError where nobody reads any more."""

    def __init__(self, descriptor: int, stopping: Callable[[], bool]) -> None:
        self.blocked = False
        self.waited = 0.0
        self._descriptor = descriptor
        self._stopping = stopping

    def write(self, data: bytes) -> bool:
        """Write all of it; False where the reader stalls and the run is to end: then what was
        decided counts as not said."""
        view, given_up = memoryview(data), None
        while view:
            began = time.monotonic()
            if select.select([], [self._descriptor], [], 0.25)[1]:
                written = os.write(self._descriptor, view[:_PIECE])
                view = view[written:]
                continue
            self.blocked = True
            self.waited += time.monotonic() - began
            if self._stopping():
                given_up = given_up or time.monotonic() + _PATIENCE
                if time.monotonic() >= given_up:
                    return False
        self.blocked = False
        return True
