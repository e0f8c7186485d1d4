"""Tests in folders: logs beside the verdicts that they should give.

A case is `NAME.log`, or a folder `NAME/` of logs, events and pods, beside `NAME.expected.jsonl`;
or a folder with an `expected.jsonl` in it. Each expected line is a JSON object whose keys must
be those of one verdict; every verdict needs a line.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from whyreset.basis.json_text import decode
from whyreset.basis.suggest import did_you_mean
from whyreset.ingest.inputs import InputError, open_inputs
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock
from whyreset.model.rule import Plan
from whyreset.model.verdict import Verdict
from whyreset.run.json_output import verdict_object
from whyreset.run.replay import Replay

_SUFFIX = ".expected.jsonl"
_SHOWN = ("label", "rule", "namespace", "pod", "peer", "count", "period_s")
_NEAR = 0.02
"""How far (share) a number with a fraction may be from the expected one."""


class FolderCase(NamedTuple):
    """Inputs, and the file of what they should give."""

    name: str
    inputs: Path
    expected: Path


class FolderResult(NamedTuple):
    """How a case went: expected objects without a verdict, and verdicts without one.

    `unmet` has, beside what was expected, the verdict that comes nearest, if one does.
    """

    case: FolderCase
    expected: tuple[Mapping[str, Any], ...]
    got: tuple[Verdict, ...]
    unmet: tuple[tuple[Mapping[str, Any], Verdict | None], ...]
    extra: tuple[Verdict, ...]
    problem: str | None = None

    @property
    def failures(self) -> tuple[str, ...]:
        """A sentence for each thing that is wrong."""
        wrong = [self.problem] if self.problem else []
        wrong += [_unmet(*each) for each in self.unmet]
        shown = [spell(verdict_object(each), only=_SHOWN) for each in self.extra]
        return tuple(wrong + [f"nobody expected {each}" for each in shown])

    @property
    def wrong(self) -> tuple[Verdict, ...]:
        """The verdicts that are not as expected."""
        return (*(near for _, near in self.unmet if near is not None), *self.extra)


def shortened(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """The keys that tell one verdict from another."""
    return {key: wanted[key] for key in _SHOWN if key in wanted} or wanted


def _unmet(wanted: Mapping[str, Any], near: Verdict | None) -> str:
    said = f"no verdict is {spell(shortened(wanted))}"
    if near is None:
        return said
    got = verdict_object(near)
    parts = [f"{key} {got[key]}, not {value}" for key, value in wanted.items()
             if not _same(value, got[key])]  # fmt: skip
    return f"{said}; the nearest has {'; '.join(parts)}"


def spell(values: Mapping[str, Any], only: Sequence[str] | None = None) -> str:
    """An object as `label key=value ...`."""
    keys = [key for key in (only or values) if key in values and key != "label"]
    told = [f"{key}={values[key]}" for key in keys if values[key] is not None or only is None]
    return " ".join([str(values.get("label", "a verdict")), *told])


def cases_in(path: Path) -> Iterator[FolderCase]:
    """The cases of a folder and of the folders in it, by name."""
    for expected in sorted(path.rglob("*expected.jsonl")):
        if not expected.is_file():  # a named pipe would be waited for
            continue
        if expected.name == "expected.jsonl":
            yield FolderCase(expected.parent.name, expected.parent, expected)
        elif expected.name.endswith(_SUFFIX):
            name = expected.name.removesuffix(_SUFFIX)
            single = expected.with_name(f"{name}.log")
            yield FolderCase(
                name, single if single.is_file() else expected.with_name(name), expected
            )


def run_case(plan: Plan, case: FolderCase) -> FolderResult:
    """Judge the inputs by all rules of the plan, and compare."""
    try:
        expected = _read(case.expected)
        got, problems = _verdicts(plan, case.inputs)
        for verdict in got[:1]:
            _check_keys(expected, verdict_object(verdict), case.expected)
    except (ValueError, InputError) as error:
        return FolderResult(case, (), (), (), (), str(error))
    left = list(got)
    missed = []
    # The most particular first, so that a loose line does not take the verdict of a strict one.
    for wanted in sorted(expected, key=len, reverse=True):
        found = next((each for each in left if _meets(wanted, verdict_object(each))), None)
        if found is None:
            missed.append(wanted)
        else:
            left.remove(found)
    unmet = [(wanted, _nearest(wanted, left)) for wanted in missed]
    problem = "; ".join(problems) or None
    return FolderResult(case, expected, got, tuple(unmet), tuple(left), problem)


def _nearest(wanted: Mapping[str, Any], left: list[Verdict]) -> Verdict | None:
    """The verdict that has most of what was expected, taken out of those that are left."""

    def alike(verdict: Verdict) -> int:
        got = verdict_object(verdict)
        return sum(_same(value, got[key]) for key, value in wanted.items())

    best = max(left, key=alike, default=None)
    if best is None or not alike(best):
        return None
    left.remove(best)
    return best


def _read(path: Path) -> tuple[Mapping[str, Any], ...]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            value = decode(line)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ValueError(f"{path}:{number}: not a JSON object")
        found.append(value)
    return tuple(found)


def _check_keys(
    expected: Iterable[Mapping[str, Any]], known: Mapping[str, Any], path: Path
) -> None:
    for each in expected:
        for key in each.keys() - known.keys():
            hint = did_you_mean(key, known) or f"it has {', '.join(known)}"
            raise ValueError(f"{path}: a verdict has no `{key}`: {hint}")


def _verdicts(plan: Plan, inputs: Path) -> tuple[tuple[Verdict, ...], list[str]]:
    """The final verdicts, and what could not be read."""
    extractor = Extractor(plan.definitions)
    unopened: list[InputError] = []
    opened = open_inputs([str(inputs)], extractor, Clock(), unopened)
    try:
        replay = Replay(plan, opened, labels=False)
        decided = [verdict for step in replay.run() for verdict in step.verdicts]
    finally:
        for each in opened:
            each.close()
    problems = [*map(str, unopened), *replay.totals.problems, *extractor.problems]
    return tuple(verdict for verdict in decided if verdict.state == "final"), problems


def _meets(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    return all(key in got and _same(value, got[key]) for key, value in wanted.items())


def _same(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, int | float) and isinstance(got, float):
        return abs(got - wanted) <= _NEAR * max(abs(wanted), 0.01)
    if isinstance(wanted, str) and isinstance(got, str) and wanted.endswith("*"):
        return got.startswith(wanted[:-1])
    return bool(wanted == (list(got) if isinstance(got, tuple) else got))
