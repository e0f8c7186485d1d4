"""The correlator: events in time order in, labels and verdicts out, reading no clock.

Resets are gathered in *clusters* that no rule's burst can cross (the fields that all rules
have in their keys, the longest gap). A cluster is judged when event time has passed its end
by the rules' look-ahead, or in stretches of at most `span` when it goes on for longer. What is
decided depends only on the events and their order in time, never on when they arrived.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import dropwhile
from operator import attrgetter
from typing import Any

from whyreset.basis.frozen import replace
from whyreset.basis.network import membership
from whyreset.basis.times import END
from whyreset.correlate.burst import Burst, Key, bursts_of, in_order, key_reader
from whyreset.correlate.case import UNKNOWN_WAY, BrokenOffError, Case, Open, gap_of, within_reach
from whyreset.correlate.clusters import Cluster, Clusters, Place
from whyreset.correlate.connections import Connections, is_told
from whyreset.correlate.judge import Entry, Judge, Outcome, Witness
from whyreset.correlate.labels import Labels
from whyreset.correlate.lookup import Evidence
from whyreset.correlate.members import World
from whyreset.correlate.owners import Owners
from whyreset.correlate.reach import questions_of, reach_of
from whyreset.correlate.stretch import new_tally
from whyreset.correlate.texts import Values
from whyreset.correlate.unexplained import Attempt, Way, unknown_verdict
from whyreset.correlate.verdicts import in_scope, note_scope, verdict_of
from whyreset.model.event import RESET, Event
from whyreset.model.rule import BY_OWNER, Plan, Rule, asks_labels
from whyreset.model.verdict import Labelled, Verdict

_source_name = attrgetter("source.name")
_STATE = ("_open", "_fed", "_now", "verdicts")
_LIMIT = 20_000
"""Resets in one stretch, so that memory stays bounded; `Correlator.most` may be set to less."""
_SWEEP = 4096
"""Events from one sweep of the evidence to the next."""


class Correlator:
    """Feed events in time order; `advance` says that none older will come.

    `stopped` is asked between two rules whether to break off: then nothing has changed.
    """

    stopped: Callable[[], bool] = staticmethod(lambda: False)

    def __init__(self, plan: Plan, *, labels: bool = True, verdicts: bool = True) -> None:
        self._plan = plan
        self._wants_labels = labels
        self._wants_verdicts = verdicts
        self.witness: Witness | None = None
        self.connections = Connections()
        self.owners = Owners(labelled=asks_labels(plan.rules))
        self.evidence = Evidence(questions_of(plan.rules), self.owners)
        networks = {name: membership(prefixes) for name, prefixes in plan.networks.items()}
        world = World(self.evidence, networks, {})
        self._judges: dict[str, list[Judge]] = {RESET: []}
        for rule in plan.rules:
            self._judges.setdefault(rule.kind, []).append(Judge(rule, world))
        self._rule_keys = {id(rule): key_reader(rule.keys) for rule in plan.rules}
        self._ways: dict[str, dict[Way, Callable[[Event], Key]]] = {
            kind: {(j.rule.keys, j.rule.gap): self._rule_keys[id(j.rule)] for j in judges}
            for kind, judges in self._judges.items()
        }
        self._reaches = {
            kind: reach_of([judge.rule for judge in judges], *UNKNOWN_WAY)
            for kind, judges in self._judges.items()
        }
        self.most = _LIMIT
        self._clusters = Clusters(self._reaches, lambda _: self.most)
        self._unknown_key = key_reader(UNKNOWN_WAY[0])
        self._open: dict[Place, dict[tuple[str, Key], Open]] = {}
        self._foreseen: dict[tuple[Place, int], dict[tuple[str, Key], Open]] = {}
        relations = {question.relation for question in questions_of(plan.rules)}
        self._asks_owners = not relations.isdisjoint(BY_OWNER) or self.owners.labelled
        self._fed = self._now = 0
        self._labels = Labels()
        self.verdicts: list[Verdict] = []

    def judges_of(self, kind: str) -> Sequence[Judge]:
        """The compiled rules for bursts of this kind, in the order in which they are tried."""
        return self._judges.get(kind, ())

    def feed(self, event: Event) -> None:
        """Take the next event; events come in order of (time, source, offset)."""
        self.advance(event.time)
        self._take(self.connections.told(event))

    def _take(self, event: Event) -> None:
        kind = event.kind
        self._now = max(self._now, event.time)
        self._fed += 1
        if self._fed % _SWEEP == 0:
            self.forget()
        if self._asks_owners and (kind == "address" or "local" in event.fields):
            self.owners.learn(event)
        self.evidence.add(event)
        if kind in self._judges:
            self._clusters.add(event)

    def feed_all(self, events: Iterable[Event]) -> None:
        """Take many events, in any order, none of which should have come before the last ones.

        Where nobody asks for resets as evidence, they do no more than join their clusters: this
        need not be done in time's order.
        """
        rest: list[Event] = []
        if self._asks_owners or self.evidence.asks_for(RESET):
            rest += events
        else:
            resets: list[Event] = []
            for event in events:
                (resets if event.kind == RESET and is_told(event) else rest).append(event)
            for source in dict.fromkeys(map(_source_name, resets)):
                self.evidence.coverage.promise(RESET, source)
            self._clusters.add_all(resets)
        for event in in_order([event.whole() for event in rest]):
            if event.time > self._clusters.next_due:
                self.advance(event.time)
            self._take(self.connections.told(event))

    def advance(self, time: int, most: int = END) -> bool:
        """Event time is at least `time` (ns) now: judge what can be judged; False where it was
        broken off, with so many more verdicts or labels to be taken."""
        most += len(self._labels)
        while (cluster := self._clusters.pop_due(time)) is not None:
            if not self._settle(cluster):
                return False
            if len(self.verdicts) + len(self._labels) >= most:
                return False
        self._now = max(self._now, time)
        return True

    def finish(self, most: int = END) -> bool:
        """No more events: judge all that is left, or as `advance` does."""
        return self.advance(END, most)

    def take_labels(self) -> list[Labelled]:
        """The labels decided so far, in time order: none earlier will follow."""
        return self._labels.take(self._floor()) if self._labels else []

    def take_verdicts(self) -> list[Verdict]:
        """The verdicts decided since the last call."""
        taken, self.verdicts = self.verdicts, []
        return taken

    def state(self) -> dict[str, Any]:
        """Everything that changes, picklable, for a snapshot."""
        own = {name: getattr(self, name) for name in _STATE}
        parts = {name: part.state() for name, part in self._parts().items()}
        return {"own": own, **parts}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot of a correlator, also one with other rules."""
        for name in _STATE:
            setattr(self, name, state["own"][name])
        for name, part in self._parts().items():
            part.set_state(state[name])

    def _parts(self) -> dict[str, Clusters | Connections | Evidence | Labels | Owners]:
        return {
            "clusters": self._clusters, "connections": self.connections, "evidence": self.evidence,
            "labels": self._labels, "owners": self.owners,
        }  # fmt: skip

    def shed(self, events: int) -> int:
        """Memory is short: judge the open clusters that began first, of at least so many events.
        Gives how many they were; what comes to them later is a burst of its own."""
        return sum(map(self._settle, self._clusters.take_first(events)))

    def leave(self) -> int:
        """Judge nothing more; gives how many resets are left."""
        left = self._clusters.take_first(END)
        return sum(len(cluster.events) for cluster in left if cluster.kind == RESET)

    @property
    def open_bursts(self) -> list[tuple[Key, int, int]]:
        """Key, resets and last time (ns) of what is gathered now, the largest first."""
        return self._clusters.sizes

    def _floor(self) -> int:
        """Everything before this time (ns) is decided."""
        return self._clusters.floor(self._now)

    def forget(self) -> None:
        """Let go of the evidence that nobody will ask for any more."""
        self.evidence.forget(self._floor())

    def provisional(self, wanted: Callable[[object, int], bool] | None = None) -> list[Verdict]:
        """What the open clusters would come to if they ended now; claims only, nothing changes.

        `wanted` chooses among them by their key and how many events they have.
        """
        said = []
        for cluster in self._clusters:
            if wanted is not None and not wanted(cluster.place, len(cluster.events)):
                continue
            try:
                case = self._foresee(cluster)
            except BrokenOffError:
                break
            said += [self._verdict(e, "provisional") for e in case.after.values() if e.rule]
        return said

    def _settle(self, cluster: Cluster) -> bool:
        """Decide a cluster that is closed; False where that was broken off: it is open again."""
        place = cluster.place
        try:
            case = self._tried(cluster)
        except BrokenOffError:
            self._clusters.reopen(cluster)
            return False
        self._open.pop(place, None)
        self._foreseen.pop((place, cluster.start), None)
        going_on = {} if cluster.cut is None else within_reach(case.after, cluster.last)
        if self._wants_verdicts:
            self._say(case, going_on)
        if going_on:
            self._open[place] = going_on
        if self._wants_labels and cluster.kind == RESET:
            for rule, tally, outcome in case.claims:
                self._labels.add(rule, tally, outcome)
        return True

    def _say(self, case: Case, going_on: Collection[object]) -> None:
        """The verdicts of a case; the bursts in these places go on."""
        self.verdicts += case.said
        self.verdicts += [self._verdict(entry, "final") for entry in case.before.values()]
        self.verdicts += [
            self._verdict(entry, "ongoing" if slot in going_on else "final")
            for slot, entry in case.after.items()
        ]

    def _foresee(self, cluster: Cluster) -> Case:
        """What a cluster would come to now: it goes on with the bursts of stretches before it,
        which wait for what comes after them. What these would come to is kept till then."""
        going_on = self._open.get(cluster.place, {})
        for earlier in self._clusters.cut_at(cluster.place):
            if earlier.start >= cluster.start:
                break
            stretch = earlier.place, earlier.start
            if stretch not in self._foreseen:
                case = self._tried(earlier, going_on)
                self._foreseen[stretch] = within_reach(case.after, earlier.last)
            going_on = self._foreseen[stretch]
        return self._tried(cluster, going_on)

    def _tried(self, cluster: Cluster, going_on: dict[tuple[str, Key], Open] | None = None) -> Case:
        """Try a cluster rule by rule; what nobody claims is unknown. `going_on`: bursts that it may
        go on with, else those of what was decided last."""
        if self.stopped():
            raise BrokenOffError
        before = self._open.get(cluster.place, {}) if going_on is None else going_on
        case = Case(cluster.events, self._reaches[cluster.kind], dict(before))
        for judge in self._judges[cluster.kind]:
            self._try(judge, case)
            if not case.pool.events:
                break
        if case.pool.events and cluster.kind == RESET:
            self._leave_unknown(case)
        return case

    def _try(self, judge: Judge, case: Case) -> None:
        """Take from the pool what one rule claims."""
        rule, key_of = judge.rule, self._rule_keys[id(judge.rule)]
        way, entry = (rule.keys, rule.gap), judge.entry if self.witness is None else None
        if rule.scope.within or rule.scope.outside:
            within = (e for e in case.pool.events if in_scope(rule.scope, e, self.owners))
            bursts, entry = bursts_of(within, key_of, rule.gap), None
        else:
            bursts = case.pool.bursts(way, key_of, entry)
        claimed: list[Event] = []
        admitted: list[tuple[Key, Burst]] = []
        for key, burst in bursts:
            if self.stopped():
                raise BrokenOffError
            outcome = judge.judge(burst)
            if self.witness is not None:
                self.witness(judge, burst, outcome)
            if outcome.claimed:
                note_scope(rule.scope, outcome, self.owners)
                claimed += outcome.claimed
                self._claim(case, rule, key, outcome)
                continue
            if self._wants_verdicts:
                case.failures.add(rule, key, burst, outcome)
            if not outcome.refused:
                admitted.append((key, burst))
        if claimed:
            case.pool.take(claimed)
        elif entry is not None:
            case.pool.admit(way, entry, admitted)

    def _claim(self, case: Case, rule: Rule | None, key: Key, outcome: Outcome) -> None:
        """Resets get their label from a rule, or remain unknown."""
        slot, first = (rule.name if rule else "unknown", key), outcome.claimed[0]
        earlier = case.after.pop(slot, None)
        if earlier is not None and self._wants_verdicts:
            case.said.append(self._verdict(earlier, "final"))
        going_on = case.before.get(slot)
        if going_on is not None and first.time - going_on.tally.end <= gap_of(rule):
            tally = case.before.pop(slot).tally.copy()  # on trial
        else:
            tally = new_tally(first)
        tally.add(outcome.claimed, outcome, one_peer=rule is None or "peer" in rule.keys)
        nearest: Attempt | None = None
        also: tuple[str, ...] = ()
        if rule is None and self._wants_verdicts:
            ways = self._ways[first.kind].items()
            nearest = case.failures.nearest(first, ((way, read(first)) for way, read in ways))
        elif rule is not None and self._wants_verdicts:
            also = self._others(rule, outcome.claimed)
        case.after[slot] = Open(rule, tally, outcome, nearest, also)
        case.claims.append((rule, tally, outcome))

    def _leave_unknown(self, case: Case) -> None:
        for key, burst in case.pool.bursts(UNKNOWN_WAY, self._unknown_key):
            self._claim(case, None, key, Outcome(claimed=burst))

    def _others(self, rule: Rule, claimed: Burst) -> tuple[str, ...]:
        """Rules of another label that would have claimed most of the same resets; those before
        this one have been tried."""
        later = dropwhile(lambda judge: judge.rule is not rule, self._judges[rule.kind])
        refused: set[Entry | None] = set()
        found: list[str] = []
        for judge in later:
            other = judge.rule
            if judge.entry in refused or other.label == rule.label:
                continue
            if in_scope(other.scope, claimed[0], self.owners):
                outcome = judge.judge(claimed)
                if outcome.refused:
                    refused.add(judge.entry)
                elif 2 * len(outcome.claimed) > len(claimed):
                    found.append(other.name)
        return tuple(found)

    def _verdict(self, entry: Open, state: str) -> Verdict:
        if entry.rule is None:
            world = self.evidence, self.owners
            return unknown_verdict(entry.tally, entry.nearest, world, state)
        values = Values(entry.rule, entry.tally, entry.outcome, self._plan.settings)
        verdict = verdict_of(entry.rule, entry.tally, entry.outcome, values, state)
        return replace(verdict, also=entry.also) if entry.also else verdict
