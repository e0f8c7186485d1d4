"""Hindsight: the last lines of live inputs as they came, read when somebody asks for a client.

Of files at rest it is found out beforehand whose connections were reset, of what goes on it cannot
be. An event for each request, in case its client will be asked for, costs 20 to 30 us and 1.4 kB;
to keep its line costs a memcpy and 250 bytes. The lines of a client are searched for together with
those of all others whose resets were read by then.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from whyreset.basis.digest import blake2s
from whyreset.basis.frozen import replace
from whyreset.ingest.batches import Batch
from whyreset.ingest.matching import Extractor
from whyreset.ingest.past import TRIED, Past, PastState
from whyreset.ingest.scan import BlockScanner
from whyreset.ingest.stamps import Clock
from whyreset.model.definition import Definition
from whyreset.model.event import FAR_ENDS, RESET, Event

_MOST, _SHARE = 64 << 20, 8
"""Bytes that are kept, and the part of a memory that is limited."""
_LOOKS = 64
"""How often it is seen how many are kept, while so many come."""
_EVERYBODY = "*"
"""Who is asked for where a peer is an IPv6 address, which has many spellings."""


class HindsightState(NamedTuple):
    """A hindsight that is kept over a restart: `pasts` by path, `found` is to be told still, and
    `sought` tells what was searched for."""

    gone: int
    high: int
    sought: bytes
    known: dict[str, int]
    expected: frozenset[str]
    pasts: dict[str, PastState]
    ended: list[PastState]
    found: list[Event]


class Recall:
    """One who asks, and is told each event once; `asked` of whom there is nothing new."""

    def __init__(self, hindsight: "Hindsight", found: list[Event], needed: int) -> None:
        self.asked: set[str] = set()
        self.found = found
        self.needed = needed  # what came before this time (ns) is not
        self._hindsight = hindsight

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of these events."""
        return self._hindsight.kinds

    @property
    def gone(self) -> int:
        """The time (ns) up to which lines were let go: before, nothing proves that there was
        none."""
        return self._hindsight.gone

    def recall(self, peer: str) -> list[Event]:
        """The events on a client, and on others, that this one was not told before."""
        self.asked.add(peer)
        self._hindsight.search_for(peer)
        found, self.found = self.found, []
        return found

    def forget(self, before: int) -> None:
        """Ask no more for what came before this time (ns)."""
        self.needed = before
        self._hindsight.forget()


