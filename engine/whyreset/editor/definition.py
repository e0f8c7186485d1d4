"""Go to definition: where a name was given its meaning."""

import re
from pathlib import Path

from whyreset.editor.hover import Spot, spot_at
from whyreset.editor.outline import unquoted
from whyreset.editor.symbols import (
    CLAUSE,
    KIND,
    NETWORK,
    PATTERN,
    RULE,
    SETTING,
    TEAM,
    Place,
    Symbol,
    owner_of,
)
from whyreset.editor.workspace import Analysis

_PART = re.compile(r"%\{(?P<name>\w+)\}")


def definitions(analysis: Analysis, text: str, offset: int) -> list[Place]:
    """Where the name at an offset is defined; several places for a kind or a patched network."""
    spot = spot_at(text, offset)
    if spot is None:
        return []
    if spot.token.kind == "text":
        return _used_file(analysis, spot)
    if spot.token.kind == "regex":
        return _pattern(analysis, spot, offset)
    name = spot.token.text
    owner = owner_of(spot.line.blocks)
    for kind in _kinds_of_symbol(spot):
        found = [
            place
            for place in analysis.places()
            if (place.symbol.kind, place.symbol.name) == (kind, name)
            and not (place.symbol.extends and kind != NETWORK)
            and (kind != CLAUSE or place.symbol.owner == owner)
        ]
        if found:
            return found
    return []


def _kinds_of_symbol(spot: Spot) -> tuple[str, ...]:
    """What a name may be the name of, by the words before it."""
    before = [token.text for token in spot.line.tokens[: spot.place]]
    if spot.token.kind == "name":
        return (CLAUSE,)
    if before and before[-1] in ("rule", "team"):
        return (RULE,) if before[-1] == "rule" else (TEAM,)
    if {"in", "network"} & set(before) and before[:1] != ["at"]:
        return (NETWORK,)
    return (KIND, SETTING) if spot.token.kind == "word" else ()


def _pattern(analysis: Analysis, spot: Spot, offset: int) -> list[Place]:
    """The pattern that is named at an offset of an expression: it is of the same file."""
    named = [
        found["name"]
        for found in _PART.finditer(spot.token.text)
        if found.start() <= offset - spot.token.start < found.end()
    ]
    return [
        place
        for place in analysis.places()
        if place.path == analysis.path.resolve()
        and place.symbol.kind == PATTERN
        and place.symbol.name in named
    ]


def _used_file(analysis: Analysis, spot: Spot) -> list[Place]:
    if spot.line.words[0] != "use":
        return []
    path: Path = (analysis.path.parent / unquoted(spot.token.text)).resolve()
    if not path.is_file():
        return []
    text = analysis.opened.get(path) or path.read_text("utf-8", errors="replace")
    return [Place(path, text, Symbol("file", path.name, 0, 0))]
