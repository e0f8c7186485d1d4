"""Which files of a folder are logs of their own, also while they are rotated."""

import os
import time
from pathlib import Path

from whyreset.ingest.folder import Folders
from whyreset.ingest.listing import names_beginning, survey


def test_a_rotated_log_is_no_log_while_its_successor_is_not_there_yet(tmp_path: Path) -> None:
    log, rotated = tmp_path / "api.log", tmp_path / "api.log.1"
    log.touch()
    folders = Folders([str(tmp_path)])
    assert folders.look(0.0) == [str(log)]
    log.rename(rotated)
    for now in (1.0, 60.0, 120.0):
        assert not folders.look(now)
    log.touch()
    assert folders.look(180.0) == [str(log)]


def test_a_form_of_a_log_that_nobody_saw_is_one_after_a_while(tmp_path: Path) -> None:
    alone = tmp_path / "api.log.2026-11-22"
    alone.touch()
    (tmp_path / "api.log.1.gz").touch()
    folders = Folders([str(tmp_path)])
    assert folders.look(0.0) == []
    assert folders.look(60.0) == [str(alone)]


def test_a_folder_that_cannot_be_read_is_said_once_and_again_when_it_can(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    folders = Folders([str(folder)])
    assert folders.look(0.0) == []
    folder.rmdir()
    folder.symlink_to(folder)  # leads to itself
    for now in (20.0, 40.0):
        assert folders.look(now) is None
    assert folders.problems == [f"{folder}: Too many levels of symbolic links; trying again"]
    folders.problems.clear()
    folder.unlink()
    folder.mkdir()
    (folder / "api.log").touch()
    assert folders.look(60.0) == [str(folder / "api.log")]
    assert folders.problems == [f"{folder}: can be read again"]


def test_names_are_read_again_when_the_folder_changes(tmp_path: Path) -> None:
    names = {f"a.log.{number}" for number in range(5)}
    for name in names:
        (tmp_path / name).touch()
    for old in (0, 3600):  # changed just now: more may change in this step of the clock
        os.utime(tmp_path, (time.time() - old, time.time() - old))
        for change in range(3):
            assert set(names_beginning(str(tmp_path), "a.log")) == names
            (tmp_path / f"a.log.{old}-{change}").touch()
            names.add(f"a.log.{old}-{change}")
            (tmp_path / f"b.log.{old}-{change}").touch()
    assert set(names_beginning(str(tmp_path), "a.log")) == names
    assert names_beginning(str(tmp_path / "nowhere"), "a.log") == []


def test_what_the_reader_prints_itself_is_left_out(tmp_path: Path) -> None:
    """In both layouts: found again, a reset in a verdict would be one more reset, without end."""
    named = [
        f"{pod}_{space}_main-{'a' * 64}.log" for pod, space in (("api-x", "shop"), ("me", "ops"))
    ]
    for name in named:
        (tmp_path / name).touch()
    for pod in ("shop_web-y_1f3c", "ops_me_2a4d"):
        (tmp_path / pod / "main").mkdir(parents=True)
        (tmp_path / pod / "main" / "0.log").touch()
    logs = [str(tmp_path / named[0]), str(tmp_path / "shop_web-y_1f3c" / "main" / "0.log")]
    assert Folders([str(tmp_path)], "me").look(0.0) == logs
    assert Folders([str(tmp_path)], "me", ["*/shop_web-*"]).look(0.0) == logs[:1]
    assert Folders([str(tmp_path)], "me", ["api-*.log"]).look(0.0) == logs[1:]
    own = str(tmp_path / named[1])
    assert Folders([own], "me").look(0.0) == [own], "it was asked for"


def test_what_cannot_be_looked_at_hides_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "api.log").write_text("x\n")
    (tmp_path / "loop.log").symlink_to("loop.log")
    (tmp_path / "gone.log").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.log")
    names = [Path(path).name for path in survey(str(tmp_path)).files]
    assert names == ["api.log", "gone.log", "loop.log"]
