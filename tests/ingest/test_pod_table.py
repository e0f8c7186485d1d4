"""Tables of pods: what `kubectl get pods` prints, with more or fewer columns."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.basis.units import NS
from whyreset.ingest.intake import Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock, parse_rfc3339
from whyreset.language.load import load
from whyreset.model.event import Event

NOW = parse_rfc3339("2026-11-22T10:00:00Z")
EXTRACTOR = Extractor(load(()).definitions)

WIDE = """\
NAMESPACE   NAME                        READY  STATUS     RESTARTS      AGE    IP           NODE  NOMINATED NODE  READINESS GATES  LABELS
kube-system coredns-7b98449c4-x7k2p     1/1    Running    3 (5d2h ago)  40d    10.42.0.3    n1    <none>          <none>           k8s-app=kube-dns
kube-system svclb-8d2kf                 2/2    Running    0             1y40d  192.168.1.5  n1    <none>          <none>           app=svclb
kube-system exporter-x2x4z              1/1    Running    0             40d    192.168.1.5  n1    <none>          <none>           app=exporter
pay         checkout-7c9d5b4f66-h2k4m   1/1    Running    0             2d3h   fd00::9      n1    <none>          1/1              app=checkout,app.kubernetes.io/part-of=till
pay         migrate-29384756-x2x4z      0/1    Completed  0             5h     <none>       n1    <none>          <none>           job-name=migrate
shop        web-5d9c7b8f66-bcdfg        1/1    Running    0             9m58s  10.42.0.10   n1    <none>          <none>           <none>
"""  # noqa: E501 - so wide it is


def read(text: str, cuts: tuple[int, ...] = ()) -> list[Event]:
    data = text.encode()
    intake = Intake(EXTRACTOR, make_source("pods.txt"), Clock(changed=NOW))
    places = (0, *sorted(cuts), len(data))
    events = [
        event for start, end in pairwise(places) for event in intake.feed(data[start:end]).events
    ]
    return events + intake.feed(b"", last=True).events


def told(event: Event) -> tuple[object, ...]:
    return tuple(event.get(name) for name in ("namespace", "pod", "address", "labels"))


def test_a_wide_table_with_labels() -> None:
    found = read(WIDE)
    assert {event.kind for event in found} == {"address"}
    assert [told(event) for event in found] == [
        ("kube-system", "coredns-7b98449c4-x7k2p", "10.42.0.3", "k8s-app=kube-dns"),
        # Two pods with one address have that of their node.
        ("kube-system", "svclb-8d2kf", None, "app=svclb"),
        ("kube-system", "exporter-x2x4z", None, "app=exporter"),
        ("pay", "checkout-7c9d5b4f66-h2k4m", "fd00::9",
         "app.kubernetes.io/part-of=till,app=checkout"),
        ("pay", "migrate-29384756-x2x4z", None, "job-name=migrate"),
        ("shop", "web-5d9c7b8f66-bcdfg", "10.42.0.10", None),
    ]  # fmt: skip
    assert found[-1].time == NOW - (9 * 60 + 58) * NS
    assert found[-1].source.node == "n1"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (slice(1, 6), []),
        (slice(0, 6), []),
        (slice(1, 10), [(None, "web-1", "10.42.0.10", None)]),
        ((1, 2, 3, 4, 5, 10), [(None, "web-1", None, "app=web")]),
        ((0, 1, 2, 3, 4, 5, 10), [("shop", "web-1", None, "app=web")]),
    ],
)
def test_other_columns(columns: slice | tuple[int, ...], expected: list[object]) -> None:
    header = ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE",
              "NOMINATED NODE", "READINESS GATES", "LABELS"]  # fmt: skip
    row = ["shop", "web-1", "1/1", "Running", "0", "5h", "10.42.0.10", "n1",
           "<none>", "<none>", "app=web"]  # fmt: skip
    lines = [
        "   ".join(line[columns] if isinstance(columns, slice) else [line[n] for n in columns])
        for line in (header, row)
    ]
    assert [told(event) for event in read("\n".join(lines))] == expected


def test_what_is_no_row_is_passed_over() -> None:
    assert len(read(WIDE + "No resources found\nread tcp: connection reset by peer\n")) == 6


@settings(deadline=None, max_examples=30)
@given(cuts=st.lists(st.integers(1, len(WIDE) - 1), max_size=6))
def test_cuts_make_no_difference(cuts: list[int]) -> None:
    assert read(WIDE, tuple(cuts)) == read(WIDE)
