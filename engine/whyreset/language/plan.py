"""Puts the parsed files together: names resolved across files, rules extended and ordered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from whyreset.basis.network import parse_prefix
from whyreset.basis.selector import parse_selector
from whyreset.basis.span import Span
from whyreset.language import tree
from whyreset.language.clause_tree import Word
from whyreset.language.clauses import ClauseReader
from whyreset.language.drafts import Draft, DraftReader
from whyreset.language.events import EventReader
from whyreset.language.kinds import Kinds
from whyreset.language.lint import lint
from whyreset.language.lint_names import lint_names
from whyreset.language.lint_networks import lint_networks
from whyreset.language.lint_tests import lint_tests
from whyreset.language.lint_values import lint_values, possible_values
from whyreset.language.narrow import narrowed
from whyreset.language.patches import Patches
from whyreset.language.report import Desk, Report
from whyreset.language.requirements import VERSION_OPERATORS
from whyreset.language.rule_tests import TestReader
from whyreset.language.scopes import closure, resolve
from whyreset.language.texts import known_placeholders, placeholders, says_absent, why_missing
from whyreset.language.values import Reader, Setting, read_setting, unit_hint
from whyreset.model.definition import Definition
from whyreset.model.rule import SELECTOR, Plan, Rule, ScopeTest

SCOPE_FIELDS = ("namespace", "workload", SELECTOR)


@dataclass(slots=True)
class _Names:
    networks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    settings: dict[str, Setting] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    teams: dict[str, tuple[ScopeTest, ...]] = field(default_factory=dict)
    kinds: Kinds = field(default_factory=Kinds)


def assemble(files: Sequence[tree.RuleFile], report: Report, watched: tuple[str, ...]) -> Plan:
    """The plan of all files, in load order; it is of no use if the report has errors."""
    desks = resolve([(file, report.open(file)) for file in files])
    names = _Names()
    for file, desk in desks:
        for statement in file.statements:
            _learn(statement, desk, names)
    definitions: list[Definition] = []
    patches = Patches(closure(desks))
    for file, desk in desks:
        _read(file, desk, names, definitions, patches)
    drafts = patches.apply()
    for draft in drafts:
        _check_texts(draft, names)
    ordered = tuple(sorted((draft.finish() for draft in drafts), key=_order))
    if not report.errors:
        _lint(desks, drafts, ordered, definitions, names.networks)
    return Plan(
        networks=names.networks,
        settings=names.written,
        definitions=tuple(definitions)
        if report.errors
        else narrowed(definitions, ordered, names.networks),
        rules=ordered,
        kinds=names.kinds.fields(),
        files=watched,
        disabled=patches.disabled_everywhere(),
    )


def _lint(
    desks: Sequence[tuple[tree.RuleFile, Desk]],
    drafts: Sequence[Draft],
    ordered: Sequence[Rule],
    definitions: Sequence[Definition],
    networks: Mapping[str, tuple[str, ...]],
) -> None:
    """All warnings; those about names and tests only for the files that are not shipped."""
    lint(drafts, ordered)
    lint_values(drafts, desks, possible_values(definitions))
    lint_networks(desks, drafts, networks)
    lint_names(desks, [(file, desk) for file, desk in desks if not file.shipped])
    stated = {(each.name, each.desk.file): each for each in drafts if not each.within}
    for file, desk in desks:
        for statement in file.statements:
            if isinstance(statement, tree.RuleNode):
                draft = stated.get((statement.name.text, file.name))
                if draft is not None:
                    lint_tests(statement, draft, desk)


def _order(rule: Rule) -> tuple[int, str, int]:
    return -rule.priority, rule.name, -len(rule.scope.within)


def _learn(statement: tree.Statement, desk: Desk, names: _Names) -> None:
    """The first walk: everything that may be named before it is stated."""
    match statement:
        case tree.NetworkNode():
            _network(statement, desk, names)
        case tree.SettingNode(name, value):
            setting = read_setting(value)
            if setting is None:
                message = f"`{value.text}` has no unit that is known"
                desk.say("E003", message, value.span, unit_hint(value))
            names.written[name.text] = value.text
            names.settings[name.text] = setting or Setting("text", value.text)
        case tree.TeamNode(name, tests):
            names.teams[name.text] = scope_tests(tests, desk, names.teams)
        case tree.EventNode():
            names.kinds.learn(statement)
        case tree.RequiresNode():
            _requires(statement, desk)


def _requires(node: tree.RequiresNode, desk: Desk) -> None:
    """That the version is there was seen before the file was parsed."""
    if node.package.text != "whyreset" or node.op not in VERSION_OPERATORS:
        message = "only a version of whyreset can be required"
        desk.say("E040", message, node.package.span, "write `requires whyreset >= 0.1`")


_NETWORK_HINTS = {
    "": "such as 10.42.0.0/16, fd00::/8 or 168.63.129.16",
    "range": "a range is written as its prefixes, such as 10.42.0.0/24, 10.42.1.0/24",
    "host": "names of hosts are not looked up: give their addresses",
    "brackets": "the list stands without brackets",
}


def _form(text: str) -> str:
    if text.startswith(("[", "(")):
        return "brackets"
    if "." in text and text[-1].isalpha():
        return "host"
    return "range" if "-" in text else ""


def _network(node: tree.NetworkNode, desk: Desk, names: _Names) -> None:
    for prefix in node.prefixes:
        try:
            parse_prefix(prefix.text)
        except ValueError:
            hint = _NETWORK_HINTS.get(_form(prefix.text), _NETWORK_HINTS[""])
            message = f"`{prefix.text}` is neither an address nor a prefix"
            desk.say("E007", message, prefix.span, hint)
    prefixes = tuple(each.text for each in node.prefixes)
    if node.extends and node.name.text not in names.networks:
        desk.unknown("E012", "network", node.name.text, node.name.span, names.networks)
    before = names.networks.get(node.name.text, ()) if node.extends else ()
    names.networks[node.name.text] = before + prefixes


def scope_tests(
    nodes: Sequence[tree.ScopeNode], desk: Desk, teams: dict[str, tuple[ScopeTest, ...]]
) -> tuple[ScopeTest, ...]:
    """What a scope means, teams spelt out."""
    tests: list[ScopeTest] = []
    for node in nodes:
        if node.field.text == "team":
            if node.value.text not in teams:
                desk.unknown("E019", "team", node.value.text, node.value.span, teams)
            tests += teams.get(node.value.text, ())
            continue
        if node.field.text not in SCOPE_FIELDS:
            known = (*SCOPE_FIELDS, "team")
            desk.unknown("E030", "scope", node.field.text, node.field.span, known)
        elif node.field.text == SELECTOR:
            _selector(node.value, desk)
        tests.append(ScopeTest(node.field.text, node.value.text))
    return tuple(dict.fromkeys(tests))


def _selector(word: Word, desk: Desk) -> None:
    try:
        parse_selector(word.text)
    except ValueError as error:
        hint = "such as `app=checkout`, `tier in (edge, web)`, `!canary`; a comma means and"
        desk.say("E045", f"`{error}` is not of a selector of Kubernetes", word.span, hint)


def _read(
    file: tree.RuleFile,
    desk: Desk,
    names: _Names,
    definitions: list[Definition],
    patches: Patches,
) -> None:
    """The second walk: events and rules of one file."""
    reader = Reader(desk, names.settings)
    clauses = ClauseReader(desk, names.kinds, names.networks, reader)
    events = EventReader(desk, names.kinds, clauses, reader)
    drafts = DraftReader(desk, clauses, TestReader(desk, clauses, events, reader), reader)
    for statement in file.statements:
        match statement:
            case tree.EventNode():
                definitions.append(events.read(statement))
            case tree.RuleNode():
                scope = scope_tests(statement.scope, desk, names.teams)
                patches.state(drafts.state(statement, scope), statement, desk)
            case tree.ExtendNode():
                scope = scope_tests(statement.scope, desk, names.teams)
                patches.extend(statement, scope, desk, drafts)
            case tree.DisableNode():
                scope = scope_tests(statement.scope, desk, names.teams)
                patches.disable(statement, scope, desk)


def _check_texts(draft: Draft, names: _Names) -> None:
    clauses = [each.clause for each in draft.when]
    known = known_placeholders(clauses, draft.rule.keys, names.settings, names.kinds)
    for words in draft.texts.values():
        for desk, word in words:
            for name, offset in placeholders(word.text):
                if name in known:
                    continue
                column = min(word.span.column + 1 + offset, word.span.end_column - 1)
                end = min(column + len(name), word.span.end_column)
                place = Span(word.span.line, column, word.span.line, end)
                if name in "{}":
                    hint = f"write `{name}{name}` for a brace itself"
                    desk.say("E031", f"a lone `{name}` in a text", place, hint)
                elif (text := says_absent(clauses, name)) is not None:
                    message = f"`{text}` finds no event, so there is no `{{{name}}}`"
                    hint = f"write `{{{name.partition('.')[0]}}}`: it says what was found"
                    desk.say("E038", message, place, hint)
                elif (hint_text := why_missing(name)) is not None:
                    message = f"rule `{draft.name}` has no `{{{name}}}`"
                    desk.say("E018", message, place, hint_text)
                elif name in names.kinds[draft.rule.kind].types:
                    hint = f"name the clause about it (`its: {name} ...`), and write `{{its}}`"
                    desk.say("E018", f"`{{{name}}}` is a field of each event", place, hint)
                else:
                    desk.unknown("E018", "placeholder", name, place, known)
