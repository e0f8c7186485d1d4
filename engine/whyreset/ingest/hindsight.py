"""Hindsight: the last lines of a pipe as they came, read when somebody asks what a client did.

Of a file it is found out beforehand whose connections were reset, of a pipe it cannot be. An event
for each request, in case its client will be asked for, costs 20 to 30 us and 1.4 kB; to keep its
line costs a memcpy and 250 bytes. The lines of a client are searched for together with those of all
others whose resets were read by then.
"""

from collections.abc import Collection, Iterable

from whyreset.basis.frozen import replace
from whyreset.ingest.batches import Batch
from whyreset.ingest.matching import Extractor
from whyreset.ingest.scan import BlockScanner
from whyreset.model.definition import Definition
from whyreset.model.event import FAR_ENDS, RESET, Event

_MOST, _SHARE = 64 << 20, 8
"""Bytes that are kept, and the part of a memory that is limited."""
_BLOCK = 256 << 10
"""Bytes of a block."""
_LONGEST = 2 << 20
"""Bytes after which a line without an end is given up: nobody's request is so long."""
_EVERYBODY = "*"
"""Who is asked for where a peer is an IPv6 address, which has many spellings."""


class _Block:
    """Whole lines: where they start in the input, and the time (ns) of the newest up to then."""

    def __init__(self, start: int, data: bytes, high: int) -> None:
        self.start = start
        self.data = data
        self.high = high


class Hindsight:
    """Events that only serve as evidence on a client, each given once.

    kinds  the kinds of these events
    asked  of whom there is nothing new, since they were asked for
    gone   time (ns) up to which lines were let go: before, nothing proves that there was none
    """

    def __init__(self, definitions: Iterable[Definition], memory: int | None = None) -> None:
        self.gone = -1
        self.kinds: frozenset[str] = frozenset()
        self.asked: set[str] = set()
        self._most = _MOST if memory is None else min(_MOST, memory // _SHARE)
        self._is_frugal = memory is not None
        self._blocks: list[_Block] = []
        self._searched = 0  # blocks, the first ones, that were searched for all who are known
        self._read = 0  # bytes of the input
        self._size = self._rest_size = 0
        self._rest: list[bytes] = []  # what is in no block yet
        self._high = -1
        self._scanner: BlockScanner | None = None
        self._known: dict[str, int] = {}  # by peer the time (ns) when it was asked for
        self._expected: set[str] = set()
        self._told: set[int] = set()  # offsets of lines whose events were given
        self._found: list[Event] = []
        self.change(definitions)

    def change(self, definitions: Iterable[Definition]) -> None:
        """Find what these definitions say, also in what was kept."""
        by_client = [
            replace(definition, matchers=matchers)
            for definition in definitions
            if (matchers := tuple(replace(m, wanted=()) for m in definition.matchers if m.by_peer))
        ]
        if not self.kinds:  # nothing was kept
            self.gone = self._high
        self.kinds = frozenset(definition.kind for definition in by_client)
        self._extractor = Extractor(by_client, narrow=True, peers=(), frugal=self._is_frugal)
        self._searched = 0
        self._expected.update(self._known)
        self._known.clear()
        self.asked.clear()

    def keep(self, data: bytes, batch: Batch, scanner: BlockScanner | None) -> None:
        """Take the next bytes of the input, and what was found in them; of that is left what was
        not given before."""
        self._read += len(data)
        if batch.high is not None:
            self._high = max(self._high, batch.high)
        if not self.kinds or scanner is None:
            return
        self.asked.clear()
        if data:
            self._rest.append(data)
            self._rest_size += len(data)
            self._size += len(data)
        batch.events = [event for event in batch.events if self._is_new(event)]
        if scanner.is_narrow:
            self._scanner = scanner
        elif self._scanner is None:  # so far all were told
            self._seal()
            self._drop(len(self._blocks))
            return
        if self._rest_size >= _BLOCK:
            self._seal()
        if self._size > self._most:
            self._search()
            self._drop(len(self._blocks) // 2)

    def _is_new(self, event: Event) -> bool:
        """Whether an event was not given before; a client to be asked for is noted."""
        if event.kind in self.kinds:
            is_new = event.offset not in self._told
            self._told.add(event.offset)
            return is_new
        if event.kind == RESET or event.kind in FAR_ENDS:
            peer = event.get(FAR_ENDS.get(event.kind, "peer"))
            if peer and _spelt(peer) != _EVERYBODY:
                self._expected.add(str(peer))
        return True

    def recall(self, peer: str) -> list[Event]:
        """The events on a client, and on others, that were not given before."""
        self.asked.add(peer)
        peer = _spelt(peer)
        if peer not in self._known:
            self._expected.add(peer)
        self._search()
        self._known[peer] = self._high
        found, self._found = self._found, []
        return found

    def forget(self, before: int) -> None:
        """Nobody will ask for what came before this time (ns)."""
        needed = (n for n, block in enumerate(self._blocks) if block.high >= before)
        self._drop(next(needed, len(self._blocks)))
        self._known = {peer: time for peer, time in self._known.items() if time >= before}

    def _drop(self, count: int) -> None:
        if count:
            if self._scanner is not None:
                self.gone = self._blocks[count - 1].high
            self._size -= sum(len(block.data) for block in self._blocks[:count])
            del self._blocks[:count]
            self._searched = max(0, self._searched - count)
            start = self._blocks[0].start if self._blocks else self._read
            self._told = {offset for offset in self._told if offset >= start}

    def _seal(self) -> None:
        """Put the whole lines of the rest into a block, or into the last one if it is small."""
        data = b"".join(self._rest)
        end = data.rfind(b"\n") + 1
        start = self._read - len(data)
        if not end and len(data) > _LONGEST:
            self._size -= len(data)
            data = b""
        self._rest, self._rest_size = [data[end:]], len(data) - end
        if not end:
            return
        lines = data[:end]
        if self._blocks and len(self._blocks[-1].data) < _BLOCK:
            last = self._blocks.pop()
            start, lines = last.start, last.data + lines
            self._searched = min(self._searched, len(self._blocks))
        self._blocks.append(_Block(start, lines, self._high))

    def _search(self) -> None:
        """Find the events of all who are expected, and in the last lines those of all known."""
        self._seal()
        new = self._expected - self._known.keys()
        self._expected.clear()
        self._known.update(dict.fromkeys(new, self._high))
        if new and self._searched:
            self._reread(self._blocks[: self._searched], new)
        if self._searched < len(self._blocks) and self._known:
            # what comes before may tell the time of the first lines
            self._reread(self._blocks[max(0, self._searched - 1) :], self._known)
        self._searched = len(self._blocks)

    def _reread(self, blocks: list[_Block], peers: Collection[str]) -> None:
        if self._scanner is None:
            return
        sought = None if _EVERYBODY in peers else tuple(sorted(map(str.encode, peers)))
        scanner = self._scanner.again(self._extractor, blocks[0].start, sought)
        for block in blocks:
            batch = scanner.feed(block.data, last=block is blocks[-1])
            self._found += filter(self._is_new, batch.events)


def _spelt(peer: object) -> str:
    """How a peer is searched for."""
    text = str(peer)
    return _EVERYBODY if ":" in text else text
