"""An event: a typed fact taken from a record."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

from whyreset.model.record import Source

Value = str | int | float
"""Addresses and words are str; ports, statuses and counts int; durations float, in seconds."""

RESET = "reset"
DISCONNECT = "disconnect"

FIELDS: Mapping[str, tuple[str, ...]] = {
    "reset": (
        "peer", "peer_port", "local", "local_port", "direction", "client", "client_port",
        "upstream", "upstream_port", "idle", "side",
    ),
    "disconnect": (
        "peer", "peer_port", "local", "local_port", "direction", "client", "client_port",
        "upstream", "upstream_port", "idle", "side",
    ),
    "access": (
        "client", "client_port", "method", "path", "status", "bytes", "duration", "upstream",
        "upstream_port", "upstream_name", "agent", "host", "aborted", "flags", "state",
    ),
    "termination": ("namespace", "workload", "pod", "container", "reason"),
    "start": ("namespace", "workload", "pod", "container", "reason"),
    "crash": ("namespace", "workload", "pod", "container", "reason"),
    "unhealthy": ("namespace", "workload", "pod", "container", "reason"),
    "exhaustion": ("what", "node", "pod", "namespace", "port", "peer", "peer_port"),
    "mismatch": ("client", "client_port", "what"),
    "address": ("address", "namespace", "workload", "pod", "labels", "host_network"),
}  # fmt: skip
"""The built-in kinds and their fields; `address` says which pod owns an address (none
in its host's network), and what labels the pod has."""

INTERNAL = frozenset({"address", "begun", "mismatch", "opened", "refused", "retried"})
"""Kinds of which only shipped rules make use; what they tell may change."""

VALUES: Mapping[str, tuple[str, ...]] = {"direction": ("read", "write", "handshake")}
"""Fields of built-in kinds whose values the language itself names."""

PLACE_FIELDS = ("namespace", "workload", "pod", "container", "node")
"""Every event has these: its own field if it names one, else those of its source."""


def as_text(value: Value | None) -> str | None:
    """A value as it is shown and compared by name; None where there is none."""
    return None if value is None else str(value)


class Event(NamedTuple):
    """One event."""

    time: int
    source: Source
    offset: int
    kind: str
    fields: Mapping[str, Value]
    text: str
    by: str = ""

    @property
    def peer(self) -> Value | None:
        """The other side, by which resets are gathered."""
        return self.fields.get("peer")

    @property
    def place(self) -> tuple[int, str, int]:
        """What events are ordered by: time, source, offset; never arrival."""
        return self.time, self.source.name, self.offset

    def get(self, field: str) -> Value | None:
        """A field of the event, or the place of its source; None where it has neither."""
        if field == "peer":
            return self.peer
        value = self.fields.get(field)
        if value is None and field in PLACE_FIELDS:
            return getattr(self.source, field)  # type: ignore[no-any-return]
        return value

    def whole(self) -> "Event":
        """The same with all its fields at hand."""
        return self


class Reader(Protocol):
    """Reads what an event says from its text; `names` are the fields that it may find."""

    by: str
    names: frozenset[str]

    def fields(self, text: str) -> Mapping[str, Value]:
        """The fields of the event."""


class LineEvent(Event):
    """One event of many: its fields are read from its text only if somebody asks.

    In the places of `fields` and `by` the tuple holds the peer and the reader.
    """

    __slots__ = ()

    peer: Value | None = property(itemgetter(4))  # type: ignore[assignment]
    """The other side; the one field that is at hand."""

    @property
    def fields(self) -> Mapping[str, Value]:
        """Read anew each time."""
        return self._reader.fields(self.text)

    @property
    def by(self) -> str:
        """`file:line` of the clause that matched."""
        return self._reader.by

    @property
    def _reader(self) -> Reader:
        return self[6]  # type: ignore[return-value]

    def get(self, field: str) -> Value | None:
        """A field of the event, or the place of its source; the text is read only if it may
        have the field."""
        if field in self._reader.names:
            return super().get(field)
        return getattr(self.source, field) if field in PLACE_FIELDS else None

    def whole(self) -> Event:
        """The same with all its fields read."""
        return Event(
            self.time, self.source, self.offset, self.kind, self.fields, self.text, self.by
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Event, tuple(self.whole())
