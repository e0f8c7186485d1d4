"""The whole check of rule files: what the compiler says, and what the samples give."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from whyreset.language.load import check
from whyreset.language.sources import gather
from whyreset.model.definition import Definition
from whyreset.model.diagnostic import Diagnostic
from whyreset.model.rule import Plan, Rule
from whyreset.run.samples import unmet_samples, unshown_patterns


class Checked(NamedTuple):
    """The plan if there is one, and what there is to say: errors first, then warnings.

    `own` are the rules that stand in the files, or are changed there.
    """

    plan: Plan | None
    found: list[Diagnostic]
    own: tuple[Rule, ...] = ()

    @property
    def errors(self) -> int:
        """How many of them are errors."""
        return sum(each.is_error for each in self.found)


def check_rules(paths: Sequence[Path], *, builtin: bool = True) -> Checked:
    """Compile these files and folders after the shipped rules, and try every sample."""
    plan, found = check(paths, builtin=builtin)
    if plan is None:
        return Checked(plan, found)
    files = gather(paths, builtin=builtin).texts
    texts = {each.name: each.text.split("\n") for each in files}
    failing = [each.placed(texts) for each in unmet_samples(plan.definitions)]
    own = {each.name for each in files if not each.shipped}
    if not failing:
        found += [each.placed(texts) for each in unshown_patterns(of_files(plan, own))]
    found = failing + sorted(found, key=lambda each: (each.file, each.span))
    rules = [each for each in plan.rules if any(map(own.__contains__, _files_of(each)))]
    return Checked(plan, found, tuple(rules))


def of_files(plan: Plan, names: Collection[str]) -> list[Definition]:
    """The event blocks that stand in these files."""
    return [each for each in plan.definitions if _file(each.by) in names]


def _files_of(rule: Rule) -> Iterator[str]:
    return map(_file, (rule.by, *rule.patches))


def _file(by: str) -> str:
    return by.rpartition(":")[0]
