"""What was read: of each stream from when to when, and which kinds of events it would show."""

from bisect import bisect_right
from itertools import accumulate
from typing import Any, NamedTuple

_SOURCES = 8192
"""Streams that are remembered: in months there are many."""

_FAMILIES = dict.fromkeys(("termination", "start", "crash", "unhealthy", "address"), "lifecycle")
"""Kinds that the same streams print: a stream that has shown a start would show a termination."""

_STATE = ("known", "_since", "_until", "_producers", "_joined", "_together")


class _Index(NamedTuple):
    """Streams by the time since when they were read, and how far the furthest of each and those
    before it was read."""

    since: list[int]
    reach: list[tuple[int, str]]


class Coverage:
    """Streams by name; times are ns. `known` are the kinds of events that each has shown.

    Streams that come through one pipe may be joined: they are read together.
    """

    def __init__(self) -> None:
        self.known: set[tuple[str, str]] = set()
        self._since: dict[str, int] = {}
        self._until: dict[str, int] = {}
        self._producers: dict[str, set[str]] = {}
        self._joined: set[str] = set()
        self._together = 0  # how far those were read
        self._last: dict[str, str] = {}  # by family the stream that covered the time last
        self._indexes: dict[str, _Index] = {}

    def state(self) -> dict[str, Any]:
        """Everything that changes, for a snapshot."""
        return {name: getattr(self, name) for name in _STATE}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        for name in _STATE:
            setattr(self, name, state[name])
        self._last.clear()
        self._indexes.clear()

    def cover(self, source: str, since: int, until: int) -> None:
        """A stream was read whole from `since` to `until`."""
        if since < self._since.get(source, since + 1):
            self._since[source] = since
        elif until <= self._until.get(source, until - 1):
            return
        self._until[source] = max(until, self._until.get(source, until))
        self._indexes.clear()
        if len(self._since) > _SOURCES:
            self._forget()

    def join(self, source: str, since: int) -> None:
        """A stream is read from `since` on together with all that were joined."""
        self.cover(source, since, since)
        self._joined.add(source)

    def cover_joined(self, until: int) -> None:
        """All that were joined were read up to `until`."""
        if until > self._together:
            self._together = until
            self._indexes.clear()

    def part(self, source: str) -> None:
        """A stream was read together with the others up to now, and no longer."""
        if source in self._joined:
            self._joined.remove(source)
            self._until[source] = max(self._together, self._until[source])

    def promise(self, kind: str, source: str) -> None:
        """A stream would show events of this kind, had there been any."""
        self.known.add((kind, source))
        family = _FAMILIES.get(kind, kind)
        self._producers.setdefault(family, set()).add(source)
        self._indexes.pop(family, None)

    def covers(self, kind: str, low: int, high: int) -> bool:
        """Whether a stream that shows events of this kind was read over all of [low, high]."""
        family = _FAMILIES.get(kind, kind)
        last = self._last.get(family)
        if last is not None and self._since[last] <= low and self._read_to(last) >= high:
            return True
        index = self._indexes.get(family) or self._indexed(family)
        at = bisect_right(index.since, low)
        if not at or index.reach[at - 1][0] < high:
            return False
        self._last[family] = index.reach[at - 1][1]
        return True

    def streams(self, kind: str) -> int:
        """How many streams have shown events of this kind."""
        return len(self._producers.get(_FAMILIES.get(kind, kind), ()))

    def _read_to(self, source: str) -> int:
        until = self._until[source]
        return max(until, self._together) if source in self._joined else until

    def _indexed(self, family: str) -> _Index:
        read = [name for name in self._producers.get(family, ()) if name in self._since]
        read.sort(key=self._since.__getitem__)
        reach = accumulate(((self._read_to(name), name) for name in read), max)
        index = self._indexes[family] = _Index([self._since[name] for name in read], [*reach])
        return index

    def _forget(self) -> None:
        """Remember the half of the streams that were read furthest."""
        kept = set(sorted(self._since, key=self._read_to)[-_SOURCES // 2 :])
        self._since = {name: since for name, since in self._since.items() if name in kept}
        self._until = {name: self._until[name] for name in self._since}
        self._joined &= kept
        self.known = {each for each in self.known if each[1] in kept}
        self._producers = {kind: names & kept for kind, names in self._producers.items()}
        self._last.clear()
        self._indexes.clear()
