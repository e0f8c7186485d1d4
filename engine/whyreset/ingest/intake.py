"""The intake of one input: bytes as they come, cut into whole lines, layout detected."""

from typing import NamedTuple

from whyreset.ingest.batches import Batch, add
from whyreset.ingest.csv_exports import ExportScanner
from whyreset.ingest.envelopes import OBJECT_MODES, ORDERED_MODES
from whyreset.ingest.kubernetes import ObjectScanner, ObjectSplitter
from whyreset.ingest.layout import detect, source_in
from whyreset.ingest.lines import Buffer
from whyreset.ingest.matching import Extractor
from whyreset.ingest.pod_table import PodTableScanner
from whyreset.ingest.scan import BlockScanner
from whyreset.ingest.sections import SectionScanner
from whyreset.ingest.stamps import Clock
from whyreset.model.record import Source

BLOCK = 512 << 10
LINE_LIMIT = 1 << 20
_HEAD = 4096
_RUNS = 8
"""Runs of NULs in one block that are looked for: each is work, and a log is cut seldom."""


class Progress(NamedTuple):
    """Where an intake stands, besides its bytes: layout, whether it is within the rest of an
    overlong line, and how far a stream of objects was cut into them."""

    mode: str | None = None
    skipping: bool = False
    splitter: ObjectSplitter | None = None


_Scanner = BlockScanner | ObjectScanner | PodTableScanner | SectionScanner | ExportScanner


