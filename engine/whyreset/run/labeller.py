"""Records of a pipeline in, marks out: the best label known now, the final one later."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from whyreset.basis.json_text import encode
from whyreset.basis.times import END
from whyreset.correlate.eager import Eager
from whyreset.model.event import RESET, Event
from whyreset.model.record import Record, Source
from whyreset.model.rule import Plan
from whyreset.model.verdict import Labelled, Verdict
from whyreset.run.aside import Aside
from whyreset.run.ledger import Ledger

_SOURCES = 20_000


class Mark(NamedTuple):
    """What is put on a reset record."""

    label: str
    rule: str | None
    confidence: float
    burst: str
    state: str

    def object(self) -> dict[str, Any]:
        """Its keys in the order in which they are printed."""
        return self._asdict()

    def members(self, key: str, *, flat: bool) -> bytes:
        """JSON members: one map under `key`, or one member a value (`key_label`)."""
        if not flat:
            return b"%b:%b" % (encode(key), encode(self.object()))
        return encode({f"{key}_{name}": value for name, value in self.object().items()})[1:-1]


class Found(NamedTuple):
    """A record with a hit, and its events; `record.offset` is its number in the stream."""

    record: Record
    events: Sequence[Event]

    @property
    def reset(self) -> Event | None:
        """The reset that it tells of."""
        return next((event for event in self.events if event.kind == RESET), None)


class Labeller:
    """The state of all bursts of one process; `ledger` decides finally, where that is wanted."""

    def __init__(self, plan: Plan, ledger: Ledger | Aside | None = None) -> None:
        self._eager = Eager(plan)
        self._ledger = ledger
        self._covered: dict[str, int] = {}
        self.held: set[int] = set()
        """Numbers of the records whose final marks somebody waits for."""
        self.finals: dict[int, Mark] = {}
        """Those final marks; whoever waits takes them away."""
        self.verdicts: list[Verdict] = []

    def told(self, events: Sequence[Event]) -> Sequence[Event]:
        """Events of a record, a reset with the peer that its connection tells."""
        return self._eager.connections.all_told(events)

    def take(
        self, found: Sequence[Found], seen: Iterable[tuple[Source, int]] = ()
    ) -> dict[int, Mark]:
        """The marks of the resets among records, by their numbers."""
        for each in found:
            self._cover(each.record)
        events = [event for each in found for event in each.events]
        if self._ledger is not None:
            self._ledger.take(events, [(f.record.source, f.record.time) for f in found])
            self._ledger.take((), seen)
            self._decide()
        return _marks(self._eager.label(events))

    def again(self, resets: Sequence[Event]) -> dict[int, Mark]:
        """The marks that resets would get now."""
        return _marks(self._eager.again(resets))

    def silent(self, seconds: float, *, going_on: bool) -> None:
        """Nothing came for so long."""
        if self._ledger is not None:
            self._ledger.silent(seconds, going_on=going_on)
            self._decide()

    def early(self) -> None:
        """Say verdicts whose conditions hold already."""
        if self._ledger is not None:
            self.verdicts += self._ledger.early()

    def finish(self) -> None:
        """The stream has ended: all is decided."""
        if self._ledger is not None:
            self._keep(*self._ledger.finish())

    @property
    def wants_time(self) -> bool:
        """Whether it must be told how event time goes on."""
        return self._ledger is not None

    @property
    def late(self) -> int:
        """Events that came too late to be in order."""
        return self._ledger.late if self._ledger is not None else 0

    def _decide(self) -> None:
        if self._ledger is not None:
            self._keep(*self._ledger.decided())

    def _keep(self, labels: Sequence[Labelled], verdicts: Sequence[Verdict]) -> None:
        self.verdicts += verdicts
        if self.held:
            awaited = [each for each in labels if each.event.offset in self.held]
            self.finals.update(_marks(awaited, "final"))

    def _cover(self, record: Record) -> None:
        """What a source has shown since its first record counts as read."""
        name = record.source.name
        known = self._covered.get(name)
        if known is None or record.time < known:
            if known is None and len(self._covered) >= _SOURCES:
                del self._covered[next(iter(self._covered))]
            self._covered[name] = record.time
            self._eager.evidence.coverage.cover(name, record.time, END)


def _marks(labels: Iterable[Labelled], state: str = "provisional") -> dict[int, Mark]:
    return {
        each.event.offset: Mark(each.label, each.rule, each.confidence, each.burst, state)
        for each in labels
    }
