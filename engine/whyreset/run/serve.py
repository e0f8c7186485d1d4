"""A server on a unix socket: many connections, one state, no answer that waits for another."""

import contextlib
import os
import selectors
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from whyreset.run.answers import Answers
from whyreset.run.pump import Stop
from whyreset.run.records import Lines
from whyreset.run.sinks import VerdictSink

_BLOCK = 256 << 10
_BACKLOG = 128
_UNSENT = 1 << 20
"""Bytes of answers that a client may leave unread before it is listened to again."""
_QUIET = 1.0


class SocketError(Exception):
    """A path at which no server can listen."""


class _Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.lines = Lines()
        self.unsent = b""


@contextlib.contextmanager
def listening(path: Path, mode: int) -> Iterator[socket.socket]:
    """A socket at a path with these permissions, removed at the end; SocketError where it is
    taken or cannot be. A socket that a dead server has left is replaced."""
    _remove_stale(path)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~mode)  # never open to more, not even for a moment
    try:
        server.bind(os.fspath(path))
        path.chmod(mode)
        server.listen(_BACKLOG)
        ours = path.stat().st_ino
    except OSError as error:
        server.close()
        raise SocketError(f"{path}: {error.strerror or error}") from error
    finally:
        os.umask(before)
    server.setblocking(False)
    try:
        yield server
    finally:
        server.close()
        with contextlib.suppress(OSError):
            if path.stat().st_ino == ours:
                path.unlink()


def _remove_stale(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise SocketError(f"{path}: is there, and is no socket")
    except FileNotFoundError:
        return
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    probe.settimeout(1.0)
    try:
        probe.connect(os.fspath(path))
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SocketError(f"{path}: {error.strerror or error}") from error
    else:
        raise SocketError(f"{path}: another server listens there")
    finally:
        probe.close()


class Server:
    """Answers all clients from one labeller until it is asked to stop."""

    def __init__(
        self, server: socket.socket, answers: Answers, stop: Stop,
        sink: VerdictSink | None = None, on_round: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        self._server = server
        self._answers = answers
        self._labeller = answers.labeller
        self._stop = stop
        self._sink = sink
        self._on_round = on_round
        self._select = selectors.DefaultSelector()
        self._clients: set[_Client] = set()

    def run(self) -> None:
        """To the end; clients are closed then, and go on without labels."""
        self._select.register(self._server, selectors.EVENT_READ)
        self._select.register(self._stop.descriptor, selectors.EVENT_READ)
        last = looked = time.monotonic()
        timeout = _QUIET if self._sink is not None else None
        while not self._stop.asked:
            asked = self._round(timeout)
            now = time.monotonic()
            self._labeller.silent(now - last, going_on=not asked)
            last = now if asked else last
            if now - looked >= _QUIET:
                looked = now
                self._labeller.early()
            self._say_verdicts()
        for client in list(self._clients):
            self._close(client)
        self._labeller.finish()
        self._say_verdicts()
        self._select.close()

    def _round(self, timeout: float | None) -> bool:
        """Take what came, and answer it; whether anybody asked anything."""
        asked: list[tuple[_Client, list[bytes]]] = []
        for key, events in self._select.select(timeout):
            if key.fileobj is self._server:
                self._accept()
            elif isinstance(key.data, _Client):
                if events & selectors.EVENT_WRITE:
                    self._send(key.data)
                if events & selectors.EVENT_READ and (lines := self._receive(key.data)):
                    asked.append((key.data, lines))
        requests = [line for _, lines in asked for line in lines]
        if not requests:
            return False
        answers = iter(self._answers.answer(requests))
        for client, lines in asked:
            client.unsent += b"".join([next(answers) + b"\n" for _ in lines])
            self._send(client)
        return True

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            connection, _ = self._server.accept()
            connection.setblocking(False)
            client = _Client(connection)
            self._clients.add(client)
            self._select.register(connection, selectors.EVENT_READ, client)

    def _receive(self, client: _Client) -> list[bytes]:
        """The whole lines that a client has sent."""
        try:
            data = client.connection.recv(_BLOCK)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self._close(client)
            return []
        return [
            line
            for whole in client.lines.feed(data)
            for line in (b"",) * whole.cut or whole.lines[:-1].split(b"\n")
        ]

    def _send(self, client: _Client) -> None:
        if client not in self._clients:
            return
        try:
            while client.unsent:
                sent = client.connection.send(client.unsent)
                client.unsent = client.unsent[sent:]
        except BlockingIOError:
            pass
        except OSError:
            self._close(client)
            return
        wanted = selectors.EVENT_WRITE if client.unsent else 0
        if len(client.unsent) < _UNSENT:
            wanted |= selectors.EVENT_READ
        self._select.modify(client.connection, wanted, client)

    def _close(self, client: _Client) -> None:
        if client in self._clients:
            self._clients.discard(client)
            self._select.unregister(client.connection)
            client.connection.close()

    def _say_verdicts(self) -> None:
        verdicts, self._labeller.verdicts = self._labeller.verdicts, []
        if self._sink is not None:
            self._sink.write(verdicts)
            self._sink.flush()
        if self._on_round is not None:
            self._on_round()
