"""What is in a folder: its logs, and all names in it, read again only after a change."""

import os
import re
import stat
import time
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

PATTERNS = ("*.log", "*.log.*", "events*.json", "pods*.json", "pods*.txt")
"""Names of the files of a folder that are read."""

_READ = re.compile(r".*\.log(?:\..*)?|events.*\.json|pods.*\.(?:json|txt)", re.DOTALL)
_READ_WITHIN = re.compile(r".*\.log(?:\..*)?", re.DOTALL)
_STEP, _COARSE_STEP = 50_000_000, 2_000_000_000
"""Steps (ns) in which file systems count time, and those that count in seconds: in the step of a
folder's last change another one would not show."""


class Survey(NamedTuple):
    """The files that are read, sorted by name, the folders within the folder that may get more,
    and which of them cannot be read."""

    files: list[str]
    inner: list[str]
    problems: list[OSError]


def survey(folder: str) -> Survey:
    """Look through a folder; OSError where it cannot be read.

    One that is laid out like `/var/log/pods` is read two levels deep. What cannot be looked at is
    taken for a file: to open it tells why.
    """
    found = Survey([], [], [])
    for entry in _entries(folder):
        is_read, is_pod = _READ.fullmatch(entry.name), entry.name.count("_") >= 2
        if not (is_read or is_pod):
            continue
        mode = _mode(entry)
        if is_read and stat.S_ISREG(mode):
            found.files.append(entry.path)
        elif is_pod and stat.S_ISDIR(mode):
            _survey_pod(entry.path, found)
    found.files.sort()
    return found


def _mode(entry: "os.DirEntry[str]") -> int:
    try:
        return entry.stat().st_mode
    except OSError:
        return stat.S_IFREG


def names_beginning(folder: str, start: str) -> list[str]:
    """The names in a folder that begin so, sorted; none where it cannot be read."""
    try:
        names = _names(folder)
    except OSError:
        return []
    at = bisect_left(names, start)
    end = at
    while end < len(names) and names[end].startswith(start):
        end += 1
    return names[at:end]


def _survey_pod(folder: str, found: Survey) -> None:
    """A pod has a folder for each container."""
    found.inner.append(folder)
    try:
        containers = [entry.path for entry in _entries(folder) if stat.S_ISDIR(_mode(entry))]
    except OSError as error:
        found.problems.append(error)
        return
    for container in containers:
        found.inner.append(container)
        try:
            logs = [entry for entry in _entries(container) if _READ_WITHIN.fullmatch(entry.name)]
            found.files.extend(entry.path for entry in logs if stat.S_ISREG(_mode(entry)))
        except OSError as error:
            found.problems.append(error)


def _entries(folder: str) -> Iterator["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        yield from entries


def _names(folder: str) -> list[str]:
    """All names in a folder, sorted; many logs are rotated at once, and each asks for them."""
    descriptor = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)  # of an open one: a network file system asks its server
    finally:
        os.close(descriptor)
    changed = status.st_mtime_ns
    step = _STEP if changed % 1_000_000_000 else _COARSE_STEP
    if time.time_ns() - changed <= step:
        return sorted(os.listdir(folder or "."))
    return _kept_names(folder or ".", (status.st_dev, status.st_ino, changed))


@lru_cache(maxsize=128)
def _kept_names(folder: str, _state: tuple[int, int, int]) -> list[str]:
    return sorted(os.listdir(folder))
