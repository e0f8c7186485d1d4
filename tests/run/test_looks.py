"""Looks at open bursts take little time, however large a burst is."""

import pytest

from whyreset.correlate.correlator import Correlator
from whyreset.ingest.intake import Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.source_name import source_of_path
from whyreset.ingest.stamps import Clock
from whyreset.language.load import load_text
from whyreset.run import looks
from whyreset.run.looks import Looks

RULES = """
event reset { match `connection reset by <peer:addr>` }
rule any_reset {
  label client_abort
  burst of reset by pod gap 60s
  when { at least 2 }
}
"""


def test_a_burst_that_takes_too_long_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = load_text(RULES)
    correlator = Correlator(plan)
    for pod in ("api", "web"):
        name = f"{pod}-7c9d8b6f5d-x2x4v_shop_{pod}-{'a' * 64}.log"
        lines = b"".join(
            b"2026-11-22T10:00:00.%dZ stdout F connection reset by 10.1.0.%d\n" % (at, at)
            for at in range(10, 20)
        )
        intake = Intake(Extractor(plan.definitions), source_of_path(name), Clock())
        correlator.feed_all(intake.feed(lines, last=True).events)
    monkeypatch.setattr(looks, "_PAUSE", 0.0)
    looking = Looks()
    looking.news = True
    monkeypatch.setattr(looks, "_LONGEST", 0.0)
    assert looking.at(correlator) == []
    monkeypatch.setattr(looks, "_LONGEST", 60.0)
    looking.news = True
    assert [verdict.pod for verdict in looking.at(correlator)] == ["web-7c9d8b6f5d-x2x4v"]
    correlator.finish()
    decided = correlator.take_verdicts()
    assert {verdict.pod for verdict in decided} == {
        "api-7c9d8b6f5d-x2x4v",
        "web-7c9d8b6f5d-x2x4v",
    }
    assert {verdict.state for verdict in decided} == {"final"}
