"""Objects that a web server's template made, with values that are no JSON."""

from whyreset.basis.lazy import lazy

_END = r"\s*(?:,\s*[\"}]|\})"
_WORD = r'[^"{}\[\]\s,]+'
_BARE = lazy(
    r'("(?:[^"\\]|\\.)*"\s*:\s*)'
    rf"(?!(?:-?(?:0|[1-9]\d*)(?:\.\d+)?|true|false|null){_END})"
    rf"({_WORD}(?:[\s,]+{_WORD})*?|)(?={_END})"
)
_LAST_COMMA = lazy(r",\s*(?=\}\s*$)")


def mended(text: str) -> str:
    r"""The text with such values in quotes.

    nginx puts `-`, a list or nothing where it has no number, and `\x22` for a quote; Azure writes
    `-` for a port.
    """
    quoted = _BARE.sub(r'\1"\2"', text.replace("\\x", "\\u00"))
    return _LAST_COMMA.sub("", quoted)
