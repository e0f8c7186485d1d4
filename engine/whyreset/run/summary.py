"""The closing summary: what was read, what was decided, what was left out."""

from collections.abc import Sequence

from whyreset.run.replay import Totals
from whyreset.run.text_output import safe


def summary_of(
    totals: Totals, labels: dict[str, tuple[int, int]], disabled: Sequence[str] = ()
) -> str:
    """Lines for people; `labels` gives (bursts, resets) by label, `disabled` is of patterns."""
    lines = [
        f"read {_lines(totals)} from {_count(totals.inputs, 'input')}: "
        f"{_count(totals.events, 'event')}, {_count(totals.resets, 'reset')}"
    ]
    for label, (bursts, resets) in sorted(labels.items(), key=lambda item: -item[1][1]):
        lines.append(f"  {label:20} {_count(resets, 'reset'):>12} in {_count(bursts, 'burst')}")
    if totals.resets == 0 and not labels:
        lines.append("  no connection resets were found")
    return "\n".join(lines + [f"  {remark}" for remark in remarks_of(totals, disabled)])


def remarks_of(totals: Totals, disabled: Sequence[str] = ()) -> list[str]:
    """What was late, unreadable, cut, forgotten, not tried or not read: a line each, if any."""
    lines = []
    for number, what in (
        (totals.late, "came too late to be in order (see --lateness)"),
        (
            totals.timeless,
            "tell no time, so that nothing can be joined to them: kubectl logs --timestamps",
        ),
        (totals.unreadable, "could not be read: no time, or no object"),
        (totals.cut, "were too long and were cut"),
        (totals.evicted, "times the oldest evidence was dropped to bound memory"),
        (totals.unjudged, "resets were left unjudged: it was to end at once"),
    ):
        if number:
            lines.append(f"{number:,} {what}")
    lines += [safe(problem) for problem in disabled]
    return lines + [f"not read: {safe(problem)}" for problem in totals.problems]


def _lines(totals: Totals) -> str:
    """All lines, or as many as there are likely to be where only some were counted."""
    if totals.counted >= totals.bytes:
        return _count(totals.lines, "line")
    likely = totals.lines * totals.bytes / totals.counted
    return f"about {_count(int(float(f'{likely:.2g}')), 'line')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
