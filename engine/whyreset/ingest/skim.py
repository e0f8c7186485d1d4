"""An intake that is fed often and little: lines in which there is nothing are scanned together."""

from whyreset.ingest.batches import Batch
from whyreset.ingest.intake import Intake, Progress
from whyreset.ingest.lines import cri_time
from whyreset.ingest.matching import Extractor
from whyreset.ingest.needles import Needles
from whyreset.ingest.scan import BlockScanner
from whyreset.ingest.stamps import Clock
from whyreset.model.record import Source

_ASIDE = 32 << 10
"""Bytes that are put aside at most."""
_HEAD = 128 << 10
"""Bytes after which all scanners know what they need not search for."""
_PIECES = (b" stdout P ", b" stderr P ")


class Skim:
    """Feed it as an `Intake`: it gives the same events for the same bytes, at the same time.

    Each scan has a price of its own, many times that of a search for needles in a few lines.
    """

    def __init__(
        self, extractor: Extractor, source: Source, clock: Clock, progress: Progress | None = None
    ) -> None:
        self._intake = Intake(extractor, source, clock, progress)
        self._extractor, self._source = extractor, source
        self._aside: list[bytes] = []
        self._size = self._lines = self._fed = 0
        self._is_free = False
        self._needles: Needles | None = None
        self._is_wary = True  # whether that is all that a scanner of a new input searches for
        self._skims = not extractor.reads_every_line(source)

    @property
    def mode(self) -> str | None:
        """The layout; None before the first line."""
        return self._intake.mode

    @property
    def ordered(self) -> bool:
        """Whether lines come in the order of time."""
        return self._intake.ordered

    @property
    def scanner(self) -> BlockScanner | None:
        """What finds events in lines, as the intake has it."""
        return self._intake.scanner

    @property
    def progress(self) -> Progress:
        """Where it stands; the bytes of `recent` are to be fed again."""
        return self._intake.progress

    @property
    def is_free(self) -> bool:
        """Whether nothing that was fed waits for further lines."""
        return self._is_free

    def recent(self) -> tuple[bytes, int]:
        """The last bytes that were fed, and how many of them are not decided."""
        data, waiting = self._intake.recent()
        return b"".join((data, *self._aside)), waiting + self._size

    def settle(self) -> Batch:
        """The events of records that wait for further lines; there are none in what is aside."""
        return Batch() if self._aside else self._intake.settle()

    def feed(self, data: bytes, *, last: bool = False) -> Batch:
        """The events that the next bytes complete; `last` says that no more will come."""
        if self._skims and self._is_free and not last and self._can_skim(data):
            batch = self._skimmed(data)
            if batch is not None:
                return batch
        size, lines, aside = self._size, self._lines, self._aside
        self._aside, self._size, self._lines = [], 0, 0
        batch = self._intake.feed(b"".join((*aside, data)) if aside else data, last=last)
        batch.bytes -= size
        batch.lines -= lines
        self._fed += len(data)
        self._is_free = self.mode == "cri" and data.endswith(b"\n") and not self._intake.recent()[1]
        return batch

    def _can_skim(self, data: bytes) -> bool:
        if self._size + len(data) > _ASIDE or not data.endswith(b"\n"):
            return False
        if self._needles is None or (self._is_wary and self._fed > _HEAD):
            self._is_wary = self._fed <= _HEAD
            self._needles = self._sought()
        return not self._needles.hits(data, 0, len(data))

    def _sought(self) -> Needles:
        """What marks a line that is to be read: no scanner searches for more."""
        narrow = self._extractor.is_narrow and not self._is_wary
        before = (b" F ", b'"') if narrow else ()
        return self._extractor.needles(self._source, extra=_PIECES, before=before)

    def _skimmed(self, data: bytes) -> Batch | None:
        """What is to be said of lines without events; None where they do not tell their times."""
        start = data.rfind(b"\n", 0, -1) + 1
        try:
            low = cri_time(data, 0, data.find(b" ", 0, 40))
            high = cri_time(data, start, data.find(b" ", start, start + 40))
        except (ValueError, KeyError):
            return None
        batch = Batch(len(data), data.count(b"\n"))
        batch.low, batch.high = low, high
        batch.see(self._source, low, high)
        self._aside.append(data)
        self._size += len(data)
        self._lines += batch.lines
        self._fed += len(data)
        return batch
