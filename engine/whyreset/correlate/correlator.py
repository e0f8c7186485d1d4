"""The correlator: events in time order in, labels and verdicts out, reading no clock.

Resets are gathered in *clusters* that no rule's burst can cross (the fields that all rules
have in their keys, the longest gap). A cluster is judged when event time has passed its end
by the rules' look-ahead, or in stretches of at most `span` when it goes on for longer. What is
decided depends only on the events and their order in time, never on when they arrived.
"""

import heapq
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from whyreset.basis.network import membership
from whyreset.basis.units import NS
from whyreset.correlate.burst import Key, bursts_of, key_reader
from whyreset.correlate.judge import Judge, Outcome
from whyreset.correlate.lookup import Evidence
from whyreset.correlate.members import World
from whyreset.correlate.owners import Owners
from whyreset.correlate.reach import Reach, questions_of, reach_of
from whyreset.correlate.stretch import Tally, new_tally
from whyreset.correlate.unexplained import Attempt, unknown_verdict
from whyreset.correlate.verdicts import in_scope, verdict_of
from whyreset.model.event import RESET, Event
from whyreset.model.rule import Plan, Rule
from whyreset.model.verdict import Labelled, Verdict

_UNKNOWN_GAP = 60 * NS
_UNKNOWN_KEYS = ("pod", "peer")
_STATE = ("_clusters", "_open", "_deadlines", "_tickets", "_now", "_labels", "verdicts")
_END = 1 << 62
_CARRY = 8
"""Resets of a full stretch that are judged with the next one instead."""
_CLUSTER_LIMIT = 20_000
"""Events in one stretch; a fuller one is judged early, so that memory stays bounded."""

_place = attrgetter("place")


@dataclass(slots=True)
class _Cluster:
    kind: str
    key: Key
    start: int
    last: int
    events: list[Event] = field(default_factory=list)
    cut: bool = False
    settled: bool = False


@dataclass(slots=True)
class _Open:
    """A burst whose last stretch was cut by `span`: it may go on in the next."""

    rule: Rule | None
    tally: Tally
    outcome: Outcome
    verdict: Verdict
    gap: int


