"""Objects: streams and lists of JSON, pretty-printed or not, as records."""

import re
from collections.abc import Iterator

from whyreset.basis.json_text import decode
from whyreset.ingest.batches import Batch, Finder
from whyreset.ingest.documents import Documents
from whyreset.ingest.lines import Buffer
from whyreset.ingest.matching import Extractor
from whyreset.ingest.objects import Object
from whyreset.ingest.stamps import Clock
from whyreset.model.record import Source

OBJECT_LIMIT = 4 << 20
_STRAY = re.compile(rb"[^\s\[\],\x1e\xef\xbb\xbf]")
"""What stands between objects in none of their streams: lines of a log, which had begun with an
object."""
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"(\s*:)?|[]{}]|"', re.DOTALL)


class ObjectSplitter:
    """Cuts a stream of JSON objects, and the `items` of lists, into single objects.

    Where lines of a log follow them, it stops, if it `minds` them: `stray` tells which.
    """

    def __init__(self, *, minds: bool = False) -> None:
        self._minds = minds
        self._buffer = bytearray()
        self._base = 0  # offset of the buffer in the input
        self._at = 0  # how much of the buffer has been read
        self._depth = 0
        self._unit = 0  # the depth at which an object begins: 1 within a list's items
        self._start: int | None = None
        self._stray: int | None = None
        self.cut = 0

    @property
    def is_within(self) -> bool:
        """Whether an object or a list has begun that has not ended."""
        return self._depth > 0

    def feed(self, block: bytes) -> Iterator[tuple[int, bytes]]:
        """(offset, text) of each object that the block completes."""
        self._buffer += block
        for found in _TOKEN.finditer(bytes(self._buffer), self._at):
            token = found[0]
            if self._minds and self._depth == 0 and self._is_stray(found.start(), token):
                break
            if token == b'"':  # a string that the block does not complete
                break
            if token[:1] == b'"' and found.end() == len(self._buffer) and not found[1]:
                break  # whether it is a key is in the next block
            self._at = found.end()
            if token == b"{":
                if self._depth == self._unit:
                    self._start = found.start()
                self._depth += 1
            elif token == b"}":
                yield from self._close(found.end())
            elif self._depth == 1 and found[1] and self._is_list(token, found.start()):
                self._unit, self._start = 1, None  # the list itself is no object
            elif token == b"]" and self._depth == 1:  # what follows in a list is none of its items
                self._unit = 0
        else:
            if self._minds and self._depth == 0:
                self._is_stray(len(self._buffer), b"{")
        if self._stray is None:
            self._drop()

    def stray(self) -> tuple[int, bytes] | None:
        """(offset, bytes so far) of the lines that follow the objects, if such do."""
        if self._stray is None:
            return None
        return self._base + self._stray, bytes(self._buffer[self._stray :])

    def _is_stray(self, end: int, token: bytes) -> bool:
        found = _STRAY.search(self._buffer, self._at, end)
        if found is None and token in {b"{", b"]"}:
            return False
        self._stray = found.start() if found else end
        self._at = self._stray
        return True

    def _is_list(self, key: bytes, at: int) -> bool:
        """Whether a key holds a list of records: `items`, or `events` where it is the first."""
        if key.startswith(b'"items"'):
            return True
        if not key.startswith(b'"events"') or self._start is None or at - self._start > 64:
            return False
        return not self._buffer[self._start + 1 : at].strip()

    def _close(self, end: int) -> Iterator[tuple[int, bytes]]:
        self._depth = max(0, self._depth - 1)
        if self._depth == self._unit and self._start is not None:
            if end - self._start > OBJECT_LIMIT:
                self.cut += 1
            else:
                yield self._base + self._start, bytes(self._buffer[self._start : end])
            self._start = None
        if self._depth == 0:
            self._unit = 0

    def _drop(self) -> None:
        """Forget what is no longer needed; an object over the limit is read, but not kept."""
        keep = self._at if self._start is None else self._start
        if len(self._buffer) - keep > OBJECT_LIMIT:
            self.cut += self._start is not None
            self._start = None
            # An endless string is given up too: parsing goes on behind it.
            keep = max(self._at, len(self._buffer) - OBJECT_LIMIT)
            self._at = keep
        del self._buffer[:keep]
        self._base += keep
        self._at -= keep
        if self._start is not None:
            self._start -= keep


class ObjectScanner:
    """Finds the events in a stream of Kubernetes objects; `progress` is how far it was cut."""

    ordered = False

    def __init__(
        self,
        extractor: Extractor,
        source: Source,
        clock: Clock,
        progress: ObjectSplitter | None = None,
        *,
        minds: bool = False,
    ) -> None:
        self._finder = Finder(extractor, source)
        self._documents = Documents(source, clock)
        self.progress = progress or ObjectSplitter(minds=minds)

    def feed(self, *parts: Buffer, last: bool = False, skipped: int = 0) -> Batch:
        """The events of the objects that the next bytes complete."""
        block = b"".join(parts)
        size = len(block) + skipped
        batch = Batch(size, lines=block.count(b"\n"))
        batch.lines += bool(last and block and not block.endswith(b"\n"))
        before = self.progress.cut
        self._finder.announce(block)
        for offset, text in self.progress.feed(block):
            found = _decoded(text)
            records = None if found is None else self._documents.take(found, offset)
            batch.unreadable += records is None
            self._finder.find(batch, records or ())
        if last:
            self._finder.find(batch, self._documents.finish())
        batch.unreadable += last and self.progress.is_within
        batch.cut = self.progress.cut - before
        return batch

    def stray(self) -> tuple[int, bytes] | None:
        """(offset, bytes so far) of the lines that follow the objects, if such do."""
        return self.progress.stray()

    def settle(self) -> Batch:
        """The events of records that wait for further lines; call it when a source is quiet."""
        batch = Batch()
        self._finder.find(batch, self._documents.finish())
        return batch


def _decoded(text: bytes) -> Object | None:
    try:
        found = decode(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
