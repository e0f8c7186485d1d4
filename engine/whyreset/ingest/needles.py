"""Needles: the literals of all matchers, searched for in whole blocks of bytes."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from whyreset.ingest.rarest import Hits
from whyreset.ingest.searches import OPENING, PlainSearch, may_be_client

_SWITCH_AFTER = 8 << 20
"""Bytes times needles: below, importing and compiling hyperscan costs more than it saves."""
_FRUGAL, _NO_LIMIT = 128, 1 << 30
"""Needles of one database: to compile 400 takes 40 MiB for a moment, four times 100 a quarter."""
_TAGGED = -1
"""The number of the tag among what hyperscan finds."""
_CALL = 1 << 10
"""Bytes that could be searched in the time that a call takes beside."""
_SPECIAL = re.compile(rb'["\\<>&/\x00-\x1f\x7f-\xff]+')


def spellings(literal: bytes, *, escaped: bool) -> tuple[bytes, ...]:
    r"""The byte strings to look for, one of which is in each line that carries the literal.

    Within JSON, `"` and `\` are escaped and Go writes `>` as `\u003e`. Where the envelope
    itself is JSON (`escaped`) this happens twice, so only the longest plain part is sought.
    """
    if not _SPECIAL.search(literal, literal[:1] == b'"'):
        return (literal,)  # the escape of a quote ends with one
    if escaped:
        return (max(_SPECIAL.split(literal), key=len) or literal,)
    quoted = literal.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\t", b"\\t")
    angled = quoted
    for char, code in ((b"<", b"3c"), (b">", b"3e"), (b"&", b"26")):
        angled = angled.replace(char, b"\\u00" + code)
    return tuple(dict.fromkeys((literal, quoted, angled, quoted.replace(b"/", b"\\/"))))


class Tagged(NamedTuple):
    """All places of a tag, in ascending order."""

    tag: bytes
    places: list[int]


class Needles:
    """A set of byte strings with one search for all of them.

    groups  per matcher its literals (one of which must be there); bit `i` of a mask stands for
            needle `i`, and `owners[i]` are the matchers that a hit of it concerns
    extra   marks of lines to be visited that belong to no matcher
    doubtful  matchers of lines that may be passed over: a mask that has only bits of `doubtful`
            concerns no others
    frugal  whether setting up the search must not take much memory
    peers   addresses, which share the last bit: a line that names one concerns `by_peer`;
            `in_objects`: within the strings of objects as well; `opening`: the bytes of a line
            in which a client stands that is no value
    tag     what marks no line to be visited, and is found only where that costs little: `tagged`
            has its places in the data that were searched last, to their end, or is None
    """

    tagged: Tagged | None = None

    def __init__(  # noqa: PLR0913 - what a search is made of
        self,
        groups: Sequence[tuple[bytes, ...]],
        *,
        extra: tuple[bytes, ...] = (),
        escaped: bool = False,
        peers: tuple[bytes, ...] = (),
        by_peer: frozenset[int] = frozenset(),
        in_objects: bool = True,
        opening: int = OPENING,
        tag: bytes | None = None,
        doubtful: Collection[int] = (),
        frugal: bool = False,
    ) -> None:
        owners: dict[bytes, set[int]] = {needle: set() for needle in extra}
        for matcher, literals in enumerate(groups):
            for literal in literals:
                for spelling in spellings(literal, escaped=escaped):
                    owners.setdefault(spelling, set()).add(matcher)
        self.needles = _shortest(owners, doubtful)
        self.owners = (*(frozenset(owners[needle]) for needle in self.needles), by_peer)
        self._in_objects, self._opening = in_objects, opening
        self._tag = tag
        self._frugal = frugal
        self.peers_bit = 1 << len(self.needles)
        self._owned = sum(1 << bit for bit, found in enumerate(self.owners) if found)
        self.doubtful = sum(
            1 << bit for bit, found in enumerate(self.owners) if found and found.issubset(doubtful)
        )
        self._scanned = 0
        self._peers: tuple[bytes, ...] | None = None
        self.seek(peers)

    def seek(self, peers: tuple[bytes, ...]) -> None:
        """Search for these peers from now on."""
        if peers == self._peers:
            return
        self._peers = peers
        self._fast: Callable[[Any], Hits] | None = None
        is_much = self._frugal and len(peers) > _FRUGAL  # thousands would take tens of MiB
        self._slow_only = is_much or (len(self.needles) <= 2 and not peers)
        self._plain = PlainSearch(
            self.needles, peers, in_objects=self._in_objects, opening=self._opening
        )

    def concerns(self, mask: int) -> bool:
        """Whether a mask has a bit that stands for a literal, not only for an `extra` mark."""
        return bool(mask & self._owned)

    def has_mark(self, mask: int) -> bool:
        """Whether a mask has a bit that stands for an `extra` mark."""
        return bool(mask & ~self._owned)

    def mask_of(self, text: bytes) -> int:
        """The bits of all needles in a text."""
        if self._fast is None:
            return sum(1 << bit for bit, needle in enumerate(self.needles) if needle in text)
        peers = len(self.needles)
        return sum(1 << bit for bit in self._fast(memoryview(text)) if 0 <= bit < peers)

    def hits(self, data: bytes, start: int, end: int) -> Hits:
        """All places between `start` and `end` (a line start and a line end)."""
        if self._fast is None and not self._slow_only:
            self._scanned += (end - start + _CALL) * len(self.needles)
            if self._scanned > _SWITCH_AFTER or self._peers:
                together = _FRUGAL if self._frugal else _NO_LIMIT
                made = _last_made if self._peers else _made
                sought = self._peers or ()
                self._fast = made(hyperscan_search, self.needles, sought, self._tag, together)
                self._slow_only = self._fast is None
        if self._fast is None:
            return self._plain.hits(data, start, end)
        # A view spares the copy of the block.
        found = self._fast(memoryview(data)[start:end])
        if start:
            found = {
                number: [place + start for place in places] for number, places in found.items()
            }
        if peers := found.pop(len(self.needles), []):
            within, opening = self._in_objects, self._opening
            clients = [
                at for at in peers if may_be_client(data, at, in_objects=within, opening=opening)
            ]
            if clients:
                found[len(self.needles)] = clients
        if self._tag is not None:
            size, ends = len(self._tag), found.pop(_TAGGED, [])
            places = [place - size for place in ends]
            self.tagged = Tagged(self._tag, places) if end == len(data) else None
        return found


def hyperscan_search(
    needles: tuple[bytes, ...],
    peers: tuple[bytes, ...] = (),
    tag: bytes | None = None,
    together: int = _NO_LIMIT,
) -> Callable[[Any], Hits] | None:
    """One pass for all needles, for all peers, whose places come last, and for the tag; None where
    hyperscan is not installed.

    A place is where a needle ends, or a peer begins. With more than so many `together`, it takes
    several passes.
    """
    try:
        import hyperscan  # noqa: PLC0415 - optional, and slow to import
    except ImportError:
        return None
    expressions = [b"".join(b"\\x%02x" % byte for byte in needle) for needle in needles]
    # What stands before a peer is looked at afterwards: as part of what is searched for, it would
    # take several times as many expressions.
    expressions += map(re.escape, peers)
    lengths = sorted(set(map(len, peers)))
    bits = [*range(len(needles)), *(len(needles) + len(peer) for peer in peers), _TAGGED]
    if tag is not None:
        expressions.append(re.escape(tag))
    databases = []
    for at in range(0, len(expressions), together):
        part = expressions[at : at + together]
        ids = list(range(at, at + len(part)))
        databases.append(hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK))
        databases[-1].compile(expressions=part, ids=ids, elements=len(part), flags=0)

    def search(view: Any) -> Hits:
        hits: defaultdict[int, list[int]] = defaultdict(list)

        def on_hit(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            hits[bits[number]].append(end)

        for database in databases:
            database.scan(view, match_event_handler=on_hit)
        places = [end - length for length in lengths for end in hits.pop(len(needles) + length, ())]
        if places:
            hits[len(needles)] = sorted(places)
        return hits

    return search


def _make(
    search: Callable[..., Callable[[Any], Hits] | None],
    needles: tuple[bytes, ...],
    peers: tuple[bytes, ...],
    tag: bytes | None,
    together: int,
) -> Callable[[Any], Hits] | None:
    return search(needles, peers, tag, together)


_made, _last_made = lru_cache(maxsize=64)(_make), lru_cache(maxsize=2)(_make)
"""Many inputs have the same search for needles alone. Those for peers are large, and of a log that
goes on each is another: only the last are kept."""


def _shortest(owners: dict[bytes, set[int]], doubtful: Collection[int]) -> tuple[bytes, ...]:
    """The needles that contain no other; a matcher of a dropped one moves to what it contains, but
    none to a needle of `doubtful` matchers only."""
    kept: list[bytes] = []
    begins: dict[bytes, list[bytes]] = {}  # those that are kept, by their first two bytes
    for needle in sorted(owners, key=lambda needle: (len(needle), needle)):
        inside = next(
            (
                short
                for at in range(len(needle) - 1)
                for short in begins.get(needle[at : at + 2], ())
                if needle.startswith(short, at)
                and (owners[needle].issubset(doubtful) or not owners[short].issubset(doubtful))
            ),
            None,
        )
        if inside is None:
            kept.append(needle)
            begins.setdefault(needle[:2], []).append(needle)
        else:
            owners[inside] |= owners[needle]
    return tuple(kept)