class Correlator:
    """Feed events in time order; `advance` says that none older will come."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._owners = Owners()
        self.evidence = Evidence(questions_of(plan.rules), self._owners)
        networks = {name: membership(prefixes) for name, prefixes in plan.networks.items()}
        world = World(self.evidence, networks)
        self._judges: dict[str, list[Judge]] = {RESET: []}
        for rule in plan.rules:
            self._judges.setdefault(rule.kind, []).append(Judge(rule, world))
        self._rule_keys = {id(j.rule): key_reader(j.rule.keys) for j in self._all_judges()}
        self._reaches = {
            kind: reach_of([judge.rule for judge in judges], _UNKNOWN_KEYS, _UNKNOWN_GAP)
            for kind, judges in self._judges.items()
        }
        self._cluster_keys = {k: key_reader(reach.keys) for k, reach in self._reaches.items()}
        self._unknown_key = key_reader(_UNKNOWN_KEYS)
        self._clusters: dict[tuple[str, Key], _Cluster] = {}
        self._open: dict[tuple[str, Key], dict[tuple[str, Key], _Open]] = {}
        self._deadlines: list[tuple[int, int, _Cluster]] = []
        self._look_back = max(reach.before for reach in self._reaches.values())
        self._tickets = 0
        self._now = 0
        self._labels: list[tuple[tuple[int, str, int], int, Labelled]] = []
        self.verdicts: list[Verdict] = []

    def _all_judges(self) -> list[Judge]:
        return [judge for judges in self._judges.values() for judge in judges]

    def feed(self, event: Event) -> None:
        """Take the next event; events come in order of (time, source, offset)."""
        passed = self._deadlines and self._deadlines[0][0] < event.time
        if passed or self.evidence.is_due_for_sweep:
            self.advance(event.time)
        self._now = max(self._now, event.time)
        if event.kind == "address" or event.fields.get("local"):
            self._owners.learn(event)
        self.evidence.add(event)
        if event.kind in self._judges:
            self._gather(event)

    def advance(self, time: int) -> None:
        """Event time is at least `time` (ns) now: judge what can be judged."""
        while self._deadlines and self._deadlines[0][0] < time:
            deadline, _, cluster = heapq.heappop(self._deadlines)
            if cluster.settled:
                continue
            due = self._due(cluster)
            if due > deadline:
                self._remind(due, cluster)
            else:
                self._settle(cluster)
        self._now = max(self._now, time)
        if self.evidence.is_due_for_sweep:
            self.evidence.forget(self._floor() - self._look_back)

    def finish(self) -> None:
        """No more events: judge all that is left."""
        self.advance(_END)

    def take_labels(self) -> list[Labelled]:
        """The labels decided so far, in time order: none earlier will follow."""
        floor = self._floor()
        taken = []
        while self._labels and self._labels[0][0][0] < floor:
            taken.append(heapq.heappop(self._labels)[2])
        return taken

    def take_verdicts(self) -> list[Verdict]:
        """The verdicts decided since the last call."""
        taken, self.verdicts = self.verdicts, []
        return taken

    def state(self) -> dict[str, Any]:
        """Everything that changes, picklable, for a snapshot."""
        own = {name: getattr(self, name) for name in _STATE}
        return {"own": own, "evidence": self.evidence.state(), "owners": self._owners.state()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot of a correlator, also one with other rules."""
        for name in _STATE:
            setattr(self, name, state["own"][name])
        self.evidence.set_state(state["evidence"])
        self._owners.set_state(state["owners"])

    def _floor(self) -> int:
        """Everything before this time (ns) is decided."""
        waiting = (cluster.start for _, _, cluster in self._deadlines if not cluster.settled)
        return min(waiting, default=self._now)

    def _gather(self, event: Event) -> None:
        reach = self._reaches[event.kind]
        place = (event.kind, self._cluster_keys[event.kind](event))
        cluster = self._clusters.get(place)
        if cluster is not None and self._full(cluster, event, reach):
            cluster = self._succeed(cluster, event, reach)
        if cluster is None:
            cluster = self._clusters[place] = _Cluster(*place, event.time, event.time)
        cluster.events.append(event)
        # a late line may come before the others
        cluster.start = min(cluster.start, event.time)
        cluster.last = max(cluster.last, event.time)
        if len(cluster.events) == 1:
            self._remind(self._due(cluster), cluster)

    def _succeed(self, cluster: _Cluster, event: Event, reach: Reach) -> _Cluster | None:
        """The stretch that follows a full one; None where the gap has ended the burst.

        It takes over the last few resets: a rule needs several to see what goes on in them.
        """
        if event.time - cluster.last > reach.gap:
            return None
        cluster.events.sort(key=_place)
        kept = len(cluster.events) - min(max(_CARRY, reach.least), len(cluster.events) // 2)
        carried = cluster.events[kept:]
        del cluster.events[kept:]
        cluster.cut, cluster.last = True, cluster.events[-1].time
        self._remind(self._due(cluster), cluster)
        place = (cluster.kind, cluster.key)
        follower = _Cluster(*place, event.time, event.time, carried)
        if carried:
            follower.start, follower.last = carried[0].time, carried[-1].time
        self._clusters[place] = follower
        self._remind(self._due(follower), follower)
        return follower

    def _full(self, cluster: _Cluster, event: Event, reach: Reach) -> bool:
        return (
            event.time - cluster.last > reach.gap
            or event.time - cluster.start >= reach.span
            or len(cluster.events) >= _CLUSTER_LIMIT
        )

    def _due(self, cluster: _Cluster) -> int:
        reach = self._reaches[cluster.kind]
        return cluster.last + reach.after + (0 if cluster.cut else reach.gap)

    def _remind(self, due: int, cluster: _Cluster) -> None:
        self._tickets += 1
        heapq.heappush(self._deadlines, (due, self._tickets, cluster))

    def _settle(self, cluster: _Cluster) -> None:
        """Judge a cluster rule by rule; what nobody claims is unknown."""
        cluster.settled = True
        place = (cluster.kind, cluster.key)
        if self._clusters.get(place) is cluster:
            del self._clusters[place]
        before = self._open.pop(place, {})
        after: dict[tuple[str, Key], _Open] = {}
        pool = sorted(cluster.events, key=_place)
        attempts: list[Attempt] = []
        for judge in self._judges[cluster.kind]:
            pool = self._try(judge, pool, before, after, attempts)
            if not pool:
                break
        if pool and cluster.kind == RESET:
            self._leave_unknown(pool, before, after, attempts)
        for entry in before.values():
            self._finish_verdict(entry)
        if not cluster.cut:
            for entry in after.values():
                self._finish_verdict(entry)
        elif after:
            self._open[place] = after
            for entry in after.values():
                self.verdicts.append(entry.verdict)

    def _try(
        self,
        judge: Judge,
        pool: list[Event],
        before: dict[tuple[str, Key], _Open],
        after: dict[tuple[str, Key], _Open],
        attempts: list[Attempt],
    ) -> list[Event]:
        """What is left of the pool after one rule."""
        rule = judge.rule
        scoped = [event for event in pool if in_scope(rule.scope, event)]
        if not scoped:
            return pool
        claimed: set[int] = set()
        for key, burst in bursts_of(scoped, self._rule_keys[id(rule)], rule.gap):
            outcome = judge.judge(burst)
            if not outcome.claimed:
                attempts.append(Attempt(rule, burst, outcome))
                continue
            claimed.update(map(id, outcome.claimed))
            self._claim(rule, key, outcome, before, after)
        return [event for event in pool if id(event) not in claimed] if claimed else pool

    def _claim(
        self,
        rule: Rule,
        key: Key,
        outcome: Outcome,
        before: dict[tuple[str, Key], _Open],
        after: dict[tuple[str, Key], _Open],
    ) -> None:
        slot = (rule.name, key)
        first = outcome.claimed[0]
        earlier = after.pop(slot, None)
        if earlier is not None:
            self._finish_verdict(earlier)
        going_on = before.get(slot)
        if going_on is not None and first.time - going_on.tally.end <= rule.gap:
            tally = before.pop(slot).tally
        else:
            tally = new_tally(rule.name, key, first)
        tally.add(outcome.claimed, outcome)
        verdict = verdict_of(rule, tally, outcome, self._plan.settings)
        after[slot] = _Open(rule, tally, outcome, verdict, rule.gap)
        self._label(outcome.claimed, rule.label, rule.name, verdict)

    def _leave_unknown(
        self,
        pool: list[Event],
        before: dict[tuple[str, Key], _Open],
        after: dict[tuple[str, Key], _Open],
        attempts: list[Attempt],
    ) -> None:
        for key, burst in bursts_of(pool, self._unknown_key, _UNKNOWN_GAP):
            slot = ("unknown", key)
            outcome = Outcome(claimed=burst)
            earlier = after.pop(slot, None)
            if earlier is not None:
                self._finish_verdict(earlier)
            going_on = before.get(slot)
            if going_on is not None and burst[0].time - going_on.tally.end <= _UNKNOWN_GAP:
                tally = before.pop(slot).tally
            else:
                tally = new_tally("unknown", key, burst[0])
            tally.add(burst, outcome)
            verdict = unknown_verdict(tally, burst, attempts, self.evidence)
            after[slot] = _Open(None, tally, outcome, verdict, _UNKNOWN_GAP)
            self._label(burst, "unknown", None, verdict)

    def _label(self, events: list[Event], label: str, rule: str | None, verdict: Verdict) -> None:
        for event in events:
            if event.kind != RESET:
                continue
            entry = Labelled(event, label, rule, verdict.id, verdict.confidence)
            self._tickets += 1
            heapq.heappush(self._labels, (event.place, self._tickets, entry))

    def _finish_verdict(self, entry: _Open) -> None:
        self.verdicts.append(entry.verdict.as_final())
