"""Inputs: files, folders and standard input, opened for reading batch by batch."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from whyreset.basis.times import system_time
from whyreset.ingest.batches import Batch
from whyreset.ingest.envelopes import Peeler
from whyreset.ingest.hindsight import Hindsight
from whyreset.ingest.intake import Intake
from whyreset.ingest.listing import PATTERNS, survey
from whyreset.ingest.matching import Extractor
from whyreset.ingest.reader import BLOCK, ByteReader
from whyreset.ingest.source_name import make_source, source_of_path
from whyreset.ingest.stamps import Clock
from whyreset.model.record import Source

_HEAD = 16 << 10
_FIRST = 8 << 10
"""Bytes that are read first: they show when a log begins, so that of hundreds of files only those
whose time has come are read on."""


class InputError(Exception):
    """An input that cannot be read: `path`, and `reason` in the system's words."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Input:
    """One open input; `read` gives its batches in order, then None.

    `hindsight` keeps what is read, if it is set before.
    """

    hindsight: Hindsight | None = None

    def __init__(
        self, path: str, reader: ByteReader, extractor: Extractor, source: Source, clock: Clock
    ) -> None:
        self.path = path
        self.source = source
        self._reader = reader
        self._clock = clock
        self._intake = Intake(extractor, source, clock)
        self._ended = False
        self._base = self._fed = 0  # where the intake's offsets begin, and what it was fed

    @property
    def ordered(self) -> bool:
        """Whether lines come in the order of time; known after the first batch."""
        return self._intake.ordered

    @property
    def mode(self) -> str | None:
        """The layout that the first line showed; None until then."""
        return self._intake.mode

    @property
    def damaged(self) -> str | None:
        """What kept the rest of the input from being read."""
        return self._reader.damaged

    @property
    def ended(self) -> bool:
        """Whether everything has been read."""
        return self._ended

    @property
    def descriptor(self) -> int:
        """The raw descriptor, to wait on."""
        return self._reader.descriptor

    def read(self) -> Batch | None:
        """The next batch (it may hold no event); None at the end. InputError if reading fails."""
        if self._ended:
            return None
        try:
            data = self._reader.read(BLOCK if self._fed else _FIRST)
        except OSError as error:
            self.close()
            raise InputError(self.path, error.strerror or str(error)) from error
        if data:
            self._fed += len(data)
            return self._told(self._intake.feed(data), data)
        return self.stop()

    def settle(self) -> Batch:
        """The events of records that wait for further lines; call it when the input is quiet."""
        return self._told(self._intake.settle())

    @property
    def has_more(self) -> bool:
        """Whether bytes were read that no batch has shown yet."""
        return self._reader.holds

    def stop(self) -> Batch:
        """Read no more; gives what still waits in it."""
        batch = self._told(self._intake.feed(b"", last=True))
        self.close()
        return batch

    def change_rules(self, extractor: Extractor) -> Batch:
        """Go on with other definitions; gives the events that the old ones waited with."""
        batch = self._told(self._intake.settle())
        data, waiting = self._intake.recent()
        rest = data[len(data) - waiting :]
        self._base += self._fed - len(rest)
        self._fed = len(rest)
        self._intake = Intake(extractor, self.source, self._clock, self._intake.progress)
        self._intake.feed(rest)
        return batch

    def _told(self, batch: Batch, data: bytes = b"") -> Batch:
        """The same with offsets counted from the input's start; `data` were read for it."""
        if self._base:
            batch.events = [e._replace(offset=e.offset + self._base) for e in batch.events]
        if self.hindsight is not None:
            end = self._base + self._fed
            self.hindsight.keep(self.path, data, end, batch, self._intake.scanner)
        return batch

    def close(self) -> None:
        """Stop reading."""
        self._ended = True
        self._reader.close()


def is_pipe(inputs: Sequence[Input]) -> bool:
    """Whether the only input is a pipe or a terminal, which may go on for ever."""
    return len(inputs) == 1 and not stat.S_ISREG(os.fstat(inputs[0].descriptor).st_mode)


def open_inputs(
    paths: list[str],
    extractor: Extractor,
    clock: Clock | None = None,
    problems: list[InputError] | None = None,
) -> list[Input]:
    """Open files, the log files of folders, and `-` for standard input.

    Without a clock, the year of stamps that have none is chosen near the first complete time
    that any of the files tells, else near the newest file's time of change.
    An argument that cannot be opened raises InputError; a file found within a folder that
    cannot be opened is appended to `problems` instead.
    """
    opened: list[tuple[str, ByteReader]] = []
    try:
        for path in paths:
            opened += _open(path, problems if problems is not None else [])
    except InputError:
        for _, reader in opened:
            reader.close()
        raise
    if clock is None or clock.reference == 0:
        clock = (clock or Clock())._replace(reference=_reference(opened))
    return [
        Input(path, reader, extractor, _source(path), _clock_for(reader, clock))
        for path, reader in opened
    ]


def _open(path: str, problems: list[InputError]) -> list[tuple[str, ByteReader]]:
    if path == "-":
        return [(path, ByteReader(0, owned=False))]
    if not Path(path).is_dir():
        return [(path, ByteReader(_descriptor(path)))]
    try:
        files = survey(str(Path(path))).files
    except OSError as error:
        raise InputError(path, error.strerror or str(error)) from error
    if not files:
        raise InputError(path, f"none of {', '.join(PATTERNS)} is in this folder")
    opened = []
    for file in files:
        try:
            opened.append((file, ByteReader(_descriptor(file))))
        except InputError as error:
            problems.append(error)
    return opened


def _descriptor(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise InputError(path, error.strerror or str(error)) from error


def _clock_for(reader: ByteReader, clock: Clock) -> Clock:
    """A file at rest was last written to at its change; a pipe may go on."""
    status = os.fstat(reader.descriptor)
    if not stat.S_ISREG(status.st_mode):
        return clock._replace(changed=0, latest=system_time)
    return clock._replace(changed=status.st_mtime_ns)


def _source(path: str) -> Source:
    return make_source("stdin") if path == "-" else source_of_path(path)


def _reference(opened: list[tuple[str, ByteReader]]) -> int:
    """A time near that of the logs, ns: from a complete stamp, a file's change, or the clock."""
    changed = 0
    for path, reader in opened:
        try:
            status = os.fstat(reader.descriptor)
        except OSError as error:
            raise InputError("standard input", error.strerror or str(error)) from error
        if path == "-" and not stat.S_ISREG(status.st_mode):
            continue  # a pipe is not waited for here
        changed = max(changed, status.st_mtime_ns)
        try:
            head = reader.peek(_HEAD)
        except OSError:
            continue
        peeler = Peeler(make_source(path), Clock(reference=status.st_mtime_ns))
        for raw in head.splitlines()[:8]:
            line = peeler.peel(raw)
            if line.time is not None and "year" not in line.assumed:
                return line.time
    return changed or system_time()
