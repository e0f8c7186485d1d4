"""The sentences of a verdict: placeholders filled with what the burst really has."""

import re
from collections.abc import Sequence

from whyreset.basis.times import clock
from whyreset.basis.units import NS, format_duration
from whyreset.correlate.judge import Outcome
from whyreset.correlate.stretch import Tally
from whyreset.model.event import PLACE_FIELDS, Event, Value
from whyreset.model.rule import Rule

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")


def fill(text: str, values: dict[str, str]) -> str:
    """The text with `{name}` replaced; an unknown or empty value reads as `?`."""

    def one(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        return values.get(match[1]) or "?"

    return _PLACEHOLDER.sub(one, text)


def values_of(
    rule: Rule, tally: Tally, outcome: Outcome, settings: dict[str, Value]
) -> dict[str, str]:
    """Everything that the texts of a rule may name, as people read it."""
    first = tally.first
    values = {name: str(value) for name, value in settings.items()}
    values |= {name: str(first.get(name) or "") for name in PLACE_FIELDS}
    values |= {key: str(first.get(key) or "") for key in rule.keys}
    values |= {
        "count": str(tally.count),
        "peer": _peer(tally),
        "peers": str(len(tally.peers)),
        "label": rule.label,
        "span": format_duration(tally.end - tally.start),
    }
    if tally.period is not None and tally.jitter is not None:
        values["period"] = format_duration(tally.period)
        values["jitter"] = f"{tally.jitter:.1%}"
        values["missed"] = str(tally.missed)
        values["trains"] = str(outcome.rhythm.trains if outcome.rhythm else 1)
    if outcome.delay is not None:
        values["delay"] = format_duration(outcome.delay)
    if outcome.share is not None:
        values["share"] = f"{outcome.share:.0%}"
    for name, found in outcome.found.items():
        values[name] = found
    for name, hits in outcome.hits.items():
        values |= _hit_values(name, hits)
    return values


def _peer(tally: Tally) -> str:
    if not tally.peers:
        return "an unnamed peer"
    if len(tally.peers) == 1:
        return next(iter(tally.peers))
    return f"{len(tally.peers)} peers"


def _hit_values(name: str, hits: Sequence[Event]) -> dict[str, str]:
    if not hits:
        return {}
    hit = hits[0]
    values = {f"{name}.{field}": str(hit.get(field) or "") for field in PLACE_FIELDS}
    for field, value in hit.fields.items():
        shown = format_duration(value * NS) if isinstance(value, float) else str(value)
        values[f"{name}.{field}"] = shown
    values[f"{name}.count"] = str(len({(hit.time, hit.offset) for hit in hits}))
    values[f"{name}.time"] = clock(hit.time)
    return values
