"""Needles: the literals of all matchers, searched for in whole blocks of bytes."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

Hits = list[tuple[int, int]]
"""(place, needle bits), sorted by place: each needle at least once in every line that has it."""

_SWITCH_AFTER = 2 << 20  # bytes: below, importing and compiling costs more than it saves
_SPECIAL = re.compile(rb'["\\<>&/\x00-\x1f\x7f-\xff]+')


def spellings(literal: bytes, *, escaped: bool) -> tuple[bytes, ...]:
    r"""The byte strings to look for, one of which is in each line that carries the literal.

    Within JSON, `"` and `\` are escaped and Go writes `>` as `\u003e`. Where the envelope
    itself is JSON (`escaped`) this happens twice, so only the longest plain part is sought.
    """
    if not _SPECIAL.search(literal):
        return (literal,)
    if escaped:
        return (max(_SPECIAL.split(literal), key=len) or literal,)
    quoted = literal.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\t", b"\\t")
    angled = quoted
    for char, code in ((b"<", b"3c"), (b">", b"3e"), (b"&", b"26")):
        angled = angled.replace(char, b"\\u00" + code)
    return tuple(dict.fromkeys((literal, quoted, angled, quoted.replace(b"/", b"\\/"))))


class Needles:
    """A set of byte strings with one search for all of them.

    groups  per matcher its literals (one of which must be there); bit `i` of a mask stands for
            needle `i`, and `owners[i]` are the matchers that a hit of it concerns
    extra   marks of lines to be visited that belong to no matcher
    """

    def __init__(
        self,
        groups: Sequence[tuple[bytes, ...]],
        *,
        extra: tuple[bytes, ...] = (),
        escaped: bool = False,
    ) -> None:
        owners: dict[bytes, set[int]] = {needle: set() for needle in extra}
        for matcher, literals in enumerate(groups):
            for literal in literals:
                for spelling in spellings(literal, escaped=escaped):
                    owners.setdefault(spelling, set()).add(matcher)
        self.needles = _shortest(owners)
        self.owners = tuple(frozenset(owners[needle]) for needle in self.needles)
        self._owned = sum(1 << bit for bit, found in enumerate(self.owners) if found)
        self._scanned = 0
        self._fast: Callable[[bytes], Hits] | None = None
        self._slow_only = len(self.needles) <= 2

    def concerns(self, mask: int) -> bool:
        """Whether a mask has a bit that stands for a literal, not only for an `extra` mark."""
        return bool(mask & self._owned)

    def mask_of(self, text: bytes) -> int:
        """The bits of all needles in a text."""
        return sum(1 << bit for bit, needle in enumerate(self.needles) if needle in text)

    def hits(self, data: bytes, start: int, end: int) -> Hits:
        """All places between `start` and `end` (a line start and a line end)."""
        if self._fast is None and not self._slow_only:
            self._scanned += end - start
            if self._scanned > _SWITCH_AFTER:
                self._fast = hyperscan_search(self.needles)
                self._slow_only = self._fast is None
        if self._fast is None:
            return find_hits(self.needles, data, start, end)
        # A view spares the copy of the block.
        found = self._fast(memoryview(data)[start:end])  # type: ignore[arg-type]
        return [(place + start, bit) for place, bit in found] if start else found


def find_hits(needles: Iterable[bytes], data: bytes, start: int, end: int) -> Hits:
    """The search of the standard library: the first place of each needle in each line."""
    hits: Hits = []
    find = data.find
    for number, needle in enumerate(needles):
        bit = 1 << number
        place = find(needle, start, end)
        while place >= 0:
            hits.append((place, bit))
            after = find(b"\n", place, end)
            if after < 0:
                break
            place = find(needle, after, end)
    hits.sort()
    return hits


@lru_cache(maxsize=64)
def hyperscan_search(needles: tuple[bytes, ...]) -> Callable[[Any], Hits] | None:
    """One pass for all needles; None where hyperscan is not installed."""
    try:
        import hyperscan  # noqa: PLC0415 - optional, and slow to import
    except ImportError:
        return None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    expressions = [b"".join(b"\\x%02x" % byte for byte in needle) for needle in needles]
    database.compile(
        expressions=expressions, ids=list(range(len(needles))), elements=len(needles), flags=0
    )
    bits = [1 << number for number in range(len(needles))]

    def search(view: Any) -> Hits:
        hits: Hits = []
        add = hits.append

        def on_hit(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            add((end - 1, bits[number]))

        database.scan(view, match_event_handler=on_hit)
        return hits

    return search


def _shortest(owners: dict[bytes, set[int]]) -> tuple[bytes, ...]:
    """The needles that contain no other; a matcher of a dropped one moves to what it contains."""
    kept: list[bytes] = []
    for needle in sorted(owners, key=lambda needle: (len(needle), needle)):
        inside = next((short for short in kept if short in needle), None)
        if inside is None:
            kept.append(needle)
        else:
            owners[inside] |= owners[needle]
    return tuple(kept)