class Intake:
    """Feed it bytes in any pieces; it gives the same events for the same bytes.

    With the `progress` of another one it goes on from there. One of several files in an input is
    a part, and has no parts itself.
    """

    def __init__(
        self,
        extractor: Extractor,
        source: Source,
        clock: Clock,
        progress: Progress | None = None,
        *,
        is_part: bool = False,
    ) -> None:
        self._is_part = is_part
        self._extractor = extractor
        self._source = source
        self._clock = clock
        self._tail = b""  # the line that is not complete yet
        self._skipping = False  # within the rest of an overlong line
        self._left_out = 0  # bytes at the start of the input
        self._scanner: _Scanner | None = None
        self.mode: str | None = None
        if progress is not None and progress.mode is not None:
            self._skipping = progress.skipping
            self._set_mode(progress.mode, progress.splitter)

    @property
    def progress(self) -> Progress:
        """Where it stands; the bytes of `recent` are to be fed again."""
        splitter = self._scanner.progress if isinstance(self._scanner, ObjectScanner) else None
        return Progress(self.mode, self._skipping, splitter)

    def recent(self) -> tuple[bytes, int]:
        """The last bytes that were fed, as far as they are kept, and how many of them (at the
        end) wait for more: none are kept within an overlong line, or of a stream of objects."""
        if not isinstance(self._scanner, BlockScanner):
            return (b"", 0) if self._scanner is not None else (self._tail, len(self._tail))
        if self._skipping:
            return b"", 0
        data, waiting = self._scanner.recent()
        return data + self._tail, waiting + len(self._tail)

    @property
    def ordered(self) -> bool:
        """Whether lines come in the order of time; False where several sources are mixed."""
        return self.mode is None or self.mode in ORDERED_MODES

    @property
    def scanner(self) -> BlockScanner | None:
        """What finds events in lines; None before the first, and of what is no log of lines."""
        return self._scanner if isinstance(self._scanner, BlockScanner) else None

    def feed(self, data: bytes, *, last: bool = False) -> Batch:
        """The events that the next bytes complete; `last` says that no more will come."""
        total = Batch()
        for start in range(0, len(data), BLOCK):
            add(total, self._take(data[start : start + BLOCK] if len(data) > BLOCK else data))
        if last:
            rest, self._tail = self._tail, b""
            if self._choose(rest, last=True):
                add(total, self._scan(rest, last=True))
        return total

    def settle(self) -> Batch:
        """The events of records that wait for further lines; call it when a source is quiet."""
        return self._scanner.settle() if self._scanner is not None else Batch()

    def _take(self, data: bytes) -> Batch:
        """NULs before a line are left out: a log that was cut has as many as it had bytes, if its
        writer goes on where it was."""
        if b"\0" not in data or self.mode in OBJECT_MODES:
            return self._take_lines(data)
        total = Batch()
        for _ in range(_RUNS):
            if data[:1] == b"\0" and not (self._tail or self._skipping):
                size = len(data)
                data = data.lstrip(b"\0")
                add(total, self._leave_out(size - len(data)))
            end = data.find(b"\n\0") + 1 or len(data)
            add(total, self._take_lines(data[:end]))
            data = data[end:]
            if not data:
                return total
        add(total, self._take_lines(data))
        return total

    def _leave_out(self, size: int) -> Batch:
        if self._scanner is None:
            self._left_out += size
            return Batch(size)
        return self._scan(b"", skipped=size)

    def _take_lines(self, data: bytes) -> Batch:
        total = Batch()
        if self._skipping:
            newline = data.find(b"\n")
            dropped = newline if newline >= 0 else len(data)
            # The newline itself was set in its place when the line was cut.
            dropped += newline >= 0
            self._skipping = newline < 0
            data = data[dropped:]
            add(total, self._scan(b"", skipped=dropped))
        if self._is_plain and len(self._tail) + len(data) <= LINE_LIMIT:
            end = data.rfind(b"\n") + 1
            if not end:
                self._tail += data
                return total
            tail, self._tail = self._tail, data[end:]
            add(total, self._scan(tail, memoryview(data)[:end]))
            return total
        if self._tail:
            data = self._tail + data
            self._tail = b""
        if not self._choose(data, last=False):
            self._tail = data
            return total
        if self.mode in OBJECT_MODES:
            add(total, self._scan(data))
            add(total, self._go_astray())
            return total
        if len(data) > LINE_LIMIT and data.find(b"\n", 0, LINE_LIMIT + 1) < 0:
            # One newline replaces the rest of the line and its own newline.
            add(total, self._scan(data[:LINE_LIMIT] + b"\n", skipped=-1))
            total.cut += 1
            self._skipping = True
            add(total, self._take_lines(data[LINE_LIMIT:]))
            return total
        end = data.rfind(b"\n") + 1
        self._tail = data[end:]
        if end:
            add(total, self._scan(data[:end] if self._tail else data))
        return total

    def _go_astray(self) -> Batch:
        """Read on by lines, if those of a log follow an object with which it began."""
        found = self._scanner.stray() if isinstance(self._scanner, ObjectScanner) else None
        if found is None:
            return Batch()
        total = self.settle()
        offset, rest = found
        total.bytes -= len(rest)
        total.lines -= rest.count(b"\n")
        self._scanner, self.mode = None, None
        self._left_out += offset
        add(total, self._take_lines(rest))
        return total

    def _choose(self, head: bytes, *, last: bool) -> bool:
        """Detect the layout by the first line, once it is there; False while it is not."""
        if self._scanner is not None:
            return True
        stripped = head.lstrip(b"\xef\xbb\xbf\r\n\t ")
        first, newline, rest = stripped.partition(b"\n")
        if first.rstrip() == b"{":  # whose object it is, its first key tells
            newline = rest.rpartition(b"\n")[1]
        if not last and not newline and len(stripped) < _HEAD:
            return False
        self._source = source_in(head, self._source)
        mode = detect(head)
        self._set_mode("plain" if self._is_part and mode == "sections" else mode)
        return True

    def _of_file(self, source: Source) -> "Intake":
        """What reads one of several files in an input."""
        return Intake(self._extractor, source, self._clock, is_part=True)

    def _set_mode(self, mode: str, splitter: ObjectSplitter | None = None) -> None:
        self.mode = mode
        if mode in OBJECT_MODES:
            # Kubernetes' may have the complaints of a client between them.
            self._scanner = ObjectScanner(
                self._extractor, self._source, self._clock, splitter, minds=mode == "objects"
            )
        elif mode == "pods":
            self._scanner = PodTableScanner(self._extractor, self._source, self._clock)
        elif mode == "csv":
            self._scanner = ExportScanner(self._extractor, self._source, self._clock)
        elif mode == "sections":
            self._scanner = SectionScanner(self._of_file, self._source)
        else:
            self._scanner = BlockScanner(self._extractor, self._source, self._clock, mode)
            if self._left_out:
                self._scanner.feed(skipped=self._left_out)

    @property
    def _is_plain(self) -> bool:
        """Whether the input is known to be one of lines."""
        return self.mode is not None and self.mode not in OBJECT_MODES

    def _scan(self, *parts: Buffer, last: bool = False, skipped: int = 0) -> Batch:
        if self._scanner is None:
            return Batch()
        return self._scanner.feed(*parts, last=last, skipped=skipped)
