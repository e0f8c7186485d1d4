"""Which files of a folder are logs of their own, also while they are rotated."""

from pathlib import Path

from whyreset.ingest.folder import Folders


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
