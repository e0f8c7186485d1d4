"""Labels at once: what the open burst of a reset would come to if it ended now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from whyreset.basis.units import NS
from whyreset.correlate.burst import Burst, in_order
from whyreset.correlate.case import UNKNOWN_WAY, Case
from whyreset.correlate.clusters import Cluster, Clusters, Place
from whyreset.correlate.correlator import Correlator
from whyreset.correlate.judge import Outcome
from whyreset.correlate.stretch import Tally, new_tally
from whyreset.correlate.verdicts import confidence_of
from whyreset.model.event import RESET, Event
from whyreset.model.rule import Plan, Rule
from whyreset.model.verdict import Labelled

_SMALL = 16
"""Resets in a cluster that is judged anew whenever one is added."""
_EARNED, _EARNED_BY_NEW_PEER, _EARNED_A_SECOND = 0.05, 1.2, 0.3
"""Resets that may be judged for each that comes, for each from a peer of which nothing was said,
and for each second of event time: so a storm takes time in proportion to its length."""
_MOST_PLACES, _MOST_PEERS = 20_000, 1024
_STRETCH, _STRETCH_OF_FEW, _FEW = 1_000, 250, 2
"""Resets in one stretch, of many peers and of few: to judge it must not keep anybody waiting for
long, and to look for a rhythm takes longest where most resets are of one peer."""


@dataclass(slots=True)
class _Memory:
    """What was last said in a place: by peer, and by rules whose bursts are of all peers."""

    credit: float = 0.0
    time: int = 0
    by_peer: dict[object, Labelled] = field(default_factory=dict)
    for_all: Labelled | None = None


class Eager(Correlator):
    """Takes events as they arrive, in roughly the order of time; its labels are provisional.

    It judges an open cluster again and again, within bounds. Between two judgements a reset gets
    the label that the last one gave to its peer. It gives no verdicts.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan, labels=False, verdicts=False)
        self._clusters = Clusters(self._reaches, self._most)
        self._memories: dict[Place, _Memory] = {}
        self._peerless = {rule.name for rule in plan.rules if "peer" not in rule.keys}
        self._wanted: dict[int, Event] = {}
        self._said: dict[int, Labelled] = {}

    def label(self, events: Iterable[Event]) -> list[Labelled]:
        """Feed events, of which `connections` has been asked, and label the resets among them, in
        the order of time."""
        ordered = in_order(list(events))
        resets = [event for event in ordered if event.kind == RESET]
        self._wanted = {id(event): event for event in resets}
        for event in ordered:
            self.advance(event.time)
            self._take(event)
        self.advance(self._now)  # a stretch that is full is decided before the next is judged
        for event in resets:
            self._earn(event)
        return self._labelled(resets)

    def again(self, resets: Sequence[Event]) -> list[Labelled]:
        """What is to be said now of resets that were fed before."""
        self._wanted = {id(event): event for event in resets}
        return self._labelled(resets)

    def _labelled(self, resets: Sequence[Event]) -> list[Labelled]:
        news: dict[Place, bool] = {}
        for event in resets:
            place = self._clusters.place_of(event)
            known = self._memory(place).by_peer.get(event.peer)
            news[place] = news.get(place, False) or known is None or known.rule is None
        for place, is_news in news.items():
            cluster = self._clusters.get(place)
            if cluster is not None and self._affords(place, len(cluster.events), is_news):
                self._judge(cluster)
        said, self._said, self._wanted = self._said, {}, {}
        return [said.get(id(event)) or self._remembered(event) for event in resets]

    def _earn(self, event: Event) -> None:
        memory = self._memory(self._clusters.place_of(event))
        passed = max(0, event.time - memory.time) if memory.time else 0
        memory.time = max(memory.time, event.time)
        memory.credit += _EARNED + min(passed / NS, 3600.0) * _EARNED_A_SECOND
        if event.peer not in memory.by_peer:
            memory.credit += _EARNED_BY_NEW_PEER

    def _affords(self, place: Place, size: int, is_news: bool) -> bool:
        """Whether to judge now; where all that came is known already, it is saved for news."""
        memory = self._memory(place)
        if size > _SMALL and memory.credit < (size if is_news else 2 * size):
            return False
        memory.credit = max(0.0, min(memory.credit, 3.0 * size) - size)
        return True

    def _memory(self, place: Place) -> _Memory:
        memory = self._memories.get(place)
        if memory is None:
            if len(self._memories) >= _MOST_PLACES:
                del self._memories[next(iter(self._memories))]
            memory = self._memories[place] = _Memory()
        return memory

    def _judge(self, cluster: Cluster) -> Case:
        """Try the rules on a cluster as it is, and say and remember the labels."""
        place = cluster.place
        case = self._foresee(cluster) if self._has_claims(place) else self._tried(cluster)
        if cluster.kind != RESET:
            return case
        memory = self._memory(place)
        latest: dict[object, tuple[Rule | None, Tally, Outcome, Event]] = {}
        newest, memory.for_all = -1, None
        for rule, tally, outcome in case.claims:
            last = outcome.claimed[-1]
            for event in outcome.claimed:
                if id(event) in self._wanted:
                    self._said[id(event)] = _labelled(rule, tally, outcome, event)
                known = latest.get(event.peer)
                if known is None or event.time >= known[3].time:
                    latest[event.peer] = rule, tally, outcome, event
            if rule is not None and rule.name in self._peerless and last.time > newest:
                newest, memory.for_all = last.time, _labelled(rule, tally, outcome, last)
        kept = list(latest.items())[-_MOST_PEERS:]
        memory.by_peer = {peer: _labelled(*found) for peer, found in kept}
        return case

    def _remembered(self, event: Event) -> Labelled:
        memory = self._memories.get(self._clusters.place_of(event))
        known = memory and (memory.by_peer.get(event.peer) or memory.for_all)
        if known:
            return known._replace(event=event)
        tally = new_tally(event)
        return _labelled(None, tally, Outcome(Burst([event])), event)

    def _settle(self, cluster: Cluster) -> bool:
        place = cluster.place
        awaited = any(id(event) in self._wanted for event in cluster.events)
        goes_on = cluster.cut is not None and self._has_claims(place)
        case = self._judge(cluster) if goes_on or awaited else None
        self._open.pop(place, None)
        self._foreseen.pop((place, cluster.start), None)
        if case is not None and cluster.cut is not None and case.after:
            self._open[place] = case.after
        return True

    def _has_claims(self, place: Place) -> bool:
        """Whether a rule has a burst there, as far as was judged: only those keep their id."""
        memory = self._memory(place)
        known = memory.by_peer.values()
        return memory.for_all is not None or any(said.rule is not None for said in known)

    def _most(self, place: Place) -> int:
        few = 0 < len(self._memory(place).by_peer) <= _FEW
        return _STRETCH_OF_FEW if few else _STRETCH

    def _leave_unknown(self, case: Case) -> None:
        for _, burst in case.pool.bursts(UNKNOWN_WAY, self._unknown_key):
            tally = new_tally(burst[0])
            case.claims.append((None, tally, Outcome(claimed=burst)))


def _labelled(rule: Rule | None, tally: Tally, outcome: Outcome, event: Event) -> Labelled:
    label, name = (rule.label, rule.name) if rule else ("unknown", None)
    return Labelled(event, label, name, tally.id, confidence_of(rule, outcome))
