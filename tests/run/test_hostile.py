"""Lines that mean harm: bounded time and memory, and nothing of them acts on a terminal."""

import time
import tracemalloc

import pytest

from whyreset.ingest.batches import Batch
from whyreset.ingest.intake import BLOCK, LINE_LIMIT, Intake
from whyreset.ingest.matching import Extractor
from whyreset.ingest.source_name import make_source
from whyreset.ingest.stamps import Clock
from whyreset.language.load import load_text
from whyreset.model.event import Event
from whyreset.model.record import Record, Source
from whyreset.run.engine import Engine
from whyreset.run.text_output import TextOutput

RULES = "event reset { match `read tcp <local:addr>-><peer:addr>: read: connection <_>` }"
STAMP = b"2026-11-22T10:00:%02d.000Z stderr F "
RESET = b"read tcp 10.0.0.9:80->10.0.0.1:4000: read: connection reset by peer\n"


def read(*blocks: bytes) -> tuple[list[Event], int, int]:
    """Events, lines that were cut, and the most memory that it took (bytes)."""
    intake = Intake(Extractor(load_text(RULES).definitions), make_source("a"), Clock())
    events, cut = [], 0
    tracemalloc.start()
    for block in blocks:
        batch = intake.feed(block)
        events += batch.events
        cut += batch.cut
    events += intake.feed(b"", last=True).events
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return events, cut, peak


@pytest.mark.parametrize(
    ("filler", "size"),
    [(b"x", 100), (b"\0", 12), (b"\xff", 12), (b"\xe2\x82", 12), (b"\x1b[31m", 12)],
)
def test_a_line_of_many_megabytes(filler: bytes, size: int) -> None:
    block = (filler * (BLOCK // len(filler) + 1))[:BLOCK]
    began = time.process_time()
    events, cut, peak = read(
        STAMP % 1 + RESET, STAMP % 2, *[block] * (size * 2**20 // BLOCK), b"\n", STAMP % 3 + RESET
    )
    assert time.process_time() - began < 10
    assert len(events) == 2
    assert cut == 1
    assert peak < 32 * LINE_LIMIT


def test_nul_runs_and_bytes_that_are_no_text_hide_nothing() -> None:
    data = b"".join([
        b"\0" * 70_000, b"\n", STAMP % 1, b"\xff\xfe\x80 ", RESET, b"\xf0\x28\x8c\x28" * 900, b"\n",
        STAMP % 2, b"\0\0", RESET,
    ])  # fmt: skip
    events, _, _ = read(data)
    assert [event.fields["peer"] for event in events] == ["10.0.0.1", "10.0.0.1"]


@pytest.mark.parametrize("run", [1, 70_000, 3 * LINE_LIMIT])
@pytest.mark.parametrize("size", [1 << 30, 1000])
def test_a_line_behind_the_hole_of_a_log_that_was_cut_is_read(run: int, size: int) -> None:
    """Its writer goes on where it was; before that the file is full of NULs."""
    data = STAMP % 1 + RESET + b"\0" * run + STAMP % 2 + RESET + STAMP % 3 + RESET
    for whole in (data, data[len(STAMP % 1 + RESET) :]):
        events, cut, _ = read(*(whole[at : at + size] for at in range(0, len(whole), size)))
        assert [event.time % 10**10 // 10**9 for event in events] == [1, 2, 3][-len(events) :]
        assert len(events) == whole.count(b"reset by peer")
        assert [event.offset for event in events][-1] == whole.rfind(STAMP % 3)
        assert cut == 0


def test_many_runs_of_nuls_are_no_more_work_than_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: list[int] = []
    take = Intake._take_lines

    def counted(self: Intake, data: bytes) -> Batch:
        pieces.append(len(data))
        return take(self, data)

    monkeypatch.setattr(Intake, "_take_lines", counted)
    read(STAMP % 1 + RESET, b"\n\0" * (BLOCK // 2))
    assert len(pieces) < 20


@pytest.mark.parametrize("code", ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\x07", "\u202e"])
def test_nothing_reaches_the_terminal(code: str) -> None:
    engine = Engine(load_text(RULES))
    line = f"read tcp 10.0.0.9:80->10.0.0.1:4000: read: connection {code}reset\r\n{code}by peer"
    engine.feed(Record(0, Source(f"a{code}", pod=f"api{code}"), 0, line))
    (verdict,) = [found for found in engine.finish() if found.state == "final"]
    block = TextOutput(colour=False).verdict(verdict)
    assert code[0] not in block
    assert "\r" not in block
