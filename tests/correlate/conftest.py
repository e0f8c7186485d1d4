"""A laboratory for the correlator: events written as text, rules as text, verdicts out."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

from whyreset.basis.units import NS, parse_duration
from whyreset.correlate.correlator import Correlator
from whyreset.language.load import load_text
from whyreset.model.event import PLACE_FIELDS, Event, Value, event_of
from whyreset.model.record import Source
from whyreset.model.rule import Plan
from whyreset.model.verdict import Labelled, Verdict

START = 1_800_000_000 * NS
END = 1 << 62
_PLACE = {"namespace": "default", "workload": "app", "pod": "app-1", "node": "node-1"}
_TIMES = re.compile(r"(\w+)(?:\.\.(\w+) every (\w+))?$")
_NUMBER = re.compile(r"\d+(\.\d+)?$")


@dataclass
class Outcome:
    """What a run gave: labels as they came, final verdicts, all verdicts."""

    correlator: Correlator
    labels: list[Labelled] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def finals(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.state == "final"]

    def take(self) -> None:
        self.labels += self.correlator.take_labels()
        self.verdicts += self.correlator.take_verdicts()


class Lab:
    """Rules and events as text; times are relative to START."""

    start = START

    def plan(self, rules: str) -> Plan:
        return load_text(rules)

    def event(self, time: int, kind: str, offset: int = 0, **fields: Value) -> Event:
        """A reset carries its place in its source, other kinds name it in their fields."""
        own = dict(fields)
        printed_by = str(own.pop("source", ""))
        named = {name: str(own.get(name, value)) for name, value in _PLACE.items()}
        of_its_own = printed_by.startswith("own")  # the log of the pod: it does not name itself
        if kind == "reset" or of_its_own:
            for name in PLACE_FIELDS:
                own.pop(name, None)
        if printed_by.startswith("journal"):
            named |= {"pod": None, "workload": None, "namespace": None}
        source = Source(
            printed_by or f"{named['namespace']}/{named['pod']} {kind}", container="app", **named
        )
        return event_of(START + time, source, offset, kind, own, f"{kind} {time}")

    def events(self, text: str) -> list[Event]:
        """Lines `TIME[..TIME every D] KIND field=value ...`."""
        found: list[Event] = []
        for line in filter(None, map(str.strip, text.splitlines())):
            times, _, rest = line.partition("  ")
            kind, *pairs = rest.split()
            match = _TIMES.match(times)
            assert match, line
            first = parse_duration(match[1])
            step = parse_duration(match[3]) if match[3] else 1
            last = parse_duration(match[2]) if match[2] else first
            fields = dict(pair.split("=", 1) for pair in pairs)
            for time in range(first, last + 1, step):
                found.append(self.event(time, kind, len(found), **_typed(fields)))
        return sorted(found, key=lambda event: event.place)

    def run(self, rules: str | Plan, events: Iterable[Event], cover: Iterable[str] = ()) -> Outcome:
        """Feed all; `cover` lines are `KIND T..T`: a stream that shows this kind, wherever it is,
        was read then; `@SOURCE T..T` that one was, which shows what its events tell of.

        Without any, every source counts as read for ever, and as one of the cluster.
        """
        outcome = Outcome(Correlator(rules if isinstance(rules, Plan) else self.plan(rules)))
        evidence = outcome.correlator.evidence
        events = list(events)
        for line in cover:
            kind, since, until = re.split(r"\s+|\.\.", line)
            name = kind.removeprefix("@")
            evidence.coverage.cover(
                name, START + parse_duration(since), START + parse_duration(until)
            )
            if name == kind:
                evidence.coverage.promise(kind, name)
        for event in () if cover else events:
            evidence.coverage.cover(event.source.name, START - 3600 * NS, END)
        for event in events:
            outcome.correlator.feed(event)
            if not cover:
                evidence.coverage.promise(event.kind, event.source.name)
            outcome.take()
        outcome.correlator.finish()
        outcome.take()
        return outcome


def _typed(fields: dict[str, str]) -> dict[str, Value]:
    def typed(name: str, value: str) -> Value:
        if name in ("duration", "idle"):
            return parse_duration(value) / NS
        return int(value) if _NUMBER.match(value) else value

    return {name: typed(name, value) for name, value in fields.items()}


@pytest.fixture(scope="session")
def lab() -> Lab:
    return Lab()


@pytest.fixture(scope="session")
def rule_text() -> Callable[..., str]:
    """One rule: `rule_text("name", "clauses", unless=..., label=..., head=...)`."""

    def text(
        name: str, when: str, *, unless: str = "", label: str = "idle_timeout", head: str = ""
    ) -> str:
        burst = "" if "burst of" in head else "burst of reset by pod, peer gap 60s\n"
        exceptions = f"unless {{\n{unless}\n}}\n" if unless else ""
        start = f"rule {name} {{\nlabel {label}\n{head}\n{burst}"
        return f"{start}when {{\n{when}\n}}\n{exceptions}}}\n"

    return text
