"""Why one reset got its label and not another: every rule, in order, and what it found."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from whyreset.basis.times import format_time
from whyreset.basis.units import NS
from whyreset.correlate.correlator import Correlator
from whyreset.correlate.judge import Judge, Outcome
from whyreset.correlate.verdicts import in_scope
from whyreset.ingest.zones import parse_zone
from whyreset.model.event import RESET, Event
from whyreset.model.record import Record
from whyreset.model.rule import Rule
from whyreset.model.verdict import Finding
from whyreset.run.text_output import MARKS, many, safe

Wanted = Callable[[Event], bool]
_TIME = re.compile(
    r"((?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)"
    r"(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?"
)
_NEAR = 100_000_000
"""A line of a stack is stamped at most so long (ns) after the first line of its record."""
_LIMIT = 1000
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Opinion:
    """One rule's look at the burst that the reset stood in; `asked` is False where a rule
    before it had claimed the reset already."""

    rule: Rule
    burst: int
    claims: bool
    asked: bool
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Account:
    """One reset and all that was said of it."""

    event: Event
    label: str = "unknown"
    rule: str | None = None
    opinions: dict[str, Opinion] = field(default_factory=dict)


class Inquiry:
    """Listens while a correlator tries rules, for the resets that are wanted."""

    def __init__(self, correlator: Correlator, wanted: Wanted) -> None:
        self._judges = correlator.judges_of(RESET)
        self._owners = correlator.owners
        self._wanted = wanted
        self._known: dict[tuple[int, str, int], bool] = {}
        self._accounts: dict[tuple[int, str, int], Account] = {}
        correlator.witness = self._hear

    def accounts(self) -> list[Account]:
        """The wanted resets that were judged, in time order."""
        return [self._accounts[place] for place in sorted(self._accounts)]

    def meet(self, event: Event) -> None:
        """A reset was labelled: it has an account also where no rule looked at it."""
        if self._is_wanted(event):
            self._account(event)

    def _hear(self, judge: Judge, burst: Sequence[Event], outcome: Outcome) -> None:
        if judge.rule.kind != RESET:
            return
        for event in burst:
            if self._is_wanted(event):
                self._note(self._account(event), judge, burst, outcome)

    def _is_wanted(self, event: Event) -> bool:
        known = self._known.get(event.place)
        if known is None:
            known = self._wanted(event) and len(self._accounts) < _LIMIT
            self._known[event.place] = known
        return known

    def _account(self, event: Event) -> Account:
        if event.place not in self._accounts:
            self._accounts[event.place] = Account(event.whole())
        return self._accounts[event.place]

    def _note(
        self, account: Account, judge: Judge, burst: Sequence[Event], outcome: Outcome
    ) -> None:
        rule = judge.rule
        claims = any(event.place == account.event.place for event in outcome.claimed)
        account.opinions[rule.name] = Opinion(rule, len(burst), claims, True, outcome.findings())
        if not claims:
            return
        account.label, account.rule = rule.label, rule.name
        for other in self._judges:
            later = other.rule.name not in account.opinions
            if later and in_scope(other.rule.scope, account.event, self._owners):
                said = other.judge(outcome.claimed)
                held = any(event.place == account.event.place for event in said.claimed)
                size = len(outcome.claimed)
                opinion = Opinion(other.rule, size, held, False, said.findings())
                account.opinions[other.rule.name] = opinion


def at_time(text: str, zone: tzinfo) -> Wanted | None:
    """Resets whose time begins with these digits: `10:00`, `2026-11-22T10:00:00.1+02:00`, in
    `zone` where no offset stands behind them; None where the words are no time, as a label line
    or a person would write it."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    digits = found[1].replace(" ", "T")
    whole = "T" in digits
    told_in = parse_zone(found[2]) if found[2] else zone

    def wanted(event: Event) -> bool:
        offset = datetime.fromtimestamp(event.time // NS, told_in).utcoffset()
        said = format_time(
            event.time + round(offset.total_seconds()) * NS if offset else event.time
        )
        return (said if whole else said.partition("T")[2]).startswith(digits)

    return wanted


def of_line(record: Record) -> Wanted:
    """Resets whose record has this text, at the time of its envelope where it has one."""
    text = record.text.strip()
    timed = record.time_from == "envelope"

    def wanted(event: Event) -> bool:
        if timed and abs(event.time - record.time) > _NEAR:
            return False
        return bool(text) and text in event.text

    return wanted


def why_text(account: Account) -> str:
    """A page for people: the reset, the rules that were asked, and those that were not."""
    event = account.event
    where = "/".join(filter(None, (event.source.namespace, event.source.pod))) or event.source.name
    by = f" by {account.rule}" if account.rule else ": no rule claims it"
    lines = [
        f"{format_time(event.time)}  {safe(where)}  {account.label}{by}",
        f"  line   {safe(event.text)[:_SHOWN]}",
        "  reset  "
        + "  ".join(f"{name}={safe(str(value))}" for name, value in event.fields.items()),
    ]
    for asked, title in ((True, "asked, in this order"), (False, "not asked any more; they say")):
        opinions = [opinion for opinion in account.opinions.values() if opinion.asked is asked]
        if opinions:
            lines += ["", title]
            lines += [line for opinion in opinions for line in _opinion_lines(opinion)]
    return "\n".join(lines) + "\n"


def _opinion_lines(opinion: Opinion) -> Iterator[str]:
    resets = many(opinion.burst, "reset")
    rule = opinion.rule
    verb = "claims it" if opinion.claims else "does not claim it"
    yield f"{MARKS[opinion.claims]} {rule.name} ({rule.label}) {verb}, in a burst of {resets}"
    for finding in opinion.findings:
        yield f"    {MARKS[finding.holds]} {safe(finding.clause)}: {safe(finding.found)}"


def why_object(account: Account) -> dict[str, Any]:
    """The same for programs."""
    event = account.event
    return {
        "v": 1,
        "time": format_time(event.time),
        "namespace": event.source.namespace,
        "pod": event.source.pod,
        "container": event.source.container,
        "peer": event.peer,
        "label": account.label,
        "rule": account.rule,
        "line": event.text,
        "rules": [
            {
                "rule": opinion.rule.name,
                "label": opinion.rule.label,
                "asked": opinion.asked,
                "claims": opinion.claims,
                "burst": opinion.burst,
                "evidence": [
                    {"clause": found.clause, "holds": found.holds, "found": found.found}
                    for found in opinion.findings
                ],
            }
            for opinion in account.opinions.values()
        ],
    }
