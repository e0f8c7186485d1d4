"""Labels at once: they agree with the final ones where nothing more comes to light."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyreset.basis.units import NS
from whyreset.correlate.correlator import Correlator
from whyreset.correlate.eager import Eager
from whyreset.language.load import load_text
from whyreset.model.event import Event, event_of
from whyreset.model.record import Source

PLAN = load_text("""
event reset { match `reset by <peer:ip>` }
rule probe {
  label probe_noise
  burst of reset by pod, peer gap 30s
  when { at least 4; every 2s..20s ± 15% }
}
rule crowd {
  label resource_exhaustion
  burst of reset by pod gap 30s
  when { at least 20 distinct peer }
}
""")


def reset(second: float, peer: str, pod: str, number: int) -> Event:
    source = Source(pod, "shop", pod, pod, "api")
    return event_of(round(second * NS), source, number, "reset", {"peer": peer}, "reset")


def pieces(events: list[Event], sizes: list[int]) -> Iterator[list[Event]]:
    for size in [*sizes, len(events)]:
        yield events[:size]
        events = events[size:]


@given(
    st.lists(
        st.tuples(st.integers(1, 400), st.sampled_from("ab"), st.sampled_from(["p", "q"])),
        max_size=40,
    ),
    st.lists(st.integers(0, 10), max_size=10),
)
def test_each_reset_gets_one_label_whatever_the_pieces(
    draws: list[tuple[int, str, str]], sizes: list[int]
) -> None:
    events = [reset(at, peer, pod, i) for i, (at, peer, pod) in enumerate(draws)]
    eager = Eager(PLAN)
    labelled = [each for piece in pieces(events, sizes) for each in eager.label(piece)]
    assert sorted(each.event.offset for each in labelled) == list(range(len(events)))
    assert eager.take_verdicts() == []


@given(st.lists(st.tuples(st.integers(1, 400), st.sampled_from("ab")), max_size=16))
def test_in_one_piece_they_are_the_final_ones(draws: list[tuple[int, str]]) -> None:
    events = [reset(at, peer, "p", i) for i, (at, peer) in enumerate(sorted(draws))]
    final = Correlator(PLAN)
    for event in events:
        final.feed(event)
    final.finish()
    wanted = {each.event.offset: (each.label, each.rule) for each in final.take_labels()}
    got = {each.event.offset: (each.label, each.rule) for each in Eager(PLAN).label(events)}
    assert got == wanted


def test_a_burst_keeps_its_id_over_many_stretches() -> None:
    eager = Eager(PLAN)
    beats = [eager.label([reset(10 * i, "a", "p", i)])[0] for i in range(400)]
    assert {each.label for each in beats[3:]} == {"probe_noise"}
    assert len({each.burst for each in beats[3:]}) == 1


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whyreset.correlate.eager._MOST_PLACES", 50)
    eager = Eager(PLAN)
    for i in range(200):
        eager.label([reset(i * 100, "a", f"pod-{i}", i)])
    assert len(eager._memories) == 50
    assert len(eager._clusters) < 10


def test_a_burst_keeps_its_id_while_a_stretch_waits_for_what_comes_after_it() -> None:
    plan = load_text(
        "rule probe {\n"
        "  label probe_noise\n"
        "  span 2m\n"
        "  burst of reset by pod, peer gap 30s\n"
        "  when { at least 4; none have termination on pod within 5m after if known }\n"
        "}\n"
    )
    eager, correlator, seen = Eager(plan), Correlator(plan), set()
    for i in range(100):
        event = reset(10 * i, "a", "p", i)
        correlator.feed(event)
        seen |= {each.burst for each in eager.label([event]) if each.label == "probe_noise"}
        seen |= {verdict.id for verdict in correlator.provisional()}
    correlator.finish()
    assert seen == {verdict.id for verdict in correlator.take_verdicts()}
    assert not correlator._foreseen  # what was kept for it is let go
    assert len(eager._foreseen) < 5
