"""Several files in one input, as `tail` and `head` print them: each below a line with its name."""

import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from whyreset.ingest.batches import Batch, add
from whyreset.ingest.lines import Buffer
from whyreset.ingest.source_name import source_told
from whyreset.model.record import Source

# The line before a heading is empty.
_HEADING = re.compile(rb"(?:^\r?\n)?^==> (.{1,1024}) <==\r?(?:\n|\Z)", re.MULTILINE)
_EMPTY_END = re.compile(rb"(?:(?<=\n)|\A)\r?\n\Z")
_MOST = 512
"""Files whose last lines may wait for further ones."""


class Reader(Protocol):
    """What reads the lines of one file."""

    def feed(self, data: bytes, *, last: bool = False) -> Batch:
        """The events that the next bytes complete; `last` says that no more will come."""

    def settle(self) -> Batch:
        """The events of records that wait for further lines."""


class SectionScanner:
    """Finds the events of several files; `reader` makes what reads one of them.

    `source` is that of lines above the first heading.
    """

    def __init__(self, reader: Callable[[Source], Reader], source: Source) -> None:
        self._reader = reader
        self._source = source
        self._open: OrderedDict[str, Reader] = OrderedDict()
        self._path = ""
        self._held = b""  # an empty line, behind which a heading may come

    def feed(self, *parts: Buffer, last: bool = False, skipped: int = 0) -> Batch:
        """The events of the next whole lines."""
        block = b"".join((self._held, *parts))
        size, count = len(block) - len(self._held), block.count(b"\n") - bool(self._held)
        empty = None if last else _EMPTY_END.search(block)
        self._held = empty[0] if empty else b""
        block = block.removesuffix(self._held)
        total = Batch()
        at = 0
        for found in _HEADING.finditer(block):
            self._read(total, block[at : found.start()])
            self._path, at = found[1].decode("utf-8", "replace"), found.end()
        self._read(total, block[at:])
        if last:
            for reader in self._open.values():
                add(total, reader.feed(b"", last=True))
        total.bytes, total.lines = size + skipped, count
        return total

    def settle(self) -> Batch:
        """The events of records that wait for further lines; call it when a source is quiet."""
        total = Batch()
        for reader in self._open.values():
            add(total, reader.settle())
        return total

    def _read(self, total: Batch, data: bytes) -> None:
        if not data:
            return
        reader = self._open.get(self._path)
        if reader is None:
            source = source_told(self._path) if self._path else self._source
            reader = self._open[self._path] = self._reader(source)
            if len(self._open) > _MOST:
                _, oldest = self._open.popitem(last=False)
                add(total, oldest.feed(b"", last=True))
        self._open.move_to_end(self._path)
        add(total, reader.feed(data))
