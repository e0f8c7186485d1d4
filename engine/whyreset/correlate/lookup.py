"""Evidence at hand: the events that clauses may ask for, found by relation and time."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from mypy_extensions import mypyc_attr

from whyreset.basis.network import is_address, is_own
from whyreset.basis.pods import workload_of
from whyreset.basis.times import END
from whyreset.correlate.burst import in_order
from whyreset.correlate.coverage import Coverage, Place
from whyreset.correlate.owners import Owner, Owners
from whyreset.correlate.relations import FIELDS, KEYS, Question, related
from whyreset.correlate.upstreams import Upstreams, service_of
from whyreset.model.conditions import Test, condition_test
from whyreset.model.event import Event, as_text
from whyreset.model.rule import FROM_CLIENT

_SERIES_LIMIT = 100_000

_STATE = ("_upstreams", "_gone", "evicted")


class Hindsight(Protocol):
    """What finds events of some kinds only when a client is asked for, each once; `asked`: of whom
    there is nothing new."""

    asked: set[str]

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of these events."""

    @property
    def gone(self) -> int:
        """The time (ns) up to which it cannot find them any more."""

    def recall(self, peer: str) -> list[Event]:
        """The events on a client, and on others, that were not given before."""

    def forget(self, before: int) -> None:
        """Nobody will ask for what came before this time (ns)."""


class _Asked(NamedTuple):
    """One question for events of a kind: which are meant, the key by which each is kept (None:
    it has several, or none), and where."""

    test: Test | None
    key: Callable[[Event], str] | None
    table: "dict[str, Series]"


@mypyc_attr(serializable=True)
class Series:
    """Events in time order; the oldest give way when there are too many: `gone` is the time (ns)
    of the last of these."""

    def __init__(self) -> None:
        self.gone = -1
        self.times: list[int] = []
        self.events: list[Event] = []

    def add(self, event: Event) -> bool:
        """Put in its place; False when the oldest half had to be dropped."""
        times, time = self.times, event.time
        if times and time < times[-1]:
            at = bisect_right(times, time)
            times.insert(at, time)
            self.events.insert(at, event)
        else:
            times.append(time)
            self.events.append(event)
        if len(times) <= _SERIES_LIMIT:
            return True
        dropped = len(times) // 2
        self.gone = times[dropped - 1]
        self._drop(dropped)
        return False

    def between(self, low: int, high: int) -> list[Event]:
        """The events with low <= time <= high."""
        return self.events[bisect_left(self.times, low) : bisect_right(self.times, high)]

    def forget(self, before: int) -> None:
        """Drop what is older than `before`."""
        if self.times[0] < before:
            self._drop(bisect_left(self.times, before))

    def _drop(self, count: int) -> None:
        del self.times[:count]
        del self.events[:count]


