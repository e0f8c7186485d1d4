"""The ledger: a backlog of any length waits in a part of it only, and is decided on the way."""

from collections.abc import Iterator

import pytest

from whyreset.basis.units import NS
from whyreset.language.load import load_text
from whyreset.model.event import Event, event_of
from whyreset.model.record import Source
from whyreset.run import ledger as ledger_module
from whyreset.run.ledger import Ledger

PLAN = load_text("""
event reset { match `read tcp <local:addr>-><peer:addr>: read: connection reset by peer` }
rule probe {
  label probe_noise
  burst of reset by pod, peer gap 30s
  when { at least 4; every 2s..20s ± 15% }
}
""")
LIMIT = 100
SOURCE = Source("api-1", pod="api-1")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "_HELD_LIMIT", LIMIT)


def resets(peers: int, strokes: int) -> Iterator[Event]:
    """One peer after the other: each beats a few times, and is not seen again."""
    for number in range(peers * strokes):
        fields = {"peer": f"10.42.0.{number // strokes}"}
        yield event_of(1000 * NS + 10 * number * NS, SOURCE, number, "reset", fields, "")


@pytest.mark.usefixtures("small")
def test_what_is_held_does_not_grow_with_the_backlog() -> None:
    ledger, most, labels, verdicts = Ledger(PLAN), 0, [], []
    for number, event in enumerate(resets(100, 10)):
        ledger.take([event], [(event.source, event.time)])
        told, said = ledger.decided()
        labels += told
        verdicts += said
        most = max(most, ledger.held)
        assert len(labels) >= number - LIMIT - 20, "decided on the way"
    assert LIMIT // 2 < most <= LIMIT
    told, said = ledger.finish()
    assert [each.label for each in [*labels, *told]] == ["probe_noise"] * 1000
    finals = [verdict for verdict in [*verdicts, *said] if verdict.state == "final"]
    assert [verdict.count for verdict in finals] == [10] * 100
    assert ledger.late == 0


@pytest.mark.usefixtures("small")
def test_a_backlog_of_files_one_after_the_other_is_put_in_order() -> None:
    """As long as the rest of them is within what is held."""
    ledger = Ledger(PLAN)
    every = list(resets(8, 10))
    for events in (every[::2], every[1::2]):
        for event in events:
            ledger.take([event], [(event.source, event.time)])
            assert ledger.decided() == ([], [])
    labels, verdicts = ledger.finish()
    assert [each.label for each in labels] == ["probe_noise"] * 80
    assert [verdict.period for verdict in verdicts if verdict.state == "final"] == [10 * NS] * 8


def test_no_verdict_is_made_that_nobody_wants() -> None:
    ledger = Ledger(PLAN, verdicts=False)
    ledger.take(list(resets(8, 10)), [])
    assert ledger.early() == []
    told, said = ledger.finish()
    assert [each.label for each in told] == ["probe_noise"] * 80
    assert list(said) == []


def test_a_stamp_from_the_future_makes_no_other_record_late() -> None:
    ledger, labels = Ledger(PLAN), []
    ledger.silent(3, going_on=True)
    for number, event in enumerate(resets(1, 12)):
        ledger.take([event], [(event.source, event.time)])
        if number == 3:
            ledger.take([], [(SOURCE, 2_900_000_000 * NS)])
        ledger.silent(3, going_on=True)
        labels += ledger.decided()[0]
    told, said = ledger.finish()
    assert ledger.late == 0
    assert [each.label for each in [*labels, *told]] == ["probe_noise"] * 12
    assert [verdict.count for verdict in said if verdict.state == "final"] == [12]
