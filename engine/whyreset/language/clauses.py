"""From a clause as written to a clause of the plan: names resolved, units converted."""

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

from whyreset.basis.names import plain
from whyreset.basis.span import Span
from whyreset.basis.suggest import did_you_mean
from whyreset.language import clause_tree
from whyreset.language.clause_tree import Word
from whyreset.language.kinds import CLIENT_FIELDS, NUMERIC, UPSTREAM_FIELDS, Kinds, values_of
from whyreset.language.report import Desk
from whyreset.language.spell import spell_clause
from whyreset.language.values import Reader, ordered
from whyreset.model import rule as model
from whyreset.model.conditions import UNKNOWN
from whyreset.model.definition import Condition

_ADDRESS_TYPES = ("addr", "ip")
_COUNTED = ("count", "resets", "number")
"""Taken for fields by who wants to count."""


class _Head(TypedDict):
    text: str
    name: str | None
    if_known: bool
    quantifier: model.Quantifier | None


class ClauseReader:
    """Reads the clauses of one file's rules."""

    def __init__(self, desk: Desk, kinds: Kinds, networks: Iterable[str], reader: Reader) -> None:
        self._desk = desk
        self._kinds = kinds
        self._networks = tuple(networks)
        self._reader = reader

    def read(self, node: clause_tree.ClauseNode, kind: str) -> model.Clause:
        """One clause of a rule about events of *kind*."""
        head = _Head(
            text=plain(spell_clause(node)),
            name=node.name.text if node.name else None,
            if_known=node.if_known,
            quantifier=self._quantifier(node.quantifier),
        )
        match node.body:
            case clause_tree.InNode() as body:
                return self._in_network(body, kind, head)
            case clause_tree.CompareNode() as body:
                return model.Compare(condition=self._asked(body.condition, kind), **head)
            case clause_tree.JoinNode() as body:
                return self._join(body, kind, head)
            case clause_tree.AfterNode() as body:
                return self._after(body, kind, head)
            case clause_tree.AnyOfNode() as body:
                inner = tuple(self._alternative(each, kind) for each in body.clauses)
                return model.AnyOf(clauses=inner, **head)
            case body:
                return self._burst_clause(body, kind, head)

    def exception(self, node: clause_tree.ClauseNode, kind: str) -> model.Clause:
        """One clause of `unless`."""
        self._told(node, "an exception that could not be told stops nothing: leave `if known` out")
        return self.read(node, kind)

    def _alternative(self, node: clause_tree.ClauseNode, kind: str) -> model.Clause:
        self._told(node, "write it behind the block: `any of { ... } if known`")
        if node.name is not None:
            message = f"an alternative has no name: nothing could ask for `{node.name.text}`"
            hint = f"name them together: `{node.name.text}: any of {{ ... }}`"
            self._desk.say("E051", message, node.name.span, hint)
        return self.read(node, kind)

    def _told(self, node: clause_tree.ClauseNode, cure: str) -> None:
        if node.if_known:
            self._desk.say("E050", "`if known` says nothing here", node.span, cure)

    def _quantifier(self, node: clause_tree.QuantifierNode | None) -> model.Quantifier | None:
        if node is None:
            return None
        share = self._reader.share(node.share) if node.share else 0.0
        return model.Quantifier(node.kind, share)

    # ---- what several clauses have

    def field(self, word: Word, kind: str) -> str:
        """A field that events of *kind* have; noted if they do not."""
        types = self._kinds[kind].types
        if word.text in _COUNTED and word.text not in types:
            message = f"`{kind}` has no field `{word.text}`"
            self._desk.say("E011", message, word.span, "`at least N` counts them")
        elif word.text not in types:
            self._desk.lacks("E011", kind, "field", word, types)
        return word.text

    def kind(self, word: Word) -> bool:
        """Whether an event kind is known; noted if not."""
        if word.text in self._kinds:
            return True
        self._desk.unknown("E010", "event", word.text, word.span, self._kinds)
        return False

    def condition(self, node: clause_tree.ConditionNode, kind: str) -> Condition:
        """`field op value`, checked against the field's type."""
        name = self.field(node.field, kind)
        type_name = self._kinds[kind].type_of(name)
        if type_name in _ADDRESS_TYPES and node.value.text in self._networks:
            message = f"`{node.value.text}` is a network, and `{name}` an address"
            word = {"=": "in", "!=": "not in"}.get(node.op, "in")
            hint = f"write `{name} {word} {node.value.text}`"
            self._desk.say("E027", message, node.value.span, hint)
        numeric = type_name in NUMERIC
        if numeric and node.value.text == UNKNOWN and node.op in ("=", "!="):
            return Condition(name, node.op, UNKNOWN)
        value = self._reader.value(node.value, name, type_name)
        if (node.op in ("<", "<=", ">", ">=") and not numeric) or (node.op == "~" and numeric):
            has = "a number" if numeric else "a text"
            hint = "`~` compares texts with a glob" if numeric else "for texts: =, !=, ~ (glob)"
            message = f"`{node.op}` does not fit `{name}`, which is {has}"
            self._desk.say("E026", message, node.field.span, hint)
        return Condition(name, node.op, value)

    def _asked(self, node: clause_tree.ConditionNode, kind: str) -> Condition:
        """A condition on an event as it is in the end: its definitions may have set the field."""
        self.named(kind, node.field.text, node.value, node.op)
        return self.condition(node, kind)

    def named(self, kind: str, name: str, word: Word, op: str = "=") -> None:
        """Note a value that the field can never have, where the language names its values."""
        known = (*(values_of(kind, name) or ()), UNKNOWN)
        if len(known) > 1 and op in ("=", "!=") and word.text not in known:
            message = f"`{name}` of `{kind}` is never `{word.text}`"
            hint = did_you_mean(word.text, known) or f"it is one of: {', '.join(known[:-1])}"
            self._desk.say("E027", message, word.span, hint)

    def _event(
        self, node: clause_tree.JoinNode | clause_tree.AfterNode, kind: str
    ) -> tuple[tuple[Condition, ...], str | None]:
        """Conditions and relation of a join; nothing of them if its event is unknown."""
        if not self.kind(node.event):
            return (), None
        event = node.event.text
        conditions = tuple(self._asked(each, event) for each in node.conditions)
        if node.relation is not None:
            self._relation(node.relation, event, kind)
        return conditions, node.relation.text if node.relation else None

    def _relation(self, relation: clause_tree.RelationNode, event: str, kind: str) -> None:
        text = relation.text
        if text not in model.RELATIONS:
            self._desk.unknown("E020", "relation", text, relation.span, model.RELATIONS)
        elif text in model.FROM_CLIENT and not self._kinds[event].has(CLIENT_FIELDS):
            self._impossible(relation.span, text, event, CLIENT_FIELDS)
        elif text == "from pod" and not self._kinds[event].has(("client",)):
            self._impossible(relation.span, text, event, ("client",))
        elif text == "to workload" and not self._kinds[event].has(UPSTREAM_FIELDS):
            self._impossible(relation.span, text, event, UPSTREAM_FIELDS)
        elif text in (*model.FROM_CLIENT, "on peer") and not self._kinds[kind].has(("peer",)):
            self._impossible(relation.span, text, kind, ("peer",))

    def _impossible(self, span: Span, text: str, kind: str, needed: Iterable[str]) -> None:
        names = " or ".join(f"`{each}`" for each in needed)
        message = f"`{text}` needs a field {names}, and `{kind}` has none"
        self._desk.say("E021", message, span)

    # ---- member clauses

    def _in_network(self, node: clause_tree.InNode, kind: str, head: _Head) -> model.InNetwork:
        name = self.field(node.field, kind)
        types = self._kinds[kind].types
        if name in types and types[name] not in _ADDRESS_TYPES:
            known = [each for each in types if types[each] in _ADDRESS_TYPES]
            hint = f"addresses of `{kind}`: {', '.join(known)}" if known else None
            self._desk.say("E028", f"`{name}` is not an address", node.field.span, hint)
        for each in node.networks:
            if each.text not in self._networks:
                self._desk.unknown("E012", "network", each.text, each.span, self._networks)
        networks = tuple(each.text for each in node.networks)
        return model.InNetwork(field=name, networks=networks, negated=node.negated, **head)

    def _join(self, node: clause_tree.JoinNode, kind: str, head: _Head) -> model.Join:
        conditions, relation = self._event(node, kind)
        before, after = self._window(node.reach)
        return model.Join(
            event=node.event.text,
            negated=node.negated,
            conditions=conditions,
            relation=relation,
            before=before,
            after=after,
            chance=self._chance(node.chance) if node.chance else None,
            **head,
        )

    def _chance(self, word: Word) -> float:
        """A share that something can stay below, and something else not; noted if it cannot be."""
        share = self._reader.share(word)
        if share in (0.0, 1.0):  # what is not a share at all has been noted at this place
            says = "can never hold" if share == 0.0 else "says nothing"
            message = f"`by chance at most {share:.0%}` {says}"
            hint = "more than 0% and less than 100%, such as 10%"
            self._desk.say("E004", message, word.span, hint)
        return share

    def _window(self, nodes: Sequence[clause_tree.ReachNode]) -> tuple[int, int]:
        """How far (ns) before and after a reset; a window that ends before it has a negative
        after."""
        reach: dict[str, int] = {}
        for each in nodes:
            span = each.range.low.span
            if each.side in reach or (each.side is None and len(nodes) > 1):
                message = "`within` takes one time, or one before and one after"
                self._desk.say("E035", message, span)
            if each.range.high is not None:
                if each.side != "before" or len(nodes) > 1:
                    message = "a window that does not touch the reset lies before it"
                    self._desk.say("E035", message, span, "write `within 5s..30s before`")
                low, high = self._range(each.range)
                return high, -low
            amount = self._reader.duration(each.range.low)
            for side in (each.side,) if each.side else ("before", "after"):
                reach[side] = amount
        return reach.get("before", 0), reach.get("after", 0)

    def _after(self, node: clause_tree.AfterNode, kind: str, head: _Head) -> model.AfterLast:
        conditions, relation = self._event(node, kind)
        low, high = self._range(node.range, zero=True)
        return model.AfterLast(
            event=node.event.text,
            conditions=conditions,
            relation=relation,
            low=low,
            high=high,
            tolerance=self._reader.share(node.tolerance) if node.tolerance else None,
            **head,
        )

    def _range(self, node: clause_tree.RangeNode, *, zero: bool = False) -> tuple[int, int]:
        low = self._reader.duration(node.low, zero=zero)
        if node.high is None:
            return low, low
        high = self._reader.duration(node.high)
        whole = Span(
            node.low.span.line, node.low.span.column, node.high.span.end_line,
            node.high.span.end_column,
        )  # fmt: skip
        ordered(self._desk, low, high, whole)
        return low, high

    # ---- burst clauses

    def _burst_clause(self, node: Any, kind: str, head: _Head) -> model.Clause:
        match node:
            case clause_tree.AtLeastNode():
                within = self._reader.duration(node.within) if node.within else None
                count = self._reader.count(node.count)
                return model.AtLeast(count=count, within=within, **head)
            case clause_tree.DistinctNode():
                count = self._reader.count(node.count)
                return model.Distinct(count=count, field=self.field(node.field, kind), **head)
            case clause_tree.EveryNode():
                return self._every(node, head)
            case _:
                return model.IntervalsVary(share=self._reader.share(node.share, most=10.0), **head)

    def _every(self, node: clause_tree.EveryNode, head: _Head) -> model.Every:
        low, high = self._range(node.range)
        tolerance = self._reader.share(node.tolerance)
        if node.missing is None:
            return model.Every(low=low, high=high, tolerance=tolerance, **head)
        missing = self._reader.share(node.missing)
        return model.Every(low=low, high=high, tolerance=tolerance, missing=missing, **head)
