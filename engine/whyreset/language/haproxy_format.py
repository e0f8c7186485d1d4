"""HAProxy: its `log-format` strings."""

import re

from whyreset.language.layout import Piece, Variable, unknown
from whyreset.language.pattern import Token, read_tokens

_ALIAS = re.compile(r"%(?:\([^)]*\))?(?:\{(?P<flags>[^}]*)\})?(?P<name>[A-Za-z]*)(?:\[.*\])?")

_FIELDS = {
    "ci": Variable("address", "client", 0),
    "cp": Variable("integer", "client_port", 0),
    "si": Variable("address", "upstream", 0),
    "sp": Variable("integer", "upstream_port", 0),
    "b": Variable("text", "upstream_name", 1),
    "r": Variable("request", "request", 0),
    "HM": Variable("text", "method", 1),
    "HU": Variable("path", "path", 1),
    "HP": Variable("path", "path", 2),
    "HPO": Variable("path", "path", 3),
    "ST": Variable("status", "status", 0),
    "B": Variable("integer", "bytes", 0),
    "Ta": Variable("duration:ms", "duration", 0),
    "Tt": Variable("duration:ms", "duration", 1),
    "Tu": Variable("duration:ms", "duration", 2),
    "ts": Variable("text", "state", 0),
    "tsc": Variable("text", "state", 0),
}
_NUMBERS = "Tc Td Th Ti Tq TR Tr Ts Tw U ac bc bp bq fc fp lc ms pid rc rt sc sq"
_TEXTS = "CC CS H HV ID bi f fi ft s sslc sslv t tr"

_KNOWN = {
    **dict.fromkeys(_TEXTS.split(), Variable()),
    **dict.fromkeys(_NUMBERS.split(), Variable("integer")),
    **dict.fromkeys(("T", "Tl", "trg", "trl"), Variable("instant")),
    **dict.fromkeys(("hr", "hs"), Variable("captures")),
    "HQ": Variable("query"),
    **dict.fromkeys(("hrl", "hsl"), Variable("phrase")),
    **_FIELDS,
}
_SERVER = Variable("text", "upstream_name", 0)
_HINT = "an alias is `%name` or `%{flags}name`; write `%%` for the character itself"


def read(text: str) -> list[Piece]:
    """Cut a `log-format` string into text and variables; sample expressions are skipped."""
    pieces: list[Piece] = []
    all_quoted = False
    for token in read_tokens("haproxy_format", text, _HINT):
        if token.kind == "TEXT":
            pieces.append(token.text)
        elif token.kind in ("ESCAPE", "PERCENT"):
            pieces.append(token.text[1:])
        else:
            name, flags = _parts(token)
            if name == "o":
                all_quoted = "+Q" in flags or (all_quoted and "-Q" not in flags)
                continue
            quoted = "+Q" in flags or (all_quoted and "-Q" not in flags)
            variable = _KNOWN[name] if token.kind == "ALIAS" else Variable("phrase")
            if "+X" in flags:
                variable = Variable()  # in hexadecimal: no field
            pieces += ['"', variable, '"'] if quoted else [variable]
    return _servers_joined(pieces)


def _parts(token: Token) -> tuple[str, str]:
    """Split an alias into its name and its flags; PatternError for one that HAProxy has not."""
    found = _ALIAS.fullmatch(token.text)
    name, flags = (found["name"], found["flags"] or "") if found else (token.text, "")
    if token.kind == "ALIAS" and name not in _KNOWN and name != "o":
        known = [f"%{alias}" for alias in _KNOWN]
        raise unknown("HAProxy alias", f"%{name}", known, token.offset, len(token.text))
    return name, flags


def _servers_joined(pieces: list[Piece]) -> list[Piece]:
    """Make `%b/%s` one value, `backend/server`."""
    joined: list[Piece] = []
    for piece in pieces:
        if piece is _KNOWN["s"] and joined[-2:] == [_KNOWN["b"], "/"]:
            joined[-2:] = [_SERVER]
        else:
            joined.append(piece)
    return joined
