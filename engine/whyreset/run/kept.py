"""What is kept of a run that follows, and when: a restart goes on from there."""

import time
from typing import Any, NamedTuple

from whyreset.correlate.order import Order
from whyreset.ingest.checkpoint import Checkpoint
from whyreset.ingest.hindsight import HindsightState
from whyreset.ingest.place import Place
from whyreset.ingest.stream import StreamState
from whyreset.run.replay import Totals

_EVERY, _SHARE = 5.0, 100
"""Seconds between checkpoints, and how many times as long as the last took it must be."""


class Kept(NamedTuple):
    """The state of a run: positions and engine together, of one moment."""

    streams: tuple[StreamState, ...]
    ended: dict[int, Place]
    order: Order
    correlator: dict[str, Any]
    hindsight: HindsightState
    totals: Totals
    announced: dict[str, str]


class Keeper:
    """Stores states in a checkpoint, if there is one, and not too often."""

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self.checkpoint = checkpoint
        self._next = 0.0

    def load(self) -> Kept | None:
        """The state that was stored last."""
        kept = self.checkpoint.load() if self.checkpoint is not None else None
        return kept if isinstance(kept, Kept) else None

    def is_due(self, now: float) -> bool:
        """Whether it is time to store one; `now` in seconds of a monotonic clock."""
        return self.checkpoint is not None and now >= self._next

    def save(self, kept: Kept, now: float, began: float) -> bool:
        """Store a state that was begun to be gathered at `began`; whether that worked."""
        if self.checkpoint is None:
            return False
        saved = self.checkpoint.save(kept, time.time())
        self._next = now + max(_EVERY, _SHARE * (time.monotonic() - began))
        return saved

    @property
    def notes(self) -> list[str]:
        """Sentences to be said; whoever says them takes them away."""
        return self.checkpoint.notes if self.checkpoint is not None else []
