"""Rules while they are being put together: stated once, then extended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from whyreset.basis.frozen import Frozen, replace
from whyreset.basis.span import Span
from whyreset.language import clause_tree, tree
from whyreset.language.clause_tree import Word
from whyreset.language.clauses import ClauseReader
from whyreset.language.report import Desk
from whyreset.language.rule_tests import TestReader
from whyreset.language.texts import BURSTS_OWN
from whyreset.language.values import Reader
from whyreset.model.rule import (
    LABELS,
    SEVERITIES,
    STATUSES,
    Clause,
    Rule,
    RuleTest,
    Scope,
    ScopeTest,
)

_REPEATABLE = ("verify",)
_TEXTS = ("title", "because", "remedy", "verify")


class Placed(Frozen):
    """A clause, and where it was written."""

    clause: Clause
    desk: Desk
    span: Span


@dataclass(slots=True)
class Draft:
    """A rule in the making; a place for each thing that a later check may point at.

    `within` is the scope of the extension that made it, if it is not the rule itself.
    """

    name: str
    desk: Desk
    span: Span
    rule: Rule
    gap_desk: Desk
    gap_span: Span
    when: list[Placed] = field(default_factory=list)
    unless: list[Placed] = field(default_factory=list)
    texts: dict[str, list[tuple[Desk, Word]]] = field(default_factory=dict)
    within: tuple[ScopeTest, ...] = ()
    outside: dict[ScopeTest, None] = field(default_factory=dict)

    def variant(self, within: tuple[ScopeTest, ...]) -> "Draft":
        """A copy for a scope; the tests stay with the rule that they were written for."""
        scope = Scope((*self.rule.scope.within, within))
        rule = replace(self.rule, scope=scope, tests=())
        texts = {key: list(words) for key, words in self.texts.items()}
        places = (self.gap_desk, self.gap_span, list(self.when), list(self.unless))
        return Draft(self.name, self.desk, self.span, rule, *places, texts, within)

    def exclude(self, outside: Sequence[ScopeTest]) -> None:
        """Keep the rule out of a scope."""
        self.outside.update(dict.fromkeys(outside))

    @property
    def scope(self) -> Scope:
        """Where the rule acts."""
        return replace(self.rule.scope, outside=tuple(self.outside))

    def clauses(self) -> Iterable[Placed]:
        """All clauses in order."""
        return (*self.when, *self.unless)

    def finish(self) -> Rule:
        """The rule of the plan."""
        texts = {key: [word.text for _, word in words] for key, words in self.texts.items()}
        return replace(
            self.rule,
            scope=self.scope,
            when=tuple(each.clause for each in self.when),
            unless=tuple(each.clause for each in self.unless),
            title="".join(texts.get("title", [self.name.replace("_", " ")])),
            because="".join(texts.get("because", [])),
            remedy="".join(texts.get("remedy", [])),
            verify=tuple(texts.get("verify", [])),
        )


class DraftReader:
    """Reads the rules and extensions of one file."""

    def __init__(
        self, desk: Desk, clauses: ClauseReader, tests: TestReader, reader: Reader
    ) -> None:
        self._desk = desk
        self._clauses = clauses
        self._tests = tests
        self._reader = reader

    def state(self, node: tree.RuleNode, scope: tuple[ScopeTest, ...]) -> Draft | None:
        """A rule as stated; None if it lacks the lines that say what it counts."""
        self._items_once(node.body)
        have = {item.key for item in node.body.items}
        for key in ("label", "burst"):
            if key not in have:
                self._lacks(node.name, f"`{key}`")
        if not node.body.when:
            self._lacks(node.name, "`when` with at least one clause")
        burst = node.body.burst
        if burst is None or not self._clauses.kind(burst.kind):
            return None
        rule = Rule(
            name=node.name.text,
            label="unknown",
            title="",
            kind=burst.kind.text,
            keys=(),
            gap=0,
            when=(),
            scope=Scope((scope,) if scope else ()),
            by=self._desk.by(node.name.span),
        )
        draft = Draft(node.name.text, self._desk, node.name.span, rule, self._desk, burst.gap.span)
        self._apply(draft, node.body)
        for part, nodes in ((draft.when, node.body.when), (draft.unless, node.body.unless)):
            part.extend(self._placed(draft, part, each) for each in nodes)
        self._names_once(node.body)
        return draft

    def extend(self, draft: Draft, node: tree.ExtendNode) -> None:
        """Change a draft in place: named clauses are replaced, others are added."""
        self._items_once(node.body)
        self._names_once(node.body)
        burst = node.body.burst
        if burst and burst.kind.text != draft.rule.kind:
            message = f"`{draft.name}` counts `{draft.rule.kind}`, not `{burst.kind.text}`"
            self._desk.say("E034", message, burst.kind.span)
            return
        replaced = [self._patch(draft, part, nodes) for part, nodes in (
            (draft.when, node.body.when), (draft.unless, node.body.unless),
        )]  # fmt: skip
        if any(replaced) or burst:
            # The tests told what the clauses said before.
            draft.rule = replace(draft.rule, tests=())
        by = self._desk.by(node.name.span)
        draft.rule = replace(draft.rule, patches=(*draft.rule.patches, by))
        self._apply(draft, node.body)

    def _patch(
        self, draft: Draft, part: list[Placed], nodes: Iterable[clause_tree.ClauseNode]
    ) -> bool:
        replaced = False
        names = [each.clause.name for each in part]
        for node in nodes:
            placed = self._placed(draft, part, node)
            if node.name is None:
                part.append(placed)
            elif node.name.text in names:
                part[names.index(node.name.text)] = placed
                replaced = True
            else:
                known = [each.clause.name for each in draft.clauses() if each.clause.name]
                self._desk.lacks("E014", draft.name, "clause", node.name, known)
        return replaced

    def _placed(self, draft: Draft, part: list[Placed], node: clause_tree.ClauseNode) -> Placed:
        read = self._clauses.exception if part is draft.unless else self._clauses.read
        return Placed(read(node, draft.rule.kind), self._desk, node.span)

    def _apply(self, draft: Draft, body: tree.RuleBody) -> None:
        """The lines of a body, other than its clauses."""
        fresh: set[str] = set()
        for item in body.items:
            if item.key in _TEXTS:
                if item.key not in fresh:
                    draft.texts[item.key] = []
                fresh.add(item.key)
                draft.texts[item.key] += [(self._desk, word) for word in item.words]
            elif item.key != "burst":
                draft.rule = self._line(draft.rule, item)
            if item.key == "gap":
                draft.gap_desk, draft.gap_span = self._desk, item.span
        if body.burst:
            keys = tuple(self._clauses.field(each, draft.rule.kind) for each in body.burst.keys)
            gap = self._reader.duration(body.burst.gap)
            draft.rule = replace(draft.rule, keys=keys, gap=gap)
            draft.gap_desk, draft.gap_span = self._desk, body.burst.gap.span
        tests: tuple[RuleTest, ...] = tuple(self._tests.read(each) for each in body.tests)
        draft.rule = replace(draft.rule, tests=draft.rule.tests + tests)

    def _line(self, rule: Rule, item: tree.ItemNode) -> Rule:
        word = item.words[0]
        match item.key:
            case "label":
                known = [each for each in LABELS if each != "unknown"]
                if word.text not in known:
                    self._desk.unknown("E016", "label", word.text, word.span, known)
                return replace(rule, label=word.text)
            case "severity":
                if word.text not in SEVERITIES:
                    self._desk.unknown("E017", "severity", word.text, word.span, SEVERITIES)
                return replace(rule, severity=word.text)
            case "status":
                if word.text not in STATUSES:
                    self._desk.unknown("E041", "status", word.text, word.span, STATUSES)
                return replace(rule, status=word.text)
            case "priority":
                return replace(rule, priority=self._reader.count(word, least=-1000))
            case "confidence":
                return replace(rule, confidence=self._reader.share(word))
            case "gap":
                return replace(rule, gap=self._reader.duration(word))
            case _:
                return replace(rule, span=self._reader.duration(word))

    def _lacks(self, name: Word, what: str) -> None:
        self._desk.say("E025", f"rule `{name.text}` lacks {what}", name.span)

    def _items_once(self, body: tree.RuleBody) -> None:
        seen: set[str] = set()
        for item in sorted(body.items, key=lambda each: each.span):
            if item.key in seen and item.key not in _REPEATABLE:
                self._desk.say("E024", f"a second `{item.key}` line", item.span)
            seen.add(item.key)

    def _names_once(self, body: tree.RuleBody) -> None:
        seen: set[str] = set()
        for node in (*body.when, *body.unless):
            if node.name is None:
                continue
            if node.name.text in BURSTS_OWN:
                message = f"`{{{node.name.text}}}` says something of the burst, not of a clause"
                self._desk.say("E056", message, node.name.span)
            if node.name.text in seen:
                self._desk.say("E023", f"a second clause named `{node.name.text}`", node.name.span)
            seen.add(node.name.text)
