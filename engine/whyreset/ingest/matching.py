"""Extraction: definitions compiled to matchers that turn records into events."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

import orjson

from whyreset.ingest.needles import Needles
from whyreset.ingest.trial import Trial
from whyreset.ingest.values import Fields, holds, holds_json, look_up, put_json
from whyreset.model.definition import Definition, Matcher
from whyreset.model.event import Event
from whyreset.model.record import Record, Source

TIMEOUT = 0.2  # seconds a pattern may search one text
MESSAGE_KEYS = frozenset({
    "error", "err", "err.message", "msg", "message", "exception", "reason", "stack", "detail",
    "cause", "log",
})  # fmt: skip
"""Keys whose decoded strings patterns are tried on, beside the JSON text itself."""
_DEPTH = 4


class Text:
    """A record's text, and its JSON object, decoded at most once."""

    __slots__ = ("_decoded", "_leaves", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._decoded: dict[str, Any] | bool | None = False
        self._leaves: tuple[str, ...] | None = None

    def decoded(self) -> dict[str, Any] | None:
        """The object that the text is, or that follows a logger's header; None if none."""
        if isinstance(self._decoded, bool):
            self._decoded = _decode(self.text)
        return self._decoded

    def leaves(self) -> tuple[str, ...]:
        """The decoded strings under the keys that hold messages."""
        if self._leaves is None:
            found = self.decoded()
            self._leaves = tuple(_strings(found, _DEPTH)) if found else ()
        return self._leaves


class Extractor:
    """Finds the events in records; `problems` grows when a matcher has to be disabled."""

    def __init__(
        self, definitions: Sequence[Definition], timeout: float = TIMEOUT, *, narrow: bool = False
    ) -> None:
        self.definitions = tuple(definitions)
        self.is_narrow = narrow
        self.problems: list[str] = []
        self._timeout = timeout
        self._disabled: set[Trial] = set()
        self._trials = [
            Trial(definition, matcher)
            for definition in self.definitions
            for matcher in definition.matchers
            if not (narrow and matcher.wanted == ())
        ]
        self._has_origins = any(definition.origins for definition in self.definitions)
        self._needles: dict[tuple[object, ...], Needles] = {}
        self._plans: dict[tuple[Needles, int], tuple[tuple[Trial, ...], ...]] = {}
        self._admitted: dict[Source, frozenset[int]] = {}

    def needles(
        self,
        source: Source | None = None,
        *,
        extra: tuple[bytes, ...] = (),
        escaped: bool = False,
        before: tuple[bytes, ...] = (),
    ) -> Needles:
        """What to search for; with a source, only what definitions admit from it.

        `extra` marks lines to be visited anyway; `escaped` is for inputs whose envelope is JSON;
        `before` is what stands before a text in its line: where it is given, only what the rules
        can use is searched for.
        """
        groups = tuple(
            ()
            if source and not _admits(trial.definition, source)
            else _literals(trial.matcher, before)
            for trial in self._trials
        )
        key = (groups, extra, escaped)
        if key not in self._needles:  # most inputs share theirs
            self._needles[key] = Needles(groups, extra=extra, escaped=escaped)
        return self._needles[key]

    def reads_every_line(self, source: Source | None = None) -> bool:
        """Whether a matcher without literals makes every line of the source a candidate."""
        return any(
            not trial.matcher.literals and (source is None or _admits(trial.definition, source))
            for trial in self._trials
        )

    def extract(self, record: Record) -> list[Event]:
        """At most one event of each kind."""
        needles = self.needles()
        mask = needles.mask_of(record.text.encode("utf-8", "surrogatepass"))
        return self.events(record.time, record.source, record.offset, record.text, needles, mask)

    def events(  # noqa: PLR0913, PLR0917 - called for each hit: no object to pack them in
        self, time: int, source: Source, offset: int, text: str, needles: Needles, mask: int
    ) -> list[Event]:
        """The same, for a record whose needles are known: no record need be built."""
        plan = self._plans.get((needles, mask))
        if plan is None:
            plan = self._plan(needles, mask)
        events: list[Event] = []
        body = Text(text)
        for trials in plan:
            if len(trials) == 1 and trials[0].plain and not self._has_origins:
                fields = self._run(trials[0], body)
                if fields is not None:
                    kind, by = trials[0].definition.kind, trials[0].matcher.by
                    events.append(Event(time, source, offset, kind, fields, text, by))
                continue
            best: Fields | None = None
            most, by = -1, ""
            for trial in trials:
                if self._has_origins and not self._from_here(trial, source):
                    continue
                fields = self._run(trial, body)
                if fields is None or len(fields) <= most:
                    continue
                count = len(fields)
                if trial.plain or _finish(trial.definition, fields):
                    best, most, by = fields, count, trial.matcher.by
            if best is not None:
                kind = trials[0].definition.kind
                events.append(Event(time, source, offset, kind, best, text, by))
        return events

    def only_trial(self, needles: Needles, mask: int) -> Trial | None:
        """The one trial of records with these needles, where there is but one to be made and
        what its pattern matches is the event."""
        plan = self._plans.get((needles, mask)) or self._plan(needles, mask)
        if len(plan) != 1 or len(plan[0]) != 1:
            return None
        trial = plan[0][0]
        usual = trial.plain and trial.matcher.pattern is not None and not trial.definition.origins
        return trial if usual and trial not in self._disabled else None

    def _plan(self, needles: Needles, mask: int) -> tuple[tuple[Trial, ...], ...]:
        wanted = {index for index, trial in enumerate(self._trials) if not trial.matcher.literals}
        for bit, owners in enumerate(needles.owners):
            if mask >> bit & 1:
                wanted |= owners
        kinds: dict[str, list[Trial]] = {}
        for index in sorted(wanted):
            kinds.setdefault(self._trials[index].definition.kind, []).append(self._trials[index])
        plan = tuple(tuple(trials) for trials in kinds.values())
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

    def _run(self, trial: Trial, body: Text) -> Fields | None:
        """The fields of a match before assignments; None without one."""
        if trial.matcher.pattern is None:
            return _map(trial, body.decoded())
        fields = self._search(trial, body.text)
        if (fields is None or len(fields) < trial.size) and "{" in body.text:
            for leaf in body.leaves():
                found = self._search(trial, leaf)
                if found is not None and (fields is None or len(found) > len(fields)):
                    fields = found
        return fields

    def _search(self, trial: Trial, text: str) -> Fields | None:
        if trial in self._disabled:
            return None
        try:
            return trial.search(text, self._timeout)
        except TimeoutError:
            self._disabled.add(trial)
            self.problems.append(
                f"{trial.matcher.by}: the pattern took more than {self._timeout:g}s on one "
                "record and is not tried any more"
            )
            return None


def _literals(matcher: Matcher, before: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if matcher.wanted is None or not before:
        return matcher.literals
    return tuple(
        lead + wanted.literal
        for wanted in matcher.wanted
        for lead in (before if wanted.at_start else (b"",))
    )


def _admits(definition: Definition, source: Source) -> bool:
    """Whether any of a definition's origins names the source; without origins, all do."""
    return not definition.origins or any(
        fnmatchcase(getattr(source, origin.field, None) or "", origin.glob)
        for origin in definition.origins
    )


def _map(trial: Trial, found: dict[str, Any] | None) -> Fields | None:
    if found is None or not all(holds_json(guard, found) for guard in trial.matcher.guard):
        return None
    fields: Fields = {}
    for name, path, store in trial.mapped:
        value = look_up(found, path)
        if value is not None:
            put_json(fields, name, value, store)
    return fields if fields or trial.matcher.guard else None


def _finish(definition: Definition, fields: Fields) -> bool:
    """Apply the assignments; whether the conditions of the definition hold then."""
    for assignment in definition.assignments:
        if all(holds(condition, fields) for condition in assignment.where):
            fields[assignment.field] = assignment.value
    return all(holds(condition, fields) for condition in definition.where)


def _decode(text: str) -> dict[str, Any] | None:
    start = text.find("{")
    if start < 0 or not text.rstrip().endswith("}"):
        return None
    try:
        found = orjson.loads(text[start:])
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _strings(found: Any, depth: int, key: str = "") -> Iterator[str]:
    if isinstance(found, str):
        if key in MESSAGE_KEYS:
            yield found
    elif depth and isinstance(found, dict):
        for name, value in found.items():
            yield from _strings(value, depth - 1, name.lower())
    elif depth and isinstance(found, list):
        for value in found:
            yield from _strings(value, depth - 1, key)