class Evidence:
    """All events that the loaded rules can ask for, within reach of an open burst; `coverage`
    says what their absence proves, `hindsight` finds those that were not added."""

    def __init__(self, questions: Mapping[Question, int], owners: Owners) -> None:
        self._owners = owners
        self._look_back = dict(questions)
        at_clients = (back for each, back in questions.items() if each.relation in FROM_CLIENT)
        self._look_back_at_clients = max(at_clients, default=0)
        self._tables: dict[Question, dict[str, Series]] = {q: {} for q in questions}
        self._by_kind: dict[str, list[_Asked]] = {}
        for question, table in self._tables.items():
            test = condition_test(question.conditions) if question.conditions else None
            asked = _Asked(test, KEYS.get(question.relation), table)
            self._by_kind.setdefault(question.kind, []).append(asked)
        self.coverage = Coverage()
        self.hindsight: Hindsight | None = None
        self._upstreams = Upstreams()
        self._gone: dict[Question, int] = {}  # up to when (ns) events were let go before their time
        self.evicted = 0
        self._newest = -1  # time (ns) of an event

    def asks_for(self, kind: str) -> bool:
        """Whether any rule asks for events of this kind."""
        return kind in self._by_kind

    def state(self) -> dict[str, Any]:
        """Everything that changes, for a snapshot."""
        own = {name: getattr(self, name) for name in _STATE}
        return {"_tables": self._tables, "coverage": self.coverage.state(), **own}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot; questions that it did not know start empty."""
        for name in _STATE:
            setattr(self, name, state[name])
        self.coverage.set_state(state["coverage"])
        for question, table in self._tables.items():
            table.clear()
            table.update(state["_tables"].get(question, {}))

    def add(self, event: Event) -> None:
        """Take the next event in time order."""
        self._newest = max(self._newest, event.time)
        if not event.source.timed:
            return
        if (event.kind, event.source.name) not in self.coverage.known:
            self.coverage.show(event)
        for test, key_of, table in self._by_kind.get(event.kind, ()):
            if test is not None and not test(event):
                continue
            for key in (key_of(event),) if key_of is not None else self._upstream_keys(event):
                series = table.get(key)
                if series is None:
                    series = table[key] = Series()
                self.evicted += not series.add(event)

    def _upstream_keys(self, event: Event) -> Iterator[str]:
        upstream = event.fields.get("upstream")
        if upstream:
            if not is_address(str(upstream)):
                self._upstreams.learn(str(upstream))
            yield str(upstream)
        name = event.fields.get("upstream_name")
        if name:
            self._upstreams.learn(str(name))
            yield str(name)

    def near(self, question: Question, reset: Event, low: int, high: int) -> list[Event] | None:
        """Related events with low <= time <= high, in time order; None where the reset does
        not say whom to relate them to, or nothing tells when it came."""
        wanted = self._wanted(question, reset, high) if reset.source.timed else None
        if wanted is None:
            return None
        self._recall(question, reset)
        table = self._tables[question]
        found = [  # under each key in order
            list(related(question, reset, namespace, key, series.between(low, high)))
            for namespace, key in wanted
            if (series := table.get(key)) is not None
        ]
        return found[0] if len(found) == 1 else in_order(chain.from_iterable(found))

    def last(self, question: Question, reset: Event, low: int, high: int) -> Event | None:
        """The last of these related events; only as many are looked at as need be."""
        if not reset.source.timed:
            return None
        self._recall(question, reset)
        table = self._tables[question]
        found: list[Event] = []
        for namespace, key in self._wanted(question, reset, high) or ():
            series = table.get(key)
            if series is not None:
                backwards = reversed(series.between(low, high))
                found += islice(related(question, reset, namespace, key, backwards), 1)
        return max(found, key=attrgetter("place"), default=None)

    def _recall(self, question: Question, reset: Event) -> None:
        """Add what was left out when it was read, and is asked for now."""
        hindsight = self._hindsight_of(question)
        if hindsight is not None:
            peer = str(reset.get("peer") or "")
            if peer and peer not in hindsight.asked:
                for event in hindsight.recall(peer):
                    self.add(event)

    def _hindsight_of(self, question: Question) -> Hindsight | None:
        if self.hindsight is None or question.relation not in FROM_CLIENT:
            return None
        return self.hindsight if question.kind in self.hindsight.kinds else None

    def proves_absence(self, question: Question, reset: Event, low: int, high: int) -> bool:
        """Whether nothing found with low <= time <= high means that there was nothing: streams that
        would show it were read all the time, and nothing was let go."""
        for place in self._places(question, reset, high):
            if not self.coverage.covers(question.kind, low, high, place):
                return False
        return not self.is_gone(question, reset, low, high)

    def is_gone(self, question: Question, reset: Event, low: int, high: int) -> bool:
        """Whether events with low <= time <= high may have been let go before their time."""
        hindsight = self._hindsight_of(question)
        if hindsight is not None and low <= hindsight.gone:
            return True
        if not self.evicted:
            return False
        gone, table = self._gone.get(question, -1), self._tables[question]
        wanted = self._wanted(question, reset, high) or ()
        return low <= max([gone, *(table[key].gone for _, key in wanted if key in table)])

    def streams(self, question: Question, reset: Event) -> int:
        """How many streams would show what is asked for."""
        places = self._places(question, reset, reset.time)
        return min(self.coverage.streams(question.kind, each) for each in places)

    def _places(self, question: Question, reset: Event, time: int) -> tuple[Place | None, ...]:
        """The places of which streams must tell; one that is None is any."""
        source = reset.source
        match question.relation:
            case "on pod":
                return (
                    Place(as_text(reset.get("node")), source.namespace, as_text(reset.get("pod"))),
                )
            case "on workload":
                return (Place(None, source.namespace, None),)
            case "on node":
                return (Place(as_text(reset.get("node")), None, None),)
            case "on peer":
                owners = self._owners_of_peer(question, reset, time)
                return tuple(Place(None, each.namespace, each.pod) for each in owners) or (None,)
            case _:
                return (None,)

    def _wanted(
        self, question: Question, reset: Event, time: int
    ) -> list[tuple[str | None, str]] | None:
        """Namespace (None: any) and key of the related events, or None when the relation
        cannot be resolved."""
        relation = question.relation
        if relation is None:
            return [(None, "")]
        if relation == "to workload":
            return [(None, key) for key in self._upstreams_of(reset)] or None
        if relation == "from pod":
            return [(None, key) for key in self._addresses_of(reset)] or None
        if relation == "on peer":
            owners = self._owners_of_peer(question, reset, time)
            return [(owner.namespace, owner.pod) for owner in owners] or None
        field = FIELDS.get(relation, "node")
        value = reset.get(field)
        namespace = reset.source.namespace if field in ("pod", "workload") else None
        return None if value is None else [(namespace, str(value))]

    def _owners_of_peer(self, question: Question, reset: Event, time: int) -> list[Owner]:
        """The pods that own the peer's address; on the loopback that is the pod itself, and of a
        service's name those of its pods that have such events."""
        peer, source = str(reset.peer or ""), reset.source
        if is_own(peer) and source.pod is not None:
            return [Owner(source.namespace, source.workload, source.pod)]
        if not peer or is_address(peer):
            return self._owners.of(peer, time)
        within, name = service_of(peer)
        namespace = within or source.namespace
        pods = [pod for pod in self._tables[question] if name in (workload_of(pod), pod)]
        return [Owner(namespace, name, pod) for pod in pods]

    def _addresses_of(self, reset: Event) -> list[str]:
        """The addresses that the pod which logged a reset has had."""
        source = reset.source
        if source.workload is None or source.pod is None:
            return []
        return sorted(self._owners.addresses(source.namespace, source.workload, source.pod))

    def _upstreams_of(self, reset: Event) -> list[str]:
        workload = reset.source.workload
        if workload is None:
            return []
        keys = self._owners.addresses(reset.source.namespace, workload)
        local = reset.fields.get("local")
        if local:
            keys.add(str(local))
        return sorted(keys | self._upstreams.of(reset.source.namespace, workload))

    def shrink(self, most: int) -> None:
        """Memory is short: let go of what is older than `most` (ns) before the newest event."""
        self.forget(self._newest, most)
        self.evicted += 1

    def forget(self, floor: int, most: int = END) -> None:
        """Drop what no reset at `floor` (ns) or later will ask for, and what is older than `most`
        (ns) before it."""
        if self.hindsight is not None:
            self.hindsight.forget(floor - min(most, self._look_back_at_clients))
        for question, table in self._tables.items():
            before, size = floor - min(most, self._look_back[question]), len(table)
            if most < END:  # open bursts may ask for it
                self._gone[question] = max(before - 1, self._gone.get(question, -1))
            for key in list(table):
                series = table[key]
                series.forget(before)
                if not series.times:
                    del table[key]
            if 2 * len(table) < size:  # a table that has shrunk keeps its size
                left = dict(table)
                table.clear()
                table.update(left)
