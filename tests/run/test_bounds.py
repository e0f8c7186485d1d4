"""Memory that is short: what is given up, in which order, and that it is said."""

from collections.abc import Callable

import pytest

from whyreset.basis.units import NS
from whyreset.correlate.correlator import Correlator
from whyreset.correlate.order import Order
from whyreset.language.load import load_text
from whyreset.model.event import Event
from whyreset.model.record import Source
from whyreset.run import bounds as module
from whyreset.run.bounds import Bounds

RULES = """
event reset { match `reset by <peer:addr>` }
event access { match `served <client:addr>` }
rule seen {
  label client_abort
  burst of reset by pod, peer gap 60s
  when { any have access from peer within 1h }
}
"""
LIMIT = 100 << 20
API = Source("api", pod="api")


class Talk:
    """Says provisional verdicts until it is told not to."""

    active = True

    def suspend(self) -> None:
        self.active = False


@pytest.fixture
def fill(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`fill(share)`: the process takes this share of the limit."""

    def fill(share: float) -> None:
        monkeypatch.setattr(module, "resident", lambda: round(share * LIMIT))

    monkeypatch.setattr(module, "give_back", lambda: None)
    return fill


def event(kind: str, seconds: int, **fields: str) -> Event:
    return Event(seconds * NS, API, seconds, kind, fields, kind)


def test_steps_are_taken_one_by_one_and_said(fill: Callable[[float], None]) -> None:
    correlator, order, talk, bounds = Correlator(load_text(RULES)), Order(), Talk(), Bounds(LIMIT)
    for second in range(2000):
        correlator.feed(event("access", second, client="10.0.0.1"))
    correlator.feed(event("reset", 2000, peer="10.0.0.2"))
    order.open("api")
    order.progress("api", 2000 * NS)
    order.open("slow")
    order.add([event("reset", 2001, peer="10.0.0.3")])

    def kept() -> int:
        (question,) = correlator.evidence._tables
        table = correlator.evidence._tables[question]
        return sum(len(series.times) for series in table.values())

    fill(0.5)
    assert bounds.keep(1.0, correlator, order, talk) == []
    fill(0.9)
    said = bounds.keep(2.0, correlator, order, talk)
    assert said == ["memory at 90% of its limit: no provisional verdicts for now"]
    assert not talk.active
    assert bounds.keep(2.1, correlator, order, talk) == [], "not at once again"
    steps: list[str] = []
    for now in range(3, 20):
        before = kept()
        steps += bounds.keep(float(now), correlator, order, talk)
        assert kept() <= before
        if bounds.shed:
            break
    assert steps[:-1] == ["memory at 90% of its limit: old evidence was dropped"] * (len(steps) - 1)
    assert steps[-1] == "memory at 90% of its limit: 1 open bursts were judged early"
    assert correlator.open_bursts == []
    assert order.watermark == 1995 * NS, "nothing waits for a source that is behind"
    assert bounds.is_tight
    fill(0.5)
    assert bounds.keep(99.0, correlator, order, talk) == []
    assert not bounds.is_tight


def test_without_a_limit_nothing_is_given_up(fill: Callable[[float], None]) -> None:
    fill(50.0)
    talk = Talk()
    assert Bounds(None).keep(9.0, Correlator(load_text(RULES)), Order(), talk) == []
    assert talk.active
