"""Memory under a limit: what is given up, step by step, and said."""

from collections.abc import Iterator
from typing import Protocol

from whyreset.basis.units import NS, format_duration
from whyreset.correlate.correlator import Correlator
from whyreset.correlate.order import Order
from whyreset.run.memory import give_back, in_use, resident, trim

_READING = 32 << 20
"""What reading takes at most: a block, a long line in several forms, a search being set up."""
_MIB = 1 << 20
_TIGHT, _LOOSE = 0.8, 0.65
"""Shares of the limit from which memory is short, and below which it is not any more."""
_SPARED, _LOW, _FREE = 0.85, 0.75, 0.4
"""Shares: of what is gathered when memory gets short, what may be gathered from then on; of that,
what is left when something was given up, and below which it is not short any more."""
_GROWN = 50
"""The process has grown when it has by this part of its limit."""
_LONGEST, _SHORTEST = 900 * NS, NS // 10
"""How far back (ns) evidence is kept when memory is short: at first, and at least."""
_AT_ONCE = 256
"""Events that are judged early before it is seen whether that is enough."""
_STRETCH = 128 << 10
"""Bytes of the limit for each reset that is judged at once: one of each peer is the dearest."""
_SAID = 10.0
"""Seconds in which the same step is said once."""


class Provisional(Protocol):
    """Says provisional verdicts, if it is `active`."""

    @property
    def active(self) -> bool:
        """Whether it says any."""

    def suspend(self) -> None:
        """Give them up for now."""


class Bounds:
    """Keeps a run under `limit` bytes (None: no limit); `shed` counts bursts judged early.

    The steps: no provisional verdicts; evidence is kept for less and less time; the oldest open
    bursts are judged at once; late lines are not waited for. What was given up leaves holes,
    of which the system gets little back. So what is gathered is kept below what it was when memory
    became short, and is reduced once more whenever the process grows all the same.
    """

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.steps = 0
        self.shed = 0
        self.is_tight = False
        self._base, self._start = in_use(), resident()
        self._most = 0  # bytes that may be gathered, once memory was short
        self._peak = 0  # of the process, when that was decided
        self._keep = _LONGEST
        self._told: dict[str, float] = {}

    def shortfall(self) -> str | None:
        """Why the limit cannot be kept, by what the rules take; None where it can."""
        if self.limit is None:
            return None
        give_back()
        least = -(-(resident() + _READING) // (8 * _MIB)) * 8
        if self.limit >= least * _MIB:
            return None
        return (
            f"--memory {self.limit // _MIB}M is too little: the rules and what is needed to read"
            f" take {least}M"
        )

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit."""
        return self.limit is not None

    @property
    def is_roomy(self) -> bool:
        """Whether there is room for what is gathered once more."""
        if self.limit is None:
            return True
        return not self.is_tight and resident() + 2 * self._gathered < _TIGHT * self.limit

    def keep(
        self,
        now: float,
        correlator: Correlator,
        order: Order,
        early: Provisional,
        *,
        held: bool = True,
    ) -> Iterator[list[str]]:
        """Take steps until what is gathered fits; gives what is to be said after each, which may
        have decided something; `held` says whether events may be let go that are held back, and
        `now` is in seconds."""
        if self.limit is None:
            return
        correlator.most = min(correlator.most, self.limit // _STRETCH)
        if not self._is_over(self.limit):
            return
        for said in self._steps(correlator, order, early, held=held):
            self.steps += 1
            trim()
            yield self._words(said, now, self.limit)
            if self._gathered <= _LOW * self._most:
                return
        if held:
            self._begin_anew()

    def _begin_anew(self) -> None:
        """Nothing is gathered any more: what is in use now will stay, and there are holes to be
        filled with half as much as they are large, since not everything fits."""
        holes = resident() - self._start - self._gathered
        self._base += self._gathered
        self._start += self._gathered
        self._most = max(2 * _MIB, holes // 2)

    def make_room(self, size: int) -> None:
        """Something will take so many bytes for a moment: gather less, if need be, from now on."""
        if self.limit is not None and resident() + size > self.limit:
            self._most = max(_MIB, self._gathered - size)

    @property
    def _gathered(self) -> int:
        return max(0, in_use() - self._base)

    def _is_over(self, limit: int) -> bool:
        used = resident()
        if used < _LOOSE * limit:
            self._most, self.is_tight, self._keep = 0, False, _LONGEST
            return False
        if not self._most and used < _TIGHT * limit:
            return False
        gathered = self._gathered
        if not self._most or used > max(_TIGHT * limit, self._peak + limit // _GROWN):
            self._most = max(_MIB, round(_SPARED * min(gathered, self._most or gathered)))
            self._peak = used
        if gathered > self._most:
            self.is_tight = True
        elif gathered < _FREE * self._most:
            self.is_tight, self._keep = False, _LONGEST
        return gathered > self._most

    def _steps(
        self, correlator: Correlator, order: Order, early: Provisional, *, held: bool
    ) -> Iterator[str]:
        if early.active:
            early.suspend()
            yield "no provisional verdicts for now"
        while True:
            correlator.evidence.shrink(self._keep)
            yield f"evidence is kept for {format_duration(self._keep)}"
            if self._keep <= _SHORTEST:
                break
            self._keep = max(self._keep // 4, _SHORTEST)
        while True:
            shed = correlator.shed(_AT_ONCE)
            self.shed += shed
            if shed:
                yield "open bursts are judged early"
            elif held and order.held:
                order.release()
                yield "late lines are not waited for"
            else:
                return

    def _words(self, said: str, now: float, limit: int) -> list[str]:
        """A sentence, unless it was said a moment ago."""
        if now - self._told.get(said, -_SAID) < _SAID:
            return []
        self._told[said] = now
        return [f"memory at {resident() / limit:.0%} of its limit: {said}"]
