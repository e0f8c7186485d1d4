"""What was read of streams tells whether silence proves anything."""

import random
import time

import pytest

from whyreset.correlate.coverage import Coverage, Place
from whyreset.model.event import event_of
from whyreset.model.record import Source


class Plain:
    """The same by looking at every stream."""

    def __init__(self) -> None:
        self.read: dict[str, tuple[int, int]] = {}
        self.joined: set[str] = set()
        self.shows: set[str] = set()
        self.together = 0

    def covers(self, low: int, high: int) -> bool:
        for name in self.shows & self.read.keys():
            since, until = self.read[name]
            if name in self.joined:
                until = max(until, self.together)
            if since <= low and until >= high:
                return True
        return False


@pytest.mark.parametrize("seed", range(20))
def test_it_is_what_a_look_at_every_stream_says(seed: int) -> None:
    draw, coverage, plain = random.Random(seed), Coverage(), Plain()
    names = [f"pod-{number}" for number in range(8)]
    for _ in range(300):
        name, since = draw.choice(names), draw.randrange(100)
        until = since + draw.randrange(30)
        known = plain.read.get(name, (since, since))
        match draw.randrange(6):
            case 0:
                coverage.cover(name, since, until)
                plain.read[name] = min(since, known[0]), max(until, known[1])
            case 1:
                coverage.join(name, since)
                plain.joined.add(name)
                plain.read[name] = min(since, known[0]), max(since, known[1])
            case 2:
                plain.together = max(plain.together, draw.randrange(60))
                coverage.cover_joined(plain.together)
            case 3 if name in plain.joined:
                coverage.part(name)
                plain.joined.remove(name)
                plain.read[name] = known[0], max(known[1], plain.together)
            case 4:
                coverage.promise("access", name)
                plain.shows.add(name)
            case 5:
                told = Coverage()
                told.set_state(coverage.state())
                coverage = told
        low, high = sorted(draw.sample(range(130), 2))
        assert coverage.covers("access", low, high) == plain.covers(low, high)
    assert coverage.streams("access") == len(plain.shows)


def test_thousands_of_streams_take_no_longer_to_ask_than_a_few() -> None:
    coverage = Coverage()
    for number in range(5000):
        coverage.join(f"pod-{number}", number)
        coverage.promise("access", f"pod-{number}")
    coverage.cover_joined(6000)
    began = time.process_time()
    for _ in range(10_000):
        assert not coverage.covers("access", 4000, 7000), "nobody was read that far"
        assert coverage.covers("access", 4000, 6000)
    assert time.process_time() - began < 2


def journal(coverage: Coverage, node: str, since: int, until: int) -> None:
    """The journal of a node, which has told of a pod on it."""
    fields = {"pod": f"on-{node}", "namespace": "shop"}
    coverage.cover(node, since, until)
    coverage.show(event_of(since, Source(node, node=node), 0, "start", fields, ""))


@pytest.mark.parametrize(
    ("node", "low", "is_told"),
    [
        ("n1", 10, True),
        ("n2", 10, True),
        ("n2", 40, False),
        ("n3", 10, False),
        (None, 10, True),
        (None, 40, False),
        (None, 60, True),
    ],
)
def test_of_a_pod_tells_the_journal_of_its_node_or_those_of_all_nodes(
    node: str | None, low: int, is_told: bool
) -> None:
    coverage = Coverage()
    journal(coverage, "n1", 0, 90)
    journal(coverage, "n2", 0, 45)  # the node is gone then
    place = Place(node, "shop", "api-1")
    assert coverage.covers("termination", low, low + 10, place) is is_told
    assert coverage.covers("termination", low, low + 10), "some stream was read"


def of_app_and(older: Source) -> Coverage:
    """An app's log begins with a reset; another one goes back further."""
    coverage, app = Coverage(), Source("app-1", pod="app-1")
    coverage.cover(older.name, 0, 100)
    coverage.cover(app.name, 40, 100)
    coverage.show(event_of(40, app, 0, "reset", {}, ""))
    return coverage


def test_a_log_that_prints_errors_alone_is_as_old_as_those_fetched_with_it() -> None:
    proxy = Source("proxy-1", pod="proxy-1")
    coverage = of_app_and(proxy)
    assert not coverage.covers("reset", 20, 39)
    coverage.show(event_of(0, proxy, 0, "access", {}, ""))
    assert coverage.covers("reset", 20, 39)
    assert coverage.covers("disconnect", 20, 39)
    assert not coverage.covers("refused", 20, 39)


def test_a_journal_goes_back_further_than_the_logs_that_are_fetched() -> None:
    journal = Source("journal", node="node-1")
    coverage = of_app_and(journal)
    coverage.show(event_of(10, journal, 0, "exhaustion", {}, ""))
    assert not coverage.covers("reset", 20, 39)
