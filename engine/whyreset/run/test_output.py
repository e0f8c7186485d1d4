"""How tests are reported: for people side by side, as JSON lines, and as JUnit."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from whyreset.model.verdict import Finding, Verdict
from whyreset.run.folder_tests import FolderResult, shortened, spell
from whyreset.run.json_output import verdict_object
from whyreset.run.rule_tests import TestResult, expected_lines, given_lines, got_lines, repeated
from whyreset.run.text_output import MARKS, safe

PASSED, FAILED, GAP, MENDED = "passed", "failed", "known gap", "passes now"
_WIDEST = 58
_KEYS = ("rule", "pod", "peer", "count", "period_s")


class Told(NamedTuple):
    """A test and how it went, in words; `evidence` is that of the verdicts it got, each once."""

    suite: str
    title: str
    by: str
    status: str
    given: Sequence[str]
    expected: Sequence[str]
    got: Sequence[str]
    failures: Sequence[str]
    evidence: Sequence[Sequence[Finding]]
    known_gap: str | None = None
    in_rule: bool = True


def told_rule_test(result: TestResult) -> Told:
    """A test inside a rule."""
    gap = result.test.known_gap
    status = FAILED if result.failures else PASSED
    if gap is not None:
        status = GAP if result.failures else MENDED
    return Told(
        suite=result.rule.name,
        title=result.test.title,
        by=result.test.by,
        status=status,
        given=given_lines(result.test),
        expected=expected_lines(result.test),
        got=got_lines(result.got, result.test.expectations),
        failures=result.failures,
        evidence=_evidence(result.got),
        known_gap=gap,
    )


def told_folder_test(result: FolderResult) -> Told:
    """A folder of logs."""
    return Told(
        suite=str(result.case.expected.parent),
        title=result.case.name,
        by=str(result.case.expected),
        status=FAILED if result.failures else PASSED,
        given=[str(result.case.inputs)],
        expected=[spell(shortened(each)) for each in result.expected],
        got=[spell(verdict_object(each), only=_KEYS) for each in result.got],
        failures=result.failures,
        evidence=_evidence(result.wrong),
        in_rule=False,
    )


def _evidence(verdicts: Iterable[Verdict]) -> list[tuple[Finding, ...]]:
    return list(dict.fromkeys(tuple(each.evidence) for each in verdicts if each.evidence))


def text(told: Told) -> str:
    """Given, expected and got beside each other, and the clauses with what they found."""
    what = f"rule {told.suite}: {told.title}" if told.in_rule else f"logs {told.title}"
    lines = [f"{told.by}: {what}"]
    lines += [f"    {failure}" for failure in told.failures]
    if told.expected or told.got:
        lines += [f"    {row}" for row in _columns(told)]
    for number, findings in enumerate(told.evidence):
        lines += [""] * (number > 0)
        deciding = _deciding(findings)
        for finding in findings:
            mark = "  <- decides" if finding is deciding else ""
            lines.append(f"      {MARKS[finding.holds]} {finding.clause}  {finding.found}{mark}")
    return "\n".join(map(safe, lines))


def _columns(told: Told) -> list[str]:
    rows = [("given", "expected", "got")]
    got = repeated(told.got) or ["nothing"]
    rows += zip_longest(told.given, told.expected, got, fillvalue="")
    cut = [[_cut(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cut) for column in range(2)]
    return [
        f"{row[0].ljust(widths[0])} | {row[1].ljust(widths[1])} | {row[2]}".rstrip() for row in cut
    ]


def _cut(cell: str) -> str:
    return cell if len(cell) <= _WIDEST else cell[: _WIDEST - 3] + "..."


def _deciding(evidence: Sequence[Finding]) -> Finding | None:
    """The clause that stopped the rule: the last that did not hold; None where all hold."""
    return next((each for each in reversed(evidence) if each.holds is not True), None)


def as_object(told: Told) -> dict[str, Any]:
    """The same for programs."""
    evidence = [finding for findings in told.evidence for finding in findings]
    deciding = _deciding(evidence) if told.failures else None
    return {
        **told._asdict(),
        "status": told.status.replace(" ", "_"),
        "evidence": [
            {"clause": each.clause, "holds": each.holds, "found": each.found} for each in evidence
        ],
        "decided_by": deciding.clause if deciding else None,
    }


def junit(tests: Sequence[Told]) -> str:
    """One test suite for each rule or folder; known gaps are skipped tests."""
    suites: dict[str, list[Told]] = {}
    for told in tests:
        suites.setdefault(told.suite, []).append(told)
    body = "\n".join(_suite(name, members) for name, members in suites.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{body}\n</testsuites>'


def _suite(name: str, members: Sequence[Told]) -> str:
    failed = sum(told.status == FAILED for told in members)
    gaps = sum(told.status == GAP for told in members)
    head = (
        f'  <testsuite name={quoteattr(safe(name))} tests="{len(members)}" '
        f'failures="{failed}" skipped="{gaps}">'
    )
    return "\n".join([head, *map(_case, members), "  </testsuite>"])


def _case(told: Told) -> str:
    file, _, line = told.by.rpartition(":")
    place = f" file={quoteattr(safe(file))} line={quoteattr(line)}" if line.isdigit() else ""
    head = (
        f"    <testcase classname={quoteattr(safe(told.suite))} "
        f"name={quoteattr(safe(told.title))}{place}"
    )
    if told.status == FAILED:
        message = quoteattr(safe("; ".join(told.failures)))
        whole = escape(text(told))
        return f"{head}>\n      <failure message={message}>{whole}</failure>\n    </testcase>"
    if told.status == GAP:
        reason = quoteattr(safe(told.known_gap or ""))
        return f"{head}>\n      <skipped message={reason}/>\n    </testcase>"
    return f"{head}/>"
