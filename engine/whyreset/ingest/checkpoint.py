"""The state of a run in a folder: written whole or not at all, and read only if it is sound."""

import fcntl
import os
import pickle
import stat
from pathlib import Path
from typing import Any, BinaryIO

from whyreset import __version__
from whyreset.basis.digest import blake2s

_MAGIC = f"whyreset state 10 {__version__}\n".encode()
_DIGEST = 32
_NAME, _BEFORE, _NEW, _LOCK = "state", "state.before", "state.new", "lock"


class StateError(Exception):
    """The folder cannot be used at all; the message says why."""


class Checkpoint:
    """Keeps a value in `folder`; `notes` are sentences about what was wrong with it.

    Two runs with one folder would undo each other's work: the second raises StateError.
    """

    def __init__(self, folder: Path) -> None:
        self.notes: list[str] = []
        self.written: float | None = None
        self._folder = folder
        self._failing: str | None = None
        self._lock: int | None = None
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise StateError(f"{folder}: another run keeps its state here") from None
        except OSError as error:
            if not folder.is_dir():
                raise StateError(f"{folder}: {error.strerror}") from error
            self._complain(error)

    def load(self) -> Any:
        """The newest sound value; None where there is none."""
        for name in (_NAME, _BEFORE):
            path = self._folder / name
            try:
                data = self._read(path)
            except FileNotFoundError:
                continue
            except OSError as error:
                self.notes.append(f"{path}: {error.strerror}; the state is not used")
                continue
            if isinstance(data, str):
                self.notes.append(f"{path}: {data}")
                continue
            return pickle.loads(data)
        return None

    def save(self, value: object, now: float) -> bool:
        """Store a value; False, and a note, where that fails: what was stored stays."""
        new, path = self._folder / _NEW, self._folder / _NAME
        try:
            with os.fdopen(os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as out:
                _write(value, out)
                out.flush()
                os.fsync(out.fileno())
            if path.exists():
                os.replace(path, self._folder / _BEFORE)
            os.replace(new, path)
            self._sync_folder()
        except OSError as error:
            self._complain(error)
            return False
        if self._failing:
            self.notes.append(f"{self._folder}: the state is written again")
            self._failing = None
        self.written = now
        return True

    def close(self) -> None:
        """Let another run have the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _read(self, path: Path) -> bytes | str:
        """The value's bytes, or what is wrong with them."""
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return "others could have written this state; it is not used"
            data = file.read()
        if not data.startswith(_MAGIC):
            if data.startswith(b"whyreset state "):
                return "this state is of another version; the logs are read from their beginning"
            return "this is not a state; it is not used"
        start = len(_MAGIC) + _DIGEST
        if _digest(data[start:]) != data[len(_MAGIC) : start]:
            return "this state is damaged; it is not used"
        return data[start:]

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _complain(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        if self._failing != reason:
            self._failing = reason
            self.notes.append(f"{self._folder}: the state cannot be written: {reason}")


def _write(value: object, out: BinaryIO) -> None:
    """Write a state piece by piece: as a whole it would take as much memory as what it is of."""
    out.write(_MAGIC + bytes(_DIGEST))
    hashing = _Hashing(out)
    pickle.dump(value, hashing, protocol=pickle.HIGHEST_PROTOCOL)
    out.seek(len(_MAGIC))
    out.write(hashing.digest())


class _Hashing:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._hash = blake2s(digest_size=_DIGEST)

    def write(self, data: bytes) -> int:
        """Write on, and take it into the digest."""
        self._hash.update(data)
        return self._out.write(data)

    def digest(self) -> bytes:
        """Of all that was written."""
        return self._hash.digest()


def _digest(payload: bytes) -> bytes:
    return blake2s(payload, digest_size=_DIGEST).digest()
