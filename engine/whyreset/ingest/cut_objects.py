"""JSON objects that a pager, a limit or a paste cut short: what they say up to there."""

from typing import Any

from whyreset.basis.json_text import decode
from whyreset.basis.lazy import lazy

_MOST, _DEPTH = 32 << 10, 64
"""Characters of an object that are looked at, and brackets within each other."""
_LONG = 40
"""Characters that no stamp has: half a stamp tells another time, half a name another pod."""
_TOKEN = lazy(r'"(?:[^"\\]|\\.?)*(?:"|\Z)|[{}\[\],]')
_STRING = lazy(r'"(?:[^"\\]|\\.)*"')
_ESCAPE = lazy(r"(?<!\\)((?:\\\\)*)\\(?:u[\da-fA-F]{0,3})?$")
_CUT = (">", "\u2026", "...")
"""What stands where a pager or a person left the rest out."""


def decode_cut(text: str, *, within_text: bool = False) -> Any:
    """The object that a text begins, without the member in which it ends.

    Or with it, as far as it goes, where it is a text: no stamp and no name. None for an object
    that is whole, or that has no member before the cut.
    """
    for mark in _CUT:
        text = text.removesuffix(mark)
    begun, kept = "", ""  # the brackets that close what is open: now, and at the last comma
    end, last, until = 0, "", 0
    for token in _TOKEN.finditer(text, 0, _MOST):
        found = token[0]
        if found in "{[":
            if len(begun) == _DEPTH:
                return None
            begun = ("}" if found == "{" else "]") + begun
        elif found in "}]":
            if not begun.startswith(found) or begun == found:
                return None
            begun = begun[1:]
        elif found == ",":
            end, kept = token.start(), begun
        last, until = found, token.end()
    if within_text and until == len(text) and len(last) > _LONG and " " in last:
        whole = _decoded(_ESCAPE.sub(r"\1", text) + '"' * _is_open(last) + begun)
        if whole is not None:
            return whole
    return _decoded(text[:end] + kept) if end else None


def _is_open(token: str) -> bool:
    return not _STRING.fullmatch(token)


def _decoded(text: str) -> Any:
    try:
        return decode(text)
    except ValueError:
        return None
