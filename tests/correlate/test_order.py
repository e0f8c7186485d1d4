"""Order: events come out when every source has passed them, whatever order they came in."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from whyreset.correlate.order import Order
from whyreset.model.event import Event, event_of
from whyreset.model.record import Source


def event(time: int, name: str = "a", offset: int = 0) -> Event:
    return event_of(time, Source(name), offset, "reset", {"peer": "10.0.0.1"}, "")


def test_the_slowest_live_source_holds_the_others_back() -> None:
    order = Order(5)
    order.open("a")
    order.open("b")
    order.add([event(10), event(20)])
    order.progress("a", 30)
    assert order.take() == []
    assert order.watermark == -6
    order.progress("b", 20)
    assert order.watermark == 15
    assert [e.time for e in order.take()] == [10]
    order.close("b")
    assert order.watermark == 25
    assert [e.time for e in order.take()] == [20]
    order.close("a")
    assert order.watermark is None


def test_progress_never_goes_back() -> None:
    order = Order(0)
    order.open("a")
    order.progress("a", 30)
    order.progress("a", 10)
    assert order.watermark == 30


def test_within_the_lateness_nothing_is_late() -> None:
    order = Order(5)
    order.open("a")
    order.add([event(10)])
    order.progress("a", 10)
    order.take()
    order.add([event(5), event(7)])
    order.progress("a", 20)
    assert [e.time for e in order.take()] == [10, 5, 7]
    assert order.late == 0


def test_later_lines_are_counted_and_not_dropped() -> None:
    order = Order(5)
    order.open("a")
    order.add([event(10), event(20)])
    order.progress("a", 20)
    assert [e.time for e in order.take()] == [10]
    order.add([event(14), event(15)])
    order.progress("a", 40)
    assert [e.time for e in order.take()] == [20, 14, 15]
    assert order.late == 1


def test_a_source_opened_later_holds_back_from_then_on() -> None:
    order = Order(0)
    order.open("a")
    order.progress("a", 30)
    order.open("b")
    order.add([event(10)])
    assert order.take() == []


def test_equal_events_need_not_be_comparable() -> None:
    order = Order(0)
    order.add([event(1), event(1), event(1)._replace(peer=1)])
    assert len(order.take()) == 3


def test_the_older_half_is_let_go() -> None:
    order = Order(5)
    order.open("a")
    order.add([event(time) for time in (40, 10, 30)])
    order.add([event(time) for time in (20, 60, 50)])
    order.let_half_go("a")
    assert sorted(e.time for e in order.take()) == [10, 20, 30, 40]
    order.add([event(45), event(39)])
    assert order.take() == [event(39)]
    assert (order.held, order.late) == (3, 1)


def test_half_of_nothing_is_nothing() -> None:
    order = Order(5)
    order.open("a")
    order.let_half_go("a")
    assert order.watermark == -6


def test_events_of_one_time_are_let_go_together() -> None:
    order = Order(5)
    order.open("a")
    order.add([event(10, offset=number) for number in range(4)])
    order.let_half_go("a")
    assert len(order.take()) == 4


places = st.tuples(st.integers(0, 5), st.sampled_from("ab"), st.integers(0, 3))


@given(st.lists(places, max_size=20, unique=True), st.randoms(use_true_random=False))
def test_arrival_does_not_matter(drawn: list[tuple[int, str, int]], shuffle: Any) -> None:
    order = Order(0)
    events = [event(*place) for place in drawn]
    shuffle.shuffle(events)
    order.add(events)
    order.open("a")
    order.progress("a", 3)
    first = order.take()
    order.close("a")
    assert {e.place for e in first} == {place for place in drawn if place[0] < 3}
    assert {e.place for e in order.take()} == {place for place in drawn if place[0] >= 3}
