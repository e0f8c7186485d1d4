"""Signals of a run that goes on: end, reload, tell; each only sets a flag and wakes the run."""

import os
import signal
import time
from contextlib import suppress
from types import FrameType
from typing import Any, Self

SETTLE = 1.0
"""Seconds in which what is open is still judged after a signal."""


class Signals:
    """While it is entered: SIGTERM and SIGINT end, SIGHUP reloads, SIGUSR1 asks for the state.

    `stopped` is when the end was asked for first (seconds, monotonic).
    """

    def __init__(self) -> None:
        self.stopping = False
        self.stopped = 0.0
        self._reload = self._tell = False
        self.descriptor, self._write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            self._before[number] = signal.signal(number, self._on)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        for number, before in self._before.items():
            signal.signal(number, before)
        os.close(self.descriptor)
        os.close(self._write)

    def take_reload(self) -> bool:
        """Whether a reload was asked for since the last call."""
        asked, self._reload = self._reload, False
        return asked

    def take_tell(self) -> bool:
        """Whether the state was asked for since the last call."""
        asked, self._tell = self._tell, False
        return asked

    def drain(self) -> None:
        """Take what woke the run."""
        with suppress(BlockingIOError):
            os.read(self.descriptor, 4096)

    def stop(self) -> None:
        """Ask for the end."""
        if not self.stopping:
            self.stopping, self.stopped = True, time.monotonic()

    def is_stopping(self, seconds: float = 0.0) -> bool:
        """Whether the run is to end, and was so many seconds ago."""
        return self.stopping and time.monotonic() - self.stopped >= seconds

    def _on(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._reload = True
        elif number == signal.SIGUSR1:
            self._tell = True
        elif number == signal.SIGINT and self.stopping:
            raise KeyboardInterrupt  # asked twice
        else:
            self.stop()
