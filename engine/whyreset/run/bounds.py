"""Memory under a limit: what is given up, step by step, and said."""

from typing import Protocol

from whyreset.basis.units import NS
from whyreset.correlate.correlator import Correlator
from whyreset.correlate.order import Order
from whyreset.run.memory import give_back, resident

_EVERY = 0.5
_TIGHT, _LOOSE = 0.85, 0.7
_LONGEST, _SHORTEST = 900 * NS, 5 * NS
"""How far back (ns) evidence is kept when memory is short: at first, and at least."""


class Early(Protocol):
    """Says provisional verdicts, if it is `active`."""

    active: bool

    def suspend(self) -> None:
        """Give them up for now."""


class Bounds:
    """Keeps a run under `limit` bytes (None: no limit), as far as what it gathers goes.

    The steps: no provisional verdicts; evidence is kept for less and less time; the oldest open
    bursts are judged at once; events are not held back for late lines.
    """

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.steps = 0
        self.shed = 0
        self.is_tight = False
        self._looked = 0.0
        self._keep = _LONGEST

    def keep(self, now: float, correlator: Correlator, order: Order, early: Early) -> list[str]:
        """Take a step if one is needed; gives sentences about it."""
        if self.limit is None or now - self._looked < _EVERY:
            return []
        self._looked = now
        share = resident() / self.limit
        if share < _TIGHT:
            if share < _LOOSE:
                self.is_tight = False
                self._keep = min(_LONGEST, self._keep * 2)
            return []
        notes = self._step(correlator, order, early, share)
        self.is_tight = True
        give_back()
        return notes

    def _step(self, correlator: Correlator, order: Order, early: Early, share: float) -> list[str]:
        self.steps += 1
        if early.active:
            early.suspend()
            return [f"memory at {share:.0%} of its limit: no provisional verdicts for now"]
        mark = order.watermark
        correlator.evidence.forget(mark or 0, self._keep)
        correlator.evidence.evicted += 1
        short = self._keep <= _SHORTEST
        self._keep = max(_SHORTEST, self._keep // 2)
        if not short:
            return [f"memory at {share:.0%} of its limit: old evidence was dropped"]
        order.release()
        shed = correlator.shed()
        self.shed += shed
        return [f"memory at {share:.0%} of its limit: {shed} open bursts were judged early"]
