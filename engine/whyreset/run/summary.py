"""The closing summary: what was read, what was decided, what was left out."""

from collections.abc import Sequence

from whyreset.run.replay import Totals
from whyreset.run.tallies import Count, Tallies
from whyreset.run.text_output import safe

_FEW, _SHOWN = 3, 5
"""Bursts of a label that are on one screen; causes of more that are summed up."""


def summary_of(totals: Totals, tallies: Tallies, disabled: Sequence[str] = ()) -> str:
    """Lines for people: what was read, the bursts by label and, where they are many, by cause.
    `disabled` is of patterns."""
    lines = [
        f"read {_lines(totals)} from {_count(totals.inputs, 'input')}: "
        f"{_count(totals.events, 'event')}, {_count(totals.resets, 'reset')}"
    ]
    for label, count in sorted(tallies.finals.items(), key=lambda item: -item[1].resets):
        lines.append(_row(label, count))
        if count.bursts > _FEW:
            lines += _causes(label, tallies)
    if totals.resets == 0 and not tallies.finals:
        lines.append("  no connection resets were found")
    return "\n".join(lines + [f"  {remark}" for remark in remarks_of(totals, disabled)])


def _row(label: str, count: Count) -> str:
    resets, bursts = _count(count.resets, "reset"), _count(count.bursts, "burst")
    return f"  {label:20} {resets:>12} in {bursts}"


def _causes(label: str, tallies: Tallies) -> list[str]:
    """One cause is one line, however many bursts tell of it; the largest first."""
    own = [each for each in tallies.causes.items() if each[0].label == label]
    own.sort(key=lambda each: -each[1].resets)
    told = [(count, f"{each.place}: {tallies.titles[each]}") for each, count in own[:_SHOWN]]
    if own[_SHOWN:]:
        rest = Count(*map(sum, zip(*(count for _, count in own[_SHOWN:]), strict=True)))
        told.append((rest, f"{len(own) - _SHOWN} more"))
    rows = [_row("", count) for count, _ in told]
    width = max(map(len, rows))
    return [f"{row:{width}}  {safe(what)}" for row, (_, what) in zip(rows, told, strict=True)]


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
    if not totals.is_estimated:
        return _count(totals.lines, "line")
    return f"about {_count(int(float(f'{totals.lines:.2g}')), 'line')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
