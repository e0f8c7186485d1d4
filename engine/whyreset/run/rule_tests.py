"""In-file tests: a test's events go through its rule alone, and its expectations are compared."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from whyreset.basis.frozen import replace
from whyreset.basis.names import plain
from whyreset.basis.times import END
from whyreset.basis.units import NS, format_duration, parse_duration, spell_duration
from whyreset.correlate.correlator import Correlator
from whyreset.model.event import RESET, Event, Value, event_of
from whyreset.model.record import Source
from whyreset.model.rule import Expectation, Plan, Rule, RuleTest, Scope, TestEvents
from whyreset.model.verdict import Verdict

_START = 1_767_225_600 * NS
_PLACE = {
    "namespace": "default",
    "workload": "app",
    "pod": "app-1",
    "container": "app",
    "node": "node-1",
}
_SCOPED = {"namespace", "workload", "labels"}
_SAME_TIME = 0.02
"""How far (share) a period may be from the expected one."""


class TestResult(NamedTuple):
    """How a test went: `failures` is empty where it passed; `got` are the verdicts."""

    rule: Rule
    test: RuleTest
    failures: tuple[str, ...]
    got: tuple[Verdict, ...]


def run_rule_tests(plan: Plan) -> Iterator[TestResult]:
    """Run every test of every rule of the plan."""
    for rule in plan.rules:
        for test in rule.tests:
            yield run_test(plan, rule, test)


def run_test(plan: Plan, rule: Rule, test: RuleTest) -> TestResult:
    """Run one test against its rule alone, where the rule acts if the test names no place."""
    fields = {name for line in test.events for name, _ in line.fields}
    if not fields & _SCOPED:
        rule = replace(rule, scope=Scope())
    alone = replace(plan, rules=(rule,))
    correlator = Correlator(alone)
    for stream in test.streams:
        source = f"stream {stream.kind}"
        correlator.evidence.coverage.cover(source, _START + stream.start, _START + stream.end)
        correlator.evidence.coverage.promise(stream.kind, source)
    events = sorted((e for line in test.events for e in _events(line)), key=attrgetter("place"))
    for event in events:
        correlator.evidence.coverage.cover(event.source.name, _START, END)
    for event in events:
        correlator.feed(event)  # whatever pod it is about, its stream tells of all
        correlator.evidence.coverage.promise(event.kind, event.source.name)
    correlator.finish()
    got = tuple(v for v in correlator.take_verdicts() if v.state == "final")
    failures = [text for expected in test.expectations if (text := _unmet(expected, got))]
    return TestResult(rule, test, tuple(failures), got)


def given_lines(test: RuleTest) -> list[str]:
    """The events and streams of a test, as they are written."""
    lines = [
        f"stream {plain(each.kind)} {spell_duration(each.start)}..{spell_duration(each.end)}"
        for each in test.streams
    ]
    return lines + [_spelt(each) for each in test.events]


def expected_lines(test: RuleTest) -> list[str]:
    """What a test expects, a line for each `expect`."""
    return [_wanted(each) for each in test.expectations]


def got_lines(verdicts: Sequence[Verdict], expected: Sequence[Expectation]) -> list[str]:
    """What the verdicts say, in the words of a test: the usual values of each beside its label,
    and all that is expected of any."""
    names = dict.fromkeys(
        ["peer", "count", *(name for each in expected for name, _ in each.fields)]
    )
    return [" ".join([each.label, *_values(each, names)]) for each in verdicts]


def _values(verdict: Verdict, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        value = getattr(verdict, name)
        if name != "period":
            yield f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
    if verdict.period:
        yield f"period={format_duration(verdict.period)}"


def _spelt(line: TestEvents) -> str:
    times = spell_duration(line.start)
    if line.every is not None and line.end is not None:
        times += f"..{spell_duration(line.end)} every {spell_duration(line.every)}"
        times += f" ± {line.jitter * 100:g}%" if line.jitter else ""
    return f"{times}  {plain(line.kind)} " + " ".join(
        f"{name}={value}" for name, value in line.fields
    )


def _events(line: TestEvents) -> Iterator[Event]:
    """The events of one `at` line; their jitter is the same in every run."""
    shuffle = random.Random(f"{line}")
    times = [line.start + i * (line.every or 0) for i in range(line.count)]
    fields: dict[str, Value] = dict(line.fields)
    own = fields if line.kind in (RESET, "disconnect") else {}
    place: dict[str, Any] = {name: str(own.pop(name, default)) for name, default in _PLACE.items()}
    if line.kind not in (RESET, "disconnect"):
        place = {name: str(fields.get(name, value)) for name, value in place.items()}
    stream = "log" if line.kind in (RESET, "disconnect") else line.kind
    name = f"{place['pod']} {stream}"
    source = Source(name, **place)
    for i, time in enumerate(times):
        off = round(shuffle.uniform(-line.jitter, line.jitter) * (line.every or 0))
        yield event_of(_START + time + off, source, i, line.kind, fields, f"{line.kind} {i}")


def _wanted(expected: Expectation) -> str:
    return " ".join([expected.label, *(f"{name}={value}" for name, value in expected.fields)])


def _unmet(expected: Expectation, got: tuple[Verdict, ...]) -> str | None:
    """What is wrong with the verdicts, or None."""
    if expected.label == "unknown" and not expected.fields:
        claims = tuple(verdict for verdict in got if verdict.label != "unknown")
        return f"expected no claim, got {_shown(claims, expected)}" if claims else None
    if any(_meets(expected, verdict) for verdict in got):
        return None
    return f"expected {_wanted(expected)}, got {_shown(got, expected)}"


def _shown(verdicts: tuple[Verdict, ...], expected: Expectation) -> str:
    return "; ".join(repeated(got_lines(verdicts, [expected]))) or "nothing"


def repeated(lines: Sequence[str]) -> list[str]:
    """The lines, each once, with how often it stands there."""
    return [line if count == 1 else f"{count} x {line}" for line, count in Counter(lines).items()]


def _meets(expected: Expectation, verdict: Verdict) -> bool:
    return verdict.label == expected.label and all(
        _same(name, wanted, verdict) for name, wanted in expected.fields
    )


def _same(name: str, wanted: Value, verdict: Verdict) -> bool:
    if name == "period":
        period = verdict.period or 0.0
        want = parse_duration(wanted) if isinstance(wanted, str) else wanted * NS
        return abs(period - want) <= _SAME_TIME * want
    value = getattr(verdict, name)
    if isinstance(value, float) and not isinstance(wanted, str):
        return abs(value - wanted) <= _SAME_TIME * max(abs(wanted), 0.01)
    return str(value) == str(wanted)
