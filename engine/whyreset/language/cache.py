"""A folder of things that are slow to make; nothing depends on it, and it may be lost."""

import os
import pickle
import stat
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from whyreset import __version__
from whyreset.basis.digest import blake2s
from whyreset.basis.garbage import uncollected
from whyreset.basis.shipped import shipped

_KEPT = 256


def folder() -> Path:
    """Where the cache is."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path("~/.cache").expanduser()) / "whyreset"


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """What the results depend on besides the rules: version, interpreter, compiler, grammars."""
    parts = [__version__, sys.version]
    package = Path(__file__).parents[1]
    for place in (package / "language", package / "model", package / "basis", shipped("grammars")):
        # Size and time are enough to see an edit in a checkout; a wheel does not change.
        with suppress(OSError, TypeError):
            for entry in sorted(os.scandir(str(place)), key=lambda entry: entry.name):
                if entry.name.endswith((".py", ".lark")):
                    found = entry.stat()
                    parts.append(f"{entry.name}:{found.st_size}:{found.st_mtime_ns}")
    return digest(*parts)


def digest(*parts: str) -> str:
    """A name for texts."""
    made = blake2s()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        made.update(b"%d:" % len(data) + data)
    return made.hexdigest()


def read(name: str) -> bytes | None:
    """What is stored, if it is there and nobody else could have written it."""
    try:
        with (folder() / name).open("rb") as file:
            found = os.fstat(file.fileno())
            others = stat.S_IWGRP | stat.S_IWOTH
            if found.st_uid != os.getuid() or found.st_mode & others:
                return None
            return file.read()
    except (OSError, RuntimeError):
        return None


def write(name: str, data: bytes) -> None:
    """Store, atomically; a folder that cannot be written to is no error."""
    import tempfile  # noqa: PLC0415  slow to import, and seldom needed

    with suppress(OSError, RuntimeError):
        target = folder()
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target)  # mkstemp makes it 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(temporary).replace(target / name)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        _prune(target)


def read_value(name: str) -> Any:
    """A stored value, or None."""
    data = read(name)
    if data is None:
        return None
    try:
        with uncollected():
            return pickle.loads(data)  # `read` gives only what this user wrote
    except Exception:  # a broken cache only costs time
        return None


def write_value(name: str, value: object) -> None:
    """Store a value."""
    write(name, pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL))


def _prune(target: Path) -> None:
    """Forget the oldest, so that editing rules does not fill the disk."""
    files = sorted(target.glob("*.pickle"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[_KEPT:]:
        path.unlink(missing_ok=True)
