"""Loads rule files into a plan; unchanged files come compiled from the cache."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from whyreset.basis.garbage import uncollected
from whyreset.language import cache
from whyreset.language.sources import RuleText, RuleTexts, gather
from whyreset.model.diagnostic import Diagnostic, RuleError
from whyreset.model.rule import Plan

if TYPE_CHECKING:
    from whyreset.language.report import Report


def load(paths: Sequence[Path], builtin: bool = True) -> Plan:
    """The plan of these files and folders, after the shipped rules.

    Raises RuleError with the first error of each file.
    """
    found = gather(paths, builtin=builtin)
    if found.problems:
        return _compile(found)
    name = _name(found)
    stored = cache.read_value(name)
    if isinstance(stored, Plan):
        return stored
    plan = _compile(found)
    cache.write_value(name, plan)
    return plan


def load_text(text: str, name: str = "<text>", builtin: bool = False) -> Plan:
    """The plan of one text; RuleError as for files. A `use` in it is not followed."""
    found = gather((), builtin=builtin)
    found.texts.append(RuleText(name, text, kept=False))
    return _compile(found)


def check(paths: Sequence[Path], builtin: bool = True) -> tuple[Plan | None, list[Diagnostic]]:
    """The plan, if there is one, and everything there is to say: errors first, then warnings."""
    found = gather(paths, builtin=builtin)
    plan, report = _assemble(found)
    errors = report.errors
    if not (errors or found.problems):
        cache.write_value(_name(found), plan)
    return (None if errors else plan), errors + report.warnings


def _name(found: RuleTexts) -> str:
    """What the plan of these texts is stored by."""
    texts = [part for each in found.texts for part in (each.name, each.text)]
    return f"plan-{cache.digest(cache.fingerprint(), *found.watched, *texts)}.pickle"


def _compile(found: RuleTexts) -> Plan:
    plan, report = _assemble(found)
    if report.errors:
        raise RuleError(report.errors)
    return plan


def _assemble(found: RuleTexts) -> "tuple[Plan, Report]":
    # The compiler is imported only when it has work: it costs more than reading a stored plan.
    from whyreset.language.files import read_files  # noqa: PLC0415
    from whyreset.language.plan import assemble  # noqa: PLC0415
    from whyreset.language.report import Report  # noqa: PLC0415

    report = Report()
    for problem in found.problems:
        report.take(problem)
    with uncollected():
        files = read_files(found.texts, report)
        return assemble(files, report, tuple(found.watched)), report
