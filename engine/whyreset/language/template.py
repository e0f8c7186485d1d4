"""Templates: literal text with `<name:type>` captures, compiled to patterns."""

import re

from whyreset.basis.suggest import did_you_mean
from whyreset.basis.units import UNIT_WORDS
from whyreset.language.pattern import CompiledPattern, PatternError, Token, read_tokens, refuse_long

# Every repeat is bounded: a pattern is searched in lines that others wrote, and an unbounded
# capture that comes before a literal costs the square of the line's length.
_WORD = 2048
_SKIP = r"[^\n]{0,4096}?"

_HEX = "[0-9A-Fa-f]{1,4}"
# Most addresses are of this form: spelt out and without a way back it is tried twice as fast.
_IPV4 = r"\d{1,3}+\.\d{1,3}+\.\d{1,3}+\.\d{1,3}+(?!\d)"
_IPV6 = (
    rf"(?:(?:{_HEX}:){{7}}{_HEX}"
    rf"|(?:{_HEX}(?::{_HEX}){{0,6}})?::(?:(?:{_HEX}:){{0,6}}(?:{_IPV4}|{_HEX}))?)"
    r"(?:%\w{1,15})?"
)
_HOST = r"\w(?:[\w.-]{0,253}\w)?"

_NUMBER = r"\d{1,18}(?:\.\d{1,18})?"
_UNITS = ("ns", "us", "ms", "s")
_TYPES = {
    "addr": rf"(?:{_IPV4}(?![\w.-])|\[{_IPV6}\]|{_IPV6}|{_HOST})(?::\d{{1,5}}+(?!\d))?",
    "ip": rf"(?:{_IPV4}|\[{_IPV6}\]|{_IPV6})",
    "port": r"\d{1,5}(?!\d)",
    "int": r"[+-]?\d{1,18}(?!\d)",
    "num": r"[+-]?(?:\d{1,18}(?:\.\d{1,18})?|\.\d{1,18})(?:[eE][+-]?\d{1,4})?",
    "duration": rf"(?:(?:{_NUMBER}(?:ns|us|µs|ms|min|s|m|h|d)){{1,6}}(?![a-z])"
    rf"|{_NUMBER} ?(?:ns|us|µs|ms|s|m|h|d|{UNIT_WORDS})(?!\w)|{_NUMBER})",
    **dict.fromkeys(_UNITS, _NUMBER),
    "word": rf"\S{{1,{_WORD}}}?",
    "rest": r"[^\n]*",
}
TYPE_NAMES = tuple(_TYPES)

# A word that ends the template takes all there is but the punctuation of the sentence.
_LAST_WORD = rf"\S{{0,{_WORD}}}[^\s,;.:\"')\]}}>]"

# A capture that opens the template may only start where a run of its own characters starts,
# or else it would be tried again at each character of the run.
_RUN_START = {
    "addr": r"(?<![\w.-])",
    "ip": r"(?<![\w.])",
    "port": r"(?<!\d)",
    "int": r"(?<!\d)",
    "num": r"(?<![\d.])",
    "duration": r"(?<![\d.])",
    "word": r"(?<!\S)",
    "rest": "",
    **dict.fromkeys(_UNITS, r"(?<![\d.])"),
}
# More captures of open length than this could cost too much even on a short text.
_TAME = 2
_HINT = "a capture is `<name:type>`; write `\\<` for the character itself"


def compile_template(text: str) -> CompiledPattern:
    """Compile a template; PatternError with the place and the cure if it is not one.

    Literal text stands for itself, but a run of spaces stands for any run of spaces (except one
    space between two words: words that belong together make the literal that finds the line);
    `<name:type>` captures, `<name>` captures a word, `<_>` skips within the line; `^` first and
    `$` last tie it to the ends of a line.
    """
    refuse_long(text)
    body, offset, head, tail = _anchors(text)
    tokens = [Token(token.kind, token.text, token.offset + offset) for token in _read(body, offset)]
    tokens = _trim(tokens, anchored_left=bool(head), anchored_right=bool(tail))
    if not any(token.text.strip() for token in tokens):
        hint = "write the part of the line that is always the same"
        raise PatternError("an empty template matches every line", 0, max(1, len(text)), hint)
    _check_rest(tokens)
    types: dict[str, str] = {}
    parts = [
        _part(tokens, index, types, leading=index == 0 and not head, closed=bool(tail))
        for index in range(len(tokens))
    ]
    tame = sum(_is_open(token) for token in tokens) <= _TAME
    return CompiledPattern(head + "".join(parts) + tail, tuple(types.items()), tame)


