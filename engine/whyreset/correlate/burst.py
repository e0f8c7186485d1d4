"""Bursts: events with the same key, no two neighbours further apart than the gap."""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from whyreset.model.event import PLACE_FIELDS, RESET, Event, Value
from whyreset.model.record import Source

Key = tuple[str, ...]
_T = TypeVar("_T")
_time, _peer = attrgetter("time"), attrgetter("peer")


class Column(NamedTuple):
    """One field of the events of a burst: its value for each, and the distinct ones."""

    values: list[Value | None]
    distinct: frozenset[Value | None]


_ALWAYS, _NOTHING = frozenset({"peer", *PLACE_FIELDS}), frozenset({None})
"""Fields that an event has by itself or by its source, and what others say that it has not."""
_FEW = 4
"""Events of which a column is read anew each time, and a question asked: kept for thousands of
short bursts, they would be most of what a crowd of peers takes."""


def _column(events: list[Event], field: str) -> Column:
    at_hand = field == "peer"
    values = list(map(_peer, events)) if at_hand else [event.get(field) for event in events]
    return Column(values, frozenset(values))


class Burst(list[Event]):
    """Events in time order, complete before anybody asks; what rules ask of them is read once
    for all rules."""

    __slots__ = ("_columns", "_names", "_times", "_told")

    def __init__(self, events: Iterable[Event] = ()) -> None:
        super().__init__(events)
        self._columns: dict[str, Column] | None = None
        self._names: set[str] | None = None
        self._times: list[int] | None = None
        self._told: dict[Callable[[Burst], Any], Any] | None = None

    @property
    def times(self) -> list[int]:
        """The time of each event, ns."""
        if self._times is None:
            self._times = list(map(_time, self))
        return self._times

    def column(self, field: str) -> Column:
        """One field of all events."""
        if len(self) < _FEW:
            return _column(self, field)
        if self._columns is None:
            self._columns = {}
        column = self._columns.get(field)
        if column is None:
            is_there = field in _ALWAYS or field in self._named()
            column = _column(self, field) if is_there else Column([None] * len(self), _NOTHING)
            self._columns[field] = column
        return column

    def _named(self) -> set[str]:
        """The fields that any of the events may have."""
        if self._names is None:
            self._names = set().union(*{id(e.reader): e.reader.names for e in self}.values())
        return self._names

    def told(self, ask: "Callable[[Burst], _T]") -> _T:
        """The answers to a clause's question, kept: several rules ask the same. While a burst is
        judged, nothing is added to it, nor to the evidence."""
        if len(self) < _FEW:
            return ask(self)
        if self._told is None:
            self._told = {}
        answers: _T | None = self._told.get(ask)
        if answers is None:
            answers = self._told[ask] = ask(self)
        return answers

    def __reduce__(self) -> tuple[type["Burst"], tuple[list[Event]]]:
        return Burst, (list(self),)


def key_reader(fields: Sequence[str]) -> Callable[[Event], Key]:
    """A function that gives an event's key; a pod is known by its namespace too, and a line
    that names no pod by its source."""
    if tuple(fields) == ("pod", "peer"):
        pods = _Places(3)
        return lambda event: (pods[event.source], str(event.peer))
    readers = [_reader(field) for field in fields]
    if len(readers) == 1:
        one = readers[0]
        return lambda event: (one(event),)
    return lambda event: tuple([reader(event) for reader in readers])


def shared_fields(kind: str, keys: Sequence[str]) -> frozenset[str]:
    """The fields in which events of a kind with the same key agree.

    Resets name no pod of their own, so that their pod is that of their source.
    """
    fields = frozenset(keys) - set(PLACE_FIELDS)
    return fields | {"namespace", "pod"} if kind == RESET and "pod" in keys else fields


def _reader(field: str) -> Callable[[Event], str]:
    if field in ("pod", "workload", "container"):
        places = _Places({"pod": 3, "workload": 2, "container": 4}[field])
        return lambda event: places[event.source]
    if field == "peer":
        return lambda event: str(event.peer)
    return lambda event: str(event.get(field))


class _Places(dict[Source, str]):
    """The name of a source's pod, workload or container, by its index in the source."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._at = at

    def __missing__(self, source: Source) -> str:
        if len(self) > 8192:
            self.clear()
        named = source[self._at]
        self[source] = text = f"{source[1]}/{named}" if named is not None else source[0]
        return text


def in_order(events: Iterable[Event]) -> list[Event]:
    """The events sorted by their place: time, source, offset."""
    try:
        return sorted(events)  # a tuple that begins with the place: no key need be made
    except TypeError:  # two sources of one name that differ in what is known of them
        return sorted(events, key=attrgetter("place"))


def bursts_of(
    events: Iterable[Event], key: Callable[[Event], Key], gap: int
) -> list[tuple[Key, Burst]]:
    """The bursts of time-ordered events, in the order of their first events."""
    found: list[tuple[Key, Burst]] = []
    open_ones: dict[Key, Burst] = {}
    for event in events:
        its_key = key(event)
        burst = open_ones.get(its_key)
        if burst is None or event.time - burst[-1].time > gap:
            burst = open_ones[its_key] = Burst()
            found.append((its_key, burst))
        burst.append(event)
    return found
