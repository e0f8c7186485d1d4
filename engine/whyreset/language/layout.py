"""Layouts: the variables and the text of an access-log format, assembled to a pattern."""

import re
from collections.abc import Sequence

from whyreset.basis.frozen import Frozen, replace
from whyreset.basis.suggest import did_you_mean
from whyreset.language.pattern import CompiledPattern, PatternError

_MANY = r"[^\n]{0,512}?"
"""A value with spaces in it that nothing encloses: as little as possible, and bounded."""


class Variable(Frozen):
    """What a variable of a format prints.

    shape  how its value looks, one of the keys of `_SHAPES`
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
        parts.append(_SHAPES[piece.shape](around, _group(piece, names, types)))
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


class _Around(Frozen):
    """What ends a value: a set of characters that are not in it, and the text that follows.

    stop    the body of a negated class
    end     a look-ahead that holds after the value
    quoted  the value ends at its quote, and a backslash escapes one inside
    open    what follows may be part of the value, too: it ends at the first fit
    spaced  only a space, or the end of the line, ends the value
    """

    stop: str
    end: str
    quoted: bool
    open: bool
    spaced: bool

    def value(self) -> str:
        """Match any value, empty or not."""
        if self.quoted:
            return r'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+'
        return f"[^{self.stop}]{{0,2048}}?" if self.open else f"[^{self.stop}]*+"

    def filled(self) -> str:
        """Match a value of one character or more."""
        if self.quoted:
            return f'(?!["\\n]){self.value()}'
        return f"[^{self.stop}]{{1,2048}}?" if self.open else f"[^{self.stop}]++"

    def solid(self) -> str:
        """Match a value, or the part of it before the first space."""
        if self.quoted:
            return r'[^\s"\\]*+(?:\\.[^\s"\\]*+)*+'
        return rf"[^{self.stop}\s]{{0,4096}}?" if self.open else rf"[^{self.stop}\s]*+"

    def item(self) -> str:
        """Match an item of a list with commas."""
        return rf'[^\s,"{self.stop}]++'


def _surroundings(pieces: Sequence[Piece], index: int, *, quoted: bool) -> _Around:
    following = pieces[index + 1] if index + 1 < len(pieces) else None
    inside = '"' if quoted else ""
    if following is None:
        return _Around(rf"\s{inside}", r"(?!\S)", quoted=False, open=False, spaced=True)
    if isinstance(following, Variable):
        return _Around(rf"\s{inside}", "", quoted=False, open=True, spaced=False)
    first = following[0]
    end = f"(?={re.escape(first)})"
    if first == '"' and quoted:
        return _Around('"', end, quoted=True, open=False, spaced=False)
    if first == " ":
        return _Around(rf"\s{inside}", end, quoted=False, open=False, spaced=True)
    if first.isalnum() or first in ":./-_%'":
        end = f"(?={re.escape(following[:16])})"
        return _Around(rf"\s{inside}", end, quoted=False, open=True, spaced=False)
    stop = re.escape(first) + ("" if first == '"' else inside) + r"\n"
    return _Around(stop, end, quoted=False, open=False, spaced=False)


def _any(around: _Around, name: str | None) -> str:
    return _field(around, name, "")


def _address(around: _Around, name: str | None) -> str:
    # Sockets in the file system are no address; old Envoys print tcp:// before one, HAProxy's
    # `format short` the priority.
    return _field(around, name, r"(?:tcp://|<\d{1,3}>)?(?!unix:)")


def _ip(around: _Around, name: str | None) -> str:
    """An address that comes without a port, and nothing before it: `LINE='10.0.0.1` is source
    code, and a quote of the layout's own is none of it."""
    marks = "'=`" if '"' in around.stop else "'=`\""
    return rf"(?![^{around.stop}\s]*[{marks}])" + _field(around, name, "(?!unix:)")


def _field(around: _Around, name: str | None, lead: str) -> str:
    """Match a value whose `-` or emptiness gives no field; atomic, so that no line is retried."""
    if name is None:
        return around.value()
    filled = f"{lead}(?P<{name}>{around.filled()})"
    if around.open:
        dash = f"-{around.end}"
        return f"(?:{dash}|(?!{dash}){filled})" if around.end else filled
    other = around.value() if lead else ""
    return f"(?>-{around.end}|{filled}|{other})"


def _integer(around: _Around, name: str | None) -> str:
    return _typed(around, name, r"\d{1,18}+", sign=r"\+?")


def _status(around: _Around, name: str | None) -> str:
    return _typed(around, name, r"\d{1,3}+")


def _duration(around: _Around, name: str | None) -> str:
    return _typed(around, name, r"\d{1,18}+(?:\.\d{1,18}+)?+", sign=r"\+?")


