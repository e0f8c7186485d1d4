"""Records through the filter: the same ones come out, in order, and resets are marked."""

import contextlib
import fcntl
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.basis.times import format_time
from whyreset.basis.units import NS
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock
from whyreset.language.load import load_text
from whyreset.model.record import Source
from whyreset.model.rule import Plan
from whyreset.run.filter import Filter, Hold
from whyreset.run.labeller import Labeller
from whyreset.run.ledger import Ledger
from whyreset.run.reading import Keys, Reader
from whyreset.run.records import BrokenInputError, Form
from whyreset.run.shapes import json_value, place_of_value, shapes_of

CASES = Path(__file__).parents[1] / "cases" / "filter"
SHAPES = [json.loads(line) for line in (CASES / "shapes.jsonl").read_text().splitlines()]
RULES = """
event reset { match `read tcp <local:addr>-><peer:addr>: read: connection reset by peer` }
event access { match /^(?<client>[\\d.]+) "GET (?<path>\\S+)" (?<status>\\d+)/ }
rule aborted {
  label client_abort; priority 20
  burst of reset by pod, peer gap 40s
  when { access status = 499 from peer within 2s }
}
rule probe {
  label probe_noise; priority 10
  burst of reset by pod, peer gap 30s
  when { at least 4; every 2s..20s ± 15% }
}
rule crowd {
  label resource_exhaustion; priority 5
  burst of reset by pod gap 30s
  when { at least 40 distinct peer }
}
"""
PLAN = load_text(RULES)
START = 1_800_000_000


def filter_of(
    plan: Plan = PLAN, form: Form | None = None, hold: float = 0.0, keys: Keys | None = None,
    **bounds: int,
) -> Filter:  # fmt: skip
    ledger = Ledger(plan) if hold else None
    return Filter(
        Extractor(plan.definitions, narrow=True),
        Labeller(plan, ledger),
        Reader(keys or Keys(), Clock(zone=UTC), lambda: START * NS),
        form or Form(),
        Hold(hold, **bounds),
    )


def passed(data: bytes, **options: Any) -> list[bytes]:
    filtering = filter_of(**options)
    return (filtering.feed(data, 0.0) + filtering.finish(0.0)).splitlines()


def reset_text(peer: str = "10.42.0.1") -> str:
    return f"read tcp 10.42.1.9:80->{peer}:51234: read: connection reset by peer"


def record(second: float, text: str, pod: str = "api-1") -> bytes:
    found = {
        "time": format_time(round((START + second) * NS)),
        "log": text,
        "stream": "stderr",
        "kubernetes": {"pod_name": pod, "namespace_name": "shop"},
    }
    return json.dumps(found).encode() + b"\n"


def mark_of(line: bytes) -> dict[str, Any]:
    found = json.loads(line).get("whyreset", {})
    assert isinstance(found, dict)
    return found


def labels(lines: Sequence[bytes]) -> list[str]:
    return [mark["label"] for line in lines if (mark := mark_of(line))]


MARK = re.compile(rb',?"whyreset":\{"label":[^}]*"state":"\w+"\}(?=\}$)')


@pytest.mark.parametrize("case", SHAPES, ids=lambda case: case["name"])
def test_each_shape_comes_out_as_one_record_a_line(case: dict[str, Any]) -> None:
    lines = passed(case["line"].encode() + b"\n")
    assert [MARK.sub(b"", line).decode() for line in lines] == case["gives"]
    assert bool([line for line in lines if MARK.search(line)]) == case["marked"]
    for line in lines:
        json.loads(line)


@pytest.mark.parametrize(
    "case", [case for case in SHAPES if case["time"]], ids=lambda case: case["name"]
)
def test_the_time_and_the_pod_of_each_shape(case: dict[str, Any]) -> None:
    reader = Reader(Keys(), Clock(zone=UTC), lambda: START * NS)
    line = case["line"].encode()
    shapes = shapes_of(line)
    if shapes is None:
        read = reader.line(line, 1)
    else:
        shape = shapes[0]
        read = reader.read(shape.record, shape.found, 1, shape.time, shape.tag)
    assert format_time(read.time) == case["time"]
    if case["pod"]:
        assert f"{read.source.namespace}/{read.source.pod}" == case["pod"]


