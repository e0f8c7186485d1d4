"""Pods that come and go under a run, in the folders in which the kubelet keeps their logs."""

import shutil
from contextlib import suppress
from pathlib import Path

from tests.run.test_follow import Desk, Follower, desk  # noqa: F401 - a fixture

UID = "0b3c2f1e-7d6a-4c5b-9e8f-1a2b3c4d5e6f"


def held(follower: Follower) -> list[str]:
    """The files that a process has open."""
    found = []
    for each in Path(f"/proc/{follower.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it was closed in between
            found.append(str(each.readlink()))
    return found


def test_a_pod_comes_is_rotated_and_goes_with_lines_unread(desk: Desk) -> None:  # noqa: F811
    follower = desk.follow()
    other = desk.logs / f"shop_web-6d4cf56db6-bz7qk_{UID}" / "web"
    other.mkdir(parents=True)
    (other / "0.log").touch()
    follower.until(lambda: str(other / "0.log") in held(follower))
    pod = desk.logs / f"shop_api-7c9d8b6f5d-x2x4v_{UID}"
    (pod / "api").mkdir(parents=True)
    desk.log = pod / "api" / "0.log"
    desk.write(4)
    follower.until(lambda: follower.states("provisional"))
    desk.log.rename(desk.log.with_name("0.log.20261122-100000"))
    desk.write(1)
    follower.until(lambda: any(str(desk.log) == name for name in held(follower)))
    desk.write(2)
    shutil.rmtree(pod)
    follower.until(lambda: not any(str(pod) in name for name in held(follower)))
    desk.log = other / "0.log"
    desk.later()
    follower.until(lambda: follower.states("final"))
    follower.end()
    (final,) = follower.states("final")
    assert (final["namespace"], final["pod"]) == ("shop", "api-7c9d8b6f5d-x2x4v")
    assert final["count"] == 7
