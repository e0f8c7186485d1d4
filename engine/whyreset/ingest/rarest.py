"""The search of the standard library for one byte string in a block, or for some that begin alike.

A single byte is found at the speed of memory, a longer string at a twentieth. So a needle is
looked for by that of its bytes which the log has least of, `received SIGTERM` by its `G`, as long
as there are few of it; what is found in vain costs as much as to search half a kilobyte for all.
"""

import re
from collections.abc import Collection
from itertools import takewhile
from typing import NamedTuple

Hits = dict[int, list[int]]
"""Per needle found its places in ascending order, at least one in every line that has it."""

_RARE = 512
"""One in so many bytes is rare."""
_SAMPLED, _LEARNED = 8 << 10, 16 << 20
"""Bytes in which others are counted, and for how many the count is taken to hold."""
_SHARED = 3
"""Bytes that several needles must share for these to be looked for in their place."""


class _Part(NamedTuple):
    """A needle, and how many bytes of it stand before what is sought in its place."""

    before: int
    needle: bytes
    number: int


class ByteSearch:
    """One search for a needle, or for several: needle -> its number.

    It looks for the rarest byte of what they share, or for all that they share; where the log has
    many of both, for the needles themselves, of several by one expression.
    """

    def __init__(self, numbers: dict[bytes, int]) -> None:
        self._numbers = numbers
        self._pattern: re.Pattern[bytes] | None = None
        self._sought = b""
        self._parts: list[_Part] = []
        self._known = 0  # bytes to come for which this is the way to look

    def find_hits(self, data: bytes, start: int, end: int, hits: Hits) -> None:
        """Add the places between `start` and `end` (a line start and a line end)."""
        if self._known <= 0:
            self._learn(data[start : min(end, start + _SAMPLED)])
        self._known -= end - start
        if self._pattern is None:
            self._find_sought(data, start, end, hits)
        else:
            self._find_each(self._pattern, data, start, end, hits)

    def _learn(self, sample: bytes) -> None:
        self._known, self._pattern = _LEARNED, None
        shared = min(_shared(self._numbers), key=sample.count)
        rarest = min((shared[at : at + 1] for at in range(len(shared))), key=sample.count)
        if sample.count(rarest) * _RARE <= len(sample):
            sought = rarest
        elif len(self._numbers) == 1 or sample.count(shared) * _RARE <= len(sample):
            sought = shared
        else:
            self._pattern = re.compile(b"|".join(map(re.escape, self._numbers)))
            return
        self._sought = sought
        self._parts = [
            _Part(needle.find(shared) + shared.find(sought), needle, number)
            for needle, number in self._numbers.items()
        ]

    def _find_sought(self, data: bytes, start: int, end: int, hits: Hits) -> None:
        rfind, sought, parts = data.rfind, self._sought, self._parts
        overlap = len(sought) - 1
        found: Hits = {}
        vain = 0
        at = rfind(sought, start, end)  # a short one is found twice as fast as from the start
        while at >= 0:
            vain += 1
            for before, needle, number in parts:
                place = at - before
                if place >= start and data[place : place + len(needle)] == needle:
                    found.setdefault(number, []).append(place)
                    vain -= 1
                    break
            at = rfind(sought, start, at + overlap)
        for number, places in found.items():
            hits[number] = places[::-1]
        if vain * _RARE > 2 * (end - start):
            self._known = 0

    def _find_each(
        self, pattern: re.Pattern[bytes], data: bytes, start: int, end: int, hits: Hits
    ) -> None:
        found = pattern.search(data, start, end)
        while found is not None:
            place = found.start()
            hits.setdefault(self._numbers[found[0]], []).append(place)
            found = pattern.search(data, place + 1, end)  # the next may begin within this one


def _shared(needles: Collection[bytes]) -> list[bytes]:
    """What all needles begin with, and what all end with, as far as that tells something."""
    if len(needles) == 1:
        return list(needles)
    beginning, ending = _beginning(needles), _beginning([each[::-1] for each in needles])[::-1]
    return [part for part in (beginning, ending) if len(part) >= _SHARED]


def _beginning(texts: Collection[bytes]) -> bytes:
    columns = takewhile(lambda column: len(set(column)) == 1, zip(*texts, strict=False))
    return bytes(column[0] for column in columns)
