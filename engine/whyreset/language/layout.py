"""Layouts: the variables and the text of an access-log format, assembled to a pattern."""

import re
from collections.abc import Sequence

from whyreset.basis.frozen import Frozen
from whyreset.basis.suggest import did_you_mean
from whyreset.language.pattern import CompiledPattern, PatternError
from whyreset.language.value_shapes import SHAPES, Around


class Variable(Frozen):
    """What a variable of a format prints.

    shape  how its value looks, one of the keys of `SHAPES`
    field  the access field that it gives; None for a value that is skipped. `request` gives
           both method and path
    rank   of several variables that give one field, the lowest rank gives it
    """

    shape: str = "text"
    field: str | None = None
    rank: int = 0


Piece = str | Variable

_TYPES = {
    "client": "addr",
    "client_port": "port",
    "upstream": "addr",
    "upstream_port": "port",
    "status": "int",
    "bytes": "int",
    "method": "word",
    "path": "word",
    "upstream_name": "word",
    "agent": "word",
    "host": "word",
    "flags": "word",
    "details": "word",
    "state": "word",
}


_COPY = "copy the whole format from the configuration of the server"


def unknown(what: str, name: str, known: Sequence[str], offset: int, length: int) -> PatternError:
    """Make the error for a variable that the dialect does not have."""
    hint = did_you_mean(name, known)
    return PatternError(f"unknown {what} `{name}`", offset, length, hint)


def assemble(pieces: Sequence[Piece]) -> CompiledPattern:
    """Make the pattern of a format: text and variables in order, from the start of a line.

    The end of the line is left open, since images append columns of their own.
    """
    pieces = _joined(pieces)
    if not any(isinstance(piece, Variable) for piece in pieces):
        raise PatternError("a log format without any variable", 0, 1, _COPY)
    winners = _winners(pieces)
    types: dict[str, str] = {}
    parts = ["(?m:^)"]
    quoted = False
    for index, piece in enumerate(pieces):
        if isinstance(piece, str):
            quoted ^= piece.count('"') % 2 == 1
            parts.append(_text(piece, index, pieces))
            continue
        around = _surroundings(pieces, index, quoted=quoted)
        names = {field for field, winner in winners.items() if winner == index}
        parts.append(SHAPES[piece.shape](around, _group(piece, names, types)))
    if not types:
        raise PatternError("a log format without any variable that is a field", 0, 1, _COPY)
    return CompiledPattern("".join(parts), tuple(types.items()))


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbouring texts made one."""
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece != "":
            joined.append(piece)
    return joined


def _winners(pieces: Sequence[Piece]) -> dict[str, int]:
    """Which piece gives each field."""
    ranks: dict[str, tuple[int, int]] = {}
    for index, piece in enumerate(pieces):
        if isinstance(piece, Variable) and piece.field is not None:
            fields = ("method", "path") if piece.field == "request" else (piece.field,)
            for field in fields:
                rank = (piece.rank, index)
                ranks[field] = min(rank, ranks.get(field, rank))
    return {field: index for field, (_, index) in ranks.items()}


def _group(piece: Variable, names: set[str], types: dict[str, str]) -> str | None:
    """Name the group of a variable that gives a field, and note its type in `types`."""
    if piece.field == "request":
        types.update({name: "word" for name in ("method", "path") if name in names})
        return "request" if names else None
    if piece.field not in names:
        return None
    own = piece.field == "duration" or piece.shape == "ip"
    types[piece.field] = piece.shape if own else _TYPES[piece.field]
    return piece.field


def _text(text: str, index: int, pieces: Sequence[Piece]) -> str:
    """Literal text; a space beside captured headers goes with them when there are none."""
    before = pieces[index - 1] if index else None
    if isinstance(before, Variable) and before.shape == "captures":
        text = text.removeprefix(" ")
    return re.escape(text).replace(r"\ ", " ")


def _surroundings(pieces: Sequence[Piece], index: int, *, quoted: bool) -> Around:
    following = pieces[index + 1] if index + 1 < len(pieces) else None
    inside = '"' if quoted else ""
    if following is None:
        return Around(rf"\s{inside}", r"(?!\S)", quoted=False, open=False, spaced=True)
    if isinstance(following, Variable):
        return Around(rf"\s{inside}", "", quoted=False, open=True, spaced=False)
    first = following[0]
    end = f"(?={re.escape(first)})"
    if first == '"' and quoted:
        return Around('"', end, quoted=True, open=False, spaced=False)
    if first == " ":
        return Around(rf"\s{inside}", end, quoted=False, open=False, spaced=True)
    if first.isalnum() or first in ":./-_%'":
        end = f"(?={re.escape(following[:16])})"
        return Around(rf"\s{inside}", end, quoted=False, open=True, spaced=False)
    stop = re.escape(first) + ("" if first == '"' else inside) + r"\n"
    return Around(stop, end, quoted=False, open=False, spaced=False)
