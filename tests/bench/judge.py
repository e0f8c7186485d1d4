"""Verdicts, ours and the awk script's, scored against the truth of a corpus."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LABELS = {
    "termination_fallout": "termination",
    "client_abort": "client-abort",
    "probe_noise": "probe-noise",
    "unknown": "unexplained",
}
"""Our labels in the words of the corpus generator."""


@dataclass(frozen=True, slots=True)
class Score:
    """Bursts planted; of them found, with the right extent, and with the right label; too many."""

    bursts: int
    found: int
    extent: int
    right: int
    extra: int

    @property
    def perfect(self) -> bool:
        """Nothing missed, nothing wrong, nothing made up."""
        return self.right == self.bursts and self.extra == 0


def score(corpus: Path, verdict_lines: Iterable[str]) -> Score:
    """How the verdicts (JSON lines) compare with the bursts of `truth.json`."""
    truth = json.loads((corpus / "truth.json").read_text())["bursts"]
    wanted = {(burst["pod"], burst["peer"], burst["start"]): burst for burst in truth}
    found = extent = right = extra = 0
    for line in verdict_lines:
        verdict = json.loads(line)
        burst = wanted.pop((verdict["pod"], verdict["peer"], verdict["start"]), None)
        if burst is None:
            extra += 1
            continue
        said = LABELS.get(verdict["label"]) if "label" in verdict else verdict["verdict"]
        same = (burst["end"], burst["count"]) == (verdict["end"], verdict["count"])
        found += 1
        extent += same
        right += same and burst["label"] == said
    return Score(len(truth), found, extent, right, extra)
