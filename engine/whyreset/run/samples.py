"""Samples of event definitions: does each line give what is written beside it?"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from whyreset.basis.span import Span
from whyreset.ingest.matching import Extractor
from whyreset.model.definition import Definition, Sample
from whyreset.model.diagnostic import Diagnostic
from whyreset.model.record import Record, Source
from whyreset.model.rule import Plan


class FailingSample(NamedTuple):
    """A sample that does not give what it says: what it gives, and what to do."""

    sample: Sample
    message: str
    hint: str

    def placed(self, texts: Mapping[str, list[str]]) -> Diagnostic:
        """The finding at the sample's line; *texts* are the lines of each file."""
        file, _, number = self.sample.by.rpartition(":")
        line = texts[file][int(number) - 1]
        start = len(line) - len(line.lstrip()) + 1
        span = Span(int(number), start, int(number), len(line.rstrip()) + 1)
        return Diagnostic("E037", self.message, file, span, self.hint, line)


def failing_samples(plan: Plan) -> Iterator[str]:
    """A sentence for every sample that does not give what it says."""
    for each in unmet_samples(plan):
        yield f"{each.sample.by}: {each.message}\n      {each.sample.text}"


def unmet_samples(plan: Plan) -> Iterator[FailingSample]:
    """Every sample that does not give what it says."""
    for definition in plan.definitions:
        if not definition.samples:
            continue
        extractor = Extractor((definition,))
        for sample in definition.samples:
            problem = _problem(extractor, definition, sample)
            if problem:
                yield FailingSample(sample, *problem)


def _problem(
    extractor: Extractor, definition: Definition, sample: Sample
) -> tuple[str, str] | None:
    origin = {item.field: item.glob.replace("*", "x") for item in definition.origins}
    source = Source("sample", **origin)
    events = extractor.extract(Record(0, source, 0, sample.text))
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
