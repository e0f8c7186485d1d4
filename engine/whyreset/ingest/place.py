"""Where the reading of a log goes on after a restart."""

from typing import NamedTuple

from whyreset.ingest.identity import Identity


class Place(NamedTuple):
    """Where reading goes on: in which file, at which byte of it, and behind which bytes."""

    identity: Identity
    position: int
    trace: bytes = b""


class TailState(NamedTuple):
    """What a tail must know after a restart; `seen` are files that are not to be read again,
    `surveyed` says that those which lay beside the log at first are among them."""

    place: Place | None
    lingering: tuple[Place, ...] = ()
    seen: tuple[Identity, ...] = ()
    aligned: bool = True
    surveyed: bool = False
    real: str = ""
