"""The searches of the standard library for byte strings in a block, few or many.

Few needles are looked for one by one. For hundreds that would take a minute for a gigabyte; but
the lines of a log are alike. What is left of one without digits and hexadecimal letters, its
skeleton, was nearly always seen before, and it is known which needles such a line may have: a line
costs the look-up of its skeleton, however many needles there are.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate, chain, compress

from whyreset.ingest.rarest import ByteSearch, Hits
from whyreset.model.definition import BEFORE_PEERS

_MANY = 12
"""Needles from which skeletons cost less than a search for each."""
_TELLING = 3
"""Bytes of a needle's skeleton: one that has fewer is in too many, and is looked for by itself."""
_VARYING = b"0123456789abcdef"
_KEPT, _LONG = 8192, 1024
"""Skeletons that are remembered, and bytes of the longest of them."""
_SAMPLE, _VARIED, _APART = 1024, 3, 16 << 20
"""Lines of a sample: where one in so many has a new skeleton, they are not alike, and to learn what
each may have costs more than it saves. In the next bytes, so many, each needle is searched for."""
_ALIKE = 4
"""Bytes with which needles must begin for one search for all of them to be fast."""
_COLOUR, _LONGEST_COLOUR = re.compile(rb"\[[\d;]*[mK]\Z"), 24
"""The end of an escape that sets a colour, which is not seen in what is read, and its bytes."""
_ADDRESS = re.compile(
    f"(?<![^{BEFORE_PEERS}mK])".encode() + rb"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})"
)
_OF_ADDRESS = b"..."
"""The skeleton of an address."""
_BEFORE_PEERS = BEFORE_PEERS.encode()
_SERVED = re.compile(rb"[^\s:,]+:\d{1,4}(?!\d)")
"""A peer with the port of a server: systems give clients one of five digits."""
OPENING, ANYWHERE = 128, 1 << 30
"""Bytes of a line in which a client stands that is no value of a key: behind the envelopes of a
known layout, and where lines may have any."""


def may_be_client(data: bytes, at: int, *, in_objects: bool, opening: int) -> bool:
    """Whether the address at a place may be the one by which a record is found.

    It opens the record, is the value of a key, or with `in_objects` begins a string or follows
    what stands first in one: an upstream, which nearly all lines of a proxy name, follows a space
    and has the port of a server.
    """
    before = data[at - 1 : at] if at else b"\n"
    if before not in _BEFORE_PEERS:
        near = max(0, at - _LONGEST_COLOUR)
        return before in b"mK" and _COLOUR.search(data, near, at) is not None
    if before == b"\n" or at < opening or (in_objects and before != b" "):
        return True
    begin = at - opening
    word = data[max(begin, data.rfind(b" ", begin, at)) : at]
    if b"=" in word or data.rfind(b"\n", begin, at) >= 0:
        return True
    return before == b" " and _SERVED.match(data, at) is None


