"""A record: one message of one container, its envelope peeled off."""

from typing import NamedTuple


class Source(NamedTuple):
    """Who printed a record; `name` is the identity (a path, or what the envelope says).

    `labels` are those of the pod, as one text `key=value,key=value`. What is not `timed` was read
    long after it was printed, and nothing tells when that was.
    """

    name: str
    namespace: str | None = None
    workload: str | None = None
    pod: str | None = None
    container: str | None = None
    node: str | None = None
    labels: str | None = None
    timed: bool = True


class Record(NamedTuple):
    """One message: `time` in ns since the epoch (UTC), `offset` its place in the source."""

    time: int
    source: Source
    offset: int
    text: str
    stream: str | None = None
    envelope: str = "plain"
    time_from: str = "envelope"
    assumed: tuple[str, ...] = ()
