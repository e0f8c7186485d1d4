"""A record's text as it is searched, its JSON object or its pairs, and the messages in that."""

from collections.abc import Iterator
from typing import Any

from whyreset.basis.json_text import decode
from whyreset.basis.lazy import lazy
from whyreset.ingest.cut_objects import decode_cut
from whyreset.ingest.quoting import CONDITION
from whyreset.ingest.templates import mended

_MESSAGE_KEYS = frozenset({
    "error", "err", "err.message", "msg", "message", "exception", "reason", "stack", "detail",
    "cause", "log", "@message", "textpayload", "short_message", "full_message", "error_message",
    "errormessage", "errmsg", "error.message", "stack_trace", "stacktrace", "exc_info",
    "exc", "event", "@m", "@x",
})  # fmt: skip
"""Keys whose decoded strings patterns are tried on, beside the JSON text itself."""
_ESCAPED = (("\\u003e", ">"), ("\\u003c", "<"), ("\\u0026", "&"), ("\\u0027", "'"))
_DEPTH = 4
_COMMENTS = ("//", "# ", "/*")
"""What begins a line that is a comment: an object in it was not logged."""
_PAIR = lazy(
    r"(?<![^\s{(\[,])(?P<key>[A-Za-z_@][\w.@/-]*)="
    r'(?:"(?P<quoted>(?:[^"\\\n]|\\.)*)"|(?P<bare>\d[\d.]* (?:[mnuµ]?s)(?=[\s}]|$)|[^\s"{}]*))'
)
"""A number of some unit is one value: tracing's latency=3001 ms."""
_MESSAGE = lazy(
    r"(?<!\S)(?:error|err|msg|message|exception|exc|reason|cause|detail|event)="
    r'"((?:[^"\\\n]|\\.)+)"'
)
_METRIC = lazy(r"\s*[A-Za-z_:][\w:]*\{\w+=\"")
"""A sample of a metric, whose labels may count what others logged."""
_IN_QUOTES = lazy(r"\\(.)")
_CHARACTERS = {"n": "\n", "t": "\t", "r": "\r"}


class Text:
    """A record's text, as it was said and as it is searched, and what it holds, decoded at most
    once."""

    __slots__ = ("_decoded", "_leaves", "_messages", "_pairs", "said", "text")

    def __init__(self, text: str) -> None:
        self.said = text
        self.text = as_searched(text)
        self._decoded: dict[str, Any] | bool | None = False
        self._leaves: tuple[str, ...] | None = None
        self._messages: tuple[str, ...] | None = None
        self._pairs: dict[str, str] | None = None

    def decoded(self) -> dict[str, Any] | None:
        """The object that the text is, or that follows a logger's header; None if none."""
        if isinstance(self._decoded, bool):
            self._decoded = _decode(self.text)
        return self._decoded

    def pairs(self) -> dict[str, str]:
        """The values of its pairs, `key=value`; of several with one key the first."""
        if self._pairs is None:
            self._pairs = {}
            for pair in _PAIR.finditer(self.text):
                quoted = pair["quoted"]
                value = pair["bare"].rstrip(",;") if quoted is None else quoted.replace('\\"', '"')
                self._pairs.setdefault(pair["key"], value)
        return self._pairs

    def leaves(self) -> tuple[str, ...]:
        """The decoded strings under the keys that hold messages."""
        if self._leaves is None:
            found = self.decoded()
            self._leaves = tuple(_strings(found, _DEPTH)) if found else ()
        return self._leaves

    def messages(self) -> tuple[str, ...]:
        """The messages among its pairs, without their quotes."""
        if self._messages is None:
            found = () if _METRIC.match(self.text) else _MESSAGE.findall(self.text)
            self._messages = tuple(map(_unquoted, found))
        return self._messages


def _unquoted(text: str) -> str:
    if "\\" not in text:
        return text
    return _IN_QUOTES.sub(lambda found: _CHARACTERS.get(found[1], found[1]), text)


def as_searched(text: str) -> str:
    """The text with `<`, `>`, `&` and `'` as they are: encoders write them as escapes, which
    stay where a logger took an object for text."""
    if "\\u00" not in text:
        return text
    for escaped, character in _ESCAPED:
        text = text.replace(escaped, character)
    return text


def unescaped(text: str) -> str:
    """Objects with the quotes in their strings, and what `as_searched` knows, as they are."""
    return as_searched(text).replace('\\"', '"') if "\\" in text else text


def _decode(text: str) -> dict[str, Any] | None:
    start = text.find("{")
    if start < 0 or (start and text.lstrip().startswith(_COMMENTS)):
        return None
    text = text[start:].rstrip()
    if not text.endswith("}"):
        found = decode_cut(text) if text.startswith('{"') else None
    else:
        try:
            found = decode(text)
        except ValueError:
            found = _decode_mended(text)
    return found if isinstance(found, dict) else None


def _decode_mended(text: str) -> Any:
    if text[1:2] != '"' and text[1:3] != ' "':
        return None
    try:
        return decode(mended(text))
    except ValueError:
        return None


def _strings(found: Any, depth: int, key: str = "") -> Iterator[str]:
    if isinstance(found, str):
        if key in _MESSAGE_KEYS:
            yield found
    elif depth and isinstance(found, dict) and CONDITION not in found:
        for name, value in found.items():
            yield from _strings(value, depth - 1, name.lower())
    elif depth and isinstance(found, list):
        for value in found:
            yield from _strings(value, depth - 1, key)
