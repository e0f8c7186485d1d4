"""The peer of a connection that a line names by a number: the same however the events come."""

import pickle
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyreset.basis.units import NS
from whyreset.correlate.connections import Connections
from whyreset.correlate.correlator import Correlator
from whyreset.language.load import load_text
from whyreset.model.event import Event, Value, event_of
from whyreset.model.record import Source

PLAN = load_text("event reset { match /torn (?<connection>\\d+)/ }")
ASKING = load_text(
    "rule r {\n label client_abort\n burst of reset by pod, peer gap 9s\n"
    " when { no reset from peer within 1s before if known }\n}"
)


def event(second: int, kind: str, number: int, **fields: Value) -> Event:
    source = Source("db-1", "shop", "db-1", "db", "db")
    return event_of(second * NS, source, number, kind, fields, f"{kind} {second}")


def peers(plans: object, pieces: Sequence[Sequence[Event]], *, again: bool) -> list[object]:
    correlator = Correlator(plans)
    for piece in pieces:
        correlator.feed_all(piece)
        if again:
            state = pickle.loads(pickle.dumps(correlator.state()))
            correlator = Correlator(plans)
            correlator.set_state(state)
    correlator.finish()
    return [each.event.peer for each in correlator.take_labels()]


LOG = [
    event(1, "opened", 1, client="10.0.0.1", client_port=51234, connection="4"),
    event(2, "reset", 2, connection="4"),
    event(3, "opened", 3, client="10.0.0.2", connection=4),
    event(4, "dialled", 4, upstream="10.0.0.9", upstream_port=80, connection="5"),
    event(5, "reset", 5, connection="4"),
    event(6, "reset", 6, connection="5"),
    event(7, "reset", 7, connection="6"),
    event(8, "reset", 8, peer="10.0.0.7", connection="4"),
]


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("plan", [PLAN, ASKING])
@given(sizes=st.lists(st.integers(1, 4), max_size=6))
def test_whatever_the_pieces(plan: object, again: bool, sizes: list[int]) -> None:
    pieces, rest = [], LOG
    for size in [*sizes, len(LOG)]:
        pieces.append(rest[:size])
        rest = rest[size:]
    found = peers(plan, pieces, again=again)
    assert found == ["10.0.0.1", "10.0.0.2", "10.0.0.9", None, "10.0.0.7"]


def test_the_port_and_the_upstream_are_told_as_well() -> None:
    told = Connections().all_told(LOG)
    assert told[1].get("peer_port") == 51234
    assert told[1].get("upstream") is None
    assert (told[5].get("peer_port"), told[5].get("upstream_port")) == (80, 80)
    assert told[5].get("upstream") == "10.0.0.9"


def test_what_was_opened_first_is_forgotten_first() -> None:
    few = Connections(limit=2)
    few.all_told(event(1, "opened", n, client=f"10.0.0.{n}", connection=n) for n in (1, 2, 1, 3))
    told = few.all_told(event(2, "reset", n, connection=n) for n in (1, 2, 3))
    assert [each.peer for each in told] == ["10.0.0.1", None, "10.0.0.3"]
