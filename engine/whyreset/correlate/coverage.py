"""What was read: of each stream from when to when, and which kinds of events it would show."""

from bisect import bisect_right
from itertools import accumulate
from typing import Any, NamedTuple

from whyreset.model.event import Event, as_text

_SOURCES = 8192
"""Streams that are remembered: in months there are many."""

_FAMILIES = dict.fromkeys(("termination", "start", "crash", "unhealthy", "address"), "lifecycle")
"""Kinds that the same streams print: a stream that has shown a start would show a termination."""

_CONNECTIONS = "connections"
_OF_CONNECTIONS = frozenset(("reset", "disconnect", "access", "opened", "refused", "mismatch"))
"""Kinds that programs print of connections."""
_ENDS = dict.fromkeys(("reset", "disconnect"), _CONNECTIONS)
"""Kinds of which a program prints nothing while all is well: its log may begin with the first. The
logs of pods are fetched together, so that there was none before as far back as any of them goes."""

_GROUPS = {**_FAMILIES, **_ENDS}

_CLUSTER = "cluster"

_Group = str | tuple[str | None, ...]
"""Streams that show the same: a family of kinds; of what becomes of pods, `_CLUSTER` (all of them),
`(node,)`, `(namespace, pod)` or `(namespace, *_PODS)`."""

_PODS = (None, "every pod")

_STATE = ("known", "_since", "_until", "_producers", "_nodes", "_about", "_joined", "_together")


class Place(NamedTuple):
    """Whose lot is asked for, as far as it is known."""

    node: str | None
    namespace: str | None
    pod: str | None


class _Index(NamedTuple):
    """Streams by the time since when they were read, and how far the furthest of each and those
    before it was read."""

    since: list[int]
    reach: list[tuple[int, str]]

    @property
    def furthest(self) -> int:
        """How far (ns) any of them was read."""
        return self.reach[-1][0] if self.reach else -1


class Coverage:
    """Streams by name; times are ns. `known` are the kinds of events that each has shown, where
    nothing more can be learnt of them.

    Of what becomes of pods the log of a pod tells of this one alone, the journal of a node of those
    on it, and the events of the cluster of all; events that are all of one namespace may have been
    listed of this one alone.

    Streams that come through one pipe may be joined: they are read together.
    """

    def __init__(self) -> None:
        self.known: set[tuple[str, str]] = set()
        self._since: dict[str, int] = {}
        self._until: dict[str, int] = {}
        self._producers: dict[_Group, set[str]] = {}
        self._nodes: set[str] = set()  # whose journals were read
        self._about: dict[str, str] = {}  # by stream the first namespace of whose pods it told
        self._joined: set[str] = set()
        self._together = 0  # how far those were read
        self._last: dict[_Group, str] = {}  # by group the stream that covered the time last
        self._indexes: dict[_Group, _Index] = {}

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

    def show(self, event: Event) -> None:
        """The stream of an event has shown it, and would show others of its kind."""
        kind, source = event.kind, event.source
        if kind not in _FAMILIES:
            self.promise(kind, source.name)
        elif not _NAMES_WHOSE.isdisjoint(fields := event.fields):
            # the journal of a node is no pod's; who tells of the cluster may run as one
            if source.pod is None and source.node is not None:
                self._nodes.add(source.node)
                self._shows(source.name, _FAMILIES[kind], (source.node,))
                return
            namespace = as_text(fields.get("namespace"))
            if namespace is None or self._about.setdefault(source.name, namespace) != namespace:
                self.promise(kind, source.name)
            else:
                self._shows(source.name, _FAMILIES[kind], (namespace, *_PODS))
        else:
            self._shows(source.name, _FAMILIES[kind], (source.namespace, source.pod))

    def promise(self, kind: str, source: str) -> None:
        """A stream would show events of this kind, had there been any, wherever."""
        self.known.add((kind, source))
        if kind in _FAMILIES:
            self._shows(source, _FAMILIES[kind], _CLUSTER)
        elif kind in _OF_CONNECTIONS:
            self._shows(source, kind, _CONNECTIONS)
        else:
            self._shows(source, kind)

    def _shows(self, source: str, *groups: _Group) -> None:
        for group in groups:
            names = self._producers.setdefault(group, set())
            if source not in names:
                names.add(source)
                self._indexes.pop(group, None)

    def covers(self, kind: str, low: int, high: int, place: Place | None = None) -> bool:
        """Whether a stream that shows events of this kind, in this place (None: in any), was read
        over all of [low, high]."""
        if place is None or kind not in _FAMILIES:
            return self._is_read(_GROUPS.get(kind, kind), low, high)
        if any(self._is_read(group, low, high) for group in _telling_of(place)):
            return True
        # a pod of which it is not known where it runs is on one of the nodes that were there
        nodes = self._nodes if place.node is None else {place.node}
        there = [node for node in nodes if self._index((node,)).furthest >= low]
        return bool(there) and all(self._is_read((node,), low, high) for node in there)

    def _is_read(self, group: _Group, low: int, high: int) -> bool:
        last = self._last.get(group)
        if last is not None and self._since[last] <= low and self._read_to(last) >= high:
            return True
        index = self._index(group)
        at = bisect_right(index.since, low)
        if not at or index.reach[at - 1][0] < high:
            return False
        self._last[group] = index.reach[at - 1][1]
        return True

    def streams(self, kind: str, place: Place | None = None) -> int:
        """How many streams show events of this kind, in this place (None: in any)."""
        if place is None or kind not in _FAMILIES:
            return len(self._producers.get(_FAMILIES.get(kind, kind), ()))
        nodes = self._nodes if place.node is None else {place.node}
        groups: list[_Group] = [*_telling_of(place), *((node,) for node in nodes)]
        return len({name for group in groups for name in self._producers.get(group, ())})

    def _read_to(self, source: str) -> int:
        until = self._until[source]
        return max(until, self._together) if source in self._joined else until

    def _index(self, group: _Group) -> _Index:
        index = self._indexes.get(group)
        if index is not None:
            return index
        read = [name for name in self._producers.get(group, ()) if name in self._since]
        read.sort(key=self._since.__getitem__)
        reach = accumulate(((self._read_to(name), name) for name in read), max)
        index = self._indexes[group] = _Index([self._since[name] for name in read], [*reach])
        return index

    def _forget(self) -> None:
        """Remember the half of the streams that were read furthest."""
        kept = set(sorted(self._since, key=self._read_to)[-_SOURCES // 2 :])
        self._since = {name: since for name, since in self._since.items() if name in kept}
        self._until = {name: self._until[name] for name in self._since}
        self._joined &= kept
        self.known = {each for each in self.known if each[1] in kept}
        self._about = {name: space for name, space in self._about.items() if name in kept}
        left = {group: names & kept for group, names in self._producers.items()}
        self._producers = {group: names for group, names in left.items() if names}
        self._last.clear()
        self._indexes.clear()


_NAMES_WHOSE = frozenset({"pod", "workload", "node"})
"""Fields of an event that say whom it is about; a pod does not name itself in its log."""


def _telling_of(place: Place) -> tuple[_Group, ...]:
    """The groups of which each stream tells of a place by itself."""
    groups: tuple[_Group, ...] = (_CLUSTER, (place.namespace, *_PODS))
    return groups if place.pod is None else (*groups, (place.namespace, place.pod))
