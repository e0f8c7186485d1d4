"""Two sets of rules compared: what is stated otherwise, and which resets get another label."""

import stat
from collections import Counter
from collections.abc import Callable, Sequence
from os import fstat
from typing import NamedTuple

from whyreset.basis.frozen import replace
from whyreset.ingest.inputs import Input, InputError, open_inputs
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock
from whyreset.model.rule import Clause, Plan, Rule, Scope, ScopeTest
from whyreset.run.replay import Replay

LEVELS = ("none", "patch", "minor", "major")
_WORDING = ("title", "because", "remedy", "verify", "confidence", "status")
_IGNORED = ("by", "patches", "tests", "name", "scope", "when", "unless")
_UNKNOWN = ("unknown", None)
_Label = tuple[str, str | None]


class Change(NamedTuple):
    """One difference: how much it matters (patch, minor, major), and in words."""

    level: str
    text: str


class Moved(NamedTuple):
    """Resets that get another label or rule: how many, from what to what, and one of them."""

    resets: int
    before: _Label
    after: _Label
    sample: str

    @property
    def level(self) -> str:
        """A cause that was named and is not any more is major; one that was found is minor."""
        if self.before[0] == self.after[0]:
            return "patch"
        return "minor" if self.before == _UNKNOWN else "major"


class Comparison(NamedTuple):
    """All differences; `resets` is how many were judged by both, `problems` what was not read."""

    changes: tuple[Change, ...]
    moved: tuple[Moved, ...]
    resets: int
    problems: tuple[str, ...]

    @property
    def level(self) -> str:
        """What the new rules are to the old: none, patch, minor or major."""
        levels = [each.level for each in self.changes] + [each.level for each in self.moved]
        return max(levels, key=LEVELS.index, default="none")


def compare(old: Plan, new: Plan, paths: Sequence[str]) -> Comparison:
    """Compare what the rules state, and what they make of these inputs; InputError as there."""
    problems: dict[str, None] = {}  # each once, though both are told of it
    before, after = _labels(old, paths, problems), _labels(new, paths, problems)
    counts: Counter[tuple[_Label, _Label]] = Counter()
    samples: dict[tuple[_Label, _Label], str] = {}
    for place in before.keys() | after.keys():
        pair = (before.get(place, (_UNKNOWN, ""))[0], after.get(place, (_UNKNOWN, ""))[0])
        if pair[0] != pair[1]:
            counts[pair] += 1
            text = (after.get(place) or before[place])[1]
            samples[pair] = min(text, samples.get(pair, text))
    moved = [Moved(count, *pair, samples[pair]) for pair, count in counts.items()]
    moved.sort(key=lambda each: (-LEVELS.index(each.level), -each.resets, str(each)))
    resets = len(before.keys() | after.keys())
    return Comparison(tuple(_changes(old, new)), tuple(moved), resets, tuple(problems))


def _labels(
    plan: Plan, paths: Sequence[str], problems: dict[str, None]
) -> dict[tuple[int, str, int], tuple[_Label, str]]:
    """The label, the rule and the text of each reset, by its place."""
    if not paths:
        return {}
    extractor = Extractor(plan.definitions)
    unopened: list[InputError] = []
    inputs = open_inputs(list(paths), extractor, Clock(), unopened)
    try:
        for source in inputs:
            _check_twice(source)
        replay = Replay(plan, inputs)
        labels = {
            each.event.place: ((each.label, each.rule), each.event.text)
            for step in replay.run()
            for each in step.labels
        }
    finally:
        for source in inputs:
            source.close()
    told = [*map(str, unopened), *replay.totals.problems, *extractor.problems]
    problems.update(dict.fromkeys(told))
    return labels


def _check_twice(source: Input) -> None:
    """InputError where the second reading would find nothing more."""
    if source.path == "-" or not stat.S_ISREG(fstat(source.descriptor).st_mode):
        raise InputError(source.path, "is no file, and can be read only once, not by both rules")


