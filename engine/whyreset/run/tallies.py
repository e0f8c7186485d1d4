"""What was said so far, counted by label: for summaries and metrics."""

from collections import Counter

from whyreset.run.replay import Decided


class Tallies:
    """Counts verdicts by (label, state), resets by label, and bursts that are over."""

    def __init__(self) -> None:
        self.verdicts: Counter[tuple[str, str]] = Counter()
        self.resets: Counter[str] = Counter()
        self.finals: dict[str, tuple[int, int]] = {}

    def take(self, decided: Decided) -> None:
        """Count what one step decided."""
        for labelled in decided.labels:
            self.resets[labelled.label] += 1
        for verdict in decided.verdicts:
            self.verdicts[verdict.label, verdict.state] += 1
            if verdict.state == "final":
                bursts, resets = self.finals.get(verdict.label, (0, 0))
                self.finals[verdict.label] = (bursts + 1, resets + verdict.count)
