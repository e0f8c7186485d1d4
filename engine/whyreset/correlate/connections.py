"""Connections by the name that a log gives them: one line tells the other end, others the name."""

from collections.abc import Iterable
from typing import Any

from whyreset.model.event import DISCONNECT, FAR_ENDS, RESET, Event, Known, Value, as_text

_ENDING = (RESET, DISCONNECT)
_LIMIT = 16384
"""Connections that are remembered; those that were told of first are forgotten first."""

_Place = tuple[str, str | None]
_Ends = dict[str, Value]


def is_told(event: Event) -> bool:
    """Whether an event has its peer, or nothing from which it could be known."""
    return event.peer is not None or event.get("connection") is None


class Connections:
    """Tells the peer of a reset or disconnect whose line only names the connection.

    A name is that of the connection of which its source told last by it: process ids and file
    descriptors are used again.
    """

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._ends: dict[_Place, _Ends] = {}

    def told(self, event: Event) -> Event:
        """The event with its peer, if that is known by its connection alone; events of a source
        come in the order of time."""
        kind = event.kind
        if kind in FAR_ENDS:
            self._learn(event, FAR_ENDS[kind])
        elif event.peer is None and kind in _ENDING:
            ends = self._ends.get(_place(event))
            if ends is not None:
                known = Known(event.by, {**event.fields, **ends})
                return event._replace(peer=ends["peer"], reader=known)
        return event

    def all_told(self, events: Iterable[Event]) -> list[Event]:
        """The same of several events."""
        return [self.told(event) for event in events]

    def state(self) -> Any:
        """What was learnt, for a snapshot."""
        return self._ends

    def set_state(self, state: Any) -> None:
        """Go on from a snapshot."""
        self._ends = state

    def _learn(self, event: Event, field: str) -> None:
        place, peer, port = _place(event), event.get(field), event.get(f"{field}_port")
        self._ends.pop(place, None)
        if place[1] is None or peer is None:
            return
        ends: _Ends = {"peer": peer}
        if port is not None:
            ends["peer_port"] = port
        if field == "upstream":
            ends |= {each.replace("peer", field): value for each, value in ends.items()}
        self._ends[place] = ends
        if len(self._ends) > self._limit:
            del self._ends[next(iter(self._ends))]


def _place(event: Event) -> _Place:
    """The log, and what it calls the connection."""
    return event.source.name, as_text(event.get("connection"))
