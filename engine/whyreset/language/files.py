"""Parsed files, each kept in the cache by its text: editing one does not parse the others."""

from collections.abc import Sequence

from whyreset.basis.span import Span
from whyreset.language import cache
from whyreset.language.report import Desk, Report
from whyreset.language.requirements import is_met
from whyreset.language.sources import LONGEST, RuleText
from whyreset.language.tree import RuleFile


def read_files(texts: Sequence[RuleText], report: Report) -> list[RuleFile]:
    """The files in order; one that cannot be parsed has no statements, and the report says why."""
    return [_read_file(each, report) for each in texts]


def _read_file(source: RuleText, report: Report) -> RuleFile:
    desk = report.open(RuleFile(source.name, source.text))
    if not is_met(source.text, desk) or not _is_short(source.text, desk):
        return RuleFile(source.name, source.text, (), source.shipped, source.uses)
    name = f"tree-{cache.digest(cache.fingerprint(), source.text)}.pickle"
    stored = cache.read_value(name) if source.kept else None
    if isinstance(stored, tuple):
        return RuleFile(source.name, source.text, stored, source.shipped, source.uses)
    from whyreset.language.parse import parse  # noqa: PLC0415  imports lark

    statements = parse(source.text, desk)
    if source.kept and not desk.failed:
        cache.write_value(name, statements)
    return RuleFile(source.name, source.text, statements, source.shipped, source.uses)


def _is_short(text: str, desk: Desk) -> bool:
    """Whether a file can be read at once; if not, the desk hears from where on it is too long."""
    if len(text) <= LONGEST:
        return True
    line = text.count("\n", 0, LONGEST) + 1
    column = LONGEST - text.rfind("\n", 0, LONGEST)
    message = f"longer than {LONGEST:,} characters, which is all that is read of one file"
    desk.say("E047", message, Span(line, column, line, column + 1))
    return False
