"""What was read of streams tells whether silence proves anything."""

import random
import time

import pytest

from whyreset.correlate.coverage import Coverage


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
