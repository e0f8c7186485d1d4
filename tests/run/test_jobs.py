"""Workers read the files: the answers are the same bytes, and whatever befalls one is told."""

import gzip
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from whyreset.ingest.batches import Batch
from whyreset.ingest.inputs import Input, InputError, open_inputs
from whyreset.ingest.matching import Extractor
from whyreset.language.load import load, load_text
from whyreset.model.rule import Plan
from whyreset.run.jobs import share_out
from whyreset.run.json_output import label_line, verdict_line
from whyreset.run.replay import Replay

SAMPLES = sorted(
    path for path in (Path(__file__).parents[2] / "samples").iterdir() if any(path.glob("*.log"))
)
LINE = b"2026-11-22T10:00:00.5Z stderr F read tcp 10.0.9.9:80->10.0.0.1:3: read: connection reset "
LINE += b"by peer\n"


@pytest.fixture(scope="module")
def shipped() -> Plan:
    return load([])


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that were made."""
    made: list[int] = []
    fork = os.fork

    def counted() -> int:
        pid = fork()
        if pid:
            made.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", counted)
    return made


def answers(plan: Plan, paths: list[Path], jobs: int) -> tuple[bytes, Any, list[int]]:
    """Labels and verdicts as they are printed, the totals, and how many files a worker read."""
    extractor = Extractor(plan.definitions, narrow=True)
    inputs = open_inputs([str(path) for path in paths], extractor)
    said = []
    with share_out(inputs, extractor, jobs) as shared:
        assert [source.path for source in shared] == [source.path for source in inputs]
        replay = Replay(plan, shared)
        for step in replay.run():
            said += [label_line(labelled) for labelled in step.labels]
            said += [verdict_line(verdict) for verdict in step.verdicts]
        elsewhere = [source is not local for source, local in zip(shared, inputs, strict=True)]
    return b"".join(said), replay.totals, elsewhere


def open_descriptors() -> set[str]:
    return {path.name for path in Path("/dev/fd").iterdir()}


def read_all(source: Input) -> list[Batch]:
    batches = []
    while (batch := source.read()) is not None:
        batches.append(batch)
    return batches


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda path: path.name)
def test_samples(shipped: Plan, folder: Path) -> None:
    alone = answers(shipped, [folder], 1)
    assert alone[0]
    for jobs in (2, 3):
        assert answers(shipped, [folder], jobs)[:2] == alone[:2]


def test_many_files(plan: Plan, corpus: Callable[[int], Any], tmp_path: Path) -> None:
    paths = []
    for seed in range(9):
        folder = tmp_path / str(seed)
        folder.mkdir()
        for name, data in corpus(seed).files.items():
            paths.append(folder / name)
            paths[-1].write_bytes(data)
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(LINE * 2_000))
    packed = gzip.compress(LINE * 2_000)
    (tmp_path / "b.log.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "undated.log").write_text("Nov 22 10:00:00 node-1 kernel: nothing\n")
    paths += [tmp_path / name for name in ("a.log.gz", "b.log.gz", "undated.log")]
    alone = answers(plan, paths, 1)
    assert alone[1].resets > 2_500
    assert any("end too early" in problem for problem in alone[1].problems)
    for jobs in (2, 50):
        shared = answers(plan, paths, jobs)
        assert shared[:2] == alone[:2]
        assert all(shared[2])


def test_two_patterns_on_one_line(tmp_path: Path) -> None:
    """Then a line cannot be read later by the name of its pattern."""
    match = "match `{} tcp <local:addr>-><peer:addr>: {}: connection reset by peer`"
    text = f"event reset {{ {match.format('read', 'read')}; {match.format('write', 'write')} }}"
    plan = load_text(text, "team.rules")
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(LINE * 2_000 + LINE.replace(b"read", b"write") * 2_000)
    alone = answers(plan, [tmp_path], 1)
    assert alone[1].resets == 8_000
    assert answers(plan, [tmp_path], 2)[:2] == alone[:2]


def test_what_is_shared(plan: Plan, tmp_path: Path, children: list[int]) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(LINE * 10)
    os.mkfifo(tmp_path / "pipe")
    writer = os.open(tmp_path / "pipe", os.O_RDWR)
    os.write(writer, LINE)
    extractor = Extractor(plan.definitions)
    inputs = open_inputs([str(tmp_path / name) for name in ("a", "pipe", "b", "c")], extractor)
    with share_out(inputs, extractor, 2) as shared:
        assert [source is local for source, local in zip(shared, inputs, strict=True)] == [
            False, True, False, False,
        ]  # fmt: skip
        assert len(children) == 2
        for source, local in zip(shared, inputs, strict=True):
            assert source.descriptor == local.descriptor
        assert sum(len(batch.events) for batch in read_all(shared[2])) == 10
        assert shared[2].ended
        assert shared[2].mode == "cri"
        assert not shared[0].ended
    os.close(writer)
    alone = open_inputs([str(tmp_path / "a")], extractor)
    with share_out(alone, extractor, 2) as shared:
        assert shared == alone
    assert len(children) == 2


def test_a_share_is_of_equal_size(plan: Plan, tmp_path: Path) -> None:
    sizes = {"a": 5, "b": 90, "c": 40, "d": 45}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(LINE * size)
    extractor = Extractor(plan.definitions)
    inputs = open_inputs([str(tmp_path / name) for name in sizes], extractor)
    with share_out(inputs, extractor, 2) as shared:
        by_worker: dict[int, list[str]] = {}
        for source in shared:
            by_worker.setdefault(id(vars(source)["_worker"]), []).append(Path(source.path).name)
    assert sorted(by_worker.values()) == [["a", "c", "d"], ["b"]]


def test_nothing_is_left_behind(plan: Plan, tmp_path: Path, children: list[int]) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(LINE * 100_000)
    extractor = Extractor(plan.definitions)
    before = open_descriptors()
    inputs = open_inputs([str(tmp_path)], extractor)
    with suppress(KeyboardInterrupt), share_out(inputs, extractor, 2) as shared:
        assert shared[0].read() is not None
        raise KeyboardInterrupt
    assert len(children) == 2
    for source in inputs:
        source.close()
    assert open_descriptors() == before
    for pid in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def test_a_worker_that_is_killed(plan: Plan, tmp_path: Path, children: list[int]) -> None:
    for name in ("a.log", "b.log", "c.log"):
        (tmp_path / name).write_bytes(LINE * 50_000)
    extractor = Extractor(plan.definitions)
    inputs = open_inputs([str(tmp_path)], extractor)
    with share_out(inputs, extractor, 2) as shared:
        assert shared[0].read() is not None
        os.kill(children[0], signal.SIGKILL)
        for source in (shared[0], shared[2]):  # they are one worker's
            with pytest.raises(InputError) as caught:
                read_all(source)
            assert caught.value.path == source.path
            assert caught.value.reason == "the process that read it was killed by signal 9"
            assert source.ended
            assert source.read() is None
        assert sum(len(batch.events) for batch in read_all(shared[1])) == 50_000


def test_a_worker_with_a_defect(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(LINE)
    extractor = Extractor(plan.definitions)
    inputs = open_inputs([str(tmp_path)], extractor)
    monkeypatch.setattr(type(inputs[0]), "read", lambda _: 1 // 0)
    with share_out(inputs, extractor, 2) as shared:
        for source in shared:
            with pytest.raises(InputError, match="the process that read it ended with code 1"):
                source.read()
    assert "ZeroDivisionError" in capfd.readouterr().err


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file that cannot be read")
def test_a_file_that_fails_when_it_is_read(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LINE)
    paths = [tmp_path, Path("/proc/self/mem")]
    alone, shared = answers(plan, paths, 1), answers(plan, paths, 2)
    assert alone[1].failed == 1
    assert shared[:2] == alone[:2]


def test_without_processes_it_is_read_here(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(LINE * 10)
    alone = answers(plan, [tmp_path], 1)

    def none_left() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", none_left)
    said, totals, elsewhere = answers(plan, [tmp_path], 2)
    assert (said, totals) == alone[:2]
    assert elsewhere == [False, False]
