"""What is put aside is nothing: little by little, the events are those of the whole."""

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from whyreset.basis.times import format_time
from whyreset.basis.units import NS
from whyreset.ingest.intake import Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.skim import Skim
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock
from whyreset.language.load import load_text
from whyreset.model.event import Event

RULES = "event order_lost { match `order <order:int> lost<rest:rest>` }"
EXTRACTOR = Extractor(load_text(RULES).definitions)
SOURCE = make_source("api")
TEXTS = (
    "F nothing of note", "F nothing of note", "F nothing of note", "F order 7 lost",
    "F order 7 lost in", "F     at Order.java:7", "P order 7", "F  lost", "F", "P ",
)  # fmt: skip
Fed = list[tuple[list[Event], int, int]]


def fed(intake: Intake | Skim, pieces: Iterable[bytes], quiet: int) -> Fed:
    """What each piece gives; after every `quiet` pieces there is silence."""
    batches = []
    for number, piece in enumerate(pieces):
        batches.append(intake.feed(piece))
        if number % quiet == quiet - 1:
            batches.append(intake.settle())
    batches.append(intake.feed(b"", last=True))
    return [(each.events, each.lines, each.bytes) for each in batches]


@given(
    st.lists(st.tuples(st.sampled_from(TEXTS), st.integers(0, 3)), min_size=1, max_size=60),
    st.lists(st.integers(1, 400), min_size=1, max_size=8),
    st.booleans(),
    st.integers(3, 50),
)
def test_the_events_are_those_of_an_intake(
    said: list[tuple[str, int]], sizes: list[int], whole: bool, quiet: int
) -> None:
    time, lines = 1_800_000_000 * NS, []
    for text, wait in said:
        time += wait * 10**8
        lines.append(f"{format_time(time)} stdout {text}\n".encode())
    data, pieces = b"".join(lines), lines
    if not whole:
        cuts = [0]
        while cuts[-1] < len(data):
            cuts.append(cuts[-1] + sizes[len(cuts) % len(sizes)])
        pieces = [data[start:end] for start, end in pairwise(cuts)]
    there = fed(Intake(EXTRACTOR, SOURCE, Clock()), pieces, quiet)
    assert fed(Skim(EXTRACTOR, SOURCE, Clock()), pieces, quiet) == there


def test_lines_without_a_needle_are_put_aside_and_kept() -> None:
    skim = Skim(EXTRACTOR, SOURCE, Clock())
    line = b"2026-11-22T10:00:00.5Z stdout F nothing of note\n"
    first, second = skim.feed(line), skim.feed(line)
    assert (first.lines, first.bytes, first.high) == (second.lines, second.bytes, second.high)
    assert skim.recent() == (2 * line, len(line))
    assert not skim.settle().events
