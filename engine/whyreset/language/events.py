"""From an event block as written to a definition of the plan."""

from whyreset.language import tree
from whyreset.language.beginnings import beginnings
from whyreset.language.clause_tree import Word
from whyreset.language.clauses import ClauseReader
from whyreset.language.guards import without_guards
from whyreset.language.kinds import Kinds
from whyreset.language.literals import further_literals
from whyreset.language.loops import is_quadratic
from whyreset.language.report import Desk
from whyreset.language.tame import is_tame
from whyreset.language.values import Reader
from whyreset.model.definition import Assignment, Definition, Matcher, Origin, Sample
from whyreset.model.event import FIELDS, Value

ORIGIN_FIELDS = ("name", "namespace", "workload", "pod", "container", "node")


class EventReader:
    """Reads the event blocks of one file."""

    def __init__(self, desk: Desk, kinds: Kinds, clauses: ClauseReader, reader: Reader) -> None:
        self._desk = desk
        self._kinds = kinds
        self._clauses = clauses
        self._reader = reader

    def read(self, node: tree.EventNode) -> Definition:
        """One block; what is wrong in it goes to the desk."""
        kind = node.kind.text
        if not node.matchers:
            message = f"`event {kind}` finds nothing"
            hint = "it needs a `match`, a `json` or a log format"
            self._desk.say("E033", message, node.kind.span, hint)
        return Definition(
            kind=kind,
            origins=tuple(self._origin(each) for each in node.origins),
            matchers=tuple(self._matcher(each, kind) for each in node.matchers),
            assignments=tuple(self._assignment(each, kind) for each in node.assignments),
            where=tuple(self._clauses.condition(each, kind) for each in node.where),
            afters=tuple(each.pattern for each in node.lines if each.word == "after"),
            skips=tuple(each.pattern for each in node.lines if each.word == "skip"),
            samples=tuple(self._sample(each, kind) for each in node.samples),
            by=self._desk.by(node.kind.span),
        )

    def _origin(self, node: tree.OriginNode) -> Origin:
        if node.field.text not in ORIGIN_FIELDS:
            self._desk.unknown(
                "E030", "part of a source", node.field.text, node.field.span, ORIGIN_FIELDS
            )
        return Origin(node.field.text, node.glob.text)

    def _matcher(self, node: tree.MatcherNode, kind: str) -> Matcher:
        names = list(dict.fromkeys(each.field for each in node.mapped))
        if not node.log_format:  # a log format names its own fields, whatever the kind
            names += [name for name, _ in node.types]
        types = self._kinds[kind].types
        for name in names:
            if kind in FIELDS and name not in types:
                self._desk.lacks("E032", kind, "field", Word(name, node.span), types)
        pattern_only = node.pattern is not None and not node.literals
        if pattern_only:
            self._desk.say(
                "W006",
                "no fixed text in this pattern: every line must be tried",
                node.span,
                "add a word that every such line has",
            )
        elif node.pattern is not None and not node.log_format and is_quadratic(node.pattern):
            self._desk.say(
                "W007",
                "the first loop of this pattern is run along the line from each of its places",
                node.span,
                "anchor it with `^` or `\\b`, put a literal first, or bound the loop: `{1,200}`",
            )
        plain, guards = without_guards(node.pattern or "") or (None, ())
        return Matcher(
            node.pattern, node.types, node.mapped, node.guard, node.literals,
            self._desk.by(node.span), linear=node.log_format,
            tame=node.tame or is_tame(plain or node.pattern or ""),
            begins=beginnings(plain or node.pattern or ""),
            needs=further_literals(node.pattern, node.literals), plain=plain, guards=guards,
            required=node.required, form=node.form,
        )  # fmt: skip

    def _assignment(self, node: tree.AssignNode, kind: str) -> Assignment:
        name = self._clauses.field(node.field, kind)
        type_name = self._kinds[kind].type_of(name)
        self._clauses.named(kind, name, node.value)
        return Assignment(
            name,
            self._reader.value(node.value, name, type_name),
            tuple(self._clauses.condition(each, kind) for each in node.where),
        )

    def _sample(self, node: tree.SampleNode, kind: str) -> Sample:
        gives = None
        if node.gives is not None:
            gives = tuple(self.pair(each, kind) for each in node.gives)
        return Sample(node.text.text, gives, self._desk.by(node.text.span))

    def pair(self, node: tree.PairNode, kind: str) -> tuple[str, Value]:
        """`field=value` of a sample or of a test's event; settings have no place there."""
        name = self._clauses.field(node.field, kind)
        type_name = self._kinds[kind].type_of(name)
        self._clauses.named(kind, name, node.value)
        return name, self._reader.value(node.value, name, type_name, settings=False)
