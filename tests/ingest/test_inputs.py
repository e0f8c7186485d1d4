import bz2
import gzip
import lzma
import os
import threading
import time

import pytest

from whyreset.ingest.inputs import InputError, open_inputs
from whyreset.ingest.matching import Extractor
from whyreset.ingest.reader import ByteReader
from whyreset.ingest.stamps import Clock, parse_rfc3339
from whyreset.model.definition import Definition, Matcher

RESET = Matcher("Connection reset", (), (), (), (b"Connection reset",), "t:1")
EXTRACTOR = Extractor([Definition("reset", (), (RESET,), (), (), (), "t:1")])
LINE = b"2026-11-22T10:00:00.5Z stderr F Connection reset\n"
HEX = "0123456789abcdef" * 4


def read_all(paths, **options):
    found = []
    for source in open_inputs([str(path) for path in paths], EXTRACTOR, **options):
        while (batch := source.read()) is not None:
            found += batch.events
        assert source.read() is None
    return found


def test_a_file_and_its_source(tmp_path):
    path = tmp_path / f"db-0_shop_pg-{HEX}.log"
    path.write_bytes(LINE)
    (event,) = read_all([path])
    assert (event.source.pod, event.source.namespace) == ("db-0", "shop")


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("packing", [gzip, bz2, lzma], ids=["gzip", "bzip2", "xz"])
def test_packed_files(tmp_path, packing, members):
    path = tmp_path / "a.log.1"
    path.write_bytes(packing.compress(LINE * 20_000) * members)
    assert len(read_all([path])) == 20_000 * members


@pytest.mark.parametrize("packing", [bz2, lzma], ids=["bzip2", "xz"])
def test_a_damaged_archive_is_told(tmp_path, packing):
    data = packing.compress(LINE * 10 + os.urandom(5000))
    for name, harmed in {"short": data[:3000], "torn": data[:2000] + data[2100:]}.items():
        (tmp_path / name).write_bytes(harmed)
        (source,) = open_inputs([str(tmp_path / name)], EXTRACTOR)
        while source.read() is not None:
            pass
        assert "compressed data" in source.damaged


@pytest.mark.parametrize(("head", "name"), [(b"\x28\xb5\x2f\xfd", "zstd"), (b"PK\3\4", "zip")])
def test_a_packing_that_cannot_be_read_is_told(tmp_path, head, name):
    (tmp_path / "a.log").write_bytes(head + LINE)
    (source,) = open_inputs([str(tmp_path / "a.log")], EXTRACTOR)
    assert source.read().events == []
    assert source.read() is None
    assert source.damaged == f"packed with {name}: unpack it first"


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
@pytest.mark.parametrize("byte_order", ["le", "be"])
def test_utf_16(tmp_path, byte_order, pack):
    """What `kubectl logs > a.log` writes in PowerShell."""
    text = "\ufeff" + LINE.decode().replace("\n", "\r\n") * 20_000
    (tmp_path / "a.log").write_bytes(pack(text.encode(f"utf-16-{byte_order}")))
    events = read_all([tmp_path / "a.log"])
    assert len(events) == 20_000
    assert events[-1].text == "Connection reset"


@pytest.mark.parametrize(
    "data",
    [bz2.compress(LINE), lzma.compress(LINE), gzip.compress(LINE)],
    ids=["bzip2", "xz", "gzip"],  # gzip writes the time
)
def test_a_pipe_that_hands_over_a_byte_at_a_time(data):
    ours, theirs = os.pipe()
    reader = ByteReader(ours)

    def write() -> None:
        for byte in data:
            os.write(theirs, bytes([byte]))
            time.sleep(0.001)
        os.close(theirs)

    writer = threading.Thread(target=write)
    writer.start()
    assert b"".join(iter(reader.read, b"")) == LINE
    writer.join()
    reader.close()


def test_a_damaged_gzip_gives_what_it_has(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(LINE * 10 + os.urandom(5000))[:3000])
    (source,) = open_inputs([str(path)], EXTRACTOR)
    events = []
    while (batch := source.read()) is not None:
        events += batch.events
    assert len(events) == 10
    assert source.damaged == "the compressed data end too early"


def test_a_folder(tmp_path):
    for name in ("b.log", "a.log", "a.log.1", "events-1.json", "truth.json", "notes.txt"):
        (tmp_path / name).write_bytes(LINE)
    (tmp_path / "gone.log").symlink_to(tmp_path / "nowhere")
    pods = tmp_path / "shop_db-0_1f0c" / "pg"
    pods.mkdir(parents=True)
    (pods / "0.log").write_bytes(LINE)
    problems = []
    events = read_all([tmp_path], problems=problems)
    names = [event.source.name.removeprefix(str(tmp_path) + "/") for event in events]
    assert names == ["a.log", "a.log.1", "b.log", "events-1.json", "shop_db-0_1f0c/pg/0.log"]
    assert events[-1].source.pod == "db-0"
    assert [problem.reason for problem in problems] == ["No such file or directory"]


def test_what_cannot_be_opened(tmp_path):
    with pytest.raises(InputError, match="No such file") as caught:
        open_inputs([str(tmp_path / "no.log")], EXTRACTOR)
    assert caught.value.path.endswith("no.log")


def test_a_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def write():
        with path.open("wb", buffering=0) as pipe:
            for byte in LINE * 3:
                pipe.write(bytes([byte]))

    writer = threading.Thread(target=write)
    writer.start()
    events = read_all([path])
    writer.join()
    assert len(events) == 3


def test_an_empty_file(tmp_path):
    path = tmp_path / "empty.log"
    path.touch()
    assert read_all([path]) == []


def test_the_year_comes_from_the_other_files(tmp_path):
    (tmp_path / "a.log").write_bytes(LINE.replace(b"2026", b"2019"))
    (tmp_path / "journal.log").write_bytes(b"Nov 22 10:00:00 n1 app[1]: Connection reset\n")
    times = [event.time for event in read_all([tmp_path])]
    assert times[1] == parse_rfc3339("2019-11-22T10:00:00Z")
    clock = Clock(reference=parse_rfc3339("2024-01-01T00:00:00Z"))
    assert read_all([tmp_path], clock=clock)[1].time == parse_rfc3339("2023-11-22T10:00:00Z")