class Hindsight:
    """Events that only serve as evidence on a client.

    kinds  the kinds of these events
    gone   time (ns) up to which lines were let go that may be asked for
    """

    def __init__(self, definitions: Iterable[Definition], memory: int | None = None) -> None:
        self.gone = -1
        self.kinds: frozenset[str] = frozenset()
        self._most = _MOST if memory is None else min(_MOST, memory // _SHARE)
        self._is_frugal = memory is not None
        self._pasts: dict[str, Past] = {}  # by the input's path
        self._ended: list[Past] = []
        self._high = -1
        self._taken = 0  # bytes, since it was seen how many are kept
        self._known: dict[str, int] = {}  # by peer the time (ns) when it was asked for
        self._expected: set[str] = set()
        self._recalls: list[Recall] = []
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
        self._sought = blake2s(repr(by_client).encode()).digest()
        self._search_anew()

    def _search_anew(self) -> None:
        for past in self._all():
            past.change(self._extractor)
        self._expected.update(self._known)
        self._known.clear()
        self._ask_again()

    def open(self, like: Recall | None = None) -> Recall:
        """One more who asks, and was told as much as another."""
        told = ([], -1) if like is None else (like.found.copy(), like.needed)
        self._recalls.append(Recall(self, *told))
        return self._recalls[-1]

    def close(self, recall: Recall) -> None:
        """Let one go who asks no more."""
        self._recalls.remove(recall)

    def _all(self) -> Iterator[Past]:
        yield from self._ended
        yield from self._pasts.values()

    def _ask_again(self) -> None:
        for recall in self._recalls:
            recall.asked.clear()

    # What is kept

    def keep(
        self, path: str, data: bytes, end: int, batch: Batch, scanner: BlockScanner | None
    ) -> None:
        """Take the next bytes of an input, up to an offset, and what was found in them; of that is
        left what was not given before."""
        past = self._pasts.get(path)
        if past is None:
            past = self._pasts[path] = Past()
        if batch.high is not None:
            past.high = max(past.high, batch.high)
            self._high = max(self._high, batch.high)
        if not self.kinds or scanner is None:
            return
        self._ask_again()
        batch.events = [event for event in batch.events if self._is_new(past, event)]
        if scanner.is_narrow and not past.is_kept:
            past.follow(scanner, self._extractor)
        if past.is_kept and not scanner.is_timed:  # read later, its lines would be of then
            batch.events += self._read_now(past, data, end, end)
        elif past.is_kept and not past.shows and past.credit > 0:
            # of an input that shows any events it is known that there were no others
            batch.events += self._read_now(past, data, end, TRIED)
        else:
            past.take(data, end)
        self._taken += len(data)
        if self._taken * _LOOKS > self._most:
            self._taken = 0
            if sum(each.size for each in self._all()) > self._most:
                self._search()
                self._make_room()

    def _read_now(self, past: Past, data: bytes, end: int, most: int) -> list[Event]:
        """Take the next bytes; all events in so many of their last ones."""
        past.seal()
        start = past.rest_start
        past.take(data, end)
        past.seal()
        low = max(start, past.end - most)
        if low >= past.end:
            return []
        past.credit -= past.end - low
        found = past.read(self._extractor, None, low, past.end)
        return [event for event in found if event.offset >= start and self._is_new(past, event)]

    def end(self, path: str) -> None:
        """An input has ended; what comes under its path is another one."""
        past = self._pasts.pop(path, None)
        if past is not None:
            self._ended.append(past)

    def forget(self) -> None:
        """Let go of what nobody asks for any more."""
        self._drop(min(recall.needed for recall in self._recalls))

    def _make_room(self) -> None:
        """Let go of the oldest half."""
        size = 0
        for high, each in sorted(pair for past in self._all() for pair in past.highs):
            size += each
            if 2 * size > self._most:
                self._drop(high + 1)
                return

    def _drop(self, before: int) -> None:
        for past in self._all():
            self.gone = max(self.gone, past.drop(before))
        self._ended = [past for past in self._ended if past.highs]
        self._known = {peer: time for peer, time in self._known.items() if time >= before}

    def _is_new(self, past: Past, event: Event) -> bool:
        """Whether an event was not given before; a client to be asked for is noted."""
        if event.kind in self.kinds:
            told = event.offset, event.kind
            is_new = told not in past.told
            past.told.add(told)
            past.shows = True
            return is_new
        if event.kind == RESET or event.kind in FAR_ENDS:
            peer = event.get(FAR_ENDS.get(event.kind, "peer"))
            if peer and _spelt(peer) != _EVERYBODY:
                self._expected.add(str(peer))
        return True

    # What is searched

    def search_for(self, peer: str) -> None:
        """Find the events on a client, and on all others who are expected."""
        peer = _spelt(peer)
        if peer not in self._known:
            self._expected.add(peer)
        self._search()
        self._known[peer] = self._high

    def _search(self) -> None:
        """Find the events of all who are expected, and in the last lines those of all known."""
        new = {peer for peer in self._expected if peer not in self._known}
        self._expected.clear()
        self._known.update(dict.fromkeys(new, self._high))
        for past in self._all():
            past.seal()
        found: list[Event] = []
        for past in self._all() if new else ():
            found += self._read(past, new, 0, past.searched)
        for past in self._all():
            if self._known:
                found += self._read(past, self._known, past.searched, past.end)
            past.searched = past.end
        for recall in self._recalls:
            recall.found += found

    def _read(self, past: Past, peers: Collection[str], low: int, high: int) -> Iterator[Event]:
        if low >= high:
            return
        sought = None if _EVERYBODY in peers else tuple(sorted(map(str.encode, peers)))
        for event in past.read(self._extractor, sought, low, high):
            if self._is_new(past, event):
                yield event

    # Over a restart

    def state(self, recall: Recall) -> HindsightState:
        """All that is kept, and what this one was not told yet."""
        pasts = {path: state for path, past in self._pasts.items() if (state := past.state())}
        ended = [state for past in self._ended if (state := past.state())]
        return HindsightState(
            self.gone, self._high, self._sought, self._known, frozenset(self._expected),
            pasts, ended, recall.found,
        )  # fmt: skip

    def set_state(self, state: HindsightState, recall: Recall, clock: Clock) -> None:
        """Go on from there."""
        self.gone, self._high, recall.found = state.gone, state.high, state.found
        self._known, self._expected = state.known, set(state.expected)
        self._pasts = {path: self._restored(past, clock) for path, past in state.pasts.items()}
        self._ended = [self._restored(past, clock) for past in state.ended]
        if state.sought != self._sought:
            self._search_anew()

    def _restored(self, state: PastState, clock: Clock) -> Past:
        scanner = BlockScanner(self._extractor, state.source, clock, state.mode)
        return Past.restored(state, scanner)


def _spelt(peer: object) -> str:
    """How a peer is searched for."""
    text = str(peer)
    return _EVERYBODY if ":" in text else text
