"""Hover: what the word under the cursor means, and what its clause costs."""

from collections.abc import Iterable
from typing import NamedTuple

from whyreset.basis.units import format_duration
from whyreset.editor.completion import kind_counted
from whyreset.editor.outline import Line, Token, outline
from whyreset.editor.symbols import owner_of
from whyreset.editor.workspace import Analysis
from whyreset.language import clause_tree, tree
from whyreset.language.reference import names
from whyreset.language.reference.clauses import BURST_CLAUSES, MEMBER_CLAUSES
from whyreset.language.reference.entry import Entry
from whyreset.language.reference.items import EVENT_ITEMS, RULE_ITEMS, TEST_ITEMS
from whyreset.language.reference.statements import STATEMENTS
from whyreset.language.spell import spell_clause
from whyreset.model import rule as model
from whyreset.run.costs import cost_of

_ENTRIES_IN = {
    "": STATEMENTS, "event": EVENT_ITEMS, "json": EVENT_ITEMS, "logfmt": EVENT_ITEMS,
    "rule": RULE_ITEMS, "extend": RULE_ITEMS, "test": TEST_ITEMS,
}  # fmt: skip
_CLAUSES = (*MEMBER_CLAUSES, *BURST_CLAUSES)
_FORMS = {
    clause_tree.InNode: "FIELD in",
    clause_tree.CompareNode: "FIELD = VALUE",
    clause_tree.JoinNode: "KIND [",
    clause_tree.AfterNode: "D1..D2",
    clause_tree.AnyOfNode: "any of",
    clause_tree.AtLeastNode: "at least N [",
    clause_tree.DistinctNode: "at least N distinct",
    clause_tree.EveryNode: "every",
    clause_tree.VaryNode: "intervals",
}


class Spot(NamedTuple):
    """A token, the line that it stands in, and its place among the line's tokens."""

    token: Token
    line: Line
    place: int


def spot_at(text: str, offset: int) -> Spot | None:
    """The token at an offset, if there is one."""
    for line in outline(text):
        for place, token in enumerate(line.tokens):
            if token.start <= offset < token.end or (
                offset == token.end and token.kind in ("word", "name")
            ):
                return Spot(token, line, place)
    return None


def hover(analysis: Analysis, text: str, offset: int) -> tuple[str, Token] | None:
    """Markdown about the word at an offset, and the word."""
    spot = spot_at(text, offset)
    if spot is None:
        return None
    parts = [*_about_name(analysis, spot), *_about_form(analysis, text, spot)]
    return ("\n\n".join(parts), spot.token) if parts else None


# ---- names


def _about_name(analysis: Analysis, spot: Spot) -> Iterable[str]:
    word, line = spot.token.text, spot.line
    if spot.token.kind not in ("word", "name"):
        return
    before = line.tokens[spot.place - 1].text if spot.place else ""
    owner = owner_of(line.blocks)
    if before in ("label", "expect") and word in names.LABELS:
        yield f"**{word}**: {names.LABELS[word]}"
    elif before == "severity" and word in names.SEVERITIES:
        yield f"**{word}**: {names.SEVERITIES[word]}"
    elif before == "status" and word in names.STATUSES:
        yield f"**{word}**: {names.STATUSES[word]}"
    elif before == "rule":
        yield from (_rule_costs(rule) for rule in _rules(analysis, word)[:1])
    elif f"{before} {word}" in names.RELATIONS:
        relation = f"{before} {word}"
        yield f"**{relation}**: {names.RELATIONS[relation]}"
    elif network := _network(analysis, spot):
        yield network
    elif word in analysis.kinds and spot.token.kind == "word":
        yield _kind(analysis, word)
    elif analysis.plan and word in analysis.plan.settings and line.blocks:
        yield f"**setting {word}** = {analysis.plan.settings[word]}"
    elif field := _field(analysis, spot, kind_counted(analysis, owner)):
        yield field


def _network(analysis: Analysis, spot: Spot) -> str:
    word = spot.token.text
    prefixes = analysis.plan.networks.get(word) if analysis.plan else None
    words = [token.text for token in spot.line.tokens[: spot.place]]
    if prefixes is None or not ({"in", "network"} & set(words)):
        return ""
    return f"**network {word}** = {', '.join(prefixes)}"


def _kind(analysis: Analysis, word: str) -> str:
    says = names.KINDS.get(word, "A kind of a team's own.")
    fields = " ".join(f"`{each}`" for each in analysis.kinds[word].given)
    return f"**event {word}**: {says}\n\nFields: {fields}"


def _field(analysis: Analysis, spot: Spot, counted: str) -> str:
    word = spot.token.text
    given = [token.text for token in spot.line.tokens[: spot.place]]
    event = next((each for each in given if each in analysis.kinds), counted)
    block = next((head for head in spot.line.blocks if head and head[0] == "event"), None)
    if block is not None and len(block) > 1 and block[1] in analysis.kinds:
        event = block[1]
    type_name = analysis.kinds[event].types.get(word)
    following = spot.line.tokens[spot.place + 1 : spot.place + 2]
    is_field = any(each.text in ("=", "!=", "<", ">", "<=", ">=", "~", "in", "not", ",")
                   for each in following)  # fmt: skip
    if type_name is None or not (is_field or {"by", "distinct"} & set(given)):
        return ""
    says = names.FIELDS.get(word)
    return f"**{word}** ({type_name})" + (f": {says}" if says else "")


