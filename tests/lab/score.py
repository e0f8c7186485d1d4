"""Scores the engine on scenario folders, reset line by reset line, and tells what went wrong.

python tests/lab/score.py FOLDER... [--wrong 5] [--without networks access events app pods]
"""

import argparse
import bisect
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from whyreset.ingest.inputs import open_inputs
from whyreset.ingest.matching import Extractor
from whyreset.ingest.stamps import Clock
from whyreset.language.load import load
from whyreset.model.rule import Plan
from whyreset.model.verdict import Labelled
from whyreset.run.replay import Replay

NEAR = 100_000_000
"""A label belongs to a line of the same pod at most so far (ns) away."""
INPUTS = ("*.log", "events.json", "pods.json")
Keep = Callable[[Path], bool]


@dataclass(frozen=True, slots=True)
class Answer:
    """One reset line: what it is, what was said (None: nothing), how surely, by which rule."""

    scenario: str
    truth: str
    said: str | None
    confidence: float
    rule: str | None
    line: str
    burst: str | None = None

    @property
    def right(self) -> bool:
        return self.truth == self.said

    @property
    def wrong_claim(self) -> bool:
        return self.said not in (None, "unknown", self.truth)


@dataclass(slots=True)
class Score:
    """All answers; the lines that are no resets but were taken for some; labels of no line."""

    answers: list[Answer] = field(default_factory=list)
    decoys: int = 0
    invented: int = 0

    @property
    def accuracy(self) -> float:
        return sum(a.right for a in self.answers) / max(1, len(self.answers))

    @property
    def wrong_claims(self) -> float:
        return sum(a.wrong_claim for a in self.answers) / max(1, len(self.answers))

    def f1(self) -> dict[str, float]:
        """Per label that occurs."""
        found = {}
        for label in sorted({a.truth for a in self.answers}):
            hits = sum(a.right for a in self.answers if a.truth == label)
            total = sum(a.truth == label for a in self.answers) + sum(
                a.said == label for a in self.answers
            )
            found[label] = 2 * hits / total
        return found

    @property
    def macro_f1(self) -> float:
        each = self.f1()
        return sum(each.values()) / max(1, len(each))


def scenarios_in(folders: Iterable[Path]) -> list[Path]:
    """Scenario folders, given themselves or in folders of them."""
    found: list[Path] = []
    for folder in folders:
        own = (folder / "truth_lines.jsonl").exists()
        found += [folder] if own else sorted(p.parent for p in folder.glob("*/truth_lines.jsonl"))
    return found


def site_rules(network: dict[str, Any]) -> str:
    """What a user would configure: networks only."""
    nodes = [*network.get("node_ips", []), *network.get("node_pod_gateways", [])]
    cluster = [c for c in (network.get("cluster_cidr"), network.get("service_cidr")) if c]
    rows = {"cluster": cluster, "nodes": nodes, "load_balancers": network.get("lb_ips", [])}
    return "".join(f"network {name} = {', '.join(row)}\n" for name, row in rows.items() if row)


