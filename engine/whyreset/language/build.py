"""From lark's parse tree to our own: one method a grammar rule."""

from typing import Any

from lark import Token, Tree
from lark.tree import Meta

from whyreset.language import clause_tree, tree
from whyreset.language.clause_tree import Word
from whyreset.language.matchers import MatcherMaker
from whyreset.language.words import expression, span_of, span_of_meta, unquote, word


def _of(children: list[Any], kind: type | tuple[type, ...]) -> tuple[Any, ...]:
    return tuple(child for child in children if isinstance(child, kind))


def _one(children: list[Any], kind: type | tuple[type, ...]) -> Any:
    return next((child for child in children if isinstance(child, kind)), None)


class _Tag:
    """Something that a rule marks without a value: `if known`, `nothing`."""


class _Builder:
    """Builds the statements of one file; matchers are compiled on the way by *maker*.

    What lark's own transformers do for each node takes longer than to build it.
    """

    def __init__(self, maker: MatcherMaker) -> None:
        self._maker = maker

    def build(self, node: Tree[Token]) -> Any:
        """What a node stands for; the grammar nests no deeper than a few levels."""
        children = [self.build(each) if isinstance(each, Tree) else each for each in node.children]
        method = getattr(self, node.data, None)
        if method is None:
            return _item(node.data, node.meta, children)
        return method(node.meta, children)

    def start(self, _meta: Meta, c: list[Any]) -> tuple[tree.Statement, ...]:
        return tuple(c)

    # ---- settings and names

    def network(self, _meta: Meta, c: list[Any]) -> tree.NetworkNode:
        return tree.NetworkNode(word(c[0]), tuple(map(word, c[1:])), extends=False)

    def extend_network(self, _meta: Meta, c: list[Any]) -> tree.NetworkNode:
        return tree.NetworkNode(word(c[0]), tuple(map(word, c[1:])), extends=True)

    def setting(self, _meta: Meta, c: list[Any]) -> tree.SettingNode:
        return tree.SettingNode(word(c[0]), c[1])

    def pattern(self, _meta: Meta, c: list[Any]) -> tree.PatternNode:
        return self._maker.pattern(word(c[0]), expression(c[1]), span_of(c[1]))

    def team(self, _meta: Meta, c: list[Any]) -> tree.TeamNode:
        return tree.TeamNode(word(c[0]), tuple(c[1:]))

    def use(self, _meta: Meta, c: list[Any]) -> tree.UseNode:
        return tree.UseNode(word(c[0]))

    def requires(self, _meta: Meta, c: list[Any]) -> tree.RequiresNode:
        return tree.RequiresNode(word(c[0]), str(c[1]), word(c[2]))

    def export(self, _meta: Meta, c: list[Any]) -> tree.ExportNode:
        return tree.ExportNode(tuple(c))

    def exported(self, _meta: Meta, c: list[Any]) -> tuple[str, Word]:
        return c[0], word(c[1])

    def exportable(self, _meta: Meta, c: list[Any]) -> str:
        return str(c[0])

    def value(self, _meta: Meta, c: list[Any]) -> Word:
        return word(c[0])

    def amount(self, _meta: Meta, c: list[Any]) -> Word:
        return word(c[0])

    def condition(self, _meta: Meta, c: list[Any]) -> clause_tree.ConditionNode:
        return clause_tree.ConditionNode(word(c[0]), str(c[1]), c[2])

    def pair(self, _meta: Meta, c: list[Any]) -> tree.PairNode:
        return tree.PairNode(word(c[0]), c[1])

    def scope_test(self, _meta: Meta, c: list[Any]) -> tree.ScopeNode:
        return tree.ScopeNode(word(c[0]), word(c[1]))

    def team_test(self, meta: Meta, c: list[Any]) -> tree.ScopeNode:
        return tree.ScopeNode(Word("team", span_of_meta(meta)), word(c[0]))

    def scope(self, _meta: Meta, c: list[Any]) -> tuple[tree.ScopeNode, ...]:
        return tuple(c)

    # ---- events

    def event(self, _meta: Meta, c: list[Any]) -> tree.EventNode:
        return tree.EventNode(
            kind=word(c[0]),
            origins=tuple(each for line in _of(c, list) for each in line),
            matchers=_of(c, tree.MatcherNode),
            assignments=_of(c, tree.AssignNode),
            where=tuple(each for line in _of(c, tuple) for each in line),
            lines=_of(c, tree.LineNode),
            samples=_of(c, tree.SampleNode),
        )

    def match(self, _meta: Meta, c: list[Any]) -> tree.MatcherNode:
        if c[0].type == "REGEX":
            return self._maker.expression(expression(c[0]), span_of(c[0]))
        return self._maker.template(c[0][1:-1], span_of(c[0]))

    def after(self, _meta: Meta, c: list[Any]) -> tree.LineNode:
        return self._maker.line("after", expression(c[0]), span_of(c[0]))

    def skip(self, _meta: Meta, c: list[Any]) -> tree.LineNode:
        return self._maker.line("skip", expression(c[0]), span_of(c[0]))

    def dialect(self, _meta: Meta, c: list[Any]) -> str:
        return str(c[0])

    def log_format(self, _meta: Meta, c: list[Any]) -> tree.MatcherNode:
        return self._maker.log_format(c[0], unquote(c[1]), span_of(c[1]))

    def form(self, _meta: Meta, c: list[Any]) -> str:
        return str(c[0])

    def mapping(self, meta: Meta, c: list[Any]) -> tree.MatcherNode:
        guard = _one(c, tuple) or ()
        return self._maker.mapping(c[0], _of(c, list), guard, span_of_meta(meta))

    def mapped(self, _meta: Meta, c: list[Any]) -> list[Any]:
        return [word(c[0]), *c[1:]]

    def keyed(self, _meta: Meta, c: list[Any]) -> tuple[Word, Word | None]:
        return word(c[0]), word(c[1]) if len(c) == 2 else None

    def mapping_guard(self, _meta: Meta, c: list[Any]) -> tuple[Any, ...]:
        return tuple(c)

    def required(self, _meta: Meta, c: list[Any]) -> Word:
        return word(c[0])

    def key_condition(self, _meta: Meta, c: list[Any]) -> list[Any]:
        paths = [str(each) for each in _of(c, Token) if each.type == "PATH"]
        op = next((str(each) for each in _of(c, Token) if each.type == "OP"), "exists")
        return [paths, op, _of(c, Word)]

    def nothing(self, _meta: Meta, _c: list[Any]) -> _Tag:
        return _Tag()

    def sample(self, _meta: Meta, c: list[Any]) -> tree.SampleNode:
        gives = None if _one(c, _Tag) else _of(c, tree.PairNode)
        return tree.SampleNode(word(c[0]), gives)

    def origin(self, _meta: Meta, c: list[Any]) -> tree.OriginNode:
        return tree.OriginNode(word(c[0]), word(c[1]))

    def origins(self, _meta: Meta, c: list[Any]) -> list[tree.OriginNode]:
        return c

    def assign(self, _meta: Meta, c: list[Any]) -> tree.AssignNode:
        return tree.AssignNode(word(c[0]), c[1], tuple(c[2:]))

    def only_where(self, _meta: Meta, c: list[Any]) -> tuple[clause_tree.ConditionNode, ...]:
        return tuple(c)

    # ---- rules

    def rule(self, _meta: Meta, c: list[Any]) -> tree.RuleNode:
        return tree.RuleNode(word(c[0]), _one(c, tuple) or (), _body(c[1:]))

    def extend_rule(self, _meta: Meta, c: list[Any]) -> tree.ExtendNode:
        return tree.ExtendNode(word(c[0]), _one(c, tuple) or (), _body(c[1:]))

    def disable(self, _meta: Meta, c: list[Any]) -> tree.DisableNode:
        return tree.DisableNode(word(c[0]), _one(c, tuple) or ())

    def burst(self, _meta: Meta, c: list[Any]) -> tree.BurstNode:
        return tree.BurstNode(word(c[0]), _one(c, tuple) or (), c[-1])

    def keys(self, _meta: Meta, c: list[Any]) -> tuple[Word, ...]:
        return tuple(map(word, c))

    def when(self, _meta: Meta, c: list[Any]) -> list[Any]:
        return ["when", *c]

    def unless(self, _meta: Meta, c: list[Any]) -> list[Any]:
        return ["unless", *c]

    # ---- clauses

    def clause_name(self, _meta: Meta, c: list[Any]) -> Word:
        return word(c[0])

    def if_known(self, _meta: Meta, _c: list[Any]) -> _Tag:
        return _Tag()

    def clause(self, meta: Meta, c: list[Any]) -> clause_tree.ClauseNode:
        quantified = _one(c, list)
        return clause_tree.ClauseNode(
            span=span_of_meta(meta),
            name=_one(c, Word),
            quantifier=quantified[0] if quantified else None,
            body=quantified[1] if quantified else _one(c, _BODIES),
            if_known=_one(c, _Tag) is not None,
        )

    alternative = clause

    def quantifier(self, _meta: Meta, c: list[Any]) -> clause_tree.QuantifierNode:
        return clause_tree.QuantifierNode(str(c[0]))

    def share_quantifier(self, _meta: Meta, c: list[Any]) -> clause_tree.QuantifierNode:
        return clause_tree.QuantifierNode("share", c[0])

    def quantified(self, _meta: Meta, c: list[Any]) -> list[Any]:
        return c

    def any_of(self, _meta: Meta, c: list[Any]) -> clause_tree.AnyOfNode:
        return clause_tree.AnyOfNode(tuple(c))

    def in_network(self, _meta: Meta, c: list[Any]) -> clause_tree.InNode:
        return clause_tree.InNode(word(c[0]), tuple(map(word, c[1:])), negated=False)

    def not_in_network(self, _meta: Meta, c: list[Any]) -> clause_tree.InNode:
        return clause_tree.InNode(word(c[0]), tuple(map(word, c[1:])), negated=True)

    def compare(self, _meta: Meta, c: list[Any]) -> clause_tree.CompareNode:
        return clause_tree.CompareNode(c[0])

    def relation(self, meta: Meta, c: list[Any]) -> clause_tree.RelationNode:
        return clause_tree.RelationNode(f"{c[0]} {c[1]}", span_of_meta(meta))

    def side(self, _meta: Meta, c: list[Any]) -> str:
        return str(c[0])

    def reach(self, _meta: Meta, c: list[Any]) -> clause_tree.ReachNode:
        return clause_tree.ReachNode(c[0], c[1] if len(c) > 1 else None)

    def chance(self, _meta: Meta, c: list[Any]) -> Word:
        return c[0]  # type: ignore[no-any-return]

    def join(self, _meta: Meta, c: list[Any]) -> clause_tree.JoinNode:
        return _join(c, negated=False)

    def no_join(self, _meta: Meta, c: list[Any]) -> clause_tree.JoinNode:
        return _join(c, negated=True)

    def range(self, _meta: Meta, c: list[Any]) -> clause_tree.RangeNode:
        return clause_tree.RangeNode(c[0], c[1] if len(c) > 1 else None)

    def tolerance(self, _meta: Meta, c: list[Any]) -> list[Word]:
        return [c[-1]]

    def missing(self, _meta: Meta, c: list[Any]) -> Word:
        return c[0]  # type: ignore[no-any-return]

    def after_last(self, _meta: Meta, c: list[Any]) -> clause_tree.AfterNode:
        tolerance = _one(c, list)
        return clause_tree.AfterNode(
            range=c[0],
            tolerance=tolerance[0] if tolerance else None,
            event=word(_one(c, Token)),
            conditions=_of(c, clause_tree.ConditionNode),
            relation=_one(c, clause_tree.RelationNode),
        )

    def at_least(self, _meta: Meta, c: list[Any]) -> clause_tree.AtLeastNode:
        return clause_tree.AtLeastNode(c[0], c[1] if len(c) > 1 else None)

    def distinct(self, _meta: Meta, c: list[Any]) -> clause_tree.DistinctNode:
        return clause_tree.DistinctNode(c[0], word(c[1]))

    def every(self, _meta: Meta, c: list[Any]) -> clause_tree.EveryNode:
        return clause_tree.EveryNode(c[0], c[1][0], c[2] if len(c) > 2 else None)

    def intervals_vary(self, _meta: Meta, c: list[Any]) -> clause_tree.VaryNode:
        return clause_tree.VaryNode(c[0])

    # ---- tests

    def test(self, _meta: Meta, c: list[Any]) -> tree.TestNode:
        gap = _one(c, Word)
        items = tuple(each for each in c[1:] if each is not gap)
        return tree.TestNode(word(c[0]), items, gap)

    def known_gap(self, _meta: Meta, c: list[Any]) -> Word:
        return word(c[0])

    def train(self, _meta: Meta, c: list[Any]) -> tuple[Word, ...]:
        return tuple(word(each) for each in c if each.type == "AMOUNT")

    def at(self, _meta: Meta, c: list[Any]) -> tree.AtNode:
        train = _one(c, tuple) or ()
        end, every, jitter = (*train, None, None, None)[:3]
        kind = word(_of(c, Token)[1])
        return tree.AtNode(word(c[0]), end, every, jitter, kind, _of(c, tree.PairNode))

    def stream(self, _meta: Meta, c: list[Any]) -> tree.StreamNode:
        return tree.StreamNode(word(c[0]), word(c[1]), word(c[2]))

    def expect(self, _meta: Meta, c: list[Any]) -> tree.ExpectNode:
        return tree.ExpectNode(word(c[0]), tuple(c[1:]))


