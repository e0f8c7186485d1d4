"""An event: a typed fact taken from a record."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, Protocol

from whyreset.model.record import Source

Value = str | int | float
"""Addresses and words are str; ports, statuses and counts int; durations float, in seconds."""

RESET = "reset"
DISCONNECT = "disconnect"
ACCESS = "access"
FAR_ENDS: Mapping[str, str] = {"opened": "client", "dialled": "upstream", "named": "client"}
"""The kinds of events that tell whose connection it is, and their field for its other end."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "reset": (
        "peer", "peer_port", "local", "local_port", "direction", "client", "client_port",
        "upstream", "upstream_port", "idle", "side", "greeting", "connection",
    ),
    "disconnect": (
        "peer", "peer_port", "local", "local_port", "direction", "client", "client_port",
        "upstream", "upstream_port", "idle", "side", "greeting", "connection",
    ),
    "access": (
        "client", "client_port", "method", "path", "status", "bytes", "duration", "upstream",
        "upstream_port", "upstream_name", "agent", "host", "aborted", "flags", "details", "state",
    ),
    "termination": ("namespace", "workload", "pod", "container", "reason"),
    "start": ("namespace", "workload", "pod", "container", "reason"),
    "crash": ("namespace", "workload", "pod", "container", "reason"),
    "unhealthy": ("namespace", "workload", "pod", "container", "reason"),
    "exhaustion": (
        "what", "node", "pod", "namespace", "port", "peer", "peer_port", "client", "client_port",
    ),
    "mismatch": ("client", "client_port", "what"),
    "opened": ("client", "client_port", "connection"),
    "dialled": ("upstream", "upstream_port", "connection"),
    "named": ("client", "client_port", "connection"),
    "address": ("address", "namespace", "workload", "pod", "labels", "host_network"),
}  # fmt: skip
"""The built-in kinds and their fields; `address` says which pod owns an address (none
in its host's network), and what labels the pod has."""

INTERNAL = frozenset(
    {"address", "begun", "expired", "mismatch", "refused", "retried", "unanswered", *FAR_ENDS}
)
"""Kinds of which only shipped rules make use; what they tell may change."""

VALUES: Mapping[str, tuple[str, ...]] = {"direction": ("read", "write", "handshake")}
"""Fields of built-in kinds whose values the language itself names."""

PLACE_FIELDS = ("namespace", "workload", "pod", "container", "node")
"""Every event has these: its own field if it names one, else those of its source."""


def as_text(value: Value | None) -> str | None:
    """A value as it is shown and compared by name; None where there is none."""
    return None if value is None else str(value)


_new = tuple.__new__  # a named tuple's own takes twice as long


class Reader(Protocol):
    """Tells what an event says; `names` are the fields that its text may have."""

    @property
    def by(self) -> str:
        """`file:line` of the clause that matched."""

    @property
    def names(self) -> Collection[str]:
        """The fields that there may be."""

    def fields(self, text: str) -> Mapping[str, Value]:
        """The fields of an event with this text."""


class Known(NamedTuple):
    """What an event says, read already."""

    by: str
    known: Mapping[str, Value]

    @property
    def names(self) -> Collection[str]:
        """The fields that there are."""
        return self.known.keys()

    def fields(self, text: str) -> Mapping[str, Value]:  # noqa: ARG002 - as readers are asked
        """The fields, whatever the text is."""
        return self.known


class Event(NamedTuple):
    """One event; of its fields only the peer, by which resets are gathered, is at hand. A reader
    tells the others: of one reset of thousands they are never asked for."""

    time: int
    source: Source
    offset: int
    kind: str
    peer: Value | None
    text: str
    reader: Reader

    @property
    def fields(self) -> Mapping[str, Value]:
        """All fields, perhaps read anew."""
        return self.reader.fields(self.text)

    @property
    def by(self) -> str:
        """`file:line` of the clause that matched."""
        return self.reader.by

    @property
    def place(self) -> tuple[int, str, int]:
        """What events are ordered by: time, source, offset; never arrival."""
        return self.time, self.source.name, self.offset

    def get(self, field: str) -> Value | None:
        """A field of the event, or the place of its source; None where it has neither."""
        if field == "peer":
            return self.peer
        reader = self.reader
        if type(reader) is Known:
            value = reader.known.get(field)
        else:
            value = reader.fields(self.text).get(field) if field in reader.names else None
        if value is None and field in PLACE_FIELDS:
            return getattr(self.source, field)  # type: ignore[no-any-return]
        return value

    def whole(self) -> "Event":
        """The same with all its fields at hand."""
        if isinstance(self.reader, Known):
            return self
        return _new(Event, (*self[:6], _new(Known, (self.by, self.fields))))

    def __reduce__(self) -> tuple[Any, ...]:
        return Event, tuple(self.whole())


def event_of(  # noqa: PLR0913, PLR0917 - one for each value of an event
    time: int, source: Source, offset: int, kind: str, fields: Mapping[str, Value], text: str,
    by: str = "",
) -> Event:  # fmt: skip
    """An event whose fields are known."""
    reader = _new(Known, (by, fields))
    return _new(Event, (time, source, offset, kind, fields.get("peer"), text, reader))
