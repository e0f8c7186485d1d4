"""An event: a typed fact taken from a record."""

from collections.abc import Mapping
from typing import NamedTuple

from whyreset.model.record import Source

Value = str | int | float
"""Addresses and words are str; ports, statuses and counts int; durations float, in seconds."""

RESET = "reset"

FIELDS: Mapping[str, tuple[str, ...]] = {
    "reset": (
        "peer", "peer_port", "local", "local_port", "direction", "client", "upstream", "idle",
        "side",
    ),
    "disconnect": (
        "peer", "peer_port", "local", "local_port", "direction", "client", "upstream", "idle",
        "side",
    ),
    "access": (
        "client", "method", "path", "status", "bytes", "duration", "upstream", "upstream_name",
        "agent", "host", "aborted", "flags", "state",
    ),
    "termination": ("namespace", "workload", "pod", "container", "reason"),
    "start": ("namespace", "workload", "pod", "container", "reason"),
    "crash": ("namespace", "workload", "pod", "container", "reason"),
    "unhealthy": ("namespace", "workload", "pod", "container", "reason"),
    "exhaustion": ("what", "node", "pod", "namespace", "port"),
    "mismatch": ("client", "what"),
    "address": ("address", "namespace", "workload", "pod"),
}  # fmt: skip
"""The built-in kinds and their fields; `address` says which pod owns an address."""

PLACE_FIELDS = ("namespace", "workload", "pod", "container", "node")
"""Every event has these: its own field if it names one, else those of its source."""


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
    def place(self) -> tuple[int, str, int]:
        """What events are ordered by: time, source, offset; never arrival."""
        return self.time, self.source.name, self.offset

    def get(self, field: str) -> Value | None:
        """A field of the event, or the place of its source; None where it has neither."""
        value = self.fields.get(field)
        if value is None and field in PLACE_FIELDS:
            return getattr(self.source, field)  # type: ignore[no-any-return]
        return value
