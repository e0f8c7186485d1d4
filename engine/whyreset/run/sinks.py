"""Where verdicts go beside the records: a file, an open descriptor or a unix socket."""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterable

from whyreset.model.verdict import Verdict
from whyreset.run.json_output import verdict_line

_RETRY = 2.0
_PORTION = 256
_WAITING = 4 << 20
"""Bytes kept for a socket whose reader is away or slow; beyond it verdicts are left out."""


class SinkError(Exception):
    """A place that cannot be written to."""


class VerdictSink:
    """Writes verdicts as JSON lines; its troubles never stop the records."""

    def __init__(self, place: str, say: Callable[[str], None]) -> None:
        self._place = place
        self._say = say
        self._file = -1
        self._socket: socket.socket | None = None
        self._waiting = b""
        self._retry_at = 0.0
        self._is_socket = place.startswith("unix:")
        self.lost = 0
        if not self._is_socket:
            self._file = _opened(place)

    def write(self, verdicts: list[Verdict]) -> None:
        """Take verdicts out of a list and write them, one line each."""
        while verdicts:  # thousands may come at once: they are not kept until all are written
            lines = [verdict_line(verdict) for verdict in verdicts[:_PORTION]]
            del verdicts[:_PORTION]
            if self._is_socket:
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
        """Send on what waits for a socket, without waiting for its reader."""
        if not self._waiting or not (self._socket or self._connect()):
            return
        try:
            while self._waiting and self._socket is not None:
                sent = self._socket.send(self._waiting)
                self._waiting = self._waiting[sent:]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            # what was sent in part begins anew with the next whole line
            self._waiting = self._waiting[self._waiting.find(b"\n") + 1 :]

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

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

    def _connect(self) -> bool:
        now = time.monotonic()
        if now < self._retry_at:
            return False
        self._retry_at = now + _RETRY
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.setblocking(False)
        try:
            peer.connect(self._place.removeprefix("unix:"))
        except OSError:
            with contextlib.suppress(OSError):
                peer.close()
            return False
        self._socket = peer
        return True


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
