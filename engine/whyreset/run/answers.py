"""Answers for the Lua filter: one line for each request, at once and in order.

A request is `{"tag":"kube.x","ts":1763820000.123456789,"record":{..}}`. An answer is empty
(leave it as it is), `-` (drop it), or `key=value` pairs parted by tabs (add these).
"""

import re
from collections.abc import Sequence

from whyreset.basis.json_text import encode
from whyreset.ingest.matching import Extractor
from whyreset.model.record import Record
from whyreset.run.labeller import Found, Labeller, Mark
from whyreset.run.reading import Reader
from whyreset.run.shapes import in_utf8, json_value, object_of

_REQUEST = re.compile(
    rb'\{"tag":("(?:[^"\\]|\\.)*"),"ts":(\d{1,12}(?:\.\d{1,9})?),"record":(\{.*\})\}\s*'
)


class Answers:
    """Labels records that are asked about; `drop` are labels whose records are to go."""

    def __init__(
        self, extractor: Extractor, labeller: Labeller, reader: Reader,
        key: str = "whyreset", drop: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self._extractor = extractor
        self.labeller = labeller
        self._reader = reader
        self._key = key
        self._drop = drop
        self._serial = 0
        self.asked = self.labelled = self.dropped = self.failed = 0

    def answer(self, requests: Sequence[bytes]) -> list[bytes]:
        """One answer for each request, without its newline."""
        self.asked += len(requests)
        found, numbers, seen = [], [], []
        for request in requests:
            self._serial += 1
            numbers.append(self._serial)
            each = self._read(request)
            if each is not None:
                seen.append((each.record.source, each.record.time))
                if each.events:
                    found.append(each)
        marks = self.labeller.take(found, seen)
        return [self._said(marks.get(number)) for number in numbers]

    def _said(self, mark: Mark | None) -> bytes:
        if mark is None:
            return b""
        if mark.label in self._drop:
            self.dropped += 1
            return b"-"
        self.labelled += 1
        pairs = [f"{name}={value}" for name, value in mark.object().items() if value is not None]
        return "\t".join(pairs).encode()

    def _read(self, request: bytes) -> Found | None:
        try:
            record = self._record(request)
            if record is None:
                return None
            return Found(record, self._extractor.extract(record))
        except (ValueError, TypeError, KeyError, RecursionError):
            self.failed += 1  # a request that cannot be read is answered all the same
            return None

    def _record(self, request: bytes) -> Record | None:
        if not request.isascii():  # Lua has bytes, and a log any of them
            request = in_utf8(request)
        form = _REQUEST.fullmatch(request)
        if form is None:
            whole = object_of(request)
            record = whole.get("record") if whole is not None else None
            if whole is None or not isinstance(record, dict):
                self.failed += bool(request.strip())
                return None
            tag, time, raw = whole.get("tag"), whole.get("ts"), encode(record)
            time = str(time) if isinstance(time, int | float | str) else None
        else:
            tag, time, raw = json_value(form[1]), form[2].decode(), form[3]
            record = object_of(raw)
        if record is None or self._key in record:
            return None
        named = tag if isinstance(tag, str) else None
        return self._reader.read(raw, record, self._serial, time, named)
