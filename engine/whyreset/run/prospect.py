"""A first look over files at rest: whose connections were reset.

Rules ask whether the peer of a reset made requests, of no one else. Knowing the peers, the scan
can pass over the access lines of all others, which are nearly all lines of many logs. Those of a
pipe are known in hindsight.
"""

import os
import stat
from pathlib import Path

from whyreset.ingest.inputs import InputError, open_inputs
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock
from whyreset.model.event import FAR_ENDS, RESET, Event, Value
from whyreset.model.rule import Plan

_WORTH = 8 << 20
"""Bytes from which it is less work to look twice."""
_MOST = 20_000
"""Peers up to which they can be searched for."""
_NAMES = 64
"""Of them those that are names of hosts: in the standard library each is one more search."""


def peers_of(paths: list[str], plan: Plan, clock: Clock) -> frozenset[str] | None:
    """The peers of all resets, and who else opened connections that the log names; None where
    they need not or cannot be known beforehand, and none where they are asked for in hindsight."""
    by_peer = any(m.by_peer for definition in plan.definitions for m in definition.matchers)
    if not by_peer:
        return None
    if any(map(_goes_on, paths)):
        return frozenset() if len(paths) == 1 else None
    begin = os.lseek(0, 0, os.SEEK_CUR) if "-" in paths else 0
    kinds = {RESET, *FAR_ENDS}
    asked = [definition for definition in plan.definitions if definition.kind in kinds]
    try:
        inputs = open_inputs(paths, Extractor(asked), clock)
    except InputError:
        return None  # whoever opens them again will say so
    peers: set[str] = set()
    try:
        if sum(os.fstat(source.descriptor).st_size for source in inputs) < _WORTH:
            return None
        for source in inputs:
            while (batch := source.read()) is not None:
                peers.update(map(str, filter(None, map(_far_end, batch.events))))
            if len(peers) > _MOST:
                return None
    except (InputError, OSError):
        return None
    finally:
        for source in inputs:
            source.close()
        if "-" in paths:
            os.lseek(0, begin, os.SEEK_SET)
    names = [peer for peer in peers if not peer.replace(".", "").isdecimal()]
    if len(names) > _NAMES or any(":" in name for name in names):  # IPv6 has many spellings
        return None
    return frozenset(peers)


def _goes_on(path: str) -> bool:
    """Whether it is a pipe or the like, which can be read only once."""
    try:
        mode = (os.fstat(0) if path == "-" else Path(path).stat()).st_mode
    except OSError:
        return False  # whoever opens it will say so
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _far_end(event: Event) -> Value | None:
    field = FAR_ENDS.get(event.kind)
    return event.get(field) if field else event.peer
