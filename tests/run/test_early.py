"""Verdicts ahead of time are judged on a copy of what is known."""

from whyreset.correlate.correlator import Correlator
from whyreset.run.early import copy_of
from whyreset.run.json_output import verdict_line


def test_a_copy_goes_on_by_itself(plan, corpus, events_of):
    events = events_of(corpus(3).files)
    half = len(events) // 2
    known, whole, other = Correlator(plan), Correlator(plan), Correlator(plan)
    for correlator in (known, whole):
        correlator.feed_all(events[:half])
    other.set_state(copy_of(known.state()))
    other.feed_all(events[half:])
    other.finish()
    assert known.open_bursts == whole.open_bursts
    whole.feed_all(events[half:])
    whole.finish()
    expected = [*map(verdict_line, whole.take_verdicts())]
    assert len(expected) > 5
    assert [*map(verdict_line, other.take_verdicts())] == expected


def test_events_are_shared(corpus, events_of):
    events = events_of(corpus(3).files)
    copied = copy_of({"held": events})["held"]
    assert copied is not events
    assert list(map(id, copied)) == list(map(id, events))
