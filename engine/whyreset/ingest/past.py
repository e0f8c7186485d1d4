"""The past of one input: its last lines as they came, to be read again for what was passed over."""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from whyreset.ingest.head import HEAD_BYTES
from whyreset.ingest.matching import Extractor
from whyreset.ingest.scan import BlockScanner
from whyreset.model.event import Event
from whyreset.model.record import Source

BLOCK = 256 << 10
"""Bytes of a block."""
_LONGEST = 2 << 20
"""Bytes after which a line without an end is given up: nobody's request is so long."""
_BEFORE = 16 << 10
"""Bytes before those that are read again: they may tell the time of the first lines."""
TRIED, _RARELY = 16 << 10, 32
"""Bytes that are read whole to see whether an input shows any event, at first and then of so many
times as many."""
_FASTEST = 1
"""How hard zlib tries."""


class _Block:
    """Whole lines: where they start in the input, and the time (ns) of the newest up to then."""

    def __init__(self, start: int, data: bytes, high: int) -> None:
        self.start = start
        self.data = data
        self.high = high
        self._packed = b""

    @property
    def end(self) -> int:
        """Where the next line starts."""
        return self.start + len(self.data)

    def packed(self) -> bytes:
        """The lines in zlib's format, which is made once."""
        self._packed = self._packed or zlib.compress(self.data, _FASTEST)
        return self._packed


class PastState(NamedTuple):
    """A past that is kept over a restart: `blocks` are (start, zlib's bytes, high)."""

    source: Source
    mode: str
    blocks: tuple[tuple[int, bytes, int], ...]
    searched: int
    shows: bool
    rest: bytes
    end: int
    high: int
    told: frozenset[tuple[int, str]]


