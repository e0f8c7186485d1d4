"""From what a rule found to the verdict that people read."""

from fnmatch import fnmatchcase
from typing import Any

from whyreset.basis.lazy import lazy
from whyreset.basis.selector import selects
from whyreset.basis.times import clock
from whyreset.correlate.judge import UNTOLD, Note, Outcome
from whyreset.correlate.owners import Owners
from whyreset.correlate.stretch import Tally
from whyreset.correlate.texts import Values, complete, fill
from whyreset.model.event import Event
from whyreset.model.rule import SELECTOR, AtLeast, Clause, Rule, Scope, ScopeTest
from whyreset.model.verdict import Finding, Verdict

_SAMPLE_LIMIT = 512
_RESET_WORDS = lazy(r"(?i)reset|errno 104|\b104:")


def _telling_line(text: str) -> str:
    """The line of a record that says what happened: in a stack trace it is not the first."""
    if "\n" not in text:
        return text
    lines = text.split("\n")
    return next((line for line in lines if _RESET_WORDS.search(line)), lines[0])


def in_scope(scope: Scope, event: Event, owners: Owners) -> bool:
    """Whether a rule acts on this event; labels that are not known meet no selector."""
    if not all(any(_meets(test, event, owners) for test in group) for group in scope.within):
        return False
    return not any(_meets(test, event, owners) for test in scope.outside)


def _meets(test: ScopeTest, event: Event, owners: Owners) -> bool | None:
    if test.field != SELECTOR:
        return fnmatchcase(str(event.get(test.field) or ""), test.glob)
    labels = owners.labels_of(event)
    return None if labels is None else selects(test.glob, labels)


def note_scope(scope: Scope, outcome: Outcome, owners: Owners) -> None:
    """Note that a rule acts here only because the labels of the pod are not known."""
    first = outcome.claimed[0]
    for test in scope.outside:
        if _meets(test, first, owners) is None:
            clause = Clause(text=f'not for selector "{test.glob}"', if_known=True)
            whose = first.source.pod or "the pod"
            outcome.notes.append(Note(clause, None, f"the labels of {whose} were not read"))
            outcome.confidence *= UNTOLD


def verdict_of(rule: Rule, tally: Tally, outcome: Outcome, values: Values, state: str) -> Verdict:
    """The verdict of a rule over all stretches of its burst."""
    return Verdict(
        label=rule.label,
        rule=rule.name,
        title=fill(rule.title, values),
        severity=rule.severity,
        confidence=confidence_of(rule, outcome),
        period=tally.period,
        jitter=tally.jitter,
        missed=tally.missed,
        because=fill(rule.because, values),
        remedy=fill(rule.remedy, values),
        # a command with a gap in it is of no use to anybody
        verify=tuple(fill(text, values) for text in rule.verify if complete(text, values)),
        evidence=evidence_of(tally, outcome),
        **place_of(tally, state),
    )


def evidence_of(tally: Tally, outcome: Outcome) -> tuple[Finding, ...]:
    """What was found; of a burst of several stretches all resets are counted, and for the rest it
    is said from when on the last stretch is."""
    found = outcome.findings()
    if tally.stretches < 2:
        return found
    counted, since = f"{tally.count} resets", f" (since {clock(tally.since)} UTC)"
    return tuple(
        each._replace(found=counted if outcome.claimed and _counts(clause) else each.found + since)
        for each, clause in zip(found, (note.clause for note in outcome.notes), strict=True)
    )


def _counts(clause: Clause) -> bool:
    """Whether a clause counts all resets of a burst."""
    return isinstance(clause, AtLeast) and clause.within is None


def confidence_of(rule: Rule | None, outcome: Outcome) -> float:
    """What the verdict is worth (0..1); an unknown claims nothing."""
    return round(rule.confidence * outcome.confidence, 2) if rule is not None else 0.0


def place_of(tally: Tally, state: str) -> dict[str, Any]:
    """The fields of a verdict that do not depend on what was found."""
    source = tally.first.source
    return {
        "id": tally.id,
        "state": state,
        "namespace": source.namespace,
        "workload": source.workload,
        "pod": source.pod,
        "container": source.container,
        "node": source.node,
        "peer": next(iter(tally.peers)) if len(tally.peers) == 1 else None,
        "peers": len(tally.peers),
        "start": tally.start,
        "end": tally.end,
        "count": tally.count,
        "also": (),
        "sample": _telling_line(tally.first.text)[:_SAMPLE_LIMIT],
    }
