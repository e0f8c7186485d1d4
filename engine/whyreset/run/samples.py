"""Samples of event definitions: does each line give what is written beside it?"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from whyreset.basis.span import Span
from whyreset.ingest.allowance import TIMEOUT
from whyreset.ingest.matching import Extractor
from whyreset.model.definition import Definition, Sample
from whyreset.model.diagnostic import Diagnostic
from whyreset.model.event import Event
from whyreset.model.record import Record, Source


class Complaint(NamedTuple):
    """What is to be said of the line `by` (file:line), and what to do."""

    code: str
    by: str
    message: str
    hint: str

    def placed(self, texts: Mapping[str, list[str]]) -> Diagnostic:
        """The complaint with its line shown; *texts* are the lines of each file."""
        file, _, number = self.by.rpartition(":")
        line = texts[file][int(number) - 1]
        start = len(line) - len(line.lstrip()) + 1
        span = Span(int(number), start, int(number), len(line.rstrip()) + 1)
        return Diagnostic(self.code, self.message, file, span, self.hint, line)


class _SlowError(Exception):
    """A pattern that would be given up at such a line; `by` is where it stands."""

    def __init__(self, by: str) -> None:
        super().__init__(by)
        self.by = by


def unmet_samples(definitions: Iterable[Definition]) -> Iterator[Complaint]:
    """Every sample that does not give what it says; no more are tried after a slow pattern."""
    for definition in definitions:
        try:
            for sample, events in _tried(definition):
                problem = _problem(definition, sample, events)
                if problem:
                    yield Complaint("E037", sample.by, *problem)
        except _SlowError as slow:
            hint = "its repeats can share a text in too many ways: write them so that one is left"
            message = f"this pattern takes more than {TIMEOUT:g}s to search a sample"
            yield Complaint("E049", slow.by, message, hint)
            return


def unshown_patterns(definitions: Iterable[Definition]) -> Iterator[Complaint]:
    """Every pattern that no sample is found by; a block without samples once."""
    for definition in definitions:
        shown = [(each, events) for each, events in _tried(definition) if each.gives is not None]
        hint = "add a line of a log that it finds: sample `...` gives field=value"
        if not shown:
            message = f"no sample shows what this `event {definition.kind}` finds"
            yield Complaint("W028", definition.by, message, hint)
            continue
        found = {event.by for _, events in shown for event in events}
        for by in dict.fromkeys(each.by for each in definition.matchers):
            if by not in found:
                yield Complaint("W028", by, "no sample is found by this pattern", hint)


def _tried(definition: Definition) -> Iterator[tuple[Sample, tuple[Event, ...]]]:
    """The samples of a block, each with the events in it."""
    if not definition.samples:
        return
    extractor = Extractor((definition,))
    origin: dict[str, Any] = {
        item.field: item.glob.replace("*", "x") for item in definition.origins
    }
    source = Source("sample", **origin)
    for sample in definition.samples:
        events = tuple(extractor.extract(Record(0, source, 0, sample.text)))
        for matcher in extractor.slow():
            raise _SlowError(matcher.by)
        yield sample, events


def _problem(
    definition: Definition, sample: Sample, events: tuple[Event, ...]
) -> tuple[str, str] | None:
    kind = definition.kind
    if sample.gives is None:
        hint = "make the patterns stricter, or say what it gives"
        return (f"the sample gives a {kind}, but should give nothing", hint) if events else None
    if not events:
        return f"the sample gives no {kind}", "no pattern of the block matches this text"
    for name, wanted in sample.gives:
        got = events[0].get(name)
        if str(got) != str(wanted):
            hint = "correct what it `gives`, or the pattern"
            return f"the sample gives {name}={got}, not {name}={wanted}", hint
    return None
