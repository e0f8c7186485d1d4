"""Hints from the system that something changed in a folder: they wake a poller, no more."""

import os
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

_DEBOUNCE, _STEP = 50, 10  # milliseconds
_MOST = 4096
"""Folders that are watched; beyond it polling alone has to do."""
_STORM, _SPELL, _REST = 300, 2.0, 60.0
"""Changes a second, for so many seconds, from which to hear of them costs more than to poll: then
nothing is watched for so many seconds."""


class Watch:
    """Watches folders in a thread; `descriptor` can be read from when something changed.

    Nothing depends on it: where no watch is to be had, `problem` says why, once, and when too
    much changes to be told of it, it rests. After a while it tries again.
    """

    def __init__(self) -> None:
        self.descriptor, self._write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.problem: str | None = None
        self._reason: str | None = None  # of the last problem: it is said once
        self._folders: frozenset[str] = frozenset()
        self._stop: threading.Event | None = None
        self._thread: threading.Thread | None = None
        self._again_at = 0.0
        self._changed: set[str] = set()
        self._guard = threading.Lock()

    def watch(self, folders: Iterable[str]) -> None:
        """Watch these folders from now on."""
        wanted = frozenset(folder for folder in folders if os.access(folder, os.R_OK))
        rested = 0 < self._again_at <= time.monotonic()
        if (wanted == self._folders and not rested) or len(wanted) > _MOST:
            return
        self._end()
        self._again_at = 0.0
        self._folders = wanted
        if not wanted:
            return
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(wanted, self._stop), daemon=True)
        self._thread.start()

    def take(self) -> set[str]:
        """The paths that changed since the last call."""
        with suppress(BlockingIOError):
            os.read(self.descriptor, 4096)
        with self._guard:
            changed, self._changed = self._changed, set()
        return changed

    def close(self) -> None:
        """End the thread."""
        self._end()
        os.close(self.descriptor)
        os.close(self._write)

    def _end(self) -> None:
        if self._stop is not None and self._thread is not None:
            self._stop.set()
            self._thread.join(timeout=1)
            self._stop = self._thread = None

    def _run(self, folders: frozenset[str], stop: threading.Event) -> None:
        try:
            from watchfiles import watch  # noqa: PLC0415 - slow to import, seldom needed

            began, heard = time.monotonic(), 0
            options: dict[str, Any] = {"debounce": _DEBOUNCE, "step": _STEP, "rust_timeout": 500}
            for changes in watch(
                *sorted(folders), watch_filter=None, stop_event=stop, recursive=False,
                raise_interrupt=False, **options,
            ):  # fmt: skip
                with self._guard:
                    if len(self._changed) < _MOST:
                        self._changed |= {path for _, path in changes}
                with suppress(OSError):
                    os.write(self._write, b"w")
                stop.wait(0.1)  # a writer that never rests wakes nobody more often
                now, heard = time.monotonic(), heard + len(changes)
                if now - began > _SPELL:
                    if heard > _STORM * (now - began):
                        self._again_at = now + _REST
                        return
                    began, heard = now, 0
        except Exception as error:  # no watch left, no such system call: polling goes on
            self._again_at = time.monotonic() + _REST
            reason = str(error).partition(" about [")[0]
            if reason != self._reason:
                self._reason = reason
                self.problem = f"folders are polled, not watched: {reason}"
