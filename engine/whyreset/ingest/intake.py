"""The intake of one input: bytes as they come, cut into whole lines, layout detected."""

from whyreset.ingest.envelopes import ORDERED_MODES, detect
from whyreset.ingest.kubernetes import ObjectScanner
from whyreset.ingest.matching import Extractor
from whyreset.ingest.scan import Batch, BlockScanner
from whyreset.ingest.stamps import Clock
from whyreset.model.record import Source

BLOCK = 512 << 10
LINE_LIMIT = 1 << 20
_HEAD = 4096


class Intake:
    """Feed it bytes in any pieces; it gives the same events for the same bytes."""

    def __init__(self, extractor: Extractor, source: Source, clock: Clock) -> None:
        self._extractor = extractor
        self._source = source
        self._clock = clock
        self._tail = b""  # the line that is not complete yet
        self._skipping = False  # within the rest of an overlong line
        self._scanner: BlockScanner | ObjectScanner | None = None
        self.mode: str | None = None

    @property
    def ordered(self) -> bool:
        """Whether lines come in the order of time; False where several sources are mixed."""
        return self.mode is None or self.mode in ORDERED_MODES

    def feed(self, data: bytes, *, last: bool = False) -> Batch:
        """The events that the next bytes complete; `last` says that no more will come."""
        total = Batch()
        for start in range(0, len(data), BLOCK):
            _add(total, self._take(data[start : start + BLOCK] if len(data) > BLOCK else data))
        if last:
            rest, self._tail = self._tail, b""
            if self._choose(rest, last=True):
                _add(total, self._scan(rest, last=True))
        return total

    def settle(self) -> Batch:
        """The events of records that wait for further lines; call it when a source is quiet."""
        return self._scanner.settle() if self._scanner is not None else Batch()

    def _take(self, data: bytes) -> Batch:
        total = Batch()
        if self._skipping:
            newline = data.find(b"\n")
            dropped = newline if newline >= 0 else len(data)
            # The newline itself was set in its place when the line was cut.
            dropped += newline >= 0
            self._skipping = newline < 0
            data = data[dropped:]
            _add(total, self._scan(b"", skipped=dropped))
        if self._tail:
            data = self._tail + data
            self._tail = b""
        if not self._choose(data, last=False):
            self._tail = data
            return total
        if self.mode == "kubernetes":
            _add(total, self._scan(data))
            return total
        if len(data) > LINE_LIMIT and data.find(b"\n", 0, LINE_LIMIT + 1) < 0:
            # One newline replaces the rest of the line and its own newline.
            _add(total, self._scan(data[:LINE_LIMIT] + b"\n", skipped=-1))
            total.cut += 1
            self._skipping = True
            _add(total, self._take(data[LINE_LIMIT:]))
            return total
        end = data.rfind(b"\n") + 1
        self._tail = data[end:]
        if end:
            _add(total, self._scan(data[:end] if self._tail else data))
        return total

    def _choose(self, head: bytes, *, last: bool) -> bool:
        """Detect the layout by the first line, once it is there; False while it is not."""
        if self._scanner is not None:
            return True
        stripped = head.lstrip(b"\xef\xbb\xbf\r\n\t ")
        if not last and b"\n" not in stripped and len(stripped) < _HEAD:
            return False
        self.mode = detect(head)
        if self.mode == "kubernetes":
            self._scanner = ObjectScanner(self._extractor, self._source, self._clock)
        else:
            self._scanner = BlockScanner(self._extractor, self._source, self._clock, self.mode)
        return True

    def _scan(self, block: bytes, *, last: bool = False, skipped: int = 0) -> Batch:
        if self._scanner is None:
            return Batch()
        return self._scanner.feed(block, last=last, skipped=skipped)


def _add(total: Batch, more: Batch) -> None:
    """Put a later batch of the same input behind an earlier one."""
    total.events += more.events
    total.low = more.low if total.low is None else total.low
    total.high = more.high if more.high is not None else total.high
    total.lines += more.lines
    total.unreadable += more.unreadable
    total.timeless += more.timeless
    total.cut += more.cut
    total.bytes += more.bytes
    for source, (low, high) in more.sources.items():
        known = total.sources.get(source, (low, high))
        total.sources[source] = (min(known[0], low), max(known[1], high))