def _changes(old: Plan, new: Plan) -> list[Change]:
    before, after = _by_place(old), _by_place(new)
    found = [
        Change("major", f"rule {_named(rule)} is gone") for key, rule in before.items()
        if key not in after
    ]  # fmt: skip
    found += [
        Change("minor", f"rule {_named(rule)} is new") for key, rule in after.items()
        if key not in before
    ]  # fmt: skip
    for key, rule in before.items():
        if key in after:
            found += _rule_changes(rule, after[key])
    found += [Change("major", f"rule {name} acts no more for {_spelt(place)}")
              for name, place in _left(old, new)]  # fmt: skip
    found += [Change("minor", f"rule {name} acts for {_spelt(place)}, too")
              for name, place in _left(new, old)]  # fmt: skip
    for what, one, other in (
        ("network", old.networks, new.networks), ("setting", old.settings, new.settings),
    ):  # fmt: skip
        names = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
        found += [Change("minor", f"{what} {name} is stated otherwise") for name in names]
    if _unplaced(old) != _unplaced(new):
        found.append(Change("minor", "events are found otherwise"))
    return sorted(found, key=lambda each: (-LEVELS.index(each.level), each.text))


def _by_place(plan: Plan) -> dict[tuple[str, object], Rule]:
    return {(rule.name, rule.scope.within): rule for rule in plan.rules}


def _left(old: Plan, new: Plan) -> list[tuple[str, ScopeTest]]:
    """Where a rule acted that is still there, and where no variant of it acts any more."""
    names = {rule.name for rule in old.rules}
    outside = _tests(old, lambda scope: [scope.outside]) | _tests(new, lambda scope: scope.within)
    left = _tests(new, lambda scope: [scope.outside]) - outside
    return sorted(each for each in left if each[0] in names)


def _tests(
    plan: Plan, groups: Callable[[Scope], Sequence[Sequence[ScopeTest]]]
) -> set[tuple[str, ScopeTest]]:
    return {
        (rule.name, test) for rule in plan.rules for group in groups(rule.scope) for test in group
    }


def _named(rule: Rule) -> str:
    groups = [" or ".join(map(_spelt, group)) for group in rule.scope.within]
    return f"{rule.name} for {' and '.join(groups)}" if groups else rule.name


def _spelt(test: ScopeTest) -> str:
    return f'{test.field} "{test.glob}"'


def _unplaced(plan: Plan) -> list[object]:
    """The event definitions without samples, places, and what the rules make of them."""
    return [
        replace(
            each, by="", samples=(),
            matchers=tuple(replace(matcher, by="", wanted=None) for matcher in each.matchers),
        )
        for each in plan.definitions
    ]  # fmt: skip


def _rule_changes(old: Rule, new: Rule) -> list[Change]:
    found = []
    if old.label != new.label:
        found.append(Change("major", f"rule {_named(old)} says {new.label}, not {old.label}"))
    for part in ("when", "unless"):
        one, other = getattr(old, part), getattr(new, part)
        if one != other:
            found.append(
                Change("minor", f"rule {_named(old)}: {part}: {_clause_changes(one, other)}")
            )
    for name in old._fields:
        if name in _IGNORED or name == "label" or getattr(old, name) == getattr(new, name):
            continue
        level = "patch" if name in _WORDING else "minor"
        found.append(Change(level, f"rule {_named(old)}: another `{name}`"))
    if [each.title for each in old.tests] != [each.title for each in new.tests]:
        found.append(Change("patch", f"rule {_named(old)}: other tests"))
    return found


def _clause_changes(old: Sequence[Clause], new: Sequence[Clause]) -> str:
    one, other = [each.text for each in old], [each.text for each in new]
    gone = [f"- {text}" for text in one if text not in other]
    come = [f"+ {text}" for text in other if text not in one]
    return "; ".join(gone + come) or "in another order, or with other names"
