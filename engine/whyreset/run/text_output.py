"""Verdicts as someone reads them at 3 am: label and place, clauses with marks, remedy."""

from collections.abc import Iterable

from whyreset.basis.lazy import lazy
from whyreset.basis.times import format_time
from whyreset.model.verdict import Finding, Verdict

MARKS = {True: "✓", False: "✗", None: "?"}
"""What stands before a clause that holds, that does not, and of which it could not be told."""
_COLOURS = {
    "info": "36",
    "low": "32",
    "warning": "33",
    "critical": "31",
    "dim": "2",
    "bold": "1",
}
_SAMPLE_SHOWN = 160
_MARK_COLOURS = {True: "32", False: "31", None: "33"}
_UNSAFE = lazy(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def safe(text: str) -> str:
    """One line without what could act on a terminal or forge a line: shown escaped."""
    return _UNSAFE.sub(lambda match: ascii(match[0])[1:-1], text)


def many(number: int, noun: str) -> str:
    """`1 reset`, `2 resets`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class TextOutput:
    """Renders verdicts; `colour` only where a terminal reads them."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def verdict(self, verdict: Verdict) -> str:
        """One block: what, where, why, and what to do."""
        lines = [self._head(verdict), f"  {safe(verdict.title)}"]
        lines += self._clauses(verdict.evidence)
        for name, text in (("because", verdict.because), ("remedy", verdict.remedy)):
            lines += [f"  {name:7}  {safe(text)}"] if text else []
        lines += [f"  verify   {self._paint('dim', safe(line))}" for line in verdict.verify]
        lines.append(f"  sample   {self._paint('dim', _cut(safe(verdict.sample)))}")
        return "\n".join(lines) + "\n"

    def _head(self, verdict: Verdict) -> str:
        label = self._paint(verdict.severity, self._paint("bold", verdict.label))
        peer = verdict.peer or (f"{verdict.peers} peers" if verdict.peers else None)
        resets = many(verdict.count, "reset")
        resets += f" from {peer}" if peer else ", peer not named"
        when = _when(verdict.start, verdict.end)
        sure = f"  confidence {verdict.confidence:.0%}" if verdict.confidence else ""
        state = "" if verdict.state == "final" else f"  ({verdict.state})"
        told = f"{place(verdict)}  {resets}  {when}{sure}{state}"
        return f"{label}  {safe(told)}"

    def _clauses(self, findings: Iterable[Finding]) -> list[str]:
        findings = list(findings)
        width = min(56, max((len(finding.clause) for finding in findings), default=0))
        return [
            f"  {self._mark(finding.holds)} {safe(finding.clause):{width}}  "
            f"{self._paint('dim', safe(finding.found))}"
            for finding in findings
        ]

    def _mark(self, holds: bool | None) -> str:
        mark = MARKS[holds]
        return f"\x1b[{_MARK_COLOURS[holds]}m{mark}\x1b[0m" if self._colour else mark

    def _paint(self, style: str, text: str) -> str:
        if not self._colour or style not in _COLOURS:
            return text
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m"


def _when(start: int, end: int) -> str:
    """`2026-11-22 10:00:00–10:01:00 UTC`: what both ends share is said once."""
    (day, first), (last_day, last) = (format_time(t)[:19].split("T") for t in (start, end))
    if (day, first) == (last_day, last):
        return f"{day} {first} UTC"
    return f"{day} {first}–{last if day == last_day else f'{last_day} {last}'} UTC"


def _cut(text: str) -> str:
    return text if len(text) <= _SAMPLE_SHOWN else text[: _SAMPLE_SHOWN - 1] + "…"


def place(verdict: Verdict) -> str:
    """`namespace/pod (container)`, as far as it is known."""
    pod = verdict.pod or verdict.workload or verdict.node or "this log"
    where = f"{verdict.namespace}/{pod}" if verdict.namespace else pod
    if verdict.container and not pod.startswith(verdict.container):
        where += f" ({verdict.container})"
    return where