def _read(body: str, offset: int) -> list[Token]:
    try:
        return read_tokens("template", body, _HINT)
    except PatternError as error:
        raise PatternError(error.message, error.offset + offset, error.length, error.hint) from None


def _anchors(text: str) -> tuple[str, int, str, str]:
    """Split off the anchors: the text between, its offset, both anchors as patterns."""
    head = "(?m:^)" if text.startswith("^") else ""
    if head:
        text = text[1:]
    escaped = len(text) - len(text.rstrip("$").rstrip("\\")) - text.endswith("$")
    tail = "(?m:$)" if text.endswith("$") and escaped % 2 == 0 else ""
    return (text[:-1] if tail else text), int(bool(head)), head, tail


def _is_open(token: Token) -> bool:
    """Whether a capture takes as many characters as it likes."""
    if token.kind != "CAPTURE":
        return False
    return token.text[1:-1].partition(":")[2] in ("", "word", "rest")


def _is_skip(token: Token) -> bool:
    return token.kind == "CAPTURE" and token.text in ("<_>", "<_:>")


def _trim(tokens: list[Token], *, anchored_left: bool, anchored_right: bool) -> list[Token]:
    """Without the skips at open ends, which mean nothing in a pattern that is searched."""
    start, end = 0, len(tokens)
    while not anchored_left and start < end and _is_skip(tokens[start]):
        start += 1
    while not anchored_right and end > start and _is_skip(tokens[end - 1]):
        end -= 1
    return tokens[start:end]


def _check_rest(tokens: list[Token]) -> None:
    for token in tokens[:-1]:
        if token.kind == "CAPTURE" and token.text.endswith(":rest>"):
            raise PatternError(
                "`rest` takes all to the end of the line: nothing can follow it",
                token.offset,
                len(token.text),
                "use `<_>` or a `word` before more text",
            )


def _part(
    tokens: list[Token], index: int, types: dict[str, str], *, leading: bool, closed: bool
) -> str:
    token = tokens[index]
    if token.kind == "TEXT":
        return re.escape(token.text)
    if token.kind == "ESCAPE":
        return re.escape(token.text[1:])
    if token.kind == "SPACES":
        # One space is enough where a skip beside it, or the search, takes the others.
        near = tokens[max(0, index - 1) : index + 2]
        if token.text == " " and _between_words(near):
            return " "
        open_end = leading or (index == len(tokens) - 1 and not closed)
        return " " if open_end or any(map(_is_skip, near)) else " +"
    return _capture(token, types, leading=leading, last=index == len(tokens) - 1 and not closed)


def _between_words(near: list[Token]) -> bool:
    return (
        len(near) == 3
        and near[0].kind == near[2].kind == "TEXT"
        and near[0].text[-1].isalpha()
        and near[2].text[0].isalpha()
    )


def _capture(token: Token, types: dict[str, str], *, leading: bool, last: bool) -> str:
    name, colon, type_name = token.text[1:-1].partition(":")
    if name == "_" and not colon:
        return _SKIP
    type_name = type_name or "word"
    if type_name not in _TYPES:
        place = token.offset + 2 + len(name)
        hint = did_you_mean(type_name, TYPE_NAMES) or "types: " + ", ".join(TYPE_NAMES)
        raise PatternError(f"unknown type `{type_name}`", place, len(type_name), hint)
    shape = _LAST_WORD if last and type_name == "word" else _TYPES[type_name]
    start = _RUN_START[type_name] if leading else ""
    if name == "_":
        return f"{start}(?:{shape})"
    if name in types:
        raise PatternError(
            f"`{name}` is captured twice", token.offset, len(token.text), "use `<_>` to skip"
        )
    types[name] = f"duration:{type_name}" if type_name in _UNITS else type_name
    return f"{start}(?P<{name}>{shape})"
