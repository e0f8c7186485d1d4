"""The canonical one-line spelling of a clause: what evidence shows beside its mark."""

import re
from functools import singledispatch

from whyreset.language import clause_tree
from whyreset.language.clause_tree import Word

_BARE = re.compile(r"[^\s,;{}\"'`=<>!~#]+")


def spell_clause(node: clause_tree.ClauseNode) -> str:
    """The clause without its name and without `if known`."""
    body = spell_body(node.body)
    if node.quantifier is None:
        return body
    if node.quantifier.share is not None:
        return f"at least {node.quantifier.share.text} have {body}"
    return f"{node.quantifier.kind} {_have(node.quantifier.kind)} {body}"


def _have(kind: str) -> str:
    return "has" if kind == "first" else "have"


def spell_word(word: Word) -> str:
    """A value, quoted only where it must be."""
    if _BARE.fullmatch(word.text):
        return word.text
    escaped = word.text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t") + '"'


def spell_condition(node: clause_tree.ConditionNode) -> str:
    """`field op value`."""
    return f"{node.field.text} {node.op} {spell_word(node.value)}"


def _tail(
    conditions: tuple[clause_tree.ConditionNode, ...], relation: clause_tree.RelationNode | None
) -> str:
    parts = [", ".join(map(spell_condition, conditions)), relation.text if relation else ""]
    return "".join(f" {part}" for part in parts if part)


def _range(node: clause_tree.RangeNode) -> str:
    return f"{node.low.text}..{node.high.text}" if node.high else node.low.text


@singledispatch
def spell_body(node: clause_tree.Body) -> str:
    """What stands between the name and `if known`."""
    raise TypeError(type(node))


@spell_body.register
def _(node: clause_tree.InNode) -> str:
    word = "not in" if node.negated else "in"
    return f"{node.field.text} {word} " + " or ".join(each.text for each in node.networks)


@spell_body.register
def _(node: clause_tree.CompareNode) -> str:
    return spell_condition(node.condition)


@spell_body.register
def _(node: clause_tree.JoinNode) -> str:
    reach = ", ".join(
        f"{_range(each.range)} {each.side}" if each.side else _range(each.range)
        for each in node.reach
    )
    no = "no " if node.negated else ""
    chance = f" by chance at most {node.chance.text}" if node.chance else ""
    return f"{no}{node.event.text}{_tail(node.conditions, node.relation)} within {reach}{chance}"


@spell_body.register
def _(node: clause_tree.AfterNode) -> str:
    tolerance = f" ± {node.tolerance.text}" if node.tolerance else ""
    tail = _tail(node.conditions, node.relation)
    return f"{_range(node.range)}{tolerance} after last {node.event.text}{tail}"


@spell_body.register
def _(node: clause_tree.AtLeastNode) -> str:
    within = f" in {node.within.text}" if node.within else ""
    return f"at least {node.count.text}{within}"


@spell_body.register
def _(node: clause_tree.DistinctNode) -> str:
    return f"at least {node.count.text} distinct {node.field.text}"


@spell_body.register
def _(node: clause_tree.EveryNode) -> str:
    missing = f" missing at most {node.missing.text}" if node.missing else ""
    return f"every {_range(node.range)} ± {node.tolerance.text}{missing}"


@spell_body.register
def _(node: clause_tree.VaryNode) -> str:
    return f"intervals vary at most {node.share.text}"


@spell_body.register
def _(node: clause_tree.AnyOfNode) -> str:
    return "any of { " + "; ".join(map(spell_clause, node.clauses)) + " }"