# ---- forms


def _about_form(analysis: Analysis, text: str, spot: Spot) -> Iterable[str]:
    """What the line says, if the word is one of its keywords or the name of its clause."""
    block = spot.line.blocks[-1][0] if spot.line.blocks and spot.line.blocks[-1] else ""
    if block in ("when", "unless", "any"):
        yield from _clause(analysis, text, spot)
        return
    entries = _ENTRIES_IN.get(block, ())
    head = spot.line.words[0] if spot.line.words else ""
    second = spot.line.words[1] if len(spot.line.words) > 1 else ""
    fits = [each for each in entries if spot.token.text in each.words and head in each.words]
    fits = [each for each in fits if not second or second in each.words] or fits
    yield from (_entry(each) for each in fits[:1])


def _entry(entry: Entry) -> str:
    costs = f"\n\n*Costs*: {entry.costs}" if entry.costs else ""
    return f"```\n{entry.form}\n```\n{entry.says}{costs}"


def _clause(analysis: Analysis, text: str, spot: Spot) -> Iterable[str]:
    """The clause that the word stands in: its meaning, and its costs in figures."""
    node = _node_at(analysis, text, spot)
    if node is None:
        word = spot.token.text
        yield from (_entry(each) for each in [e for e in _CLAUSES if word in e.words][:1])
        return
    form = _FORMS[type(node.body)]
    if isinstance(node.body, clause_tree.JoinNode) and node.body.negated:
        form = "no KIND"
    if isinstance(node.body, clause_tree.InNode) and node.body.negated:
        form = "FIELD not in"
    yield _entry(next(each for each in _CLAUSES if each.form.startswith(form)))
    by_chance = isinstance(node.body, clause_tree.JoinNode) and node.body.chance
    added = (
        (by_chance, "KIND [FIELD = VALUE, ...] [RELATION] within D by chance"),
        (node.quantifier, "any | all"),
        (node.if_known, "MEMBER CLAUSE if"),
    )
    for present, start in added:
        if present:
            yield next(each.says for each in _CLAUSES if each.form.startswith(start))
    rules = _rules(analysis, owner_of(spot.line.blocks))
    spelt = spell_clause(node)
    for clause in [c for rule in rules for c in _leaves((*rule.when, *rule.unless))]:
        if clause.text == spelt and (costs := _costs(clause)):
            yield f"Here: {costs}"
            return


def _node_at(analysis: Analysis, text: str, spot: Spot) -> clause_tree.ClauseNode | None:
    """The clause of the tree at a word, if the text on the screen is the one that was parsed."""
    if analysis.file.text != text:
        return None
    line = text.count("\n", 0, spot.token.start) + 1
    column = spot.token.start - text.rfind("\n", 0, spot.token.start)
    best = None
    for statement in analysis.file.statements:
        if isinstance(statement, tree.RuleNode | tree.ExtendNode):
            for node in _nodes((*statement.body.when, *statement.body.unless)):
                start = (node.span.line, node.span.column)
                if start <= (line, column) < (node.span.end_line, node.span.end_column):
                    best = node  # the innermost comes last
    return best


def _nodes(nodes: Iterable[clause_tree.ClauseNode]) -> Iterable[clause_tree.ClauseNode]:
    for node in nodes:
        yield node
        if isinstance(node.body, clause_tree.AnyOfNode):
            yield from _nodes(node.body.clauses)


def _leaves(clauses: Iterable[model.Clause]) -> Iterable[model.Clause]:
    for clause in clauses:
        yield clause
        if isinstance(clause, model.AnyOf):
            yield from _leaves(clause.clauses)


def _rules(analysis: Analysis, name: str) -> list[model.Rule]:
    rules = analysis.plan.rules if analysis.plan else ()
    return [rule for rule in rules if rule.name == name]


def _costs(clause: model.Clause) -> str:
    """Look-back and look-ahead of one clause in figures; empty where it has none."""
    before, after = _reach(clause)
    if not before and not after:
        return ""
    return f"look-back {format_duration(before)}, look-ahead {format_duration(after)}."


def _reach(clause: model.Clause) -> tuple[int, int]:
    if isinstance(clause, model.Join):
        return clause.before, max(0, clause.after)
    return (clause.high, 0) if isinstance(clause, model.AfterLast) else (0, 0)


def _rule_costs(rule: model.Rule) -> str:
    cost = cost_of(rule)
    return (
        f"**rule {rule.name}** ({rule.label}): {rule.title}\n\n"
        f"*Costs*: look-back {format_duration(cost.look_back)}, "
        f"look-ahead {format_duration(cost.look_ahead)}; "
        f"a verdict is final {format_duration(cost.latest)} after the last reset; "
        f"{cost.memory // 1000} KB for each burst at one event a second."
    )
