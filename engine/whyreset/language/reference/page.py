"""Writes the reference page: `python -m whyreset.language.reference.page > docs/reference.md`."""

from collections.abc import Iterable

from whyreset.language.codes import CODES
from whyreset.language.kinds import type_of_name
from whyreset.language.reference import names
from whyreset.language.reference.clauses import BURST_CLAUSES, MEMBER_CLAUSES
from whyreset.language.reference.entry import Entry, shown
from whyreset.language.reference.items import EVENT_ITEMS, RULE_ITEMS, TEST_ITEMS
from whyreset.language.reference.statements import STATEMENTS
from whyreset.model.event import FIELDS, PLACE_FIELDS

ENTRIES = (*STATEMENTS, *EVENT_ITEMS, *RULE_ITEMS, *MEMBER_CLAUSES, *BURST_CLAUSES, *TEST_ITEMS)

_INTRODUCTION = """\
# Reference of the rule language

This page is generated: `make docs` writes it from the tables in \
`engine/whyreset/language/reference/`, and a test runs every example. \
The [guide](guide.md) is the place to begin.

A file is a list of statements. Blocks stand in braces, one line says one thing; `;` separates \
what shares a line, a list goes on after its comma, `#` begins a comment. Durations have units \
(`2s`, `500ms`, `1m30s`), shares are percentages. \
In `"texts"` a backslash escapes; in `` `templates` `` and `'texts'` it is itself.
"""
_CLAUSES = """\
Every clause holds, does not hold, or **could not be told**, because what it asks for was not \
read. Only what holds counts.

**Member clauses** are asked of each reset by itself, and choose those that the rule may claim. \
**Burst clauses** are about those that are left.
"""


def reference() -> str:
    """The page, in Markdown."""
    parts = [
        _INTRODUCTION,
        *_section("Statements", STATEMENTS),
        *_section("In an event block", EVENT_ITEMS),
        *_section("In a rule", RULE_ITEMS),
        f"## Clauses\n\n{_CLAUSES}",
        *_section("Member clauses", MEMBER_CLAUSES, level=3),
        *_section("Burst clauses", BURST_CLAUSES, level=3),
        *_section("In a test", TEST_ITEMS),
        _table("Scopes", ("scope", "means"), names.SCOPES.items()),
        "Of several scopes any one is enough.\n",
        "## Kinds of events\n",
        *map(_kind, FIELDS),
        f"Every event has the places of its source, where it names no others: "
        f"{_quoted(PLACE_FIELDS)}.\n",
        _table("Fields", ("field", "type", "what it says"), _fields()),
        _table("Types of captures", ("type", "reads"), names.TYPES.items()),
        _table("Units of durations", ("unit", "means"), names.UNITS.items()),
        _table("Relations", ("relation", "means"), names.RELATIONS.items()),
        _table("Labels", ("label", "means"), names.LABELS.items()),
        _table("Severities", ("severity", "means"), names.SEVERITIES.items()),
        _table("Statuses", ("status", "means"), names.STATUSES.items()),
        _table("Placeholders", ("placeholder", "says"), _placeholders()),
        _table("What a test may expect", ("key", "is"), names.EXPECTED.items()),
        _table("Codes of the checker", ("code", "means"), CODES.items()),
        "[Each code](diagnostics.md) has an example, and `whyreset explain CODE` prints it.\n",
    ]
    return "\n".join(parts)


def _section(title: str, entries: Iterable[Entry], level: int = 2) -> list[str]:
    return [f"{'#' * level} {title}\n", *(_entry(each, level + 1) for each in entries)]


def _entry(entry: Entry, level: int) -> str:
    costs = f"\n*Costs*: {entry.costs}\n" if entry.costs else ""
    return (
        f"{'#' * level} {_code(entry.form)}\n\n{entry.says}\n{costs}\n```rules\n{shown(entry)}```\n"
    )


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _kind(kind: str) -> str:
    return f"- `{kind}`: {names.KINDS[kind]} Fields: {_quoted(FIELDS[kind])}.\n"


def _quoted(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in words)


def _fields() -> Iterable[tuple[str, ...]]:
    return ((name, f"`{type_of_name(name)}`", says) for name, says in names.FIELDS.items())


def _placeholders() -> Iterable[tuple[str, str]]:
    yield from ((f"{{{name}}}", says) for name, says in names.PLACEHOLDERS.items())
    yield "{KEY}", "a field that the burst is gathered by"
    yield "{SETTING}", "the value of the setting"
    yield "{NAME}", "what the clause of this name found"
    yield "{NAME.field}", "of a join: a field of its event, and its `time` and `count`"


def _table(title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [f"| `{row[0]}` | {' | '.join(row[1:])} |" for row in rows]
    return f"## {title}\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(reference(), end="")
