"""Which logs there are to follow: named ones, and those of folders as they come and go."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from whyreset.ingest.inputs import log_files
from whyreset.ingest.siblings import base_of

_RELOOK = 10.0
"""Seconds after which a folder is read again although nothing shows a change in it."""


class Folders:
    """The paths to follow; `look` finds them, `named` are those that were asked for by name."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.problems: list[str] = []
        self.named = tuple(path for path in paths if not os.path.isdir(path))
        self._folders = {path: _Folder(path) for path in paths if path not in self.named}
        self._said: set[str] = set()

    def look(self, now: float) -> list[str] | None:
        """All paths to follow, each file once; None where nothing has changed since."""
        changed = [folder.look(now) for folder in self._folders.values()]
        if not any(changed) and changed:
            return None
        found = list(self.named)
        for folder in self._folders.values():
            found += folder.files
            self._say(folder)
        return _distinct(found)

    @property
    def places(self) -> set[str]:
        """The folders in which something may change."""
        places = {os.path.dirname(path) or "." for path in self.named}
        for folder in self._folders.values():
            places |= {folder.path, *folder.inner}
        return {place for place in places if os.path.isdir(place)}

    def _say(self, folder: "_Folder") -> None:
        if folder.problem and folder.problem not in self._said:
            self.problems.append(folder.problem)
            self._said.add(folder.problem)


class _Folder:
    def __init__(self, path: str) -> None:
        self.path = path
        self.files: list[str] = []
        self.inner: list[str] = []
        self.problem: str | None = None
        self._stamps: dict[str, int] = {}
        self._looked = -_RELOOK
        self._logs: set[str] = set()  # all that are there, or of which rotated forms are
        self._alone: dict[str, float] = {}  # forms of logs that nobody saw, and since when

    def look(self, now: float) -> bool:
        """Whether the files may be others than before."""
        stamps = dict(self._times())
        if stamps == self._stamps and now - self._looked < _RELOOK:
            return False
        self._stamps, self._looked = stamps, now
        try:
            found = [str(path) for path in log_files(Path(self.path))]
            self.inner = [
                part.path
                for pods in os.scandir(self.path)
                if pods.name.count("_") >= 2 and pods.is_dir()
                for part in (pods, *[each for each in os.scandir(pods.path) if each.is_dir()])
            ]
            self.problem = None
        except OSError as error:
            self.problem = f"{self.path}: {error.strerror}; trying again"
            return False
        self._stamps = dict(self._times())
        present = {path for path in found if base_of(path) is None}
        bases = set(map(base_of, found))
        self._logs = present | {path for path in self._logs if path in bases}
        self.files = [path for path in found if self._is_log(path, now)]
        self._alone = {path: since for path, since in self._alone.items() if path in found}
        return True

    def _is_log(self, path: str, now: float) -> bool:
        """Whether it is no rotated form of a log: one is not there for a moment when rotated."""
        base = base_of(path)
        if base is None:
            return not path.endswith(".gz")
        if base in self._logs or path.endswith(".gz"):
            return False
        return now - self._alone.setdefault(path, now) >= _RELOOK

    def _times(self) -> Iterator[tuple[str, int]]:
        for place in (self.path, *self.inner):
            try:
                yield place, os.stat(place).st_mtime_ns
            except OSError:
                continue


def _distinct(paths: Sequence[str]) -> list[str]:
    """Each regular file once, though two links lead to it; what is not there may come."""
    kept: dict[tuple[int, int] | str, str] = {}
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            kept.setdefault(path, path)
            continue
        if stat.S_ISREG(status.st_mode):
            kept.setdefault((status.st_dev, status.st_ino), path)
    return list(dict.fromkeys(kept.values()))
