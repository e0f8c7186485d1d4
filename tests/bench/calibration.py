"""How sure the engine is and how often it is right; what each source of evidence buys.

    python tests/bench/calibration.py FOLDER... [--only labels rules] [--as unseen] [--write]

FOLDER holds scenarios (truth_lines.jsonl beside the logs). Scenarios of tests/lab/made.py are
made for the seeds given; what the lab's other modules made is used where FOLDER has it. --write
puts the tables into docs/evidence.md, between the marks that stand there; --as names other marks.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lab"))

import made  # noqa: E402
from score import Answer, Score, scenarios_in, score_all  # noqa: E402

PAGE = ROOT / "docs" / "evidence.md"
BINS = (0.0, 0.65, 0.75, 0.85, 0.925, 0.97, 1.01)
TABLES = ("labels", "calibration", "rules", "ablation")
WITHOUT = {
    "everything": (),
    "no site networks": ("networks",),
    "no access log of a proxy": ("access",),
    "no events, no journal": ("events",),
    "no pod list": ("pods",),
    "neither events, journal nor pod list": ("events", "pods"),
    "no application logs": ("app",),
    "application logs only": ("networks", "access", "events", "pods"),
}


def calibration(answers: Sequence[Answer]) -> list[str]:
    """Claims by how sure they were said to be; `unknown` claims nothing."""
    rows = ["| stated confidence | reset lines | mean stated | right |", "|---|---|---|---|"]
    claims = [a for a in answers if a.said not in (None, "unknown")]
    for low, high in pairwise(BINS):
        here = [a for a in claims if low <= a.confidence < high]
        if here:
            stated = sum(a.confidence for a in here) / len(here)
            right = sum(a.right for a in here) / len(here)
            top = min(high, 1.0)
            rows.append(f"| {low:.0%} to {top:.0%} | {len(here)} | {stated:.1%} | {right:.1%} |")
    return rows


def by_rule(answers: Sequence[Answer]) -> list[str]:
    """Verdicts of each rule: a burst counts once, as right as its lines are."""
    bursts: dict[tuple[str, str], dict[tuple[str, str | None], list[Answer]]] = {}
    for each in answers:
        if each.rule is not None and each.said is not None:
            place = each.scenario, each.burst
            bursts.setdefault((each.said, each.rule), {}).setdefault(place, []).append(each)
    rows = ["| label | rule | verdicts | mean stated | right |", "|---|---|---|---|---|"]
    for (label, rule), found in sorted(bursts.items()):
        share = [sum(a.right for a in lines) / len(lines) for lines in found.values()]
        stated = [sum(a.confidence for a in lines) / len(lines) for lines in found.values()]
        rows.append(
            f"| `{label}` | `{rule}` | {len(found)} | {sum(stated) / len(found):.0%} | "
            f"{sum(share) / len(found):.1%} |"
        )
    return rows


def labels(score: Score) -> list[str]:
    """Precision, recall and F1 of each label."""
    rows = ["| label | reset lines | precision | recall | F1 |", "|---|---|---|---|---|"]
    for label, f1 in score.f1().items():
        hits = sum(a.right for a in score.answers if a.truth == label)
        truth = sum(a.truth == label for a in score.answers)
        said = sum(a.said == label for a in score.answers)
        rows.append(
            f"| `{label}` | {truth} | {hits / max(1, said):.3f} | {hits / truth:.3f} | {f1:.3f} |"
        )
    return rows


def ablation(folders: Sequence[Path]) -> list[str]:
    """The score with sources left out; lines of logs that are left out do not count."""
    rows = ["| read | reset lines | accuracy | macro-F1 | wrong claims |", "|---|---|---|---|---|"]
    for name, without in WITHOUT.items():
        score = score_all(folders, without)
        rows.append(
            f"| {name} | {len(score.answers)} | {score.accuracy:.3f} | {score.macro_f1:.3f} | "
            f"{score.wrong_claims:.2%} |"
        )
    return rows


def head(folders: Sequence[Path], score: Score) -> str:
    """What the tables are of, and the figures of the bar."""
    return (
        f"{len(folders)} scenarios, {len(score.answers)} reset lines: "
        f"accuracy {score.accuracy:.3f}, "
        f"macro-F1 {score.macro_f1:.3f}, {score.wrong_claims:.2%} wrong claims, "
        f"{score.decoys} decoys taken."
    )


def tables_of(folders: Sequence[Path], only: Sequence[str]) -> dict[str, list[str]]:
    """The tables that are wanted, by name."""
    tables: dict[str, list[str]] = {}
    if set(only) != {"ablation"}:
        score = score_all(folders)
        tables["labels"] = [head(folders, score), "", *labels(score)]
        tables["calibration"] = calibration(score.answers)
        tables["rules"] = by_rule(score.answers)
    if "ablation" in only:
        tables["ablation"] = ablation(folders)
    return {name: rows for name, rows in tables.items() if name in only}


def written(page: str, name: str, rows: Sequence[str]) -> str:
    """The page with this table between its marks."""
    body = "\n".join(rows)
    pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
    return re.sub(pattern, lambda m: m[1] + body + "\n" + m[2], page, flags=re.DOTALL)


def main() -> int:
    """Print the tables, or write them into the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--seeds", default="", help="of scenarios that are written: 101..110")
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--as", dest="suffix", default="", help="after the names of the marks")
    parser.add_argument("--write", action="store_true", help="into docs/evidence.md")
    options = parser.parse_args()
    first, _, last = options.seeds.partition("..")
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(int(first), int(last or first) + 1) if first else ():
            for kind in made.KINDS:
                made.make(Path(scratch), kind, seed)
        tables = tables_of(scenarios_in([*options.folders, Path(scratch)]), options.only)
    if not options.write:
        print("\n\n".join("\n".join(rows) for rows in tables.values()))
        return 0
    page = PAGE.read_text()
    for name, rows in tables.items():
        page = written(page, f"{name} {options.suffix}".strip(), rows)
    PAGE.write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
