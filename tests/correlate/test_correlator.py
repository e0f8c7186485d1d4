"""The correlator over time: stretches, lateness, limits, memory, snapshots."""

import pickle
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.basis.units import NS
from whyreset.correlate import correlator as module
from whyreset.correlate import lookup, relations
from whyreset.correlate import owners as owners_module
from whyreset.correlate.correlator import Correlator
from whyreset.correlate.owners import Owners
from whyreset.model.event import Event

PROBE = """
rule probe {
  label probe_noise
  burst of reset by pod, peer gap 60s
  span 10m
  when { at least 4; every 5s..20s ± 10% missing at most 30% }
  because "{count} resets, one every {period}"
}
"""


def test_a_long_burst_is_one_id_said_again_and_once_finally(lab: Any) -> None:
    got = lab.run(PROBE, lab.events("0s..25m every 10s  reset peer=10.0.0.1"))
    assert len({verdict.id for verdict in got.verdicts}) == 1
    assert [verdict.state for verdict in got.verdicts] == ["ongoing", "ongoing", "final"]
    assert [verdict.count for verdict in got.verdicts] == [52, 104, 151]
    final = got.finals[0]
    assert (final.start, final.end) == (lab.start, lab.start + 1500 * NS)
    assert final.because == "151 resets, one every 10.0s"
    assert final.missed == 0
    counted, beat = final.evidence
    assert counted.found == "151 resets"
    assert beat.found.endswith(" on the beat (since 08:17:20 UTC)"), beat
    assert {entry.burst for entry in got.labels} == {final.id}


ALIKE = """
rule {name} {{
  label     {label}
  priority  {priority}
  burst of reset by pod, peer gap 60s
  when {{ {when} }}
}}
"""


def test_only_rules_that_come_later_would_have_claimed_the_same_as_well(lab: Any) -> None:
    near = "access from peer within 1s"
    most = f"at least 60% have {near}"
    rules = [
        ("before", "idle_timeout", 30, most),
        ("claims", "client_abort", 20, near),
        ("alike", "client_abort", 19, near),
        ("after", "probe_noise", 10, most),
        ("more", "probe_noise", 9, "at least 3"),
    ]
    keys = ("name", "label", "priority", "when")
    text = "".join(ALIKE.format(**dict(zip(keys, rule, strict=True))) for rule in rules)
    beside = "0s  access client=10.0.0.1\n10s  access client=10.0.0.1"
    got = lab.run(text, lab.events(f"0s..40s every 10s  reset peer=10.0.0.1\n{beside}"))
    also = {verdict.rule: verdict.also for verdict in got.finals}
    assert also["claims"] == ("after",)


def test_labels_come_before_the_burst_ends(lab: Any) -> None:
    correlator = Correlator(lab.plan(PROBE))
    seen = []
    for event in lab.events("0s..25m every 10s  reset peer=10.0.0.1"):
        correlator.feed(event)
        taken = correlator.take_labels()
        seen += taken
        if taken:
            assert event.time - taken[0].event.time <= 11 * 60 * NS
    assert len(seen) == 104


def test_a_burst_that_stops_at_the_cut_is_said_finally(lab: Any) -> None:
    events = lab.events("0s..590s every 10s  reset peer=10.0.0.1\n3h  reset peer=10.0.0.2")
    got = lab.run(PROBE, events)
    assert [(v.state, v.label, v.count) for v in got.verdicts if v.peer == "10.0.0.1"] == [
        ("final", "probe_noise", 60),
    ]


def test_a_burst_that_ended_before_the_cut_is_not_kept_until_the_next(
    lab: Any, rule_text: Callable[..., str]
) -> None:
    crowd = rule_text("crowd", "at least 40 distinct peer", head="burst of reset by pod gap 60s")
    events = lab.events("0s..25m every 10s  reset peer=10.0.0.1\n15s  reset peer=10.0.0.2")
    got = lab.run(PROBE + crowd, events)
    states = [(verdict.peer, verdict.state) for verdict in got.verdicts]
    assert states == [
        ("10.0.0.1", "ongoing"), ("10.0.0.2", "final"), ("10.0.0.1", "ongoing"),
        ("10.0.0.1", "final"),
    ]  # fmt: skip


