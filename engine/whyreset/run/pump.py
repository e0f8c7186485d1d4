"""One pipe through a filter: blocks are read as they come, each is answered with one write."""

import contextlib
import fcntl
import math
import os
import select
import signal
import socket
import stat
import time
from collections.abc import Callable, Iterator
from types import FrameType

from whyreset.run.filter import Filter
from whyreset.run.sinks import VerdictSink

_BLOCK = 192 << 10
_PIPE_SIZE = 1 << 20
_QUIET = 1.0
"""Seconds of silence after which event time goes on by the clock."""
_SHARE = 20
"""How much longer than it took to look for early verdicts it is until they are looked for again."""
_PATIENCE = 1.0
"""Seconds that a reader who does not read has when the process is to end."""
_LAST_BYTES = 0.3
"""Seconds that the rest of a half-read line may take when the process is to end."""


class StuckError(Exception):
    """Nobody reads, and the process is to end."""


class Stop:
    """Asked for by a signal; `descriptor` wakes a select."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        self.asked = False

    @property
    def descriptor(self) -> int:
        """Readable once it was asked for."""
        return self._ours.fileno()

    def ask(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """The process is to end soon."""
        self.asked = True
        with contextlib.suppress(OSError):
            self._theirs.send(b"x")


@contextlib.contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """SIGTERM and SIGINT ask for the end, and nothing is broken off."""
    stop = Stop()
    before = {number: signal.signal(number, stop.ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Pump:
    """Reads one descriptor and writes another (`ends`), until the end of input or of patience."""

    def __init__(
        self, ends: tuple[int, int], filtering: Filter, stop: Stop,
        sink: VerdictSink | None = None, on_read: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        self._source = ends[0]
        self._target = _not_blocking(ends[1])
        self._until = math.inf
        self._filter = filtering
        self._labeller = filtering.labeller
        self._stop = stop
        self._sink = sink
        self._on_read = on_read
        self._poll = select.poll()
        self._poll.register(self._source, select.POLLIN)
        self._poll.register(stop.descriptor, select.POLLIN)
        self._poll.register(self._target, 0)  # tells when its reader has gone
        # The pipe before this one stays small: what is in it is lost if the process is killed.
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(self._target, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)

    def run(self) -> None:
        """To the end; BrokenPipeError where nobody reads what is written, or would be: what is
        read then would be lost, and it may be another process's turn to read it. StuckError where
        the reader stands still and a signal asks for the end."""
        last = looked = time.monotonic()
        pause = _QUIET
        while not self._stop.asked:
            is_ready = self._wait()
            if self._stop.asked:
                break
            now = time.monotonic()
            if is_ready:
                data = os.read(self._source, _BLOCK)
                if not data:
                    break
                self._labeller.silent(now - last, going_on=False)
                self._give(self._filter.feed(data, now), now)
                last = time.monotonic()
            else:
                self._labeller.silent(now - last, going_on=True)
                self._give(self._filter.release(now), now)
            if now - looked >= pause:
                self._labeller.early()
                looked = time.monotonic()
                pause = max(_QUIET, _SHARE * (looked - now))
            self._say_verdicts()
        if self._stop.asked:
            self._complete_the_line()
        self._give(self._filter.finish(time.monotonic()), math.inf)
        self._say_verdicts()

    def _wait(self) -> bool:
        """Until something can be read, a signal comes or something else is due; whether there is
        something to read."""
        due = self._filter.due
        timeout = None
        if due is not None:
            timeout = max(0.0, due - time.monotonic())
        if self._sink is not None or due is not None:
            timeout = _QUIET if timeout is None else min(timeout, _QUIET)
        found = dict(self._poll.poll(None if timeout is None else math.ceil(timeout * 1000)))
        if found.get(self._target, 0) & (select.POLLERR | select.POLLHUP):
            raise BrokenPipeError
        return self._source in found

    def _complete_the_line(self) -> None:
        """What was read of a line is lost to the next process: read no more than the rest of it."""
        until = time.monotonic() + _LAST_BYTES
        while self._filter.within_a_line:
            patience = until - time.monotonic()
            if patience <= 0 or not select.select([self._source], [], [], patience)[0]:
                return
            byte = os.read(self._source, 1)
            if not byte:
                return
            self._write(self._filter.feed(byte, time.monotonic()))

    def _give(self, data: bytes, now: float) -> None:
        """Write this, and all else that need not wait any longer."""
        while data:
            self._write(data)
            data = self._filter.release(now)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._target, view) :]
            except BlockingIOError:
                self._wait_for_reader()

    def _wait_for_reader(self) -> None:
        """Until more can be written, for a while only once the process is to end."""
        poll, timeout = select.poll(), None
        poll.register(self._target, select.POLLOUT)
        if self._stop.asked:
            self._until = min(self._until, time.monotonic() + _PATIENCE)
            timeout = max(0.0, self._until - time.monotonic()) * 1000
        else:
            poll.register(self._stop.descriptor, select.POLLIN)
        if not poll.poll(timeout):
            raise StuckError

    def _say_verdicts(self) -> None:
        verdicts, self._labeller.verdicts = self._labeller.verdicts, []
        if self._sink is not None:
            self._sink.write(verdicts)
            self._sink.flush()
        if self._on_read is not None:
            self._on_read()


def _not_blocking(descriptor: int) -> int:
    """A pipe's end opened once more so that writing to it never waits: the mode of the one that
    was given is that of other processes, too. Of what is no pipe the same."""
    with contextlib.suppress(OSError):
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            how = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC
            return os.open(f"/proc/self/fd/{descriptor}", how)
    return descriptor
