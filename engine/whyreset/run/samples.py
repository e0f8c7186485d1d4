"""Samples of event definitions: does each line give what is written beside it?"""

from collections.abc import Iterator

from whyreset.ingest.matching import Extractor
from whyreset.model.definition import Definition, Sample
from whyreset.model.record import Record, Source
from whyreset.model.rule import Plan


def failing_samples(plan: Plan) -> Iterator[str]:
    """A sentence for every sample that does not give what it says."""
    for definition in plan.definitions:
        if not definition.samples:
            continue
        extractor = Extractor((definition,))
        for sample in definition.samples:
            problem = _problem(extractor, definition, sample)
            if problem:
                yield f"{sample.by}: the sample {problem}\n      {sample.text}"


def _problem(extractor: Extractor, definition: Definition, sample: Sample) -> str | None:
    origin = {item.field: item.glob.replace("*", "x") for item in definition.origins}
    source = Source("sample", **origin)
    events = extractor.extract(Record(0, source, 0, sample.text))
    if sample.gives is None:
        return f"gives a {definition.kind}, but should give nothing" if events else None
    if not events:
        return f"gives no {definition.kind}"
    for name, wanted in sample.gives:
        got = events[0].get(name)
        if str(got) != str(wanted):
            return f"gives {name}={got}, not {name}={wanted}"
    return None
