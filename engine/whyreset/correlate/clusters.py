"""Clusters: events that no rule's burst can part, gathered until they are due to be judged."""

import heapq
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter, sub
from typing import Any

from mypy_extensions import mypyc_attr

from whyreset.correlate.burst import Key, in_order, key_reader
from whyreset.correlate.reach import Reach, Stretch
from whyreset.model.event import Event, Value

_NEVER = 1 << 63
_CARRY = 8
"""Events of a full stretch that are judged with the next one instead."""

_start = attrgetter("start")

Place = tuple[str, Key]
"""The kind of a cluster's events, and their values of the fields that all rules' keys have."""


@mypyc_attr(serializable=True)
class Cluster:
    """Events of one place, none further from the next than the longest gap."""

    cut: int | None = None  # time of the event with which the next stretch began
    settled = False

    def __init__(
        self, place: Place, stretch: Stretch, start: int, last: int, events: list[Event]
    ) -> None:
        self.place = place
        self.kind = place[0]
        self.stretch = stretch
        self.start, self.last = start, last
        self.events = events


class Clusters:
    """Gathers events; their order matters only within a place.

    A cluster is due when time has passed its end by the rules' gap and look-ahead. One that goes
    on for longer than a stretch, or has more events than `most(place)`, is cut into stretches.
    """

    def __init__(self, reaches: Mapping[str, Reach], most: Callable[[Place], int]) -> None:
        self._reaches = reaches
        self._keys = {kind: key_reader(reach.keys) for kind, reach in reaches.items()}
        self._most = most
        self._open: dict[Place, Cluster] = {}
        self._cut: dict[Place, list[Cluster]] = {}
        self._deadlines: list[tuple[int, int, Cluster]] = []
        self._tickets = 0

    def __iter__(self) -> Iterator[Cluster]:
        return iter(list(self._open.values()))  # another thread may ask for it

    def __len__(self) -> int:
        return len(self._open)

    @property
    def sizes(self) -> list[tuple[Key, int, int]]:
        """Key, events and last time (ns) of each that takes events now, the largest first."""
        found = [(cluster.place[1], len(cluster.events), cluster.last) for cluster in self]
        return sorted(found, key=lambda each: -each[1])

    def get(self, place: Place) -> Cluster | None:
        """The cluster of a place that takes events now."""
        return self._open.get(place)

    def cut_at(self, place: Place) -> Sequence[Cluster]:
        """The stretches of a place that take no more events, but wait for what comes after them,
        in the order of time."""
        return self._cut.get(place, ())

    def place_of(self, event: Event) -> Place:
        """Where an event belongs."""
        return event.kind, self._keys[event.kind](event)

    def state(self) -> Any:
        """Everything that changes, for a snapshot."""
        return self._open, self._deadlines, self._tickets

    def set_state(self, state: Any) -> None:
        """Go on from a snapshot; kinds that are not gathered any more are left out."""
        opened, deadlines, self._tickets = state
        self._open = {p: c for p, c in opened.items() if c.kind in self._reaches}
        for cluster in self._open.values():  # the rules may be others
            cluster.stretch = self._reaches[cluster.kind].stretch(cluster.events[0])
        self._deadlines = [entry for entry in deadlines if entry[2].kind in self._reaches]
        heapq.heapify(self._deadlines)
        self._cut = {}
        for *_, cluster in sorted(self._deadlines):
            if cluster.cut is not None and not cluster.settled:
                self._note_cut(cluster)

    def add(self, event: Event) -> None:
        """Take one event."""
        place, time = self.place_of(event), event.time
        cluster = self._open.get(place)
        if cluster is not None and self._is_full(cluster, time):
            cluster = self._succeed(cluster, time)
        if cluster is None:
            stretch = self._reaches[event.kind].stretch(event)
            self._begin(Cluster(place, stretch, time, time, [event]))
            return
        cluster.events.append(event)
        if time > cluster.last:
            cluster.last = time
        elif time < cluster.start:  # a late line may come before the others
            cluster.start = time

    def add_all(self, events: Iterable[Event]) -> None:
        """Take many events of one kind, in any order; one source and peer have one place."""
        alike: defaultdict[tuple[int, Value | None], list[Event]] = defaultdict(list)
        for event in events:
            alike[id(event.source), event.peer].append(event)
        placed: dict[Place, list[Event]] = {}
        for found in alike.values():
            place = self.place_of(found[0])
            placed[place] = [*placed[place], *found] if place in placed else found
        for place, found in placed.items():
            self._join(place, in_order(found))

    def _join(self, place: Place, events: list[Event]) -> None:
        """Take events of one place in order; most do no more than join its cluster."""
        cluster, reach = self._open.get(place), self._reaches[place[0]]
        times = [event.time for event in events]
        if (
            cluster is not None
            and 0 <= times[0] - cluster.last <= reach.gap
            and times[-1] - cluster.start < cluster.stretch.span
            and len(cluster.events) + len(events) <= self._most(place)
            and max(map(sub, times[1:], times), default=0) <= reach.gap
        ):
            cluster.events += events
            cluster.last = times[-1]
            return
        for event in events:
            self.add(event)

    @property
    def next_due(self) -> int:
        """The earliest time (ns) at which a cluster may be due."""
        return self._deadlines[0][0] if self._deadlines else _NEVER

    def pop_due(self, time: int) -> Cluster | None:
        """The next cluster that is to be judged before `time` (ns), closed; None if none is."""
        while self._deadlines and self._deadlines[0][0] < time:
            deadline, _, cluster = heapq.heappop(self._deadlines)
            if cluster.settled:
                continue
            due = self._due(cluster)
            if due <= deadline:
                self.close(cluster)
                return cluster
            self._remind(due, cluster)
        return None

    def close(self, cluster: Cluster) -> None:
        """It takes no more events."""
        cluster.settled = True
        if self._open.get(cluster.place) is cluster:
            del self._open[cluster.place]
        waiting = self._cut.get(cluster.place, [])
        if cluster in waiting:
            waiting.remove(cluster)
            if not waiting:
                del self._cut[cluster.place]

    def reopen(self, cluster: Cluster) -> None:
        """It was not judged after all."""
        cluster.settled = False
        if cluster.cut is None:
            self._open.setdefault(cluster.place, cluster)
        else:
            self._note_cut(cluster)
        self._remind(self._due(cluster), cluster)

    def take_first(self, events: int) -> list[Cluster]:
        """Close those that began first, of at least so many events where there are as many: what
        was decided after them waits for them, too."""
        waiting = {id(entry[2]): entry[2] for entry in self._deadlines if not entry[2].settled}
        first: list[Cluster] = []
        for cluster in sorted(waiting.values(), key=_start):
            if events <= 0:
                break
            events -= len(cluster.events)
            first.append(cluster)
            self.close(cluster)
        self._deadlines = [entry for entry in self._deadlines if not entry[2].settled]
        heapq.heapify(self._deadlines)
        self._open = dict(self._open)  # one that has shrunk keeps its size
        return first

    def floor(self, default: int) -> int:
        """The earliest time (ns) of an event that waits to be judged."""
        waiting = (cluster.start for *_, cluster in self._deadlines if not cluster.settled)
        return min(waiting, default=default)

    def _begin(self, cluster: Cluster) -> None:
        self._open[cluster.place] = cluster
        self._remind(self._due(cluster), cluster)

    def _succeed(self, cluster: Cluster, time: int) -> Cluster | None:
        """The stretch that follows a full one; None where the gap has ended the burst.

        It takes over the last few events: a rule needs several to see what goes on in them.
        """
        reach = self._reaches[cluster.kind]
        if time - cluster.last > reach.gap:
            return None
        cluster.events = in_order(cluster.events)
        least = max(_CARRY, cluster.stretch.least)
        kept = len(cluster.events) - min(least, len(cluster.events) // 2)
        carried = cluster.events[kept:]
        del cluster.events[kept:]
        cluster.cut, cluster.last = time, cluster.events[-1].time
        start, last = (carried[0].time, carried[-1].time) if carried else (time, time)
        follower = Cluster(cluster.place, cluster.stretch, start, last, carried)
        self._note_cut(cluster)
        self._remind(self._due(cluster), cluster)
        self._begin(follower)
        return follower

    def _note_cut(self, cluster: Cluster) -> None:
        insort(self._cut.setdefault(cluster.place, []), cluster, key=_start)

    def _is_full(self, cluster: Cluster, time: int) -> bool:
        reach = self._reaches[cluster.kind]
        return (
            time - cluster.last > reach.gap
            or time - cluster.start >= cluster.stretch.span
            or len(cluster.events) >= self._most(cluster.place)
        )

    def _due(self, cluster: Cluster) -> int:
        reach = self._reaches[cluster.kind]
        if cluster.cut is not None:
            return max(cluster.last + reach.after, cluster.cut - 1)
        return cluster.last + reach.after + reach.gap

    def _remind(self, due: int, cluster: Cluster) -> None:
        self._tickets += 1
        heapq.heappush(self._deadlines, (due, self._tickets, cluster))
