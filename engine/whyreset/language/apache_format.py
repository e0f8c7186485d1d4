"""Apache: its `LogFormat` strings."""

import re

from whyreset.language.layout import Piece, Variable, unknown
from whyreset.language.pattern import Token, read_tokens

_DIRECTIVE = re.compile(
    r"%!?[\d,]*(?P<which1>[<>]?)(?:\{(?P<argument>[^}]*)\})?(?P<which2>[<>]?)(?P<letter>.+)"
)

_LETTERS = {
    "a": Variable("address", "client", 0),
    "h": Variable("address", "client", 1),
    "r": Variable("request", "request", 0),
    "m": Variable("text", "method", 1),
    "U": Variable("path", "path", 1),
    "s": Variable("status", "status", 1),
    "b": Variable("integer", "bytes", 0),
    "B": Variable("integer", "bytes", 0),
    "O": Variable("integer", "bytes", 1),
    "S": Variable("integer"),
    "I": Variable("integer"),
    "D": Variable("duration:us", "duration", 0),
    "T": Variable("duration:s", "duration", 2),
    "v": Variable("host", "host", 1),
    "V": Variable("host", "host", 1),
    "t": Variable("bracketed"),
    "k": Variable("integer"),
    "p": Variable("integer"),
    "P": Variable("integer"),
    "q": Variable("query"),
    "u": Variable("phrase"),
    **dict.fromkeys(("A", "f", "H", "l", "L", "R", "X"), Variable()),
    **dict.fromkeys(("^FB", "^FU"), Variable("integer")),
    **dict.fromkeys(("C", "c", "e", "i", "n", "o", "x", "^ti", "^to"), Variable("phrase")),
}
_HEADERS = {
    "user-agent": Variable("phrase", "agent", 0),
    "host": Variable("host", "host", 0),
    "x-forwarded-for": Variable("list", "client", 5),
    "x-real-ip": Variable("address", "client", 4),
}
_UNITS = {"s": "duration:s", "ms": "duration:ms", "us": "duration:us"}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}
_HINT = "a directive is `%` and a letter, such as `%h` or `%{Referer}i`"


def read(text: str) -> list[Piece]:
    """Cut a `LogFormat` string into text and variables."""
    pieces: list[Piece] = []
    for token in read_tokens("apache_format", text, _HINT):
        if token.kind == "DIRECTIVE":
            pieces.append(_variable(token))
        elif token.kind == "ESCAPE":
            pieces.append(_CONTROLS.get(token.text[1], token.text[1]))
        else:
            pieces.append("%" if token.kind == "PERCENT" else token.text)
    return pieces


def _variable(token: Token) -> Variable:
    found = _DIRECTIVE.fullmatch(token.text)
    letter = found["letter"] if found else token.text[-1]
    argument = (found["argument"] or "") if found else ""
    which = (found["which1"] or found["which2"]) if found else ""
    if letter not in _LETTERS:
        known = [f"%{name}" for name in _LETTERS]
        raise unknown("Apache directive", f"%{letter}", known, token.offset, len(token.text))
    return _with_argument(letter, argument, which, token)


def _with_argument(letter: str, argument: str, which: str, token: Token) -> Variable:
    variable = _LETTERS[letter]
    if letter == "s":
        return Variable("status", "status", {">": 0, "<": 2}.get(which, 1))
    if letter == "i":
        return _HEADERS.get(argument.lower(), variable)
    if letter == "T" and argument:
        if argument not in _UNITS:
            raise unknown("unit", argument, list(_UNITS), token.offset, len(token.text))
        return Variable(_UNITS[argument], "duration", 1 if argument == "s" else 0)
    if letter in "ah" and argument == "c":
        return Variable("address", "client", 2)
    if letter == "P" and argument:
        return Variable()  # a thread's id may be in hexadecimal
    if letter == "t" and argument:
        return Variable("phrase")
    return variable