@pytest.mark.parametrize("last", [1180, 1200, 1210, 1220, 1230, 1250])
@pytest.mark.parametrize("period", [10, 13, 17])
def test_the_tail_of_a_long_burst_belongs_to_it(lab: Any, last: int, period: int) -> None:
    """However few resets are left behind the last cut."""
    got = lab.run(PROBE, lab.events(f"0s..{last}s every {period}s  reset peer=10.0.0.1"))
    assert {entry.label for entry in got.labels} == {"probe_noise"}
    assert len(got.finals) == 1


def test_a_gap_ends_a_burst_also_after_a_cut(lab: Any) -> None:
    events = lab.events(
        "0s..590s every 10s  reset peer=10.0.0.1\n700s..900s every 10s  reset peer=10.0.0.1"
    )
    got = lab.run(PROBE, events)
    assert [verdict.count for verdict in got.finals] == [60, 21]
    assert len({verdict.id for verdict in got.finals}) == 2


def test_an_unknown_burst_is_cut_alike(lab: Any) -> None:
    got = lab.run(PROBE, lab.events("0s..25m every 50s  reset peer=10.0.0.1"))
    assert {verdict.label for verdict in got.verdicts} == {"unknown"}
    assert len(got.finals) == 1
    assert got.finals[0].count == 31


@pytest.mark.parametrize("says", ["span 2h\n  when { at least 1 }", "when { at least 900000 }"])
def test_a_rule_for_one_namespace_cuts_no_bursts_of_another(lab: Any, says: str) -> None:
    """What a team's file says of stretches, by `span` and by `at least`, is of its own pods."""
    events = lab.events("0s..25m every 10s  reset peer=10.0.0.1")
    other = f"""
rule other for namespace "other-*" {{
  label client_abort
  burst of reset by pod, peer gap 60s
  {says}
}}
"""
    alone, beside = lab.run(PROBE, events), lab.run(PROBE + other, events)
    assert beside.verdicts == alone.verdicts
    own = lab.run(PROBE + other.replace("other-*", "default"), events)
    assert [verdict.count for verdict in own.verdicts] != [v.count for v in alone.verdicts]


SERVED = """
rule served {
  label client_abort
  priority 90
  burst of reset by pod gap 60s
  when { access from peer within 1s }
}
"""


@pytest.mark.parametrize("served", ["0s..40s every 10s", "0s", "20s..40s every 10s"])
def test_what_was_said_early_gets_a_last_word_whatever_the_label_is_then(
    lab: Any, served: str
) -> None:
    """Who waits for the end of a burst waits for its id."""
    resets = lab.events("0s..40s every 10s  reset peer=10.0.0.1")
    early = Correlator(lab.plan(PROBE + SERVED))
    for event in resets:
        early.feed(event)
    (said,) = early.provisional()
    assert said.label == "probe_noise"
    late = lab.events(f"{served}  access client=10.0.0.1")
    got = lab.run(PROBE + SERVED, sorted([*resets, *late], key=lambda event: event.place))
    assert said.id in {verdict.id for verdict in got.finals}
    assert len({verdict.id for verdict in got.finals}) == len(got.finals)