def _typed(around: _Around, name: str | None, number: str, sign: str = "") -> str:
    """Match a number; a missing (`-`) or a negative one is no field, anything else no line.

    HAProxy puts a sign before what was not over yet; a status has none, so that the text around
    it can be searched for.
    """
    digits = r"\d" if around.end.startswith(r"(?=\.") else r"[\d.]"
    group = f"(?P<{name}>{number})" if name else f"{digits}++"
    return rf"(?>{sign}{group}|-{digits}*+|){around.end}"


_SEPARATOR = "(?:, ?| : )"


def _list(around: _Around, name: str | None) -> str:
    """Match a list: of attempts its last item counts, of hops its first, which is the client."""
    item = around.item()
    if name == "client":
        first = f"(?>-(?!{item})|(?P<client>{item}))"
        items = f"(?:{first}(?:{_SEPARATOR}{item}){_times(around)})?"
        return f"(?>{items}{around.end}|{around.value()})" if around.quoted else items
    last = f"(?>-(?!{item})|(?!unix:)(?P<{name}>{item})|{item})" if name else item
    items = f"(?:(?:{item}{_SEPARATOR}){_times(around)}{last})?"
    return f"(?>{items}{around.end}|{around.value()})" if around.quoted else items


def _numbers(around: _Around, name: str | None) -> str:
    del name
    item = r"(?:[\d.]++|-)"
    return f"(?:{item}(?:{_SEPARATOR}{item}){_times(around)})?"


def _times(around: _Around) -> str:
    """Repeat the items of a list; where the format goes on with a comma, not into what follows."""
    return "{0,63}?" if around.end.startswith("(?=,") else "{0,63}+"


def _request(around: _Around, name: str | None) -> str:
    """Match `METHOD PATH PROTOCOL`, or whatever a broken client sent instead."""
    method, path = ("?P<method>", "?P<path>") if name else ("?:", "?:")
    target = r"(?=[/*]|[\w.-]++:)"
    if around.spaced or around.open:
        line = rf"({method}[A-Z][A-Z_-]{{0,31}}+) ({path}{target}\S++)(?: HTTP/[\d.]++)?+"
        return rf"(?:(?>{line})|[^\n]{{0,128}}?)"
    line = rf"({method}[A-Z][A-Z_-]{{0,31}}+) ({path}{target}{around.solid()})"
    return f"(?>{line})?+{around.value()}"


def _host(around: _Around, name: str | None) -> str:
    if not around.end:  # another variable follows at once: the path
        around = replace(around, stop=around.stop + "/", end="(?=/)", open=False)
    return _field(around, name, "")


def _path(around: _Around, name: str | None) -> str:
    if not around.end and name:  # another variable follows at once: the query
        return rf"(?P<{name}>/[^{around.stop}?]*+)"
    return _field(around, name, "")


def _query(around: _Around, name: str | None) -> str:
    """Match `?` and a query, or nothing."""
    del name
    return rf"(?:\?{around.solid()})?+"


def _phrase(around: _Around, name: str | None) -> str:
    """Match a value that may hold spaces."""
    if around.spaced and name:
        return f"(?:-{around.end}|(?P<{name}>{_MANY}))"
    return _MANY if around.spaced or around.open else _field(around, name, "")


def _instant(around: _Around, name: str | None) -> str:
    """Match a date and its zone, with a space between."""
    del name
    return r"\S++ \S++" if around.spaced else around.value()


def _stamp(around: _Around, name: str | None) -> str:
    """Match a date without spaces; it is never empty."""
    del name
    return around.filled()


def _bracketed(around: _Around, name: str | None) -> str:
    del around, name
    return r"\[[^\]\n]*+\]"


def _captures(around: _Around, name: str | None) -> str:
    """Return captured headers `{a|b}`, which are absent when nothing is captured."""
    del name
    space = " " if around.spaced else ""
    return rf"(?:\{{[^\}}\n]*+\}}{space})?+"


def _details(around: _Around, name: str | None) -> str:
    """Match a word that may end with a note in braces, which may hold spaces."""
    if not around.spaced:
        return _field(around, name, "")
    words = r"[^\s\{]++(?:\{[^\}\n]*+\})?+\S*+"
    return f"(?>-{around.end}|(?P<{name}>{words})|)" if name else f"(?:{words})?+"


_SHAPES = {
    "text": _any,
    "address": _address,
    "ip": _ip,
    "integer": _integer,
    "status": _status,
    "duration:s": _duration,
    "duration:ms": _duration,
    "duration:us": _duration,
    "list": _list,
    "numbers": _numbers,
    "request": _request,
    "host": _host,
    "path": _path,
    "query": _query,
    "phrase": _phrase,
    "instant": _instant,
    "stamp": _stamp,
    "bracketed": _bracketed,
    "captures": _captures,
    "details": _details,
}
