"""The shipped event definitions, on a corpus of lines and on their own samples."""

import json
import re
from collections.abc import Iterator
from functools import cache
from math import isfinite
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.basis.times import END
from whyreset.ingest.intake import Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock
from whyreset.language.load import check
from whyreset.model.definition import Sample
from whyreset.model.event import Event
from whyreset.model.record import Record, Source
from whyreset.model.rule import Plan

CASES = sorted((Path(__file__).parents[1] / "cases" / "lines").glob("*.jsonl"))
NOW = 1_795_341_600 * 10**9
# What no definition may invent: where a case does not name one of these, it must be absent.
NEVER_INVENTED = ("peer", "client", "upstream", "status", "aborted", "idle", "pod", "address")
BESIDE = ("refused",)
"""Kinds that a case need not name: they say nothing of connections that had been up."""
SOURCE = Source("case")


@cache
def shipped() -> Plan:
    plan, found = check((), builtin=True)
    assert plan is not None, "\n".join(each.render() for each in found)
    return plan


@cache
def extractor() -> Extractor:
    return Extractor(shipped().definitions)


def events_of(text: str) -> list[Event]:
    intake = Intake(extractor(), SOURCE, Clock(reference=NOW))
    return intake.feed(text.encode() + b"\n", last=True).events


def complaints(case: dict[str, object]) -> Iterator[str]:
    wanted = {each["kind"]: each for each in case["events"]}  # type: ignore[attr-defined]
    events = events_of(str(case["line"]))
    found = {each.kind: each for each in events if each.kind in wanted or each.kind not in BESIDE}
    for kind in wanted.keys() ^ found.keys():
        by = f" ({found[kind].by}: {dict(found[kind].fields)})" if kind in found else ""
        yield f"{'an unexpected' if kind in found else 'no'} {kind}{by}"
    for kind in wanted.keys() & found.keys():
        fields = found[kind].fields
        for name in (wanted[kind].keys() | set(NEVER_INVENTED) & fields.keys()) - {"kind"}:
            expected, got = wanted[kind].get(name), fields.get(name)
            if isinstance(expected, float) and isinstance(got, int | float):
                expected, got = round(expected, 6), round(got, 6)
            if expected != got:
                yield f"{kind}.{name}: {got!r} instead of {expected!r} ({found[kind].by})"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_lines(path: Path) -> None:
    failures = []
    for number, text in enumerate(path.read_text("utf-8").splitlines(), 1):
        case = json.loads(text)
        wrong = "; ".join(complaints(case))
        if wrong:
            failures.append(f"{path.name}:{number}: {wrong}\n    {case['line']}")
    assert not failures, "\n".join(["", *failures])


def test_the_corpus_is_large_enough() -> None:
    cases = [json.loads(text) for path in CASES for text in path.read_text("utf-8").splitlines()]
    assert len(cases) >= 300
    assert sum(not case["events"] for case in cases) >= 80


ODD = (
    "²", "٣", "-1", "0", "00", "9" * 30, "9" * 5000, "1e300", "1.5e+999", "1e-400", "0x10", "NaN",
    "Infinity", "0001", "9999", "1970", "2116", "\x00", "\u2028", "::", "[", "{", '"',
)  # fmt: skip
NUMBER = re.compile(r"\d+(?:\.\d+)?")


@cache
def lines() -> list[str]:
    return [
        json.loads(text)["line"] for path in CASES for text in path.read_text("utf-8").splitlines()
    ]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_number_in_a_line_may_be_odd(data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(lines()))
    places = [found.span() for found in NUMBER.finditer(line)] or [(0, 0)]
    start, end = data.draw(st.sampled_from(places))
    for event in events_of(line[:start] + data.draw(st.sampled_from(ODD)) + line[end:]):
        assert -86_400 * 10**9 < event.time < END
        for name, value in event.fields.items():
            assert isinstance(value, str) or isfinite(value), name
            assert not name.endswith("_port") or 0 <= int(value) <= 99_999


def sample_complaint(kind: str, sample: Sample) -> str | None:
    """What is wrong with one sample; its text is a message, envelopes already off."""
    event = next(
        (e for e in extractor().extract(Record(NOW, SOURCE, 0, sample.text)) if e.kind == kind),
        None,
    )
    if sample.gives is None:
        return f"{sample.by}: gives {dict(event.fields)} ({event.by})" if event else None
    if event is None:
        return f"{sample.by}: gives nothing"
    for name, value in sample.gives:
        got = event.get(name)
        both = (value, got)
        if isinstance(value, float) and isinstance(got, int | float):
            both = (round(value, 6), round(got, 6))
        if both[0] != both[1]:
            return f"{sample.by}: {name} is {got!r} instead of {value!r} ({event.by})"
    return None


def test_samples() -> None:
    failures = [
        wrong
        for definition in shipped().definitions
        for sample in definition.samples
        if (wrong := sample_complaint(definition.kind, sample))
    ]
    assert not failures, "\n".join(["", *failures])


def test_every_definition_is_sought_by_a_literal() -> None:
    lazy = [
        matcher.by
        for definition in shipped().definitions
        for matcher in definition.matchers
        if not matcher.literals
    ]
    assert not lazy


def test_hostile_lines_disable_no_pattern() -> None:
    own = Extractor(shipped().definitions, timeout=10.0)
    words = sorted({
        literal.decode()
        for definition in own.definitions
        for matcher in definition.matchers
        for literal in matcher.literals
    })  # fmt: skip
    for word in words:
        for filler in ("p", "1.", "x: ", "\\"):
            own.extract(Record(NOW, SOURCE, 0, f"{word} " * 3 + filler * 2000 + word))
    assert not own.problems


HOSTILE = (
    ('{x"', " EOF client peer"),
    ('{"client": "[d0]:69"x"err":"evo: unexpecte', " EOF"),
    ("read tcp 10.1.6->", " : connection reset by peer"),
    ("1", " worker_connections are not enough"),
    ('"Action":"die","Actor":{x"exitCode":"0"xx"name":"', ""),
    ("876:", " be/<NOSRV> - - "),
    ("ERROR ] ) : - ", "Connection reset x"),
    ("java.net.SocketException: Connection reset ", ""),
    ("outbound:server ", ""),
)
"""What is repeated, and the end of the line: near matches of which each costs little."""


@pytest.mark.parametrize(("piece", "ending"), HOSTILE)
def test_a_long_line_of_near_matches_keeps_no_pattern_busy(piece: str, ending: str) -> None:
    own = Extractor(shipped().definitions, timeout=1.0)
    line = piece * (300_000 // len(piece)) + ending
    Intake(own, SOURCE, Clock(reference=NOW)).feed(line.encode() + b"\n", last=True)
    assert not own.problems