def test_pairs_keep_the_wrappers_time_digit_by_digit() -> None:
    line = b'kube.x: [1763820000.123456789, {"log":"' + reset_text().encode() + b'"}]\n'
    (out,) = passed(line, form=Form(pairs=True))
    assert out.startswith(b"[1763820000.123456789,{")
    assert json.loads(out)[1]["whyreset"]["label"] == "unknown"
    own = b'{"time":"2025-11-22T14:00:00.123456789Z","n":1}\n'
    assert passed(own, form=Form(pairs=True)) == [b"[1763820000.123456789," + own[:-1] + b"]"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
RECORDS = st.lists(
    st.dictionaries(st.text(), JSON, max_size=5).flatmap(
        lambda found: st.sampled_from([found, {**found, "log": reset_text()}])
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(RECORDS, st.lists(st.integers(1, 80), max_size=20), st.booleans(), st.booleans())
def test_any_record_comes_back_equal_but_for_the_key(
    records: list[dict[str, Any]], cuts: list[int], ascii_only: bool, hold: bool
) -> None:
    lines = [json.dumps(each, ensure_ascii=ascii_only) for each in records]
    data = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")
    filtering = filter_of(hold=5.0 if hold else 0.0)
    out, now = b"", 0.0
    for size in [*cuts, len(data)]:
        now += 1.0
        out += filtering.feed(data[:size], now)
        data = data[size:]
    out += filtering.finish(now)
    got = out.splitlines()
    assert len(got) == len(lines)
    for before, line in zip(records, got, strict=True):
        after = json.loads(line)
        if "whyreset" not in before and "whyreset_label" not in before:
            marked = after.pop("whyreset", None)
            assert (marked is not None) == (before.get("log") == reset_text())
        assert after == before
        assert list(after) == list(before)


def members_text(members: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{key} :{value}" for key, value in members) + "}"


STRINGS = st.text().map(json.dumps) | st.sampled_from([
    '"\\ud800"', '"\\ud83d\\ude00"', '"a\\/b"', '"}\\n{"',
    json.dumps(reset_text()),
])  # fmt: skip
JSON_TEXTS = st.recursive(
    STRINGS | st.sampled_from([
        "1e400", "-1E-999", "-0", "0.10", "1E5", "null", "true", "9" * 30, "9" * 5000,
        '{"a":' * 200 + "1" + "}" * 200, "[" * 2000 + "]" * 2000,
    ]),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: "[" + " , ".join(parts) + "]")
    | st.lists(st.tuples(STRINGS, inner), max_size=3).map(members_text),
    max_leaves=8,
)  # fmt: skip
KEYS = st.sampled_from(['"log"', '"a"', '"time"', '"kubernetes"', '"whyreset_"']) | STRINGS


@settings(max_examples=80)
@given(
    st.lists(st.lists(st.tuples(KEYS, JSON_TEXTS), max_size=6).map(members_text), max_size=6),
    st.sampled_from(["\n", "\r\n", "\n\n", " \r\n \n"]),
    st.booleans(),
)
def test_any_json_text_keeps_its_bytes_but_for_the_mark(
    lines: list[str], end: str, last: bool
) -> None:
    """Numbers of any size, keys twice, half a surrogate pair, any depth, any end of line."""
    data = end.join(lines).encode() + (end.encode() if last else b"")
    got = passed(data)
    assert [MARK.sub(b"", line) for line in got] == [line.encode() for line in lines]


def test_bytes_that_are_no_text_do_not_hide_a_reset() -> None:
    reset = b'{"log":"\xff\xc3 %b"}' % reset_text().encode()
    other = b'{"log":"\xff\xc3 handled"}'
    found = passed(reset + b"\n" + other + b"\n")
    assert json.loads(found[0])["log"] == "\ufffd\ufffd " + reset_text()
    assert mark_of(found[0])["label"] == "unknown"
    assert json.loads(found[1])["log"] == "\ufffd\ufffd handled"
    assert passed(other + b"\n", form=Form(trust=True)) == [other]


@given(st.lists(st.sampled_from(["reset", "other"]), max_size=40), st.integers(0, 3))
def test_what_is_of_no_interest_keeps_its_bytes(kinds: list[str], oddity: int) -> None:
    odd = [b"", b"plain\n", b"\n", b'k: [1.5, {"a":1}]\n'][oddity]
    parts = [
        record(i, reset_text()) if kind == "reset" else b'{"n" :%d ,"x":1.50,"u":"\\u00e9"}\n' % i
        for i, kind in enumerate(kinds)
    ]
    got = passed(odd + b"".join(parts))[1 if odd.strip() else 0 :]
    assert [MARK.sub(b"", line) + b"\n" for line in got] == parts


def test_a_beat_is_known_at_its_fourth_stroke() -> None:
    filtering = filter_of()
    out = [filtering.feed(record(10 * i, reset_text()), i) for i in range(8)]
    assert labels(out) == ["unknown"] * 3 + ["probe_noise"] * 5
    marks = [mark_of(line) for line in out[3:]]
    assert {mark["burst"] for mark in marks} == {marks[0]["burst"]}
    assert {mark["state"] for mark in marks} == {"provisional"}
    assert {mark["rule"] for mark in marks} == {"probe"}
    assert all(0 < mark["confidence"] <= 1 for mark in marks)


def test_what_is_not_on_the_beat_gets_another_label() -> None:
    beats = [record(10 * i, reset_text()) for i in range(6)]
    access = record(71, '10.42.0.1 "GET /cart" 499', pod="proxy-1")
    stray = record(71.5, reset_text())
    assert labels(passed(b"".join([*beats, access, stray]))) == ["probe_noise"] * 6 + [
        "client_abort"
    ]
    filtering = filter_of()
    for line in (*beats, access):
        filtering.feed(line, 0)
    assert labels([filtering.feed(stray, 0)]) == ["client_abort"]


def test_labels_are_dropped_and_nothing_else() -> None:
    data = b"".join(
        record(5 * i, reset_text()) + record(5 * i, f"seq={i}") for i in range(8)
    ) + record(41, reset_text("10.42.0.7"))
    out = passed(data, form=Form(drop=frozenset({"probe_noise"})))
    texts = [json.loads(line)["log"] for line in out]
    assert texts == [*(f"seq={i}" for i in range(8)), reset_text("10.42.0.7")]


@pytest.mark.parametrize("key", ["whyreset", "whyreset_label", "log"])
def test_what_has_the_key_passes_as_it_is_and_is_counted(key: str) -> None:
    line = json.dumps({"log": reset_text(), **({} if key == "log" else {key: "x"})}).encode()
    filtering = filter_of(form=Form(key="log" if key == "log" else "whyreset"))
    quiet = json.dumps({"log": "nothing", key: "x"}).encode()
    data = line + b"\n" + quiet + b"\n"
    assert filtering.feed(data, 0.0) + filtering.finish(0.0) == data
    assert (filtering.counts.taken, filtering.counts.resets) == (1, 0)


def test_flat_keys() -> None:
    (out,) = passed(record(0, reset_text()), form=Form(key="why", flat=True))
    found = json.loads(out)
    assert list(found)[-5:] == ["why_label", "why_rule", "why_confidence", "why_burst", "why_state"]
    assert found["why_label"] == "unknown"
    assert passed(out + b"\n", form=Form(key="why", flat=True)) == [out]


def test_keys_may_be_anywhere() -> None:
    keys = Keys(text=("data", "line"), pod=("meta", "pod"), namespace=("meta", "ns"))
    beats = b"".join(
        json.dumps({
            "time": format_time((START + 5 * i) * NS),
            "meta": {"pod": pod, "ns": "shop"},
            "data": {"line": reset_text()},
        }).encode() + b"\n"
        for i in range(4) for pod in ("a", "b")
    )  # fmt: skip
    out = passed(beats, keys=keys)
    assert labels(out) == ["probe_noise"] * 8
    assert len({mark_of(line)["burst"] for line in out}) == 2


def nested(levels: int) -> str:
    return '{"a":' * levels + "[]" + "}" * levels


@pytest.mark.parametrize("levels", [250, 300, 900, 1500, 30_000, 100_000])
@pytest.mark.parametrize("options", [
    {}, {"hold": 1.0}, {"form": Form(trust=True)}, {"form": Form(pairs=True)},
], ids=["plain", "hold", "trust", "pairs"])  # fmt: skip
def test_a_reset_is_found_however_deep_its_record_is_nested(
    levels: int, options: dict[str, Any]
) -> None:
    place = f'"kubernetes":{{"pod_name":"api-1","annotations":{nested(levels)}}}'
    deep = f'{{"log":"{reset_text()}",{place}}}'
    after = record(0, "after")
    first, last = passed(deep.encode() + b"\n" + after, **options)
    assert b'"label":"unknown"' in first
    assert after.strip() in last
    # As the last one of a block, it is asked for its time, too.
    assert len(passed(deep.encode().replace(b"reset by", b"") + b"\n", **options)) == 1


def test_deep_records_of_every_shape_are_told_from_broken_lines() -> None:
    deep = f'{{"log":"x","deep":{nested(1500)}}}'
    for line in (f"[{deep}, {deep}]", f'a.tag: [1763820000.25, {deep}]',
                 f"[[1763820000.25, {deep}], {deep}]"):  # fmt: skip
        shapes = shapes_of(line.encode())
        assert shapes is not None
        assert {shape.record.decode() for shape in shapes} == {deep}
    for broken in (deep[:-1], deep.replace("[]", "[}", 1), deep.replace("[]", "[1 1]"), deep + "}"):
        assert shapes_of(broken.encode()) is None


def test_the_tag_behind_a_deep_value_gets_its_prefix() -> None:
    line = f'{{"deep":{nested(1500)},"labels":{{"tag":"no"}},"tag":"kube.x"}}'
    (out,) = passed(line.encode() + b"\n", form=Form(tag_prefix="labelled."))
    assert out.endswith(b'{"tag":"no"},"tag":"labelled.kube.x"}')


def test_a_chunk_with_a_number_of_any_length_is_records() -> None:
    assert len(passed(b'[{"n":' + b"1" * 5000 + b'},{"n":2}]\n')) == 2


class TestHold:
    def test_a_reset_waits_for_what_makes_it_clear_and_others_wait_behind_it(self) -> None:
        filtering = filter_of(hold=5.0)
        assert filtering.feed(record(0, "before"), 0.0) == record(0, "before")
        assert filtering.feed(record(1, reset_text()) + record(1, "behind"), 1.0) == b""
        assert filtering.due == 6.0
        access = record(1.5, '10.42.0.1 "GET /cart" 499', pod="proxy-1")
        assert filtering.feed(access, 2.0) == b""
        out = filtering.release(6.0).splitlines()
        assert labels(out) == ["client_abort"]
        assert [json.loads(line)["log"] for line in out] == [
            reset_text(), "behind", '10.42.0.1 "GET /cart" 499',
        ]  # fmt: skip
        assert filtering.due is None
        assert filtering.feed(record(9, "straight"), 9.0) == record(9, "straight")

    def test_the_end_makes_it_final(self) -> None:
        filtering = filter_of(hold=5.0)
        out = b"".join(filtering.feed(record(10 * i, reset_text()), 0.0) for i in range(4))
        assert out == b""
        marks = [mark_of(line) for line in filtering.finish(0.1).splitlines()]
        assert [(m["label"], m["state"]) for m in marks] == [("probe_noise", "final")] * 4

    @pytest.mark.parametrize("bounds", [{"records": 10}, {"size": 2000}])
    def test_no_more_waits_than_is_allowed(self, bounds: dict[str, int]) -> None:
        filtering = filter_of(hold=3600.0, **bounds)
        out = b"".join(
            filtering.feed(record(i, reset_text() if i % 3 == 0 else f"seq={i}"), 0.0)
            for i in range(60)
        )
        assert out.count(b"\n") >= 45
        rest = filtering.finish(0.0)
        texts = [json.loads(line)["log"] for line in (out + rest).splitlines()]
        assert texts == [reset_text() if i % 3 == 0 else f"seq={i}" for i in range(60)]

    @pytest.mark.parametrize("drop", [set(), {"unknown", "resource_exhaustion"}])
    def test_what_waited_comes_out_in_portions(self, drop: set[str]) -> None:
        filtering = filter_of(hold=3600.0, form=Form(drop=frozenset(drop)))
        plain = record(0, "x" * 1000)
        wanted = 0
        for i in range(4000):
            peer = f"10.42.{i // 250}.{i % 250}"
            assert filtering.feed(record(i / 1000, reset_text(peer)) + plain, 0.0) == b""
            wanted += 1 if drop else 2
        parts = [filtering.finish(0.0)]
        while parts[-1]:
            parts.append(filtering.release(0.0))
        assert sum(part.count(b"\n") for part in parts) == wanted
        assert max(map(len, parts)) < 1 << 21


@pytest.mark.usefixtures("pure")  # a method is patched
@pytest.mark.parametrize("distinct", [1, 3000])
def test_a_storm_costs_no_more_than_its_length(
    distinct: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    filtering = filter_of()
    eager = filtering.labeller._eager
    judged: list[int] = []
    judge = eager._judge
    monkeypatch.setattr(
        eager, "_judge", lambda cluster: (judged.append(len(cluster.events)), judge(cluster))[1]
    )
    out = []
    for i in range(3000):
        peer = f"10.42.{i % distinct // 250}.{i % distinct % 250}"
        out += filtering.feed(record(i / 1000, reset_text(peer)), 0.0).splitlines()
    assert len(labels(out)) == 3000
    assert sum(judged) < 12 * 3000 + 4000
    if distinct > 1:  # a rule of all peers has spoken: it holds for one more of them
        assert labels(out)[-1000:].count("resource_exhaustion") > 900


def test_a_cluster_that_ends_within_a_block_is_labelled_all_the_same() -> None:
    times = [600 * block + 5 * stroke for block in range(5) for stroke in range(5)]
    data = b"".join(record(time, reset_text()) for time in times)
    assert labels(passed(data)) == ["probe_noise"] * 25


class TestLongLines:
    @pytest.mark.parametrize("text", ["x", "\\", "é", "\U0001f600", '"'])
    def test_a_long_text_is_cut_and_marked(self, text: str) -> None:
        found = {"a": 1.5, "log": reset_text() + text * 9000, "z": [1, 2]}
        filtering = filter_of(form=Form(limit=4000))
        out = filtering.feed(json.dumps(found).encode() + b"\n", 0.0).rstrip()
        assert len(out) <= 4000
        assert out.count(b'"whyreset_cut"') == filtering.counts.cut == 1
        after = json.loads(out)
        assert after["log"].startswith(reset_text())
        assert (after["a"], after["z"], after["whyreset_cut"]) == (1.5, [1, 2], True)
        assert after["whyreset"]["label"] == "unknown"

    @pytest.mark.parametrize("size", [3900, 3950, 4000, 4001])
    def test_the_mark_does_not_make_it_too_long(self, size: int) -> None:
        found = {"log": reset_text()}
        found["log"] += "x" * (size - len(json.dumps(found)))
        line = json.dumps(found).encode()
        (out,) = passed(line + b"\n", form=Form(limit=4000))
        assert len(out) <= 4000
        assert mark_of(out)

    def test_many_keys_leave_only_the_beginning(self) -> None:
        line = json.dumps({f"key{i}": i for i in range(2000)}).encode()
        (out,) = passed(line + b"\n", form=Form(limit=4000))
        assert len(out) <= 4000
        assert json.loads(out)["whyreset_cut"] is True

    def test_a_line_without_an_end_takes_no_more_memory(self) -> None:
        filtering = filter_of()
        out = b""
        for _ in range(24):
            out += filtering.feed(b"x" * (1 << 20), 0.0)
        out += filtering.feed(b'\n{"a":1}\n', 0.0)
        first, second = out.splitlines()
        assert len(first) < 250_000
        assert json.loads(first)["whyreset_cut"] is True
        assert second == b'{"a":1}'

    def test_others_in_the_block_are_not_cut(self) -> None:
        long = b'{"log":"' + b"x" * 5000 + b'"}\n'
        out = passed(b'{"n":1}\n' + long + b'{"n":2}\n', form=Form(limit=4000))
        assert (out[0], out[2]) == (b'{"n":1}', b'{"n":2}')
        assert len(out[1]) <= 4000


class TestBroken:
    LINES = b'{"a":1}\n{"log":"x\n[1,\n{"b":2}\n'

    def test_wrapped(self) -> None:
        out = passed(self.LINES)
        assert out == [b'{"a":1}', b'{"log":"{\\"log\\":\\"x"}', b'{"log":"[1,"}', b'{"b":2}']

    def test_dropped(self) -> None:
        assert passed(self.LINES, form=Form(broken="drop")) == [b'{"a":1}', b'{"b":2}']

    def test_the_end(self) -> None:
        with pytest.raises(BrokenInputError):
            passed(self.LINES, form=Form(broken="fail"))

    def test_what_stands_between_braces_is_looked_at_unless_it_is_trusted(self) -> None:
        lines = b'{"b":1}\n{"a":}\n{"b":2}\n'
        wrapped = b'{"log":"{\\"a\\":}"}'
        assert passed(lines) == [b'{"b":1}', wrapped, b'{"b":2}']
        assert passed(lines, form=Form(trust=True)) == lines.splitlines()


def test_tags_get_a_prefix() -> None:
    form = Form(tag_prefix="labelled.")
    data = (
        b'{"log":"a","tag":"kube.x","n":12345678901234567890}\n{"log":"no tag"}\n'
        b'{"labels":{"tag":"blue"},"tag":"kube.y","log":"\\"tag\\":\\"z\\""}\n'
    )
    out = [json.loads(line) for line in passed(data, form=form)]
    assert [each.get("tag") for each in out] == ["labelled.kube.x", None, "labelled.kube.y"]
    assert out[2]["labels"] == {"tag": "blue"}
    assert out[0]["n"] == 12345678901234567890


def test_a_tag_may_be_anywhere() -> None:
    form = Form(tag_prefix="labelled.", tag_key=("meta", "tag"))
    data = (
        b'{"tag":"kube.x","meta":{"n":1E5,"tag" : "kube.y"},"log":"\xc3\xa9"}\n'
        b'{"meta.tag":"kube.z"}\n{"meta":["tag"]}\n{"meta":{"tag":5}}\n'
    )
    assert passed(data, form=form) == [
        b'{"tag":"kube.x","meta":{"n":1E5,"tag" : "labelled.kube.y"},"log":"\xc3\xa9"}',
        b'{"meta.tag":"labelled.kube.z"}', b'{"meta":["tag"]}', b'{"meta":{"tag":5}}',
    ]  # fmt: skip


def test_the_key_of_the_tag_may_hold_the_name_of_a_file() -> None:
    reader = Reader(Keys(tag=("source", "log")), Clock(zone=UTC), lambda: START * NS)

    def source_of(name: str) -> Source:
        found = {"log": reset_text(), "source": {"log": name}}
        return reader.read(json.dumps(found).encode(), found, 1).source

    named = source_of(f"/data/web-7d9c5b6f4-abcde_shop_web-{'a' * 64}.log")
    assert (named.namespace, named.pod) == ("shop", "web-7d9c5b6f4-abcde")
    assert source_of("/data/one.log") != source_of("/data/other.log")


class TestDates:
    FORM = Form(text_dates=True)

    @pytest.mark.parametrize(
        ("number", "text"),
        [
            ("1763820000.123456", "2025-11-22T14:00:00.123456000Z"),
            ("1763820000", "2025-11-22T14:00:00.000000000Z"),
            ("1763820000123", "2025-11-22T14:00:00.123000000Z"),
            ("1763820000.123456789", "2025-11-22T14:00:00.123456789Z"),
            ("1.763820000e9", "2025-11-22T14:00:00.000000000Z"),
        ],
    )
    def test_a_number_becomes_a_text(self, number: str, text: str) -> None:
        lines = [
            f'{{"date":{number},"log":"x"}}',
            f'{{ "date" : {number} }}',
            f'{{"n":1.50,"x":{{"date":5}},"é":"\\"date\\":7","date":{number},"z":[1E5]}}',
        ]
        got = passed("\n".join(lines).encode(), form=self.FORM)
        assert got == [line.replace(number, f'"{text}"').encode() for line in lines]

    @pytest.mark.parametrize(
        "line",
        [
            b'{"date":"mine"}', b'{"date":17}', b'{"date":null,"time":1763820000}',
            b'{"x":{"date":1763820000}}', b'{"date":1e400}', b'{"date":-1763820000}',
        ],
    )  # fmt: skip
    def test_others_stay(self, line: bytes) -> None:
        assert passed(line + b"\n", form=self.FORM) == [line]

    def test_a_reset_keeps_its_time(self) -> None:
        line = b'{"date":1763820000.25,"log":"%b"}\n' % reset_text().encode()
        (out,) = passed(line, form=Form(text_dates=True, pairs=True))
        assert out.startswith(b'[1763820000.250000000,{"date":"2025-11-22T14:00:00.250000000Z",')


@given(st.lists(st.tuples(KEYS, JSON_TEXTS), min_size=1, max_size=6), st.data())
def test_the_place_of_a_value_is_that_of_the_value(
    members: list[tuple[str, str]], data: st.DataObject
) -> None:
    record = members_text(members).encode()
    key, _ = data.draw(st.sampled_from(members))
    place = place_of_value(record, (json.loads(key),))
    assert place is not None
    found = json_value(b"[" + record[slice(*place)] + b"]")[0]
    assert found == json_value(record)[json.loads(key)]
    assert place_of_value(record, ("no such key",)) is None


# The command as a process.


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "own.rules"
    path.write_text(RULES)
    return path


@contextmanager
def running(rules: Path, *words: str, **popen: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "whyreset", "filter", "--no-builtin", "-r", str(rules), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **popen,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_lines(process: subprocess.Popen[bytes], count: int, seconds: float = 15.0) -> list[bytes]:
    assert process.stdout is not None
    data = b""
    while data.count(b"\n") < count:
        assert select.select([process.stdout], [], [], seconds)[0], data
        more = os.read(process.stdout.fileno(), 1 << 16)
        assert more, data
        data += more
    return data.splitlines()


def send(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(data)
    process.stdin.flush()


def wait_until_read(process: subprocess.Popen[bytes], seconds: float = 30.0) -> None:
    """Until nothing is left in the pipe to the process."""
    assert process.stdin is not None
    until = time.monotonic() + seconds
    while any(fcntl.ioctl(process.stdin, termios.FIONREAD, bytes(4))):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_each_read_is_answered_at_once(rules: Path) -> None:
    with running(rules) as process:
        for i in range(6):
            send(process, record(10 * i, reset_text()))
            (line,) = read_lines(process, 1)
        assert mark_of(line)["label"] == "probe_noise"
        process.stdin.close()
        process.stdin = None
        assert process.stdout.read() == b""
        assert process.wait(15) == 0
        assert b"6 records, 6 resets" in process.stderr.read()


def test_a_held_record_is_let_go_while_the_input_is_silent(rules: Path) -> None:
    with running(rules, "--hold", "300ms") as process:
        send(process, record(0, reset_text()) + record(0, "behind"))
        first, second = read_lines(process, 2)
        assert mark_of(first)["state"] == "provisional"
        assert second + b"\n" == record(0, "behind")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_nothing_lost(rules: Path, number: signal.Signals) -> None:
    with running(rules, "--hold", "1h") as process:
        send(process, record(0, reset_text()) + b'{"half":')
        assert b"empty memory" in process.stderr.readline()  # it has begun
        wait_until_read(process)
        process.send_signal(number)
        send(process, b'1}\n{"next":1}\n')
        out = process.stdout.read().splitlines()
        assert process.wait(15) == 0
        assert mark_of(out[0])["state"] == "final"
        assert out[1:] == [b'{"half":1}']  # what follows is for the next process


@pytest.mark.parametrize("is_read_again", [True, False])
def test_a_reader_that_stands_still_does_not_keep_it_from_ending(
    rules: Path, is_read_again: bool
) -> None:
    block = b"".join(b'{"seq":%d,"log":"%b"}\n' % (i, b"x" * 200) for i in range(40_000))
    with running(rules) as process:
        assert b"empty memory" in process.stderr.readline()
        feeder = threading.Thread(target=feed, args=(process, block))
        feeder.start()
        until = time.monotonic() + 30
        taken = -1
        while taken != (taken := in_pipe(process.stdout)) or taken < 65_536:
            assert time.monotonic() < until
            time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        if is_read_again:
            out = process.stdout.read().splitlines()
            assert [json.loads(line)["seq"] for line in out] == list(range(len(out)))
        assert process.wait(15) == 0
        told = process.stderr.read()
        assert (b"nobody read what was left" in told) is not is_read_again
        feeder.join(15)


def feed(process: subprocess.Popen[bytes], data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):
        send(process, data)


def in_pipe(stream: Any) -> int:
    """How many bytes are in a pipe."""
    return int.from_bytes(fcntl.ioctl(stream, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.parametrize("is_idle", [True, False])
def test_a_reader_that_has_gone_ends_it_quietly(rules: Path, is_idle: bool) -> None:
    with running(rules) as process:
        send(process, b'{"a":1}\n')
        read_lines(process, 1)
        process.stdout.close()
        process.stdout = None
        if not is_idle:
            with pytest.raises(BrokenPipeError):
                send(process, b'{"a":1}\n' * 1_000_000)
            process.stdin = None
        assert process.wait(15) == 141
        assert b"Traceback" not in process.stderr.read()


def test_wrong_options_and_rules_end_it_before_a_line_is_read(rules: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.rules"
    bad.write_text("rule {")
    for words, code in (
        (["--drop", "nothing"], 2),
        (["--verdicts", str(tmp_path / "no" / "where")], 2),
        (["--verdicts", "fd:x"], 2),
        (["-r", str(bad)], 2),
        (["-r", str(tmp_path / "none.rules")], 2),
        (["--max-line", "10"], 2),
        (["--key", ""], 2),
        (["--hold-bytes", "1X"], 2),
    ):
        with running(rules, *words) as process:
            out, err = process.communicate(b'{"a":1}\n', timeout=15)
            assert (process.returncode, out) == (code, b""), err
            assert b"Traceback" not in err


def test_broken_input_may_end_it(rules: Path) -> None:
    with running(rules, "--broken", "fail") as process:
        out, err = process.communicate(b'{"a":1}\n{"a":\n{"b":1}\n', timeout=15)
    assert process.returncode == 2
    assert out in {b"", b'{"a":1}\n'}
    assert b'no JSON: {"a":' in err


def test_verdicts_go_elsewhere(rules: Path, tmp_path: Path) -> None:
    data = b"".join(record(10 * i, reset_text()) for i in range(6))
    path = tmp_path / "verdicts.jsonl"
    with running(rules, "--verdicts", str(path)) as process:
        process.communicate(data, timeout=15)
    finals = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(f["label"], f["count"]) for f in finals if f["state"] == "final"] == [
        ("probe_noise", 6)
    ]
    read, write = os.pipe()
    with running(rules, "--verdicts", f"fd:{write}", pass_fds=[write]) as process:
        process.communicate(data, timeout=15)
    os.close(write)
    with os.fdopen(read) as lines:
        assert json.loads(lines.readlines()[-1])["state"] == "final"


def test_verdicts_to_a_socket_and_none_when_nobody_listens(rules: Path, tmp_path: Path) -> None:
    data = b"".join(record(10 * i, reset_text()) for i in range(6))
    path = tmp_path / "v.sock"
    with running(rules, "--verdicts", f"unix:{path}") as process:
        out, err = process.communicate(data, timeout=15)
        assert out.count(b"\n") == 6
        assert re.search(rb"\n.* [12] verdicts could not be written", err)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        with running(rules, "--verdicts", f"unix:{path}") as process:
            process.communicate(data, timeout=15)
        connection, _ = server.accept()
        with connection, connection.makefile() as lines:
            assert json.loads(lines.readlines()[-1])["label"] == "probe_noise"


def test_verdicts_to_a_named_pipe_whether_it_is_read_or_not(rules: Path, tmp_path: Path) -> None:
    data = b"".join(record(10 * i, reset_text()) for i in range(6))
    path = tmp_path / "v.pipe"
    os.mkfifo(path)
    with running(rules, "--verdicts", str(path)) as process:
        out, err = process.communicate(data, timeout=15)
        assert out.count(b"\n") == 6
        assert b"verdicts could not be written" in err
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with running(rules, "--verdicts", str(path)) as process:
        _, err = process.communicate(data, timeout=15)
        assert b"could not" not in err
    with os.fdopen(reader) as lines:
        assert json.loads(lines.readlines()[-1])["label"] == "probe_noise"


def test_verdicts_are_those_of_run(rules: Path, tmp_path: Path) -> None:
    """The records of the filter and the lines of `run` tell the same."""
    beats = [(10 * i, reset_text()) for i in range(6)]
    beats += [(7 * i, reset_text("10.42.0.8")) for i in range(9)]
    path = tmp_path / "verdicts.jsonl"
    with running(rules, "--verdicts", str(path)) as process:
        process.communicate(b"".join(record(*beat) for beat in beats), timeout=15)
    got = [json.loads(line) for line in path.read_text().splitlines()]
    log = tmp_path / f"api-1_shop_api-{'a' * 64}.log"
    log.write_text(
        "".join(f"{format_time((START + at) * NS)} stderr F {text}\n" for at, text in sorted(beats))
    )
    command = [sys.executable, "-m", "whyreset", "run", "-o", "json", "--no-builtin", "-r"]
    done = subprocess.run([*command, str(rules), str(log)], capture_output=True, check=True)
    wanted = [json.loads(line) for line in done.stdout.splitlines()]
    shown = ("label", "rule", "peer", "start", "end", "count", "period_s", "confidence", "pod")
    assert [[v[key] for key in shown] for v in got if v["state"] == "final"] == [
        [v[key] for key in shown] for v in wanted
    ]


def test_the_line_that_opened_a_connection_tells_whose_it_was() -> None:
    rules = (
        "event opened { match `[<connection:int>] from <client:addr>` }\n"
        "event reset { match `[<connection:int>] reset` }\n"
        "rule r { label client_abort; burst of reset by pod, peer gap 9s\n"
        " when { peer = 10.1.0.7 } }"
    )
    filtering = filter_of(load_text(rules), hold=5.0)
    texts = ["[7] from 10.1.0.7:51234", "[7] reset", "[7] from 10.1.0.9:51234", "[7] reset"]
    out = b"".join(filtering.feed(record(i, text), i) for i, text in enumerate(texts))
    lines = (out + filtering.finish(9.0)).splitlines()
    assert labels(lines) == ["client_abort", "unknown"]
