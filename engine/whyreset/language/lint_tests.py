"""Warnings about the tests of a rule: those that cannot pass, and those that show nothing."""

from whyreset.basis.units import parse_duration
from whyreset.language import tree
from whyreset.language.drafts import Draft
from whyreset.language.report import Desk
from whyreset.model import rule as model


def lint_tests(node: tree.RuleNode, draft: Draft, desk: Desk) -> None:
    """Note what is odd about the tests that stand in a rule."""
    titles: set[str] = set()
    for test in node.body.tests:
        if test.title.text in titles:
            message = f"a second test with the title “{test.title.text}”"
            desk.say("W014", message, test.title.span, "say what is particular about this one")
        titles.add(test.title.text)
        _subject(test, draft, desk)
        for item in test.items:
            if isinstance(item, tree.ExpectNode):
                _expectation(item, test, draft, desk)
    if node.body.tests:
        _silent_streams(node, draft)


def _given(test: tree.TestNode, kind: str) -> list[tree.AtNode]:
    return [each for each in test.items if isinstance(each, tree.AtNode) and each.kind.text == kind]


def _subject(test: tree.TestNode, draft: Draft, desk: Desk) -> None:
    kind = draft.rule.kind
    if not _given(test, kind):
        message = f"this test gives no {kind}: whatever the rule says, it stays silent"
        desk.say("W019", message, test.title.span, f"add a line `at 0s {kind} ...`")


def _expectation(item: tree.ExpectNode, test: tree.TestNode, draft: Draft, desk: Desk) -> None:
    label, own = item.label.text, draft.rule.label
    if label in ("unknown", "nothing"):
        return
    if label != own and label in model.LABELS:
        message = f"the test runs `{draft.name}` alone, which says `{own}`, never `{label}`"
        desk.say("W018", message, item.label.span, f"expect `{own}`, or `unknown`")
        return
    given = _given(test, draft.rule.kind)
    for pair in item.fields:
        hint = _impossible(pair, given, draft)
        if hint is not None:
            message = f"the events of this test cannot give {pair.field.text}={pair.value.text}"
            desk.say("W018", message, pair.value.span, hint)


def _impossible(pair: tree.PairNode, given: list[tree.AtNode], draft: Draft) -> str | None:
    """Why no verdict of the rule can have this, if so."""
    name, wanted = pair.field.text, pair.value.text
    if name == "peer" and given:
        peers = {each.value.text for line in given for each in line.fields
                 if each.field.text == "peer"}  # fmt: skip
        if wanted not in peers:
            return "the peers of its resets are: " + (", ".join(sorted(peers)) or "none")
    if name == "count" and wanted.isdecimal():
        most = sum(map(_count, given))
        if int(wanted) > most:
            return f"it gives {most} event{'s' if most != 1 else ''} of kind {draft.rule.kind}"
    if name == "period" and not any(isinstance(e.clause, model.Every | model.IntervalsVary)
                                    for e in draft.when):  # fmt: skip
        return "a rule without `every` finds no period"
    return None


def _count(line: tree.AtNode) -> int:
    if line.end is None or line.every is None:
        return 1
    try:
        length = parse_duration(line.end.text) - parse_duration(line.start.text)
        return length // parse_duration(line.every.text) + 1
    except (ValueError, ZeroDivisionError):
        return 1


def _silent_streams(node: tree.RuleNode, draft: Draft) -> None:
    """A `no ...` was never tried with the other log at hand: it could not be told at all."""
    seen = {
        item.kind.text
        for test in node.body.tests
        for item in test.items
        if isinstance(item, tree.AtNode | tree.StreamNode)
    }
    for placed in draft.when:
        clause = placed.clause
        if isinstance(clause, model.Join) and clause.negated and clause.event not in seen:
            message = f"no test of `{draft.name}` reads {clause.event}: `no` could never be told"
            hint = f"add `stream {clause.event} 0s..90s`, or events of that kind, to a test"
            placed.desk.say("W020", message, placed.span, hint)