class Past:
    """Lines of which some were passed over, all offsets counted in the input.

    high      time (ns) of the newest line
    size      bytes that are kept
    told      offsets and kinds of the events that were given
    searched  offset up to which all were searched for who are known
    shows     whether there was any event
    credit    bytes that may be read whole to see that
    """

    def __init__(self) -> None:
        self.high = -1
        self.size = 0
        self.told: set[tuple[int, str]] = set()
        self.searched = 0
        self.shows = False
        self.credit = TRIED
        self._scanner: BlockScanner | None = None  # what reads the lines again, if any are kept
        self._has_studied = False
        self._blocks: list[_Block] = []
        self._end = 0
        self._rest: list[bytes] = []  # what is in no block yet
        self._rest_size = 0

    @property
    def is_kept(self) -> bool:
        """Whether any line was passed over."""
        return self._scanner is not None

    @property
    def end(self) -> int:
        """Where the lines end that can be searched."""
        return self._blocks[-1].end if self._blocks else 0

    @property
    def rest_start(self) -> int:
        """Where the first line begins that is in no block yet."""
        return self._end - self._rest_size

    @property
    def highs(self) -> list[tuple[int, int]]:
        """Per block its `high` and its bytes."""
        return [(block.high, len(block.data)) for block in self._blocks]

    def follow(self, scanner: BlockScanner, extractor: Extractor) -> None:
        """Keep the lines of this scanner's input from the next ones on, as it passes over some."""
        self._scanner, self._has_studied = scanner.again(extractor, 0, None), True

    def take(self, data: bytes, end: int) -> None:
        """The next bytes, up to an offset."""
        self._end = end
        if data:
            self._rest.append(data)
            self._rest_size += len(data)
            self.size += len(data)
        if self._scanner is None:
            self.told.clear()
            self.seal()
            return
        self.credit = min(TRIED, self.credit + len(data) // _RARELY)
        if self._rest_size >= BLOCK:
            self.seal()

    def seal(self) -> None:
        """Put the whole lines of the rest into a block, or to the last one if it is small. They are
        left out if nothing can have been passed over in as many as fill a block."""
        if not self._rest_size:
            return
        data = b"".join(self._rest)
        start = self._end - len(data)
        lines, rest = _cut(data)
        self._rest, self._rest_size = [rest], len(rest)
        self.size -= len(data) - len(rest)
        if not lines or self._scanner is None:
            return
        last = self._blocks[-1] if self._blocks else None
        left = BLOCK - len(last.data) if last is not None and last.end == start else 0
        if len(lines) > left and not self._scanner.may_find(lines):
            return
        self.size += len(lines)
        if last is not None and left > 0:
            self._blocks.pop()
            start, lines = last.start, last.data + lines
        self._blocks.append(_Block(start, lines, self.high))

    def drop(self, before: int) -> int:
        """Let go of what is older than this time (ns); gives the time of the newest of that."""
        count = next((n for n, b in enumerate(self._blocks) if b.high >= before), len(self._blocks))
        gone = self._blocks[count - 1].high if count else -1
        self.size -= sum(len(block.data) for block in self._blocks[:count])
        del self._blocks[:count]
        if count or not self._blocks:
            start = self._blocks[0].start if self._blocks else self._end - self._rest_size
            self.told = {each for each in self.told if each[0] >= start}
        return gone

    def read(
        self, extractor: Extractor, peers: tuple[bytes, ...] | None, low: int, high: int
    ) -> Iterator[Event]:
        """Events of these peers (None: of everybody) in what is kept between two offsets."""
        scanner, runs = self._scanner, list(_runs(self._blocks, low - _BEFORE, high))
        if scanner is None or not runs:
            return
        if not self._has_studied:
            self._study(scanner)
        for run in runs:
            reader = scanner.again(extractor, run[0].start, peers)
            for block in run:
                yield from reader.feed(block.data, last=block is run[-1]).events

    def _study(self, scanner: BlockScanner) -> None:
        """Show the first lines: by them it knows what to search the others for."""
        self._has_studied, size = True, 0
        for block in self._blocks:
            scanner.feed(block.data)
            size += len(block.data)
            if size >= HEAD_BYTES:
                return

    def change(self, extractor: Extractor) -> None:
        """Other events are sought from now on."""
        self.searched = 0
        if self._scanner is not None:
            self._scanner, self._has_studied = self._scanner.anew(extractor), False

    def state(self) -> PastState | None:
        """What is kept; None where that is nothing."""
        if self._scanner is None:
            return None
        blocks = tuple((block.start, block.packed(), block.high) for block in self._blocks)
        return PastState(
            self._scanner.source, self._scanner.mode, blocks, self.searched,
            self.shows, b"".join(self._rest), self._end, self.high, frozenset(self.told),
        )  # fmt: skip

    @classmethod
    def restored(cls, state: PastState, scanner: BlockScanner) -> "Past":
        """A past to go on with; the scanner has read nothing."""
        past = cls()
        past._scanner = scanner
        past._blocks = [_Block(at, zlib.decompress(packed), hi) for at, packed, hi in state.blocks]
        past._rest, past._rest_size = [state.rest], len(state.rest)
        past.searched, past._end, past.high = state.searched, state.end, state.high
        past.told, past.shows = set(state.told), state.shows
        past.size = past._rest_size + sum(len(block.data) for block in past._blocks)
        return past


def _cut(data: bytes) -> tuple[bytes, bytes]:
    """The whole lines, and the rest; none where a line is too long."""
    end = data.rfind(b"\n") + 1
    if not end and len(data) > _LONGEST:
        return b"", b""
    return data[:end], data[end:]


def _runs(blocks: list[_Block], low: int, high: int) -> Iterator[list[_Block]]:
    """Blocks without gaps between them, as far as they lie between two offsets."""
    run: list[_Block] = []
    for block in blocks:
        if block.end <= low or block.start >= high:
            continue
        part = _part(block, low, high)
        if run and run[-1].end != part.start:
            yield run
            run = []
        run.append(part)
    if run:
        yield run


def _part(block: _Block, low: int, high: int) -> _Block:
    """The lines of a block between two offsets; it may begin within the first."""
    begin, end = max(0, low - block.start), min(len(block.data), high - block.start)
    if begin:
        begin = block.data.find(b"\n", begin - 1) + 1
    if begin == 0 and end == len(block.data):
        return block
    return _Block(block.start + begin, block.data[begin:end], block.high)
