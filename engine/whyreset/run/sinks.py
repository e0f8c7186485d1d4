"""Where verdicts go beside the records: a file, an open descriptor, a named pipe or a socket."""

import contextlib
import os
import select
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from whyreset.model.verdict import Verdict
from whyreset.run.json_output import verdict_line

_RETRY = 2.0
_PORTION = 256
_WAITING = 4 << 20
"""Bytes kept for a reader that is away or slow; beyond it verdicts are left out."""
_PATIENCE = 2.0
"""Seconds for which a slow reader is waited for at the end."""


class SinkError(Exception):
    """A place that cannot be written to."""


class VerdictSink:
    """Writes verdicts as JSON lines; a socket or a named pipe without a reader, or with a slow
    one, never stops the records. `lost` counts what was not written."""

    def __init__(self, place: str, say: Callable[[str], None]) -> None:
        self._place = place
        self._say = say
        self._file = -1
        self._waiting = bytearray()
        self._within = False  # the first line that waits was sent in part
        self._retry_at = 0.0
        self._has_reader = place.startswith("unix:") or Path(place).is_fifo()
        self.lost = 0
        if not self._has_reader:
            self._file = _opened(place)

    def write(self, verdicts: list[Verdict]) -> None:
        """Take verdicts out of a list and write them, one line each."""
        while verdicts:  # thousands may come at once: they are not kept until all are written
            lines = [verdict_line(verdict) for verdict in verdicts[:_PORTION]]
            del verdicts[:_PORTION]
            if self._has_reader:
                self._queue(lines)
                self.flush()
            else:
                self._append(b"".join(lines))

    def _queue(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            if len(self._waiting) + len(line) > _WAITING:
                self.lost += 1
            else:
                self._waiting += line

    def flush(self) -> None:
        """Send on what waits for a reader, without waiting for it."""
        if not self._waiting or not (self._file >= 0 or self._connect()):
            return
        try:
            while self._waiting:
                sent = os.write(self._file, self._waiting)
                self._within = self._waiting[sent - 1 : sent] != b"\n"
                del self._waiting[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self._disconnect()

    def finish(self) -> None:
        """Nothing more will come: a reader that is slow has a moment, the rest is lost."""
        self._retry_at, until = 0.0, time.monotonic() + _PATIENCE
        self.flush()
        while self._waiting and self._file >= 0:
            patience = max(0.0, until - time.monotonic())
            if not select.select([], [self._file], [], patience)[1]:
                break
            self.flush()
        self.lost += self._waiting.count(b"\n")
        self._waiting.clear()

    def _disconnect(self) -> None:
        """The reader has gone: the next one begins with a whole line."""
        os.close(self._file)
        self._file = -1
        if self._within:
            del self._waiting[: self._waiting.find(b"\n") + 1]
            self.lost += 1
            self._within = False

    def _append(self, data: bytes) -> None:
        if self._file < 0:
            self.lost += data.count(b"\n")
            return
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            self._say(f"whyreset: verdicts: {self._place}: {error.strerror}; no more are written")
            self._file = -1
            self.lost += data.count(b"\n")

    def _connect(self) -> bool:
        now = time.monotonic()
        if now < self._retry_at:
            return False
        self._retry_at = now + _RETRY
        with contextlib.suppress(OSError):  # nobody listens
            self._file = _reached(self._place)
        return self._file >= 0


def _reached(place: str) -> int:
    """A descriptor of a socket or a named pipe, to which writing never waits; OSError where
    nobody is at its other end."""
    if not place.startswith("unix:"):
        return os.open(place, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.setblocking(False)
        peer.connect(place.removeprefix("unix:"))
        return peer.detach()


def _opened(place: str) -> int:
    """A descriptor for `fd:N` or a file, to which is appended."""
    try:
        if place.startswith("fd:"):
            return os.dup(int(place.removeprefix("fd:")))
        return os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise SinkError(f"{place}: {error.strerror}") from error
    except ValueError:
        raise SinkError(f"{place}: not a descriptor's number") from None
