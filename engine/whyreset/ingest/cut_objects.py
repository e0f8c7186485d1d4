"""JSON objects that a pager, a limit or a paste cut short: what they say up to there."""

from typing import Any

from whyreset.basis.json_text import decode
from whyreset.basis.lazy import lazy

_MOST = 32 << 10
"""Characters of an object that are looked at."""
_TOKEN = lazy(r'"(?:[^"\\]|\\.?)*(?:"|\Z)|[{}\[\],]')
_CUT = (">", "\u2026", "...")
"""What stands where a pager or a person left the rest out."""


def decode_cut(text: str) -> Any:
    """The object that a text begins, without the member in which it ends.

    None for one that is whole, or that has no member before the cut.
    """
    for mark in _CUT:
        text = text.removesuffix(mark)
    begun, kept = "", ""  # the brackets that close what is open: now, and at the last comma
    end = 0
    for token in _TOKEN.finditer(text, 0, _MOST):
        found = token[0]
        if found in "{[":
            begun = ("}" if found == "{" else "]") + begun
        elif found in "}]":
            if not begun.startswith(found) or begun == found:
                return None
            begun = begun[1:]
        elif found == ",":
            end, kept = token.start(), begun
    try:
        return decode(text[:end] + kept) if end else None
    except ValueError:
        return None
