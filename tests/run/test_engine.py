"""The engine for other programs: records in, the same verdicts as a replay, put away at will."""

import copy
import pickle
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whyreset.basis.units import NS
from whyreset.ingest.inputs import Input
from whyreset.ingest.matching import Extractor
from whyreset.ingest.reader import ByteReader
from whyreset.ingest.source_name import source_of_path
from whyreset.ingest.stamps import Clock
from whyreset.model.diagnostic import RuleError
from whyreset.model.record import Record
from whyreset.model.rule import Plan
from whyreset.model.verdict import Labelled, Verdict
from whyreset.run.engine import Engine
from whyreset.run.replay import Replay

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def records(files: dict[str, bytes]) -> list[Record]:
    found = []
    for name, data in files.items():
        offset = 0
        for line in data.splitlines(keepends=True):
            stamp, stream, _, text = line.decode().rstrip("\n").split(" ", 3)
            whole = round((datetime.fromisoformat(stamp[:19] + "+00:00") - EPOCH).total_seconds())
            time = whole * NS + int(stamp[20:29])
            found.append(Record(time, source_of_path(name), offset, text, stream))
            offset += len(line)
    return sorted(found, key=lambda record: (record.time, record.source.name, record.offset))


def run(engine: Engine, given: list[Record]) -> tuple[list[Verdict], list[Labelled]]:
    verdicts, labels = [], []
    for record in given:
        verdicts += engine.feed(record)
        labels += engine.take_labels()
    verdicts += engine.finish()
    labels += engine.take_labels()
    return [verdict for verdict in verdicts if verdict.state == "final"], labels


def snapshot(engine: Engine) -> Engine:
    return Engine.restore(engine.snapshot())


def pickled(engine: Engine) -> Engine:
    made = pickle.loads(pickle.dumps(engine))
    assert isinstance(made, Engine)
    return made


@pytest.mark.parametrize("moved", [snapshot, pickled, copy.deepcopy])
@given(st.integers(0, 10**6), st.data())
@settings(max_examples=15)
def test_put_away_and_taken_up_anywhere(
    moved: Callable[[Engine], Engine],
    plan: Plan, corpus: Callable[[int], Any], seed: int, data: st.DataObject,
) -> None:  # fmt: skip
    given_records = records(corpus(seed).files)
    plain = run(Engine(plan), given_records)
    at = data.draw(st.integers(0, len(given_records)))
    engine = Engine(plan)
    before: list[Verdict] = []
    for record in given_records[:at]:
        before += engine.feed(record)
    engine = moved(engine)
    verdicts, labels = run(engine, given_records[at:])
    assert [v for v in before if v.state == "final"] + verdicts == plain[0]
    assert labels == plain[1]


@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_as_a_replay_of_the_same_lines(plan: Plan, corpus: Callable[[int], Any], seed: int) -> None:
    class Whole(ByteReader):
        def __init__(self, data: bytes) -> None:
            super().__init__(-1, owned=False)
            self._data = data

        def read(self, _size: int = 0) -> bytes:
            data, self._data = self._data, b""
            return data

    files = corpus(seed).files
    extractor = Extractor(plan.definitions)
    inputs = [
        Input(name, Whole(data), extractor, source_of_path(name), Clock())
        for name, data in files.items()
    ]
    steps = list(Replay(plan, inputs).run())
    finals = [v for step in steps for v in step.verdicts if v.state == "final"]
    verdicts, labels = run(Engine(plan), records(files))
    assert verdicts == finals
    assert labels == [labelled for step in steps for labelled in step.labels]


def test_ticks_settle_what_is_over(plan: Plan, corpus: Callable[[int], Any]) -> None:
    given_records = records(corpus(1).files)
    engine = Engine(plan)
    verdicts = [verdict for record in given_records for verdict in engine.feed(record)]
    verdicts += engine.advance(given_records[-1].time + 3600 * NS)
    assert verdicts
    assert engine.finish() == []


def test_an_engine_from_rule_files(tmp_path: Any) -> None:
    (tmp_path / "a.rules").write_text(
        "event reset { match `reset by <peer:ip>` }\n"
        "rule any { label idle_timeout; burst of reset by peer gap 5s\nwhen { at least 1 } }\n"
    )
    engine = Engine.from_rules(tmp_path / "a.rules", builtin=False)
    engine.feed(Record(NS, source_of_path("x"), 0, "reset by 10.0.0.1"))
    assert [verdict.rule for verdict in engine.finish()] == ["any"]
    with pytest.raises(RuleError):
        Engine.from_rules(tmp_path / "missing.rules", builtin=False)
