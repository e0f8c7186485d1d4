"""Bursts: no two neighbours further apart than the gap."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from whyreset.correlate.burst import bursts_of, key_reader
from whyreset.model.event import Event, event_of
from whyreset.model.record import Source

GAP = 10


@given(st.lists(st.tuples(st.integers(0, 100), st.sampled_from("ab")), max_size=30))
def test_split_by_gap_and_key(drawn: list[tuple[int, str]]) -> None:
    events = [_event(time, pod, i) for i, (time, pod) in enumerate(sorted(drawn))]
    found = bursts_of(events, key_reader(("pod",)), GAP)
    assert sorted(e.offset for _, burst in found for e in burst) == list(range(len(events)))
    for key, burst in found:
        assert {key} == {(f"ns/{event.source.pod}",) for event in burst}
        assert all(b.time - a.time <= GAP for a, b in pairwise(burst))
    by_key = sorted(found, key=lambda pair: (pair[0], pair[1][0].offset))
    for (key, burst), (other_key, other) in pairwise(by_key):
        assert key != other_key or other[0].time - burst[-1].time > GAP
    firsts = [burst[0].offset for _, burst in found]
    assert firsts == sorted(firsts)


def _event(time: int, pod: str, offset: int) -> Event:
    source = Source(pod, "ns", pod, pod, "app", None)
    return event_of(time, source, offset, "reset", {}, "")


def test_a_pod_is_known_by_its_namespace_too(lab: Any) -> None:
    key = key_reader(("pod", "peer"))
    blue = lab.event(0, "reset", namespace="blue", pod="db-0", peer="10.0.0.1")
    green = lab.event(0, "reset", namespace="green", pod="db-0", peer="10.0.0.1")
    assert key(blue) != key(green)


def test_a_line_without_a_pod_is_known_by_its_source() -> None:
    key = key_reader(("pod",))
    here = _event(0, "x", 0)
    one, two = (
        here._replace(source=here.source._replace(name=name, pod=None)) for name in ("a.log", "b")
    )
    assert key(one) != key(two)
