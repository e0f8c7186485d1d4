"""What the first bytes of an input show, so that the rest is searched for less."""

from collections import Counter
from collections.abc import Iterable

from whyreset.basis.lazy import lazy
from whyreset.ingest.matching import IN_OBJECT, Extractor
from whyreset.ingest.needles import Needles
from whyreset.model.event import Event
from whyreset.model.record import Source

HEAD_BYTES = 64 << 10
PARTIAL = (b" stdout P ", b" stderr P ")
_TAGS = (b"Z stdout F ", b"Z stderr F ")
_HEADER = lazy(rb" F (?:<|[A-Z][a-z]{2} [ \d]?\d \d\d:)")
"""Records that begin with a priority, `<6>`, or with the header of a syslog do not begin with the
client: all are searched."""
_OBJECT = b" F {"
"""Within an object, a client may begin a string."""
_VAIN, _RARE = 100, 16
"""One line in so many: in which a literal is found in vain, and which are of the rarer stream."""


class Head:
    """The kinds of events in the head of an input in CRI, and the layout of its lines."""

    def __init__(self, extractor: Extractor, source: Source) -> None:
        self._extractor = extractor
        self._source = source
        self._doubtful = extractor.doubtful(source)
        self._counts: Counter[bytes] = Counter()
        self._has_headers = self._has_objects = False
        self._matched: set[str] = set()

    def learn(self, data: bytes, start: int, end: int, events: Iterable[Event]) -> None:
        """Take what lies between two places of the data, and the events in it."""
        for literal in (*self._doubtful, *_TAGS, b"\n"):
            self._counts[literal] += data.count(literal, start, end)
        self._has_headers |= _HEADER.search(data, start, end) is not None
        self._has_objects |= data.find(_OBJECT, start, end) >= 0
        self._matched.update(event.by for event in events)

    def needles(self) -> Needles | None:
        """What is searched for behind the head: what rules can use, and nothing of which the head
        has shown that it is found in vain in every hundredth line. None where all are needed."""
        if self._has_headers:
            return None
        lines = self._counts[b"\n"]
        vain = {
            by
            for literal, users in self._doubtful.items()
            if self._counts[literal] * _VAIN > lines
            for by in users
            if by not in self._matched
        }
        before = (b" F ", IN_OBJECT) if self._has_objects else (b" F ",)
        rarer = min(_TAGS, key=self._counts.__getitem__)
        return self._extractor.needles(
            self._source, extra=PARTIAL, before=before, without=vain,
            tag=rarer if self._counts[rarer] * _RARE < lines else None,
        )  # fmt: skip
