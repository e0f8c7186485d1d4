"""The fields of a mapping: what an object, or the pairs of a line, have at its paths."""

from typing import Any

from whyreset.basis.masks import is_mask
from whyreset.basis.network import split_port
from whyreset.ingest.text import Text
from whyreset.ingest.trial import Trial
from whyreset.ingest.values import Fields, holds_at, look_up, put_value
from whyreset.model.definition import LOGFMT


def map_fields(trial: Trial, body: Text) -> Fields | None:
    """The fields of a mapping: of pairs, also in a message within an object; or of an object and,
    where it asks for fields, of an object within the object."""
    if trial.matcher.form == LOGFMT:
        texts = (body, *map(Text, body.leaves())) if "{" in body.text else (body,)
        return next(filter(None, (_mapped(trial, text.pairs()) for text in texts)), None)
    found = body.decoded()
    if found is None:
        return None
    fields = _mapped(trial, found)
    if fields is None and trial.matcher.required:
        for inner in found.values():
            if isinstance(inner, dict) and (fields := _mapped(trial, inner)) is not None:
                break
    return fields


def _is_masked(trial: Trial, found: dict[str, Any], name: str) -> bool:
    """Whether an address stood where a field comes from before somebody took it away."""
    values = (look_up(found, path) for each, path, _ in trial.mapped if each == name)
    return any(isinstance(value, str) and is_mask(split_port(value)[0]) for value in values)


def _mapped(trial: Trial, found: dict[str, Any]) -> Fields | None:
    for keys in trial.keys:
        if keys.isdisjoint(found):
            return None
    if not all(holds_at(guard, found) for guard in trial.matcher.guard):
        return None
    fields: Fields = {}
    for name, path, store in trial.mapped:
        value = None if name in fields else look_up(found, path)
        if value is not None:
            put_value(fields, name, value, store)
    missing = [name for name in trial.matcher.required if name not in fields]
    if missing and not all(_is_masked(trial, found, name) for name in missing):
        return None
    return fields if fields or trial.matcher.guard else None
