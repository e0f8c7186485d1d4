"""Real servers on loopback, each before a backend that answers, dawdles or resets."""

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

BIN = str(Path(sys.executable).parent)  # traefik may be a package of the environment
SLOW = 1.0  # seconds that the backend takes for /slow


def find(program: str) -> str | None:
    """Where a program is; system folders count even where the path does not name them."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:{BIN}")


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Backend:
    """`/ok` gets its answer, `/slow` gets it late, `/reset` gets a reset."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    @staticmethod
    def _serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            request = connection.recv(65536)
            if b" /reset " in request:
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return
            if b" /slow " in request:
                time.sleep(SLOW)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
            )

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()


def request(port: int, path: str, *, stay: float | None = None) -> bytes:
    """What the server answers to a GET; with `stay` (seconds) the client leaves after that."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: check/1\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        if stay is not None:
            time.sleep(stay)
            return b""
        answer = b""
        while block := connection.recv(65536):
            answer += block
        return answer


def routed(port: int) -> None:
    """Wait until requests reach the backend."""
    for _ in range(100):
        if b" 200 " in request(port, "/ok").partition(b"\r\n")[0]:
            return
        time.sleep(0.05)


def visit(port: int) -> None:
    """A request that is served, one that the client gives up, one whose upstream resets."""
    assert b" 200 " in request(port, "/ok").partition(b"\r\n")[0]
    request(port, "/slow", stay=0.3)
    assert b" 502 " in request(port, "/reset").partition(b"\r\n")[0]


@contextlib.contextmanager
def running(command: list[str], folder: Path, ports: tuple[int, ...]) -> Iterator[None]:
    """A server as a child; its output goes to `out.log` in the folder."""
    with (folder / "out.log").open("wb") as out:
        places = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(folder))
        child = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, cwd=folder, env=os.environ | places
        )
        try:
            for port in ports:
                _await(port, child, folder)
            yield
        finally:
            child.terminate()
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(5)


def _await(port: int, child: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        said = (folder / "out.log").read_text("utf-8", "replace")
        assert child.poll() is None, f"the server ended:\n{said}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.02)
    raise AssertionError(f"nobody listens on {port}")
