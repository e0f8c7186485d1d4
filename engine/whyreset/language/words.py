"""Words: what lark's tokens say, and where they stand."""

import re

from lark import Token
from lark.tree import Meta

from whyreset.basis.span import Span
from whyreset.language.clause_tree import Word

_ESCAPE = re.compile(r'\\(["\\nt])')  # `\d` in a text stays what it is
_ESCAPES = {"n": "\n", "t": "\t"}


def span_of(token: Token) -> Span:
    """Where a token stands."""
    return Span(token.line or 1, token.column or 1, token.end_line or 1, token.end_column or 1)


def span_of_meta(meta: Meta) -> Span:
    """Where a subtree stands."""
    return Span(meta.line, meta.column, meta.end_line, meta.end_column)


def unquote(token: Token) -> str:
    """The text of a quoted token; in "..." a backslash escapes, in '...' only the quote."""
    inner = token[1:-1]
    if token.type == "QUOTED":
        return inner.replace("\\'", "'")
    if token.type != "STRING":
        return inner
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), inner)


def expression(token: Token) -> str:
    """The text of a regular expression."""
    return token[1:-1].replace("\\/", "/")


def word(token: Token) -> Word:
    """A token as a word."""
    if token.type in ("STRING", "QUOTED", "BACKTICKED"):
        return Word(unquote(token), span_of(token), quoted=True)
    return Word(str(token), span_of(token))
