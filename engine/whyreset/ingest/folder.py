"""Which logs there are to follow: named ones, and those of folders as they come and go."""

import os
import stat
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from whyreset.ingest.listing import survey
from whyreset.ingest.reader import disguise_of
from whyreset.ingest.siblings import base_of
from whyreset.ingest.source_name import source_of_path
from whyreset.ingest.trouble import Trouble
from whyreset.ingest.unpacking import TELLING

_RELOOK = 10.0
"""Seconds after which a folder is read again although nothing shows a change in it."""


class Folders:
    """The paths to follow; `look` finds them, `named` are those that were asked for by name.

    Of those in folders the logs of `own_pod` are left out, and those that a glob in `skipped` fits,
    by name or path: whoever reads what it printed itself finds each reset again and again.
    """

    def __init__(
        self, paths: Sequence[str], own_pod: str | None = None, skipped: Sequence[str] = ()
    ) -> None:
        self.problems: list[str] = []
        self._own_pod, self._skipped = own_pod, skipped
        self.named = tuple(path for path in paths if not os.path.isdir(path))
        self._folders = {path: _Folder(path) for path in paths if path not in self.named}

    def look(self, now: float) -> list[str] | None:
        """All paths to follow, each file once; None where nothing has changed since."""
        folders = self._folders.values()
        changed = [folder.look(now) for folder in folders]
        self.problems += [note for folder in folders for note in folder.take_notes()]
        if not any(changed) and changed:
            return None
        found = (path for folder in folders for path in folder.files)
        return _distinct([*self.named, *filter(self._is_wanted, found)])

    @property
    def places(self) -> set[str]:
        """The folders in which something may change."""
        places = {os.path.dirname(path) or "." for path in self.named}
        for folder in self._folders.values():
            places |= {folder.path, *folder.inner}
        return {place for place in places if os.path.isdir(place)}

    def _is_wanted(self, path: str) -> bool:
        if self._own_pod is not None and source_of_path(path).pod == self._own_pod:
            return False
        names = path, os.path.basename(path)
        return not any(fnmatchcase(name, glob) for glob in self._skipped for name in names)


class _Folder:
    def __init__(self, path: str) -> None:
        self.path = path
        self.files: list[str] = []
        self.inner: list[str] = []
        self._troubles: dict[str, Trouble] = {}
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
            found, self.inner, unreadable = survey(self.path)
        except OSError as error:
            self._note([error])
            return False
        self._note(unreadable)
        self._stamps = {**dict(self._times()), **stamps}  # of before the names were read
        present = {path for path in found if base_of(path) is None}
        bases = set(map(base_of, found))
        self._logs = present | {path for path in self._logs if path in bases}
        self.files = [path for path in found if self._is_log(path, now)]
        self._alone = {path: since for path, since in self._alone.items() if path in found}
        return True

    def take_notes(self) -> list[str]:
        """What is to be said of folders that cannot be read, or can be read again."""
        notes = [note for trouble in self._troubles.values() for note in trouble.notes]
        self._troubles = {path: each for path, each in self._troubles.items() if each.reason}
        for trouble in self._troubles.values():
            trouble.notes.clear()
        return notes

    def _note(self, problems: list[OSError]) -> None:
        wrong = {str(error.filename): error for error in problems}
        for path, error in wrong.items():
            self._troubles.setdefault(path, Trouble(path)).complain(error)
        for path in self._troubles.keys() - wrong:
            self._troubles[path].recover()

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


def obstacle_of(path: str) -> str | None:
    """Why what was named cannot be followed; None where it can, or may be once it is there."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode):
            with open(path, "rb") as file:
                disguise = disguise_of(file.read(TELLING))
            return disguise and f"what is {disguise} is not followed"
    except OSError:
        return None
    return None if stat.S_ISDIR(mode) else "no file; a pipe is followed anyway"


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
