"""What a burst amounts to over all its stretches."""

from dataclasses import dataclass, field, replace
from hashlib import blake2s

from whyreset.correlate.judge import Outcome
from whyreset.model.event import Event

_PEERS_LIMIT = 1024


@dataclass(slots=True)
class Tally:
    """The sums of one burst: it may go on for days, these do not grow with it."""

    id: str
    first: Event
    start: int
    end: int
    count: int = 0
    peers: set[str] = field(default_factory=set)
    period: float | None = None
    jitter: float | None = None
    missed: int | None = None
    _beats: int = 0

    def add(self, claimed: list[Event], outcome: Outcome) -> None:
        """Take one more stretch."""
        self.end = max(self.end, claimed[-1].time)
        self.count += len(claimed)
        for event in claimed:
            peer = event.fields.get("peer")
            if peer is not None and len(self.peers) < _PEERS_LIMIT:
                self.peers.add(str(peer))
        rhythm = outcome.rhythm
        if rhythm is None:
            return
        beats = len(rhythm.beats)
        self.period = self._mean(self.period, rhythm.period, beats)
        self.jitter = self._mean(self.jitter, rhythm.jitter, beats)
        self.missed = (self.missed or 0) + rhythm.missed
        self._beats += beats

    def copy(self) -> "Tally":
        """The same sums, to go on with on trial."""
        return replace(self, peers=set(self.peers))

    def _mean(self, old: float | None, new: float, beats: int) -> float:
        if old is None:
            return new
        return (old * self._beats + new * beats) / (self._beats + beats)


def new_tally(rule: str, key: object, first: Event) -> Tally:
    """An empty tally; its id depends on the rule, the key and the first reset alone."""
    seed = f"{rule}\0{key}\0{first.time}\0{first.source.name}\0{first.offset}"
    digest = blake2s(seed.encode(errors="backslashreplace"), digest_size=5).hexdigest()
    return Tally(f"b-{digest}", first, first.time, first.time)
