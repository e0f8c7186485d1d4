"""The whole check of rule files: what the compiler says, and what the samples give."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from whyreset.language.load import check
from whyreset.language.sources import gather
from whyreset.model.diagnostic import Diagnostic
from whyreset.model.rule import Plan
from whyreset.run.samples import unmet_samples


class Checked(NamedTuple):
    """The plan if there is one, and what there is to say: errors first, then warnings."""

    plan: Plan | None
    found: list[Diagnostic]

    @property
    def errors(self) -> int:
        """How many of them are errors."""
        return sum(each.is_error for each in self.found)


def check_rules(paths: Sequence[Path], *, builtin: bool = True) -> Checked:
    """Compile these files and folders after the shipped rules, and try every sample."""
    plan, found = check(paths, builtin=builtin)
    failing = list(unmet_samples(plan)) if plan is not None else []
    if failing:
        texts = {each.name: each.text.split("\n") for each in gather(paths, builtin=builtin).texts}
        found = [each.placed(texts) for each in failing] + found
    return Checked(plan, found)
