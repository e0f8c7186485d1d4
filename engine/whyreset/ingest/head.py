"""What an input is searched for: everything in its head, behind it what rules can use."""

from collections import Counter
from collections.abc import Iterable

from whyreset.basis.lazy import lazy
from whyreset.ingest.envelopes import JSON_MODES
from whyreset.ingest.matching import IN_OBJECT, Extractor
from whyreset.ingest.needles import Needles
from whyreset.ingest.searches import ANYWHERE, OPENING
from whyreset.ingest.sieve import Sieve
from whyreset.model.event import ACCESS, Event
from whyreset.model.record import Source

HEAD_BYTES = 64 << 10
_ALONE = frozenset({"cri", "docker", "timestamps", "plain"})
"""Layouts of one source: its head shows which kinds of events it has. Where several sources are
mixed, the head may not have a line of each."""
_MIXED = frozenset({"kubectl", "stern", "kubetail", "kail", "compose", "syslog", "json"})
"""Layouts of several sources in which a client follows what peers are known by."""
_PARTIAL = (b" stdout P ", b" stderr P ")
_SHORT = 8
"""Bytes up to which a literal may stand in lines of any kind."""
_TAGS = (b"Z stdout F ", b"Z stderr F ")
_HEADER = lazy(rb" F (?:<|[A-Z][a-z]{2} [ \d]?\d \d\d:)")
"""Records that begin with a priority, `<6>`, or with the header of a syslog do not begin with the
client: all are searched."""
_OBJECT = b"{"
"""Within an object, a client may begin a string."""
_LONG = 4096
"""Bytes of a line in which its client is looked for."""
_VAIN, _RARE = 100, 16
"""One line in so many: in which a literal is found in vain, and which are of the rarer stream."""


class Head:
    """The first bytes of an input: what is found in them shows what to search the rest for.

    needles  what the head is searched for: all literals of the source
    """

    def __init__(self, extractor: Extractor, source: Source, mode: str) -> None:
        self._extractor = extractor
        self._mode = mode
        self._source = source if mode == "cri" else None
        self.needles = extractor.needles(
            self._source, extra=_triggers(mode), escaped=mode in JSON_MODES
        )
        self._is_narrow = extractor.is_narrow and mode in _ALONE | _MIXED
        self._common = self._common_literals() if mode in _ALONE else {}
        self._before = b" F " if mode == "cri" else b""
        self._counts: Counter[bytes] = Counter()
        self._has_headers, self._has_objects = False, mode in _MIXED or mode in JSON_MODES
        self._furthest = -1  # bytes from a line's begin to its client
        self._matched: set[str] = set()

    def learn(self, data: bytes, base: int, start: int, end: int, events: Iterable[Event]) -> None:
        """Take what lies between two offsets, and the events in it; the data begin at `base`."""
        start, end = start - base, end - base
        if not self._is_narrow:
            return
        for literal in (*self._common, *_TAGS, b"\n"):
            self._counts[literal] += data.count(literal, start, end)
        if self._mode == "cri":
            self._has_headers |= _HEADER.search(data, start, end) is not None
        self._has_objects |= data.find(self._before + _OBJECT, start, end) >= 0
        for event in events:
            self._matched.add(event.by)
            if event.kind == ACCESS and (client := event.get("client")):
                begin = event.offset - base
                place = data.find(str(client).encode(), begin, begin + _LONG) - begin
                self._furthest = max(self._furthest, place)

    def narrowed(self, extractor: Extractor | None = None) -> Needles:
        """What is searched for behind the head, by this or another extractor: what rules can use,
        and no form of access lines of which the head has shown that it is found in vain in every
        hundredth line."""
        if not self._is_narrow or self._has_headers:
            return self.needles
        lines = self._counts[b"\n"]
        vain = {
            by
            for literal, users in self._common.items()
            if self._counts[literal] * _VAIN > lines
            for by in users
            if by not in self._matched
        }
        return (extractor or self._extractor).needles(
            self._source,
            extra=_triggers(self._mode),
            escaped=self._mode in JSON_MODES,
            before=(self._before, IN_OBJECT) if self._has_objects else (self._before,),
            without=vain,
            opening=self._opening,
            tag=self._tag() if self._mode == "cri" else None,
            sieved=self._mode in _MIXED,
        )

    def sieve(self, needles: Needles) -> Sieve | None:
        """What passes over lines behind the head, where that cannot tell of all."""
        if self._mode not in _MIXED or needles is self.needles:
            return None
        return Sieve(
            self._mode, needles.doubtful, {form.by for form in self._extractor.sought().values()}
        )

    def _common_literals(self) -> dict[bytes, list[str]]:
        """Short literals of access lines' matchers, and the matchers by literal.

        Many lines may have them though they are of another format, which the head of a log shows:
        it has requests. What comes once in a log, and late, it does not show.
        """
        found: dict[bytes, list[str]] = {}
        for matcher in self._extractor.sought(self._source).values():
            for literal in matcher.literals:
                if len(literal) <= _SHORT:
                    found.setdefault(literal, []).append(matcher.by)
        return found

    @property
    def _opening(self) -> int:
        """Where lines may have any envelope, how far into them the clients stood in the head."""
        if self._mode not in _MIXED and self._mode != "plain":
            return OPENING
        return self._furthest + OPENING if self._furthest >= 0 else ANYWHERE

    def _tag(self) -> bytes | None:
        """The tag of the stream that has few of the lines."""
        rarer = min(_TAGS, key=self._counts.__getitem__)
        return rarer if self._counts[rarer] * _RARE < self._counts[b"\n"] else None


def _triggers(mode: str) -> tuple[bytes, ...]:
    """What marks a line that must be read though no literal may show in it."""
    if mode == "docker":
        return ()
    if mode == "json":  # Fluent Bit's partial mark; journald's message as a list of bytes
        return (b'"P"', b'"MESSAGE":[', b'"MESSAGE": [', b'"MESSAGE" : [')
    return _PARTIAL
