"""A followed log under random treatment: no line is lost, none is read twice after a clean stop.

By hand, with as many actions and seeds as wanted: python tests/ingest/test_tail.py 20000 [SEED]
"""

import errno
import gzip
import os
import pickle
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from whyreset.basis.times import format_time
from whyreset.basis.units import NS
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock
from whyreset.ingest.stream import Stream
from whyreset.language.load import load_text
from whyreset.model.event import Event

RULES = "event order_lost { match `order <order:int> lost` }"
EXTRACTOR = Extractor(load_text(RULES).definitions)
CLOCK = Clock(reference=1_800_000_000 * NS)
EACH = bool(os.environ.get("VERIFY_EACH_ACTION"))


class World:
    """A log that is written to, rotated, cut, deleted; and a reader that is stopped and killed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.draw = random.Random(seed)
        self.cuts = self.draw.random() < 0.4
        self.folder = folder
        self.real = folder / "pods" / "0.log"
        self.real.parent.mkdir()
        self.link = folder / "api.log"
        self.link.symlink_to(folder / "hop")
        (folder / "hop").symlink_to(self.real)
        self.writer = self.real.open("ab", buffering=0)
        self.old_writer = None
        self.written: list[int] = []
        self.excused: set[int] = set()
        self.got: Counter[int] = Counter()
        self.times: dict[int, int] = {}
        self.places: dict[int, set[tuple[int, int]]] = {}
        self.repeats = 0
        self.now = 1000.0
        self.time = 1_800_000_000 * NS
        self.rotations = 0
        self.stream = Stream(str(self.link), EXTRACTOR, CLOCK)
        self.ended = None
        self.since_saved: list[int] = []
        self.open_line = b""
        self.log: list[str] = []
        self.read()
        self.save()

    # what the writer does

    def line(self) -> bytes:
        self.written.append(len(self.written))
        self.time += self.draw.randint(1, 10**9)
        self.times[self.written[-1]] = self.time
        return f"{format_time(self.time)} stdout F order {self.written[-1]} lost\n".encode()

    def write(self) -> None:
        self.finish_line()
        self.writer.write(b"".join(self.line() for _ in range(self.draw.randint(1, 5))))

    def write_much(self) -> None:
        self.finish_line()
        self.write()
        self.time += 1
        noise = f"{format_time(self.time)} stdout F {'x' * 200}\n".encode()
        self.writer.write(noise * self.draw.randint(1, 900))
        self.write()

    def write_part(self) -> None:
        self.finish_line()
        line = self.line()
        cut = self.draw.randint(1, len(line) - 1)
        self.writer.write(line[:cut])
        self.open_line = line[cut:]
        self.opened = self.now

    def finish_line(self) -> None:
        self.writer.write(self.open_line)
        self.open_line = b""

    def write_pieces(self) -> None:
        """A line that the runtime wrote in two pieces, with a rotation between them, perhaps."""
        self.finish_line()
        number = len(self.written)
        self.written.append(number)
        self.time += self.draw.randint(1, 10**9)
        self.times[number] = self.time
        self.writer.write(f"{format_time(self.time)} stdout P order {number} \n".encode())
        for _ in range(self.draw.randint(0, 2)):
            self.read(0.2)
        if not self.cuts and self.draw.random() < 0.5 and len(self.rotated()) < 5:
            self.rename()
            self.old_writer = None  # between the two pieces nothing else comes
        for _ in range(self.draw.randint(0, 1)):
            self.read(0.2)
        self.writer.write(f"{format_time(self.time)} stdout F lost\n".encode())

    def rotated(self) -> list[Path]:
        return sorted(self.real.parent.glob(f"{self.real.name}.*"))

    def rotated_name(self) -> Path:
        self.rotations += 1
        return self.real.with_name(f"{self.real.name}.2026-{self.rotations:06}")

    def rename(self) -> None:
        self.finish_line()
        self.real.rename(self.rotated_name())
        self.swap_writer()
        self.prune()

    def swap_writer(self) -> None:
        if self.old_writer is not None:
            self.old_writer.close()
        self.old_writer, self.writer = self.writer, self.real.open("ab", buffering=0)
        self.swapped = self.now

    def prune(self) -> None:
        """Old files may go only when everything in them was read, and that was kept."""
        if len(self.rotated()) > 5:
            self.drain()
            self.save()
            for path in self.rotated()[:-4]:
                path.unlink()

    def copy_and_cut(self) -> None:
        self.finish_line()
        shutil.copyfile(self.real, self.rotated_name())
        os.truncate(self.real, 0)
        if self.draw.random() < 0.7:
            self.write()
        if self.draw.random() < 0.3:
            self.write_much()
        self.prune()

    def truncate(self) -> None:
        """Cut after everything was read, with nothing kept of it: not even a half line goes on."""
        if self.cuts:
            if self.open_line:
                self.open_line = b""
                self.excused.add(self.written[-1])
            self.drain()
            os.truncate(self.real, 0)
            self.drain()
            self.save()

    def write_late(self) -> None:
        """The writer keeps a renamed file open for a while."""
        if self.old_writer is None or self.now - self.swapped > 5:
            return
        inodes = {path.stat().st_ino for path in self.rotated()}
        if os.fstat(self.old_writer.fileno()).st_ino in inodes:
            self.old_writer.write(self.line())
            self.read()
            self.read()

    def compress(self) -> None:
        for path in self.rotated()[:-1]:
            if path.suffix != ".gz":
                packed = path.with_name(path.name + ".gz")
                packed.write_bytes(gzip.compress(path.read_bytes()))
                path.unlink()

    def delete(self) -> None:
        """Deleted while something in it is unread: its reader has it open still."""
        self.finish_line()
        self.drain()
        self.save()
        if self.is_read():
            self.write()
        self.real.unlink()
        self.swap_writer_late()

    def is_read(self) -> bool:
        """Whether the reader has the newest file open: then it may be deleted."""
        place = self.stream.tail.place
        inode = place.identity.inode if place is not None else -1
        return self.stream.tail.is_open and inode == self.real.stat().st_ino

    def swap_writer_late(self) -> None:
        for _ in range(self.draw.choice([1, 3, 30])):
            self.read()
        self.old_writer = None
        self.writer = self.real.open("ab", buffering=0)
        self.drain()
        self.save()

    def relink(self) -> None:
        """A container started anew: the link leads to another file."""
        self.finish_line()
        self.drain()
        self.save()
        number = int(self.real.name.partition(".")[0]) + 1
        self.write()
        self.real = self.real.with_name(f"{number}.log")
        self.swap_writer()
        hop = self.folder / "hop.new"
        hop.symlink_to(self.real)
        hop.rename(self.folder / "hop")
        for path in self.real.parent.glob(f"{number - 2}.log*"):
            path.unlink()
        self.drain()
        self.save()

    # what the reader does

    def take(self, events: list[Event]) -> None:
        for event in events:
            number = int(event.fields["order"])
            self.got[number] += 1
            self.since_saved.append(number)
            self.places.setdefault(number, set()).add((event.time, event.offset))

    def read(self, seconds: float | None = None) -> bool:
        """One turn, as the runner takes it; whether there was anything to read."""
        self.now += seconds or self.draw.choice([0.05, 0.2, 0.5, 1.5])
        if self.open_line and self.now - self.opened > 8:
            self.finish_line()  # later on the first half would be taken for all of it
        stream, found = self.stream, False
        if stream.tail.poll(self.now):
            while (batch := stream.read(self.now)) is not None:
                found = True
                self.take(batch.events)
        for batch in (stream.advance(self.now), stream.settle(self.now)):
            if batch is not None:
                self.take(batch.events)
        if stream.tail.gone:
            self.take(stream.finish().events)
            stream.close()
            self.stream = Stream(str(self.link), EXTRACTOR, CLOCK)
            self.stream.tail.poll(self.now)
        return found

    def drain(self) -> None:
        self.finish_line()
        quiet = 0
        while quiet < 30:
            quiet = 0 if self.read() or self.stream.tail.has_more else quiet + 1

    def save(self) -> None:
        self.saved = pickle.dumps((self.stream.state(), None))
        self.since_saved = []

    def restart(self) -> None:
        self.save()
        self.start()

    def start(self) -> None:
        self.stream.close()
        state, _ = pickle.loads(self.saved)
        self.stream = Stream(str(self.link), EXTRACTOR, CLOCK, state)
        self.now += self.draw.choice([0.1, 100.0])

    def kill(self) -> None:
        """What was read since the last checkpoint comes again."""
        self.repeats += len(self.since_saved)
        for number in self.since_saved:
            self.got[number] -= 1
        self.since_saved = []
        self.start()

    def reload(self) -> None:
        self.stream.change_rules(Extractor(load_text(RULES).definitions))

    def park(self) -> None:
        if self.stream.is_settled and self.stream.tail.park():
            self.stream.tail.poll(self.now)

    def rest(self) -> None:
        if self.stream.is_settled:
            self.stream.rest()

    ACTIONS = (
        (write, 30), (write_much, 3), (write_part, 6), (write_pieces, 6), (rename, 8),
        (copy_and_cut, 5), (truncate, 2), (write_late, 3), (compress, 4), (delete, 2), (relink, 2),
        (read, 40), (drain, 2), (save, 6), (restart, 6), (kill, 4), (reload, 3), (park, 3),
        (rest, 3),
    )  # fmt: skip

    def act(self) -> None:
        # Nobody rotates one log in both ways.
        other = World.rename if self.cuts else World.copy_and_cut
        kinds, weights = zip(*(each for each in self.ACTIONS if each[0] is not other), strict=True)
        action = self.draw.choices(kinds, weights)[0]
        self.log.append(action.__name__)
        action(self)

    def verify(self) -> None:
        self.finish_line()
        self.drain()
        lost = [n for n in self.written if not self.got[n] and n not in self.excused]
        twice = [number for number, count in self.got.items() if count > 1]
        said = (lost[:9], twice[:9], self.log[-60:], self.stream.tail.notes)
        assert not lost, said
        assert not twice, said
        unlike = [number for number, places in self.places.items()
                  if {time for time, _ in places} != {self.times[number]}]  # fmt: skip
        assert not unlike, "a line that comes twice is known by its time"


def run(folder: Path, seed: int, actions: int) -> World:
    world = World(folder, seed)
    for step in range(actions):
        world.act()
        if step % 50 == 49 or EACH:
            world.verify()
    world.verify()
    world.stream.close()
    return world


# The last three kill the reader while an empty file is read, or looked at for late lines, and while
# a log of a few bytes is taken for another one.
@pytest.mark.parametrize("seed", [*range(1, 6), 3231, 5077, 935689])
def test_no_line_is_lost_or_read_twice(tmp_path: Path, seed: int) -> None:
    world = run(tmp_path, seed, 250)
    assert len(world.written) > 100
    assert world.rotations > 3


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, 0)
    yield world
    world.stream.close()


def test_a_late_line_of_a_log_that_was_left_empty_is_read_once(world: World) -> None:
    world.rename()
    world.restart()
    world.read()
    world.swapped = world.now
    world.write_late()
    world.write()  # the new log begins beside one that was known by no byte
    world.verify()
    assert len(world.written) > 1


def test_a_late_line_is_not_read_again_when_its_file_is_packed(world: World) -> None:
    world.rename()
    world.write()
    world.drain()
    world.swapped = world.now
    world.write_late()
    world.rename()
    world.drain()
    world.compress()
    world.restart()
    world.write()
    world.verify()
    assert [path.suffix for path in world.rotated()].count(".gz") == 1


def test_a_log_is_filled_copied_and_cut_while_the_one_before_it_is_read(world: World) -> None:
    world.write()
    world.relink()
    world.read(0.05)
    world.write()
    shutil.copyfile(world.real, world.rotated_name())
    os.truncate(world.real, 0)
    world.verify()


def test_a_log_begins_as_the_one_did_that_was_cut(world: World) -> None:
    line = world.line()
    world.writer.write(line[:2])
    world.read()
    world.read()
    world.writer.write(line[2:])
    shutil.copyfile(world.real, world.rotated_name())
    os.truncate(world.real, 0)
    world.write()
    world.verify()


def test_a_half_line_that_was_cut_off_spoils_none(world: World) -> None:
    world.writer.write(world.line()[:-6])
    world.excused.add(0)
    world.read()
    world.read()
    os.truncate(world.real, 0)
    world.write()
    world.verify()


def test_much_is_read_again_of_a_file_that_was_packed(world: World) -> None:
    for _ in range(3000):
        world.writer.write(world.line())
    line = world.line().replace(b" F ", b" P " + b"x" * 9000)
    world.writer.write(line)
    world.read(0.2)
    world.rename()
    world.rename()
    world.compress()
    world.restart()
    world.writer.write(line.replace(b" P ", b" F ").partition(b"x")[0] + b"\n")
    world.verify()
    assert [path.suffix for path in world.rotated()].count(".gz") == 1


def test_a_late_line_does_not_come_between_two_pieces(world: World) -> None:
    world.rename()
    world.write()
    for _ in range(5):
        world.read(0.2)
    world.save()  # the file that was left is known by no byte
    world.swapped = world.now
    world.write_late()
    number = len(world.written)
    whole = world.line()
    head, _, tail = whole.partition(b" F ")
    world.writer.write(head + b" P order \n")
    world.rename()
    world.writer.write(head + b" F " + tail.removeprefix(b"order "))
    world.compress()  # nor by its inode
    world.kill()
    world.verify()
    assert world.got[number] == 1


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6)
    done = 0
    while done < wanted:
        with tempfile.TemporaryDirectory() as name:
            print(f"seed {first}", end=" ", flush=True)
            ended = run(Path(name), first, 500)
        print(f"{len(ended.written)} lines, {ended.rotations} rotations, {ended.repeats} repeats")
        done, first = done + 500, first + 1


def test_a_log_is_not_quiet_while_what_follows_it_is_unread(world: World) -> None:
    world.write()
    world.drain()
    tail = world.stream.tail
    assert tail.is_quiet
    world.rename()
    world.write()
    tail.poll(world.now)
    assert not tail.is_quiet
    world.drain()
    assert tail.is_quiet


def test_a_successor_that_cannot_be_opened_is_said_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write()
    world.drain()
    world.rename()
    world.write()
    opened, successor = os.open, world.real.stat().st_ino

    def refuse(path: str, *flags: int) -> int:
        if Path(path).exists() and Path(path).stat().st_ino == successor:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return opened(path, *flags)

    monkeypatch.setattr(os, "open", refuse)
    for _ in range(20):
        world.read(0.5)
    notes = world.stream.tail.notes
    assert notes == [f"{world.link}: Permission denied; trying again"]
    assert not world.stream.tail.is_quiet
    monkeypatch.undo()
    world.verify()
    assert notes[1:] == [f"{world.link}: can be read again"]