def test_a_full_stretch_is_judged_early(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LIMIT", 50)
    got = lab.run(PROBE, lab.events("0s..599s every 10s  reset peer=10.0.0.1"))
    assert [(v.state, v.count) for v in got.verdicts] == [("ongoing", 42), ("final", 60)]
    correlator = Correlator(lab.plan(PROBE))
    labelled = 0
    for i in range(1000):
        correlator.feed(lab.event(i * NS // 100, "reset", i, peer="10.0.0.1"))
        labelled += len(correlator.take_labels())
    held = sum(len(cluster.events) for cluster in correlator._clusters)
    assert held <= 50
    correlator.finish()
    assert labelled + len(correlator.take_labels()) == 1000


def test_a_late_line_is_judged_with_its_burst(lab: Any, rule_text: Callable[..., str]) -> None:
    rules = rule_text("few", "at least 3", head="burst of reset by pod, peer gap 20s")
    times = [100, 85, 115]
    events = [lab.event(t * NS, "reset", i, peer="10.0.0.1") for i, t in enumerate(times)]
    got = lab.run(rules, events)
    assert [(v.label, v.count) for v in got.finals] == [("idle_timeout", 3)]
    assert got.finals[0].start == lab.start + 85 * NS


def test_identical_events_need_not_be_comparable(lab: Any) -> None:
    events = lab.events("0s..50s every 10s  reset peer=10.0.0.1")
    got = lab.run(PROBE, [event for event in events for _ in range(2)])
    assert len(got.labels) == 12


def test_the_same_names_of_bytes_that_are_no_text(lab: Any) -> None:
    event = lab.event(0, "reset", peer="10.0.0.1", source="pod-\udcff.log")
    assert len(lab.run(PROBE, [event]).finals) == 1


def test_evidence_is_forgotten(lab: Any, rule_text: Callable[..., str]) -> None:
    """Hours of traffic without a reset, and with one that opens a burst from time to time."""
    rules = rule_text("aborted", "access from peer within 30s before, 2s after")
    rules += rule_text("ended", "no termination on pod within 1m")
    plan = lab.plan(rules)
    for resets in (False, True):
        correlator = Correlator(plan)
        largest = 0
        for i in range(60_000):
            time = i * NS // 4
            correlator.feed(lab.event(time, "access", i, client=f"10.1.{i % 200}.7"))
            if resets and i % 5000 == 0:
                correlator.feed(lab.event(time, "reset", i, peer="10.1.0.7"))
            if i % 1000 == 0:
                correlator.take_labels()
                tables = correlator.evidence._tables.values()
                largest = max(largest, sum(len(s.times) for t in tables for s in t.values()))
        assert largest < 8000
        assert correlator.evidence.evicted == 0


def test_too_much_at_once_is_dropped_and_said(
    lab: Any, rule_text: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "_SERIES_LIMIT", 100)
    correlator = Correlator(lab.plan(rule_text("x", "access from peer within 1h before")))
    for i in range(1000):
        correlator.feed(lab.event(i, "access", i, client="10.0.0.1"))
    tables = correlator.evidence._tables.values()
    assert sum(len(s.times) for t in tables for s in t.values()) <= 100
    assert correlator.evidence.evicted > 0


NEVER_ASKED = """
rule never_asked {
  label probe_noise
  burst of reset by pod, peer gap 60s
  when { at least 2; no access from peer within 2s }
}
"""


def _asked(lab: Any, memory_is_short: bool) -> Any:
    """Two resets beside requests of their peer, then very many more requests."""
    made = Correlator(lab.plan(NEVER_ASKED))
    events = lab.events(
        "10s..20s every 10s  reset peer=10.0.0.1\n10s..20s every 10s  access client=10.0.0.1\n"
        "30s..60s every 100ms  access client=10.0.0.1"
    )
    for event in events:
        made.evidence.coverage.cover(event.source.name, lab.start - NS, 1 << 62)
        made.feed(event)
    if memory_is_short:
        made.evidence.shrink(20 * NS)
    made.finish()
    (verdict,) = [each for each in made.take_verdicts() if each.state == "final"]
    return verdict


@pytest.mark.parametrize("memory_is_short", [False, True])
def test_what_was_let_go_is_not_proven_to_be_absent(
    lab: Any, monkeypatch: pytest.MonkeyPatch, memory_is_short: bool
) -> None:
    if not memory_is_short:
        monkeypatch.setattr(lookup, "_SERIES_LIMIT", 100)
    verdict = _asked(lab, memory_is_short)
    assert verdict.label == "unknown"
    told = verdict.evidence[0]
    assert told.holds is None
    assert "let go" in told.found


def test_owners_are_bounded(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pods in the network of their host share an address; an address list may be endless."""
    monkeypatch.setattr(owners_module, "_LIMIT", 100)
    owners = Owners()
    for i in range(2000):
        owners.learn(lab.event(i, "reset", i, local="10.0.0.1", pod=f"host-{i % 2}"))
    assert owners.of("10.0.0.1", lab.start + 2000) == []
    for i in range(2000):
        owners.learn(lab.event(i, "reset", i, local="10.0.0.2", pod=f"heir-{i}"))
        owners.learn(lab.event(i, "address", i, pod=f"guest-{i}", host_network="true"))
    assert len(owners.of("10.0.0.2", lab.start + 2000)) <= 16
    for i in range(2000):
        fields = {"address": f"10.2.{i // 250}.{i % 250}", "pod": f"p-{i}", "workload": f"w-{i}"}
        owners.learn(lab.event(i, "address", i, labels="a=b", **fields))
    history, addresses, labels, guests = owners.state()
    assert len(history) <= 100
    assert len(addresses) <= 100
    assert len(labels) <= 100
    assert len(guests) <= 100


# ---- whatever was drawn

RULES = """
rule rollout {
  label termination_fallout; priority 30
  burst of reset by pod, peer gap 20s
  span 2m
  when { termination on pod within 5s before, 2s after }
}
rule aborted {
  label client_abort; priority 20
  burst of reset by pod gap 40s
  span 1m
  when { at least 2; any have access status = 499 from peer within 2s }
}
rule probe {
  label probe_noise; priority 10
  burst of reset by pod, peer gap 30s
  span 2m
  when { at least 4; none have access from peer within 1s if known; every 2s..20s ± 15% }
}
"""


def drawn_events(lab: Any, seed: int) -> Iterator[Event]:
    draw = random.Random(seed)
    for i in range(draw.randint(1, 120)):
        time = draw.choice([draw.randint(0, 400) * NS, i * 5 * NS])
        kind = draw.choice(["reset", "reset", "reset", "access", "termination"])
        fields: dict[str, Any] = {"pod": draw.choice(["a-1", "b-1"])}
        if kind == "access":
            fields |= {"client": draw.choice(["10.0.0.1", "10.0.0.2"]), "status": 499}
        elif kind == "reset":
            fields["peer"] = draw.choice(["10.0.0.1", "10.0.0.2"])
        yield lab.event(time, kind, i, **fields)


@given(st.integers(0, 10**6))
@settings(max_examples=60)
def test_each_reset_has_one_label_and_each_burst_one_final_verdict(lab: Any, seed: int) -> None:
    events = sorted(drawn_events(lab, seed), key=lambda event: event.place)
    got = lab.run(RULES, events)
    resets = [event for event in events if event.kind == "reset"]
    assert [entry.event for entry in got.labels] == resets
    counts: dict[str, int] = {}
    for entry in got.labels:
        counts[entry.burst] = counts.get(entry.burst, 0) + 1
    assert {verdict.id: verdict.count for verdict in got.finals} == counts
    assert len(got.finals) == len(counts)
    labels = {verdict.id: verdict.label for verdict in got.finals}
    assert all(labels[entry.burst] == entry.label for entry in got.labels)


@given(st.integers(0, 10**6), st.data())
@settings(max_examples=40)
def test_ticks_and_snapshots_change_nothing(lab: Any, seed: int, data: st.DataObject) -> None:
    """Whatever time is told between two events, and wherever it is put away and taken up."""
    plan = lab.plan(RULES)
    events = sorted(drawn_events(lab, seed), key=lambda event: event.place)
    plain = lab.run(plan, events)
    at = data.draw(st.integers(0, len(events)))
    shuffle = random.Random(seed)
    correlator = Correlator(plan)
    for event in events:
        correlator.evidence.coverage.cover(event.source.name, lab.start - 3600 * NS, 1 << 62)
    labels, verdicts = [], []
    for i, event in enumerate(events):
        if i == at:
            state = pickle.dumps(correlator.state())
            correlator = Correlator(plan)
            correlator.set_state(pickle.loads(state))
        earlier = events[i - 1].time if i else event.time
        correlator.advance(shuffle.randint(earlier, event.time))
        correlator.feed(event)
        correlator.evidence.coverage.promise(event.kind, event.source.name)
        if shuffle.random() < 0.3:
            labels += correlator.take_labels()
            verdicts += correlator.take_verdicts()
    correlator.finish()
    assert labels + correlator.take_labels() == plain.labels
    assert verdicts + correlator.take_verdicts() == plain.verdicts


ACCOUNTED = """
rule aborted {
  label client_abort; priority 20
  burst of reset by pod, peer gap 40s
  span 2m
  when { any have access status = 499 from peer within 2s }
}
rule probe {
  label probe_noise; priority 10
  burst of reset by pod, peer gap 60s
  span 3m
  when { at least 4; none have access from peer within 5s if known }
}
"""


@given(st.integers(0, 10**6), st.lists(st.integers(1, 60), max_size=12))
@settings(max_examples=60)
def test_many_at_once_are_as_one_by_one(lab: Any, seed: int, sizes: list[int]) -> None:
    draw = random.Random(seed)
    events = [
        lab.event(
            draw.randrange(0, 900 * NS), kind, number, pod=f"app-{draw.randint(1, 2)}",
            **({"peer": peer} if kind == "reset" else {"client": peer, "status": status}),
        )
        for number in range(draw.randint(0, 120))
        for kind in [draw.choice(["reset", "reset", "access"])]
        for peer in [f"10.0.0.{draw.randint(1, 3)}"]
        for status in [draw.choice([200, 499])]
    ]  # fmt: skip
    events.sort(key=lambda event: event.place)
    one, many = Correlator(lab.plan(ACCOUNTED)), Correlator(lab.plan(ACCOUNTED))
    for event in events:
        one.feed(event)
    rest = events
    while rest:
        size = sizes.pop() if sizes else len(rest)
        piece, rest = rest[:size], rest[size:]
        draw.shuffle(piece)
        many.feed_all(piece)
    one.finish()
    many.finish()
    assert many.take_verdicts() == one.take_verdicts()
    assert many.take_labels() == one.take_labels()


SAME_BEGINNING = """
rule near_abort {
  label client_abort; priority 30
  burst of reset by pod, peer gap 20s
  when { access status = 499 from peer within 1s; at least 3 }
}
rule near_end {
  label termination_fallout; priority 20
  burst of reset by pod, peer gap 20s
  when { access status = 499 from peer within 1s; termination on pod within 5s }
}
rule seldom {
  label idle_timeout; priority 15
  burst of reset by pod, peer gap 20s
  when { at least 60% have access from peer within 10s; termination on pod within 20s if known }
}
rule often {
  label probe_noise; priority 10
  burst of reset by pod, peer gap 20s
  when { at least 60% have access from peer within 10s; at least 2 }
  unless { termination on pod within 1s }
}
rule alone {
  label backend_crash; priority 5
  burst of reset by pod, peer gap 20s
  when { access status = 499 from peer within 1s; at least 1 }
}
"""


@given(st.integers(0, 10**6))
@settings(max_examples=80)
def test_rules_that_begin_alike_decide_as_each_by_itself(lab: Any, seed: int) -> None:
    """Somebody who hears all that is tried makes each rule try each burst."""
    events = sorted(drawn_events(lab, seed), key=lambda event: event.place)
    together, heard = Correlator(lab.plan(SAME_BEGINNING)), Correlator(lab.plan(SAME_BEGINNING))
    heard.witness = lambda *_: None
    for correlator in (together, heard):
        for event in events:
            correlator.evidence.coverage.cover(event.source.name, lab.start - 3600 * NS, 1 << 62)
            correlator.evidence.coverage.promise(event.kind, event.source.name)
        correlator.feed_all(events)
        correlator.finish()
    assert together.take_verdicts() == heard.take_verdicts()
    assert together.take_labels() == heard.take_labels()


@pytest.mark.usefixtures("pure")  # a function is patched
def test_of_many_events_the_last_is_found_without_a_look_at_all(
    lab: Any, rule_text: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    within = relations._is_within
    monkeypatch.setattr(relations, "_is_within", lambda *each: (looks.append(1), within(*each))[1])
    rule = rule_text("old", "1s..10m after last opened on pod")
    events = "1s..500s every 1s  opened client=10.0.0.1\n3500ms..500s every 5s  reset"
    got = lab.run(rule, lab.events(events))
    assert len(got.labels) == 100
    assert len(looks) < 5 * 100
