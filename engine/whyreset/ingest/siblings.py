"""The files beside a log that rotation makes of it: renamed, copied, compressed."""

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from whyreset.ingest.identity import Identity, head_of, identity_of
from whyreset.ingest.listing import names_beginning

_UNFINISHED = (".tmp", ".swp", ".part", "~")
_NUMBER = re.compile(r"[.-](\d{1,4})(?:\.\w+)?$")


class Sibling(NamedTuple):
    """A rotated form of a log: its identity (of the unpacked head, if it is `packed`)."""

    path: str
    identity: Identity
    head: bytes
    packed: bool
    size: int

    def is_copy_of(self, identity: Identity) -> bool:
        """Whether it holds what that file held, under whatever inode."""
        return identity.is_head_of(self.head)

    def is_file(self, identity: Identity) -> bool:
        """Whether it is that very file, renamed; an inode may be used again by another."""
        if self.packed or self.identity.inode != identity.inode:
            return False
        return identity.size == 0 or self.is_copy_of(identity)


def siblings_of(real_path: str) -> list[Sibling]:
    """The rotated forms of the log at a path without links, the oldest first."""
    folder, base = os.path.split(real_path)
    found = []
    names = [name for name in names_beginning(folder, base) if _is_rotated(name, base)]
    for name in sorted(names, key=lambda name: _age(name[len(base) :])):
        found += sibling_at(os.path.join(folder, name))
    return found


def sibling_at(path: str) -> list[Sibling]:
    """The file at a path, if it can be read."""
    read = head_of(path)
    if read is None:
        return []
    status, head, packed = read
    return [Sibling(path, identity_of(status, head), head, packed, status.st_size)]


def is_known(sibling: Sibling, seen: Sequence[Identity]) -> bool:
    """Whether its content was read or passed over before; a compressed one has a new inode."""
    if sibling.packed:
        return any(sibling.is_copy_of(identity) for identity in seen)
    return any(
        sibling.is_file(identity) and (identity.size > 0 or sibling.size == 0) for identity in seen
    )


def base_of(path: str) -> str | None:
    """The log that a path would be a rotated form of, by its name; None where it is a log."""
    stem = re.sub(r"\.(?:gz|bz2|xz|zst)$", "", path)
    at = stem.find(".log", stem.rfind("/") + 1)
    return stem[: at + 4] if at >= 0 and stem != stem[: at + 4] else None


def _is_rotated(name: str, base: str) -> bool:
    """Whether a name that begins with a log's is one that rotation makes."""
    return (
        name[len(base) : len(base) + 1] in (".", "-")
        and any(char.isdigit() for char in name[len(base) :])
        and not name.endswith(_UNFINISHED)
    )


def _age(suffix: str) -> tuple[int, int, str]:
    """What puts the oldest first: `.2` is older than `.1`, but a date is older than a later one."""
    number = _NUMBER.search(suffix)
    if number is not None and len(suffix) < 10:
        return (1, -int(number[1]), suffix)
    return (0, 0, suffix)
