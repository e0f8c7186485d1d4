"""Completion: what the grammar accepts at the cursor, and the names that fit there."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lark import UnexpectedInput

from whyreset.editor.outline import Line, outline, tokens_of
from whyreset.editor.symbols import (
    CLAUSE,
    KIND,
    NETWORK,
    PATTERN,
    RULE,
    SETTING,
    TEAM,
    owner_of,
)
from whyreset.editor.workspace import Analysis
from whyreset.language.events import ORIGIN_FIELDS
from whyreset.language.kinds import NUMERIC
from whyreset.language.plan import SCOPE_FIELDS
from whyreset.language.reference import names
from whyreset.language.tables import parser_of
from whyreset.language.texts import known_placeholders
from whyreset.model.definition import MAPPINGS
from whyreset.model.event import FIELDS

WORD, FIELD, LABEL, TYPE, TEXT, FILE, VALUE, RELATION = (
    "word", "field", "label", "type", "text", "file", "value", "relation",
)  # fmt: skip
_VALUES = {"direction": ("read", "write", "handshake"), "aborted": ("yes",), "greeting": ("yes",)}
_OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~")
_TEXT_ITEMS = ("title", "because", "remedy", "verify")
# What opens each block, so that a line in it can be parsed by itself.
_OPENINGS = {
    "event": "event x {\n", "rule": "rule x {\n", "extend": "extend rule x {\n", "when": "when {\n",
    "unless": "unless {\n", "test": 'test "x" {\n', "any": "any of {\n",
    **{form: f"{form} {{\n" for form in MAPPINGS},
}  # fmt: skip


class Offer(NamedTuple):
    """One completion: its text, what it is, and a line about it."""

    text: str
    kind: str
    says: str = ""


class Cursor(NamedTuple):
    """Where the cursor is: the line up to it, and the word that is being written."""

    line: Line
    word: str
    inside: str


def cursor_at(text: str, offset: int) -> Cursor:
    """The cursor in a text; `inside` is the unfinished text, template or comment it stands in."""
    start = offset
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    before = text[:start]
    line = outline(before)[-1]
    last = line.tokens[-1] if line.tokens else None
    inside = last.text if last and last.open else ""
    ending = list(tokens_of(before[before.rfind("\n") + 1 :]))
    if ending and ending[-1].kind == "comment":
        inside = "#"
    return Cursor(line, text[start:offset], inside)


def complete(analysis: Analysis, text: str, offset: int) -> list[Offer]:
    """What may stand at the offset, keywords first; the editor filters by the word begun."""
    cursor = cursor_at(text, offset)
    if cursor.inside:
        found = _inside(analysis, cursor)
    else:
        accepted = _accepted(cursor.line)
        found = [*_keywords(accepted), *_names(analysis, cursor.line, accepted)]
    return list({offer.text: offer for offer in reversed(found)}.values())[::-1]


def _accepted(line: Line) -> set[str]:
    """The terminals that the grammar takes after these words; empty if they are wrong already."""
    source = "".join(_OPENINGS.get(block[0], "") for block in line.blocks if block)
    if line.after[:1] and line.after[0] in MAPPINGS:
        source += "json { x = .x } "
    source += " ".join(
        f"{token.text}:" if token.kind == "name" else token.text for token in line.tokens
    )
    try:
        parser = parser_of("rules").parse_interactive(source)
        parser.exhaust_lexer()
        return set(parser.accepts())  # type: ignore[no-untyped-call]
    except UnexpectedInput:
        return set()


def _keywords(accepted: set[str]) -> Iterator[Offer]:
    for terminal in parser_of("rules").terminals:
        value = str(terminal.pattern.value)
        if terminal.name in accepted and terminal.pattern.type == "str" and value.isalpha():
            yield Offer(value, WORD)


# ---- inside of texts


def _inside(analysis: Analysis, cursor: Cursor) -> list[Offer]:
    line, inside = cursor.line, cursor.inside
    words = line.words
    if inside == "#" or not words:
        return []
    if inside[0] == "`" and words[0] == "match":
        capture = inside.rpartition("<")[2]
        if "<" in inside and ">" not in capture and ":" in capture:
            return [Offer(name, TYPE, says) for name, says in names.TYPES.items()]
    elif inside[0] == "/" and inside.endswith("%{"):
        return list(_patterns(analysis))
    elif words[0] == "use":
        folder = analysis.path.parent
        files = sorted(path.name for path in folder.glob("*.rules") if path != analysis.path)
        return [Offer(name, FILE) for name in files]
    elif words[0] in _TEXT_ITEMS and "}" not in inside.rpartition("{")[2] and "{" in inside:
        return list(_placeholders(analysis, owner_of(line.blocks)))
    return []


def _placeholders(analysis: Analysis, owner: str) -> Iterator[Offer]:
    rules = [rule for rule in (analysis.plan.rules if analysis.plan else ()) if rule.name == owner]
    known = set(names.PLACEHOLDERS)
    if rules:
        settings = analysis.names(SETTING)
        known = known_placeholders(rules[0].when, rules[0].keys, settings, analysis.kinds)
    for name in sorted(known, key=lambda name: ("." in name, name)):
        yield Offer(name, TEXT, names.PLACEHOLDERS.get(name, ""))


# ---- names


def _names(analysis: Analysis, line: Line, accepted: set[str]) -> Iterator[Offer]:
    """The names that fit, if the grammar takes a name or a value here."""
    if not accepted & {"NAME", "AMOUNT", "BARE"}:
        return
    words = line.words
    last = words[-1] if words else ""
    block = line.blocks[-1][0] if line.blocks and line.blocks[-1] else ""
    if last in _OPERATORS and block not in ("", *MAPPINGS):
        yield from _values(analysis, words, accepted)
    elif not line.blocks:
        yield from _of_statement(analysis, words, last)
    elif block in ("event", *MAPPINGS):
        yield from _of_event(analysis, line, words, last)
    elif block in ("rule", "extend"):
        yield from _of_rule(analysis, words, last)
    elif block == "test":
        yield from _of_test(analysis, words)
    else:
        yield from _of_clause(analysis, line, words, last, accepted)


def _of_statement(analysis: Analysis, words: tuple[str, ...], last: str) -> Iterable[Offer]:
    if last == "rule" and words[0] in ("extend", "disable"):
        return _symbols(analysis, RULE)
    if last == "network" and words[0] == "extend":
        return _symbols(analysis, NETWORK)
    if last == "team" and len(words) > 1:
        return _symbols(analysis, TEAM)
    if words[:1] == ("export",):
        kind = {"network": NETWORK, "setting": SETTING, "team": TEAM, "event": KIND}.get(last, "")
        return _symbols(analysis, kind)
    if last == "event":
        return _kinds(analysis)
    if words == ("requires",):
        return [Offer("whyreset", VALUE)]
    if "for" in words or words[:1] == ("team",):
        return [Offer(field, FIELD) for field in SCOPE_FIELDS]
    return ()


def _of_event(analysis: Analysis, line: Line, words: tuple[str, ...], last: str) -> Iterable[Offer]:
    event = next((block for block in line.blocks if block and block[0] == "event"), ("event",))
    kind = event[1] if len(event) > 1 else ""
    if line.blocks[-1][0] in MAPPINGS:
        if words and last.startswith("."):
            units = (unit for unit in names.UNITS.items() if unit[0] in ("ns", "us", "ms", "s"))
            return [
                Offer(name, TYPE, says)
                for name, says in (*names.TYPES.items(), *names.JSON_TYPES.items(), *units)
            ]
        return _fields(analysis, kind)
    if words[:1] == ("from",):
        return [Offer(field, FIELD) for field in ORIGIN_FIELDS]
    return _fields(analysis, kind) if words else ()


def _of_rule(analysis: Analysis, words: tuple[str, ...], last: str) -> Iterable[Offer]:
    if last == "label":
        told = (each for each in names.LABELS.items() if each[0] != "unknown")
        return [Offer(name, LABEL, says) for name, says in told]
    if last in ("severity", "status"):
        told_of = names.SEVERITIES if last == "severity" else names.STATUSES
        return [Offer(name, LABEL, says) for name, says in told_of.items()]
    if last == "of":
        return _kinds(analysis)
    if last in ("gap", "span", "priority", "confidence"):
        return _symbols(analysis, SETTING)
    if "by" in words:
        return _fields(analysis, words[2])
    return ()


def _of_test(analysis: Analysis, words: tuple[str, ...]) -> Iterable[Offer]:
    if words[:1] == ("expect",):
        told = names.LABELS if len(words) == 1 else names.EXPECTED
        kind = LABEL if len(words) == 1 else FIELD
        return [Offer(name, kind, says) for name, says in told.items()]
    if words[:1] == ("stream",):
        return _kinds(analysis)
    event = next((word for word in words if word in analysis.kinds), None)
    return _fields(analysis, event) if event else _kinds(analysis)


def _of_clause(
    analysis: Analysis, line: Line, words: tuple[str, ...], last: str, accepted: set[str]
) -> Iterable[Offer]:
    counted = kind_counted(analysis, owner_of(line.blocks))
    event = next((word for word in words if word in analysis.kinds), None)
    if last in ("no", "last"):
        return _kinds(analysis)
    if last in ("from", "on", "to"):
        fits = ((each.split()[1], says) for each, says in names.RELATIONS.items()
                if each.split()[0] == last)  # fmt: skip
        return [Offer(name, RELATION, says) for name, says in fits]
    if (last in ("in", "or") and words[:2] != ("at", "least")) or words[1:3] == ("not", "in"):
        return _symbols(analysis, NETWORK)
    if last == "distinct":
        return _fields(analysis, counted)
    if not words or last in ("have", "has"):
        clauses = []
        if not words and line.blocks[0][0] == "extend" and not line.tokens:
            clauses = list(_clauses(analysis, owner_of(line.blocks)))
        return [*clauses, *_fields(analysis, counted), *_kinds(analysis)]
    if "AMOUNT" in accepted:
        return _symbols(analysis, SETTING)
    return _fields(analysis, event) if event else ()


def _values(analysis: Analysis, words: tuple[str, ...], accepted: set[str]) -> Iterator[Offer]:
    """What a field may be compared with."""
    field = words[-2] if len(words) > 1 else ""
    yield from (Offer(value, VALUE) for value in _VALUES.get(field, ()))
    yield Offer("unknown", VALUE, "the line does not name the field")
    types = [analysis.kinds[kind].types.get(field) for kind in analysis.kinds]
    if any(each in NUMERIC for each in types) and "BARE" in accepted:
        yield from _symbols(analysis, SETTING)


def kind_counted(analysis: Analysis, owner: str) -> str:
    """The kind that a rule counts; `reset` where it is not known."""
    rules = analysis.plan.rules if analysis.plan else ()
    kind = next((rule.kind for rule in rules if rule.name == owner), "reset")
    return kind if kind in analysis.kinds else "reset"


def _symbols(analysis: Analysis, kind: str) -> Iterator[Offer]:
    yield from (Offer(name, kind) for name in analysis.names(kind))


def _patterns(analysis: Analysis) -> Iterator[Offer]:
    """Those of the open file: no other file has them."""
    for place in analysis.places():
        if place.symbol.kind == PATTERN and place.path == analysis.path.resolve():
            yield Offer(f"{place.symbol.name}}}", PATTERN)


def _clauses(analysis: Analysis, owner: str) -> Iterator[Offer]:
    for place in analysis.places():
        symbol = place.symbol
        if symbol.kind == CLAUSE and symbol.owner == owner and not symbol.extends:
            yield Offer(f"{symbol.name}:", CLAUSE, "replaces the clause of this name")


def _kinds(analysis: Analysis) -> Iterator[Offer]:
    for name in dict.fromkeys((*FIELDS, *analysis.names(KIND))):
        yield Offer(name, KIND, names.KINDS.get(name, ""))


def _fields(analysis: Analysis, kind: str) -> Iterator[Offer]:
    types = analysis.kinds[kind].types if kind in analysis.kinds else {}
    for name, type_name in sorted(types.items()):
        says = names.FIELDS.get(name, "")
        yield Offer(name, FIELD, f"{type_name}: {says}" if says else type_name)
