"""The labels are right on scenarios that were made for it; real ones are run by hand."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import made
from score import Score, scenarios_in, score_all

SEEDS = (31,)


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> Score:
    folder = tmp_path_factory.mktemp("lab")
    for seed in SEEDS:
        for kind in made.KINDS:
            made.make(folder, kind, seed)
    return score_all(scenarios_in([folder]))


def test_accuracy(score: Score) -> None:
    assert len(score.answers) > 200
    assert score.accuracy >= 0.95
    assert score.macro_f1 >= 0.9


def test_wrong_claims(score: Score) -> None:
    assert score.wrong_claims <= 0.01
    assert score.decoys == 0


def test_stated_confidence_is_earned(score: Score) -> None:
    sure = [a for a in score.answers if a.said != "unknown" and a.confidence >= 0.9]
    assert len(sure) > 100
    assert sum(a.right for a in sure) / len(sure) >= 0.9


def test_the_same_seed_makes_the_same_scenario(tmp_path: Path) -> None:
    one, other = (made.make(tmp_path / name, "probes", 5) for name in "ab")
    files = sorted(path.name for path in one.iterdir())
    assert files == sorted(path.name for path in other.iterdir())
    assert all((one / name).read_bytes() == (other / name).read_bytes() for name in files)


def test_every_kind_has_resets_or_decoys(tmp_path: Path) -> None:
    for kind in made.KINDS:
        folder = made.make(tmp_path, kind, 7)
        truth = [json.loads(row) for row in (folder / "truth_lines.jsonl").read_text().splitlines()]
        assert truth, kind
