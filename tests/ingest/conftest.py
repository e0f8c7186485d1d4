import itertools

import pytest

from whyreset.ingest.intake import Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock, parse_rfc3339
from whyreset.model.definition import Definition, Matcher

REFERENCE = parse_rfc3339("2026-12-01T00:00:00Z")


ANY = Matcher(
    "(?i)connection reset|ECONNRESET", (), (), (), (b"onnection reset", b"ECONNRESET"), "t:1"
)
RESETS = (Definition("reset", (), (ANY,), (), (), (), "t:1"),)


@pytest.fixture
def read():
    """Read bytes, optionally cut at the given places; the batches that they give."""

    def reading(data, cuts=(), definitions=RESETS, source=None, clock=None):
        intake = Intake(
            Extractor(definitions), source or make_source("x"), clock or Clock(reference=REFERENCE)
        )
        borders = [0, *sorted(cuts), len(data)]
        batches = [intake.feed(data[a:b]) for a, b in itertools.pairwise(borders)]
        return [*batches, intake.feed(b"", last=True)]

    return reading


@pytest.fixture
def events(read):
    """The same, only the events."""

    def reading(*args, **options):
        return [event for batch in read(*args, **options) for event in batch.events]

    return reading
