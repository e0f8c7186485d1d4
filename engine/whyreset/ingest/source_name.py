"""Who printed a file: pod, namespace and container from its name, workload from the pod's."""

import os
import re
from functools import lru_cache
from pathlib import Path, PurePath

from whyreset.basis.lazy import lazy
from whyreset.basis.pods import SAFE, workload_of
from whyreset.model.record import Source

SURE_POD = rf"[a-z0-9][a-z0-9.-]*-[{SAFE}]{{6,10}}-[{SAFE}]{{5}}"
"""A name that a ReplicaSet made."""
POD = rf"[a-z0-9][a-z0-9.-]*-(?:\d{{1,4}}|[{SAFE}]{{5}})"
"""A name that any controller made; other things are called like it."""
_FILE = lazy(r"(?P<pod>[^_]+)_(?P<namespace>[^_]+)_(?P<container>.+)-[0-9a-f]{64}\.log")
_POD_FILE = lazy(
    r"(?:.*[./])?pods[./](?P<namespace>[^_/]+)_(?P<pod>[^_/]+)_[0-9A-Fa-f-]+[./]"
    r"(?P<container>[^./]+)[./]\d+\.log"
)
_SAVED = lazy(rf"(?P<pod>{SURE_POD})\.(?:log|txt)")
"""What a log is called that `kubectl logs POD > POD.log` has saved."""
_POD_FOLDER = lazy(r"(?P<namespace>[^_]+)_(?P<pod>[^_]+)_[0-9A-Fa-f-]+")


@lru_cache(maxsize=8192)
def make_source(
    name: str,
    namespace: str | None = None,
    pod: str | None = None,
    container: str | None = None,
    node: str | None = None,
) -> Source:
    """A source with its workload filled in; equal arguments give the same object."""
    return Source(name, namespace, workload_of(pod) if pod else None, pod, container, node)


@lru_cache(maxsize=8192)
def with_labels(source: Source, labels: str) -> Source:
    """The source with the labels of its pod; equal arguments give the same object."""
    return source._replace(labels=labels)


@lru_cache(maxsize=8192)
def untimed(source: Source) -> Source:
    """The source of records whose time nothing tells; equal arguments give the same object."""
    return source._replace(timed=False)


def place_of_tag(tag: str) -> dict[str, str]:
    """Pod, namespace and container of a file's path, or of a Fluent Bit tag, which is one with
    dots for slashes; empty where it names none."""
    file = _FILE.fullmatch(tag.rpartition("containers.")[2].rpartition("/")[2])
    found = file or _POD_FILE.fullmatch(tag)
    return found.groupdict() if found else {}


def source_of_path(path: str) -> Source:
    """The source of a file; its name is the same however the path is spelt, and of a pod's log
    wherever it lies: the ids of bursts depend on it."""
    source = source_told(path)
    if source.namespace:
        return source
    return make_source(os.path.normpath(Path(path).absolute()), pod=source.pod)


def source_told(path: str) -> Source:
    """The source of `<pod>_<namespace>_<container>-<64 hex>.log`, of `/var/log/pods/...` or of
    `<pod>.log`, where a ReplicaSet made the pod's name.

    Rotated and compressed forms count too; any other path gives a source with only a name, as it
    is told: a log may tell of files of another machine.
    """
    pure = PurePath(path)
    found = _FILE.match(pure.name)
    if found:
        return make_source(pure.name, found["namespace"], found["pod"], found["container"])
    if len(pure.parts) >= 3 and re.match(r"\d+\.log", pure.name):
        found = _POD_FOLDER.fullmatch(pure.parts[-3])
        if found:
            name = "/".join(pure.parts[-3:])
            return make_source(name, found["namespace"], found["pod"], pure.parts[-2])
    found = _SAVED.match(pure.name)
    return make_source(path, pod=found["pod"] if found else None)