class PlainSearch:
    """One search for all needles, and for all peers (addresses, of which thousands are found as
    fast as one, and names), whose places come last.

    `in_objects`: peers are found within the strings of objects as well.
    """

    def __init__(
        self,
        needles: Sequence[bytes],
        peers: Collection[bytes] = (),
        *,
        in_objects: bool = True,
        opening: int = OPENING,
    ) -> None:
        is_small = len(needles) <= _MANY and len(peers) <= _MANY
        skeletons = [b"" if is_small else _skeleton(needle) for needle in needles]
        self._needles = needles
        self._peers = frozenset(() if is_small else filter(_ADDRESS.fullmatch, peers))
        apart = (peer for peer in peers if peer not in self._peers)
        self._few = [(len(peer), ByteSearch({peer: 0})) for peer in apart]
        self._in_objects, self._opening = in_objects, opening
        telling = [each for each in enumerate(skeletons) if len(each[1]) >= _TELLING]
        addresses = [(len(needles), _OF_ADDRESS)] if self._peers else []
        self._skeletons = _Skeletons(telling, addresses)
        self._by_skeleton = [ByteSearch({needles[number]: number}) for number, _ in telling]
        direct = [each for each, skeleton in zip(enumerate(needles), skeletons, strict=True)
                  if len(skeleton) < _TELLING]  # fmt: skip
        self._direct = list(map(ByteSearch, _groups(direct)))
        self._new = self._lines = 0  # of a sample
        self._apart = 0  # bytes to come whose lines are taken for not alike

    def hits(self, data: bytes, start: int, end: int) -> Hits:
        """All places between `start` and `end` (a line start and a line end)."""
        hits: Hits = {}
        for search in self._direct:
            search.find_hits(data, start, end, hits)
        if self._by_skeleton or self._peers:
            self._find_alike(data, start, end, hits)
        if self._few:
            self._find_few(data, start, end, hits)
        return hits

    def _find_alike(self, data: bytes, start: int, end: int, hits: Hits) -> None:
        """What lines may have by their skeletons, as long as there are few of these."""
        if self._apart <= 0:
            block = data[start:end]
            skeletons = _skeleton(block).split(b"\n")
            self._sample(skeletons)
        if self._apart > 0:
            self._apart -= end - start
            self._find_varied(data, start, end, hits)
        else:
            self._find_by_skeleton(block, skeletons, start, hits)

    def _find_few(self, data: bytes, start: int, end: int, hits: Hits) -> None:
        """Few peers, and names, each of which is searched for by itself."""
        within, opening = self._in_objects, self._opening
        clients = hits.get(len(self._needles), [])
        for size, search in self._few:
            found: Hits = {}
            search.find_hits(data, start, end, found)
            clients += (
                at
                for at in found.get(0, ())
                if not data[at + size : at + size + 1].isdigit()
                and may_be_client(data, at, in_objects=within, opening=opening)
            )
        if clients:
            hits[len(self._needles)] = sorted(clients)

    def _sample(self, skeletons: list[bytes]) -> None:
        """Count how many skeletons are new, and tell from so many lines whether they are alike."""
        known = self._skeletons
        self._new += sum(skeleton not in known for skeleton in set(skeletons))
        self._lines += len(skeletons)
        if self._lines > _SAMPLE:
            if self._new * _VARIED > self._lines:
                self._apart = _APART
            self._new = self._lines = 0

    def _find_varied(self, data: bytes, start: int, end: int, hits: Hits) -> None:
        """Lines that are not alike: each needle by itself."""
        for search in self._by_skeleton:
            search.find_hits(data, start, end, hits)
        if self._peers:
            found = list(self._clients(data, start, end))
            if found:
                hits[len(self._needles)] = found

    def _clients(self, data: bytes, start: int, end: int) -> Iterator[int]:
        for each in _ADDRESS.finditer(data, start, end):
            at = each.start()
            if each[1] in self._peers and may_be_client(
                data, at, in_objects=self._in_objects, opening=self._opening
            ):
                yield at

    def _find_by_skeleton(
        self, block: bytes, skeletons: list[bytes], start: int, hits: Hits
    ) -> None:
        told = list(map(self._skeletons.__getitem__, skeletons))
        if not any(told):
            return
        lines = block.split(b"\n")
        starts = accumulate((len(line) + 1 for line in lines), initial=start)
        for line, place, numbers in compress(zip(lines, starts, told, strict=False), told):
            for number in numbers:
                at = self._find(number, line)
                if at >= 0:
                    hits.setdefault(number, []).append(place + at)

    def _find(self, number: int, line: bytes) -> int:
        """Where a line has a needle, or (the last number) a peer; -1 where it has none."""
        if number < len(self._needles):
            return line.find(self._needles[number])
        if self._peers.isdisjoint(_ADDRESS.findall(line)):
            return -1
        return next(self._clients(line, 0, len(line)), -1)


class _Skeletons(dict[bytes, tuple[int, ...]]):
    """The skeleton of a line -> the numbers of the needles that such a line may have."""

    def __init__(self, *numbered: list[tuple[int, bytes]]) -> None:
        super().__init__()
        self._needles = list(chain(*numbered))

    def __missing__(self, skeleton: bytes) -> tuple[int, ...]:
        found = tuple(dict.fromkeys(number for number, each in self._needles if each in skeleton))
        if len(self) > _KEPT:
            self.clear()
        if len(skeleton) <= _LONG:
            self[skeleton] = found
        return found


def _skeleton(text: bytes) -> bytes:
    """What is left without that in which lines of one kind differ: numbers, hashes."""
    return text.translate(None, _VARYING)


def _groups(needles: Iterable[tuple[int, bytes]]) -> Iterable[dict[bytes, int]]:
    """Groups of needles that begin alike, each with its number."""
    groups: dict[bytes, dict[bytes, int]] = {}
    for number, needle in needles:
        groups.setdefault(needle[:_ALIKE], {})[needle] = number
    return groups.values()
