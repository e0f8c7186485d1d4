"""What a burst amounts to over all its stretches."""

from mypy_extensions import mypyc_attr

from whyreset.basis.digest import blake2s
from whyreset.correlate.judge import Outcome
from whyreset.model.event import Event

_PEERS_LIMIT = 1024


@mypyc_attr(serializable=True)
class Tally:
    """The sums of one burst: it may go on for days, these do not grow with it."""

    count = 0
    stretches = 0
    since = 0  # of the last stretch, ns
    period: float | None = None
    jitter: float | None = None
    missed: int | None = None
    _beats = 0

    def __init__(self, name: str, first: Event, start: int, end: int) -> None:
        self.id = name
        self.first = first
        self.start, self.end = start, end
        self.peers: set[str] = set()

    def add(self, claimed: list[Event], outcome: Outcome, *, one_peer: bool) -> None:
        """Take one more stretch; `one_peer`: all its resets name the same."""
        self.stretches += 1
        self.since = claimed[0].time
        self.end = max(self.end, claimed[-1].time)
        self.count += len(claimed)
        for peer in dict.fromkeys([event.peer for event in (claimed[:1] if one_peer else claimed)]):
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
        made = Tally(self.id, self.first, self.start, self.end)
        made.peers = set(self.peers)
        made.stretches, made.since, made.count = self.stretches, self.since, self.count
        made.period, made.jitter, made.missed = self.period, self.jitter, self.missed
        made._beats = self._beats
        return made

    def _mean(self, old: float | None, new: float, beats: int) -> float:
        if old is None:
            return new
        return (old * self._beats + new * beats) / (self._beats + beats)


def new_tally(first: Event) -> Tally:
    """An empty tally; its id depends on the first reset alone, which is in one burst, whatever
    rule claims it in the end."""
    seed = f"{first.kind}\0{first.time}\0{first.source.name}\0{first.offset}"
    digest = blake2s(seed.encode(errors="backslashreplace"), digest_size=5).hexdigest()
    return Tally(f"b-{digest}", first, first.time, first.time)