@cache
def loaded(site: str) -> tuple[Plan, Extractor]:
    """The shipped rules with a site's own; loading them costs more than most scenarios."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "site.rules"
        path.write_text(site)
        plan = load([path], builtin=True)
    return plan, Extractor(plan.definitions, narrow=True)


def labels_of(folder: Path, networks: bool = True, keep: Keep = lambda _: True) -> list[Labelled]:
    """What the engine says of the inputs of a scenario that are kept."""
    paths = [path for pattern in INPUTS for path in sorted(folder.glob(pattern)) if keep(path)]
    path = folder / "network.json"
    known = networks and path.exists()
    plan, extractor = loaded(site_rules(json.loads(path.read_text())) if known else "")
    inputs = open_inputs([str(path) for path in paths], extractor, Clock(), [])
    return [each for step in Replay(plan, inputs).run() for each in step.labels]


def add(
    score: Score, folder: Path, labels: Sequence[Labelled], keep: Keep = lambda _: True
) -> None:
    """Join the labels of a scenario with its truth."""
    by_pod: dict[str | None, list[tuple[int, Labelled]]] = {}
    for each in labels:
        by_pod.setdefault(each.event.source.pod, []).append((each.event.time, each))
    used: set[tuple[str, int]] = set()
    fakes: set[tuple[str, int]] = set()
    for line in (folder / "truth_lines.jsonl").read_text().splitlines():
        told = json.loads(line)
        if not keep(folder / told["file"]):
            continue
        pod, at = told["file"].split("_")[0], _time(told["ts"])
        found = _nearest(by_pod.get(pod, []), at)
        if told["label"] == "not_a_reset":
            fakes.add((pod, at))
            continue
        text = ""
        if found is not None:
            used.add((pod, found.event.time))
            text = found.event.text
        score.answers.append(
            Answer(folder.name, told["label"], found and found.label, found.confidence if found else 0.0,
                   found and found.rule, text or f"{pod} line {told['line']}",
                   found and found.burst)
        )  # fmt: skip
    extra = [(pod, at) for pod, rows in by_pod.items() for at, _ in rows if (pod, at) not in used]
    score.invented += len(extra)
    score.decoys += sum(place in fakes for place in extra)


def _nearest(rows: list[tuple[int, Labelled]], at: int) -> Labelled | None:
    i = bisect.bisect_left(rows, at, key=lambda row: row[0])
    near = [rows[j] for j in (i - 1, i) if 0 <= j < len(rows) and abs(rows[j][0] - at) <= NEAR]
    return min(near, key=lambda row: abs(row[0] - at))[1] if near else None


def _time(text: str) -> int:
    head, _, fraction = text.rstrip("Z").partition(".")
    return round(datetime.fromisoformat(head + "+00:00").timestamp()) * 10**9 + int(
        f"{fraction:0<9}"
    )


def is_proxy(path: Path) -> bool:
    """Whether a log is a proxy's, by the names that proxies have in a cluster."""
    return any(word in path.name for word in ("ingress", "proxy", "gateway"))


WITHOUT: dict[str, Keep] = {
    "access": lambda path: not is_proxy(path),
    "events": lambda path: path.name != "events.json" and "journal" not in path.name,
    "pods": lambda path: path.name != "pods.json",
    "app": lambda path: is_proxy(path) or path.suffix != ".log" or "journal" in path.name,
}
"""What may be left out, and the inputs that are then kept."""


def score_all(folders: Sequence[Path], without: Sequence[str] = ()) -> Score:
    """All scenarios, some sources left out; lines of logs that are left out do not count."""
    score = Score()
    keeps = [WITHOUT[name] for name in without if name in WITHOUT]
    for folder in folders:

        def keep(path: Path) -> bool:
            return all(one(path) for one in keeps)

        add(score, folder, labels_of(folder, "networks" not in without, keep), keep)
    return score


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument(
        "--wrong", type=int, default=0, help="show so many wrong lines of each kind"
    )
    parser.add_argument("--without", nargs="*", default=[], choices=[*WITHOUT, "networks"])
    options = parser.parse_args()
    folders = scenarios_in(options.folders)
    score = score_all(folders, options.without)
    shown: Counter[tuple[str, str, str | None]] = Counter()
    for answer in score.answers:
        if not answer.right:
            kind = (answer.scenario, answer.truth, answer.said)
            shown[kind] += 1
            if shown[kind] <= options.wrong:
                print(
                    f"  {answer.scenario}: {answer.truth} -> {answer.said} ({answer.rule}) {answer.line[:230]!r}"
                )
    for (scenario, truth, said), count in shown.items():
        total = sum(a.scenario == scenario and a.truth == truth for a in score.answers)
        print(f"{scenario:28} {truth:20} -> {said or '(missed)':20} {count:4} of {total}")
    for label, f1 in score.f1().items():
        print(f"{label:20} F1 {f1:.3f}  lines {sum(a.truth == label for a in score.answers)}")
    print(
        f"scenarios {len(folders)} lines {len(score.answers)} accuracy {score.accuracy:.4f} "
        f"macroF1 {score.macro_f1:.4f} wrong-claims {score.wrong_claims:.4f} "
        f"invented {score.invented} decoys {score.decoys}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
