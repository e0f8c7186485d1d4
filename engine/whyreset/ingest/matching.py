"""Extraction: definitions compiled to matchers that turn records into events."""

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import chain, compress

from whyreset.ingest.allowance import TIMEOUT, Allowance
from whyreset.ingest.mapping import map_fields
from whyreset.ingest.needles import Needles
from whyreset.ingest.searches import OPENING
from whyreset.ingest.shapes import Shapes
from whyreset.ingest.text import Text
from whyreset.ingest.trial import Trial
from whyreset.ingest.values import Fields
from whyreset.model.definition import Definition, Matcher
from whyreset.model.event import ACCESS, DISCONNECT, RESET, Event, event_of
from whyreset.model.record import Record, Source

IN_OBJECT = b'"'
"""What stands before a text within an object."""


class Extractor:
    """Finds the events in records; `problems` grows when a matcher takes too long.

    `frugal`: memory is bounded, and no search may take much of it to be set up.
    """

    def __init__(
        self,
        definitions: Sequence[Definition],
        timeout: float = TIMEOUT,
        *,
        narrow: bool = False,
        peers: Collection[str] | None = None,
        frugal: bool = False,
    ) -> None:
        self.definitions = tuple(definitions)
        self.is_narrow = narrow
        self._frugal = frugal
        self._peers = None if peers is None else tuple(sorted(map(str.encode, peers)))
        self._allowance = Allowance(timeout)
        self.problems = self._allowance.problems
        self._trials = [
            Trial(definition, matcher, number)
            for number, (definition, matcher) in enumerate(
                (definition, matcher)
                for definition in self.definitions
                for matcher in definition.matchers
                if not (narrow and matcher.wanted == () and not matcher.by_peer)
            )
        ]
        self._has_origins = any(definition.origins for definition in self.definitions)
        self.shapes = Shapes()
        self._needles: dict[tuple[object, ...], Needles] = {}
        self._all: Needles | None = None
        self._sifted: set[Needles] = set()  # those in which only what admits the source takes part
        self._plans: dict[tuple[Needles, int], tuple[tuple[Trial, ...], ...]] = {}
        self._admitted: dict[Source, frozenset[int]] = {}

    def needles(  # noqa: PLR0913 - what a search is made of
        self,
        source: Source | None = None,
        *,
        extra: tuple[bytes, ...] = (),
        escaped: bool = False,
        before: tuple[bytes, ...] = (),
        without: Collection[str] = (),
        opening: int = OPENING,
        tag: bytes | None = None,
        sieved: bool = False,
    ) -> Needles:
        """What to search for; with a source, only what definitions admit from it.

        `extra` marks lines to be visited anyway; `escaped` is for inputs whose envelope is JSON;
        `before` is what stands before a text in its line: where it is given, only what the rules
        can use is searched for; `without` names matchers that are left out; `opening`
        says how far into a line its client may stand; `tag` is found where that costs little;
        `sieved`: lines may be passed over that only look like requests.
        """
        taken = [
            trial.matcher.by not in without
            and (source is None or _admits(trial.definition, source))
            for trial in self._trials
        ]
        groups = tuple(
            self._literals(trial.matcher, before) if is_taken else ()
            for trial, is_taken in zip(self._trials, taken, strict=True)
        )
        by_peer = frozenset(
            trial.number
            for trial in compress(self._trials, taken)
            if before and trial.matcher.by_peer
        )
        in_objects = IN_OBJECT in before
        doubtful = frozenset(self.sought()) if sieved else frozenset()
        key = (groups, extra, escaped, source is None, by_peer, in_objects, opening, tag, doubtful)
        if key not in self._needles:  # most inputs share theirs
            peers = self._peers or () if by_peer else ()
            self._needles[key] = Needles(
                groups, extra=extra, escaped=escaped, peers=peers, by_peer=by_peer,
                in_objects=in_objects, opening=opening, tag=tag, doubtful=doubtful,
                frugal=self._frugal,
            )  # fmt: skip
            if source is not None:
                self._sifted.add(self._needles[key])
        return self._needles[key]

    def _literals(self, matcher: Matcher, before: tuple[bytes, ...]) -> tuple[bytes, ...]:
        if not (before and self._can_narrow(matcher)):
            return matcher.literals
        is_bare = IN_OBJECT not in before
        return tuple(
            lead + literal
            for each in matcher.wanted or ()
            for literal in (each.bare if is_bare else each.literals)
            for lead in (before if each.at_start else (b"",))
        )

    def _can_narrow(self, matcher: Matcher) -> bool:
        return matcher.wanted is not None and not (matcher.by_peer and self._peers is None)

    def sought(self, source: Source | None = None) -> dict[int, Matcher]:
        """By number the matchers of access lines of which all lines are searched for, since it is
        not known which of them rules can use."""
        return {
            trial.number: trial.matcher
            for trial in self._trials
            if trial.definition.kind == ACCESS
            and not self._can_narrow(trial.matcher)
            and (source is None or _admits(trial.definition, source))
        }

    def reads_every_line(self, source: Source | None = None) -> bool:
        """Whether a matcher without literals makes every line of the source a candidate."""
        return any(
            not trial.matcher.literals and (source is None or _admits(trial.definition, source))
            for trial in self._trials
        )

    def extract(self, record: Record) -> list[Event]:
        """At most one event of each kind."""
        needles, mask = self._mask_of(record.text)
        return self.events(record.time, record.source, record.offset, record.text, needles, mask)

    def candidates(self, text: str) -> tuple[Trial, ...]:
        """The trials that a text may be of, for the literals in it."""
        return tuple(chain.from_iterable(self._plan(*self._mask_of(text))))

    def _mask_of(self, text: str) -> tuple[Needles, int]:
        if self._all is None:
            self._all = self.needles()
        return self._all, self._all.mask_of(text.encode("utf-8", "surrogatepass"))

    def events(  # noqa: PLR0913, PLR0917 - called for each hit: no object to pack them in
        self, time: int, source: Source, offset: int, text: str, needles: Needles, mask: int
    ) -> list[Event]:
        """The same, for a record whose needles are known: no record need be built."""
        body = Text(text)
        events: list[Event] = []
        for trials in self._plan(needles, mask):
            if trials[0].definition.kind == DISCONNECT and events and events[0].kind == RESET:
                continue
            event = self._event(trials, time, source, offset, body)
            if event is not None:
                events.append(event)
        return events

    def _event(
        self, trials: tuple[Trial, ...], time: int, source: Source, offset: int, body: Text
    ) -> Event | None:
        first = trials[0]
        if len(trials) == 1 and first.plain and not self._has_origins:
            fields = self.find(first, body)
        else:
            first, fields = self._best_of_one(trials, source, body) or (first, None)
        if fields is None:
            return None
        return event_of(
            time, source, offset, first.definition.kind, fields, body.said, first.matcher.by
        )

    def best(
        self, trials: Iterable[Trial], source: Source, bodies: Sequence[Text]
    ) -> list[tuple[Trial, Fields] | None]:
        """For each text the trial that finds most fields, of equals the first defined, and what
        it finds; each is made of all texts at once in which it may find more than those before.

        The trials are of one kind, in the order of what they may find.
        """
        best: list[tuple[Trial, Fields] | None] = [None] * len(bodies)
        ranks = [(-1, 0)] * len(bodies)
        asked: Sequence[int] = range(len(bodies))
        for trial in trials:
            asked = [i for i in asked if ranks[i] < (trial.potential, -trial.number)]
            if not asked:
                break
            if self._has_origins and not self._from_here(trial, source):
                continue
            found = self._find_all(trial, [bodies[i] for i in asked])
            for i, fields in zip(asked, found, strict=True):
                if fields is None:
                    continue
                rank = len(fields) + len(trial.given), -trial.number
                if rank > ranks[i] and trial.finish(fields):
                    best[i], ranks[i] = (trial, fields), rank
        return best

    def _best_of_one(
        self, trials: Iterable[Trial], source: Source, body: Text
    ) -> tuple[Trial, Fields] | None:
        """The same of one text."""
        best: tuple[Trial, Fields] | None = None
        most = -1, 0
        for trial in trials:
            if most > (trial.potential, -trial.number):
                break
            if self._has_origins and not self._from_here(trial, source):
                continue
            fields = self.find(trial, body)
            if fields is not None:
                rank = len(fields) + len(trial.given), -trial.number
                if rank > most and trial.finish(fields):
                    best, most = (trial, fields), rank
        return best

    def kinds(self, needles: Needles, mask: int, source: Source) -> tuple[tuple[Trial, ...], ...]:
        """The trials of a source's records with these needles, those of a kind together and best
        first.

        Resets come first: where a record tells of one, a disconnect in it is the same failure.
        """
        plan = self._plan(needles, mask)
        if not self._has_origins or needles in self._sifted:
            return plan
        admitted = (tuple(t for t in trials if self._from_here(t, source)) for trials in plan)
        return tuple(filter(None, admitted))

    def fields(self, trial: Trial, text: str) -> Fields:
        """What one trial reads from a text in which it finds an event."""
        fields = self.find(trial, Text(text)) or {}
        trial.finish(fields)
        return fields

    def _plan(self, needles: Needles, mask: int) -> tuple[tuple[Trial, ...], ...]:
        plan = self._plans.get((needles, mask))
        return self._planned(needles, mask) if plan is None else plan

    def _planned(self, needles: Needles, mask: int) -> tuple[tuple[Trial, ...], ...]:
        wanted = {index for index, trial in enumerate(self._trials) if not trial.matcher.literals}
        for bit, owners in enumerate(needles.owners):
            if mask >> bit & 1:
                wanted |= owners
        kinds: dict[str, list[Trial]] = {}
        for index in sorted(wanted):
            kinds.setdefault(self._trials[index].definition.kind, []).append(self._trials[index])
        plan = tuple(
            tuple(sorted(trials, key=lambda trial: (-trial.potential, trial.number)))
            for _, trials in sorted(kinds.items(), key=lambda each: each[0] != RESET)
        )
        if len(self._plans) > 4096:
            self._plans.clear()
        self._plans[needles, mask] = plan
        return plan

    def _from_here(self, trial: Trial, source: Source) -> bool:
        if not trial.definition.origins:
            return True
        admitted = self._admitted.get(source)
        if admitted is None:
            if len(self._admitted) > 4096:
                self._admitted.clear()
            admitted = self._admitted[source] = frozenset(
                id(definition) for definition in self.definitions if _admits(definition, source)
            )
        return id(trial.definition) in admitted

    def slow(self) -> list[Matcher]:
        """The matchers that took too long at some text."""
        return self._allowance.slow()

    def find(self, trial: Trial, body: Text) -> Fields | None:
        """The fields of a match before assignments; None without one."""
        if trial.matcher.pattern is None:
            fields = map_fields(trial, body)
            return fields if fields is None or self._is_in_place(trial, body.text) else None
        return self._fullest(trial, body, self.search(trial, body.text))

    def _find_all(self, trial: Trial, bodies: Sequence[Text]) -> list[Fields | None]:
        """The same for several texts, of which most need no limit and are searched together."""
        alone = len(bodies) == 1 or trial.surroundings or self._allowance.refuses(trial)
        if alone or not trial.is_quick:
            return [self.find(trial, body) for body in bodies]
        texts = [body.text for body in bodies]
        quick = [
            trial.may_begin(text) and trial.may_match(text) and trial.is_harmless(text)
            for text in texts
        ]
        matches = iter(trial.search_all(list(compress(texts, quick))))
        found = []
        for body, is_quick in zip(bodies, quick, strict=True):
            if is_quick:
                match = next(matches)
                found.append(self._fullest(trial, body, trial.read(match) if match else None))
            else:
                found.append(self.find(trial, body))
        return found

    def _fullest(self, trial: Trial, body: Text, fields: Fields | None) -> Fields | None:
        """What a pattern found in a text, or in a message within its object or its pairs where
        that is more."""
        if fields is not None and len(fields) >= trial.size:
            return fields
        within: tuple[str, ...] = ()
        if "{" in body.text:
            within = body.leaves()
        # Behind the head of a log access lines are searched for as they begin there.
        if '="' in body.text and trial.definition.kind != ACCESS:
            within += body.messages()
        for each in within:
            found = self.search(trial, each)
            if found is not None and (fields is None or len(found) > len(fields)):
                fields = found
        return fields

    def search(self, trial: Trial, text: str) -> Fields | None:
        """The fields of a pattern's first match; None without one, or if it takes too long."""
        if not trial.may_begin(text):
            return None
        return self._allowance.search(
            trial, text, lambda: trial.search(text, self._allowance.timeout)
        )

    def _is_in_place(self, trial: Trial, text: str) -> bool:
        """Whether the line in which an object begins is one that its definition admits."""
        around = trial.surroundings
        if around is None:
            return True
        place, timeout = max(0, text.find("{")), self._allowance.timeout
        return bool(self._allowance.search(trial, text, lambda: around.admit(text, place, timeout)))


def _admits(definition: Definition, source: Source) -> bool:
    """Whether any of a definition's origins names the source; without origins, all do."""
    return not definition.origins or any(
        fnmatchcase(getattr(source, origin.field, None) or "", origin.glob)
        for origin in definition.origins
    )