def _item(key: str, meta: Meta, c: list[Any]) -> tree.ItemNode:
    """`label x`, `title "..."` and the other one-line items of a rule."""
    words = tuple(word(each) if isinstance(each, Token) else each for each in c)
    return tree.ItemNode(str(key), span_of_meta(meta), words)


_BODIES: Any = clause_tree.Body.__args__


def _join(c: list[Any], *, negated: bool) -> clause_tree.JoinNode:
    return clause_tree.JoinNode(
        event=word(c[0]),
        negated=negated,
        conditions=_of(c, clause_tree.ConditionNode),
        relation=_one(c, clause_tree.RelationNode),
        reach=_of(c, clause_tree.ReachNode),
        chance=_one(c, Word),
    )


def _body(c: list[Any]) -> tree.RuleBody:
    bursts = _of(c, tree.BurstNode)
    items = _of(c, tree.ItemNode)
    items += tuple(tree.ItemNode("burst", each.kind.span, ()) for each in bursts)
    blocks = _of(c, list)
    return tree.RuleBody(
        items=items,
        burst=bursts[-1] if bursts else None,
        when=tuple(each for block in blocks if block[0] == "when" for each in block[1:]),
        unless=tuple(each for block in blocks if block[0] == "unless" for each in block[1:]),
        tests=_of(c, tree.TestNode),
    )


def build(parsed: Tree[Token], maker: MatcherMaker) -> tuple[tree.Statement, ...]:
    """The statements of a parsed file."""
    statements: tuple[tree.Statement, ...] = _Builder(maker).build(parsed)
    return statements
