"""From a test inside a rule as written to a test of the plan."""

from collections.abc import Sequence

from whyreset.basis.suggest import did_you_mean
from whyreset.language import tree
from whyreset.language.clauses import ClauseReader
from whyreset.language.events import EventReader
from whyreset.language.report import Desk
from whyreset.language.values import Reader, ordered
from whyreset.model.event import Value
from whyreset.model.rule import LABELS, Expectation, RuleTest, TestEvents, TestStream

_EXPECTED = {
    "count": "int", "peer": "word", "peers": "int", "namespace": "word", "workload": "word",
    "pod": "word", "container": "word", "node": "word", "period": "duration", "jitter": "share",
    "missed": "int", "rule": "word", "severity": "word", "confidence": "num",
}  # fmt: skip
"""What a test may expect of a verdict, and how it is written."""
_MOST_EVENTS = 10_000
"""Of one test: they are judged within half a second, and take some megabytes."""


class TestReader:
    """Reads the tests of one file's rules."""

    __test__ = False  # not a test of pytest

    def __init__(
        self, desk: Desk, clauses: ClauseReader, events: EventReader, reader: Reader
    ) -> None:
        self._desk = desk
        self._clauses = clauses
        self._events = events
        self._reader = reader

    def read(self, node: tree.TestNode) -> RuleTest:
        """One test block."""
        if not any(isinstance(each, tree.ExpectNode) for each in node.items):
            hint = "add `expect LABEL ...`, or `expect unknown`"
            self._desk.say("E036", "this test expects nothing at all", node.title.span, hint)
        return RuleTest(
            title=node.title.text,
            events=self._trains([each for each in node.items if isinstance(each, tree.AtNode)]),
            streams=tuple(
                self._stream(each) for each in node.items if isinstance(each, tree.StreamNode)
            ),
            expectations=tuple(
                self._expect(each) for each in node.items if isinstance(each, tree.ExpectNode)
            ),
            by=self._desk.by(node.title.span),
            known_gap=node.known_gap.text if node.known_gap else None,
        )

    def _trains(self, nodes: Sequence[tree.AtNode]) -> tuple[TestEvents, ...]:
        read: list[TestEvents] = []
        left = _MOST_EVENTS
        for node in nodes:
            read.append(self._at(node))
            if read[-1].count > left:
                message = f"a test has at most {_MOST_EVENTS:,} events, and this is more"
                span = (node.every or node.start).span
                self._desk.say("E055", message, span)
                break
            left -= read[-1].count
        return tuple(read)

    def _at(self, node: tree.AtNode) -> TestEvents:
        known = self._clauses.kind(node.kind)
        start = self._reader.duration(node.start, zero=True)
        end = self._reader.duration(node.end) if node.end else None
        if end is not None:
            ordered(self._desk, start, end, node.start.span)
        fields = tuple(self._events.pair(each, node.kind.text) for each in node.fields if known)
        return TestEvents(
            kind=node.kind.text,
            start=start,
            end=end,
            every=self._reader.duration(node.every) if node.every else None,
            jitter=self._reader.share(node.jitter) if node.jitter else 0.0,
            fields=fields,
        )

    def _stream(self, node: tree.StreamNode) -> TestStream:
        self._clauses.kind(node.kind)
        start = self._reader.duration(node.start, zero=True)
        end = self._reader.duration(node.end)
        ordered(self._desk, start, end, node.start.span)
        return TestStream(node.kind.text, start, end)

    def _expect(self, node: tree.ExpectNode) -> Expectation:
        label = "unknown" if node.label.text == "nothing" else node.label.text
        if label not in LABELS:
            self._desk.unknown("E016", "label", label, node.label.span, LABELS)
        return Expectation(label, tuple(self._expected(each) for each in node.fields))

    def _expected(self, node: tree.PairNode) -> tuple[str, Value]:
        name = node.field.text
        if name not in _EXPECTED:
            hint = did_you_mean(name, _EXPECTED) or "a verdict has: " + ", ".join(_EXPECTED)
            self._desk.say("E011", f"a verdict has no `{name}`", node.field.span, hint)
            return name, node.value.text
        type_name = _EXPECTED[name]
        if type_name == "share" or (name == "confidence" and node.value.text.endswith("%")):
            return name, self._reader.share(node.value)
        return name, self._reader.value(node.value, name, type_name, settings=False)
