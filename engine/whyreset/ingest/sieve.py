"""The sieve of a stream of several sources: which of its lines only look like requests.

Access lines have a hundred forms, and some of their literals are in the requests of every proxy. Of
a log of one source the head shows which forms it has. Here each source shows it by itself: a form
whose literals were found in vain in so many of its lines is not one of its forms.
"""

import re
from collections.abc import Collection, Iterable

from whyreset.model.event import Event

_ENOUGH = 256
"""Lines of a source with the same literals that show whether these are found in vain."""
_MOST = 8192
"""Sources and literals of which that is remembered; of others all lines are read."""
_LONGEST = 512
"""Bytes in which a prefix ends."""
_ENDS = {
    "kubectl": b"] ", "kubetail": b"] ", "kail": b"]: ", "compose": b"|", "stern": b" ",
    "syslog": b": ",
}  # fmt: skip
"""What ends the prefix of a line, which names its source."""
_NAMED = tuple(
    re.compile(rb'"(?:%s)"\s*:\s*("[^"]+")' % keys)
    for keys in (b"container_name|containerName|container", b"pod_name|podName|pod")
)
"""Where an object names its source: by the container, as a pod may have several, or by the pod."""
_DIGITS = b"0123456789"
"""What differs in lines of one source, and in pods of one workload."""

Look = tuple[bytes, int]
"""A source, and the mask of the needles in a line."""


class Sieve:
    """Tells which lines need not be read, by what was found in those before.

    `doubtful` are the bits of needles that only such lines have, `forms` the matchers to which
    these belong.
    """

    def __init__(self, mode: str, doubtful: int, forms: Collection[str]) -> None:
        self._end = _ENDS.get(mode, b"")
        self._doubtful = doubtful
        self._forms = forms
        self._read: dict[Look, int] = {}  # lines
        self._fruitful: set[Look] = set()
        self._waiting: dict[Look, list[int]] = {}  # offsets of lines of which it is not known yet

    def look_of(self, data: bytes, at: int, mask: int) -> Look | None:
        """How the line at a place looks; None where it is read in any case, as it has another
        literal than those of access lines that are sought for whoever made them."""
        if not mask or mask & ~self._doubtful:
            return None
        source = self._source(data, at)
        look = source, mask
        return look if source and (look in self._read or len(self._read) < _MOST) else None

    def waits(self, look: Look) -> bool:
        """Whether the next such line is decided by what was found in those that were read last."""
        return look in self._waiting and self._read[look] == _ENOUGH

    def admits(self, look: Look, offset: int) -> bool:
        """Whether to read a line; the sieve is to be told of what is found in it."""
        if look in self._fruitful:
            return True
        read = self._read.get(look, 0)
        if read == _ENOUGH:
            return False
        self._read[look] = read + 1
        self._waiting.setdefault(look, []).append(offset)
        return True

    def learn(self, events: Iterable[Event], stop: int | None = None) -> None:
        """Take what was found in the lines that were read; that at the offset `stop` is read again,
        when there is more of it."""
        if not self._waiting:
            return
        found = {event.offset for event in events if event.by in self._forms}
        for look, offsets in self._waiting.items():
            if not found.isdisjoint(offsets):
                self._fruitful.add(look)
            if offsets[-1] == stop:
                self._read[look] -= 1
        self._waiting.clear()

    def _source(self, data: bytes, at: int) -> bytes:
        """What a line says of who printed it; empty where it does not."""
        if not self._end:
            end = data.find(b"\n", at)
            named = (keys.search(data, at, end) for keys in _NAMED)
            return next((found[1] for found in named if found), b"")
        end = data.find(self._end, at, at + _LONGEST)
        if self._end == b" ":  # a pod and a container
            end = data.find(b" ", end + 1, at + _LONGEST)
        return data[at:end].translate(None, _DIGITS) if end > at else b""
