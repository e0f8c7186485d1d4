"""Turns lark's complaint about a file into one diagnostic that a person can act on."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from whyreset.basis.span import Span
from whyreset.basis.suggest import did_you_mean, nearest
from whyreset.language.habits import habit
from whyreset.language.report import Desk

_WORD = re.compile(r"[A-Za-z_]\w*|-?\d[\w.%]*|\S", re.UNICODE)
_UNCLOSED = {'"': "text", "'": "text", "`": "template"}
_CLASSES = {
    "NAME": "a name",
    "AMOUNT": "an amount (4, 2s, 15%)",
    "BARE": "a value",
    "STRING": 'a "text"',
    "QUOTED": "a 'text'",
    "BACKTICKED": "a `template`",
    "REGEX": "a /regex/",
    "OP": "an operator (= != < <= > >= ~)",
    "PLUS_MINUS": "`±`",
    "PATH": "a .path of keys",
    "_SEP": "a new line",
    "_COMMA": "`,`",
    "$END": "the end of the file",
}
_MOST = 12
_MUCH = 200_000
"""Texts of more characters are not read a second time."""


def explain(error: UnexpectedInput, parser: Lark, text: str, desk: Desk) -> None:
    """Note what stands where it cannot, and what to write instead."""
    place = _place(error, text)
    keywords = _keywords(parser)
    before = _last_word(error)
    glued = before is not None and glued_word(before, text)
    if before is not None and glued:
        say_glued(before, text, parser, desk)
        return
    accepted = _accepted(error)
    hint = (
        habit(text, place.at)
        or _unclosed(error, place, keywords, accepted, text)
        or _quotes(place, text, accepted)
        or _misspelt(error, place.found, _words(accepted, parser), parser, text)
        or _sentence(_phrases(accepted, parser))
    )
    desk.say("E001", _message(place.found, text, place.at), place.span, hint)


def glued_word(token: Token, text: str) -> bool:
    """Whether a token begins within a word, as the name `s` of `rules { ... }` would."""
    at = token.start_pos or 0
    return at > 0 and _is_word(text[at - 1]) and _is_word(text[at])


def say_glued(token: Token, text: str, parser: Lark, desk: Desk) -> None:
    """Note a word that begins with a keyword and goes on."""
    start = token.start_pos or 0
    while start and _is_word(text[start - 1]):
        start -= 1
    found = _WORD.match(text, start)
    word = found[0] if found else text[start]
    hint = did_you_mean(word, _keywords(parser))
    desk.say("E001", f"unexpected `{word}`", _span(text, start, word), hint)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _keywords(parser: Lark) -> set[str]:
    values = (str(each.pattern.value) for each in parser.terminals if each.pattern.type == "str")
    return {value for value in values if value[0].isalpha()}


def _last_word(error: UnexpectedInput) -> Token | None:
    history = getattr(error, "token_history", None) or []
    return history[-1] if history and isinstance(history[-1], Token) else None


def _message(found: str, text: str, at: int) -> str:
    if not found:
        return "the file ends too early"
    if found == "\n":
        return "the line ends too early"
    if found in _UNCLOSED:
        rest_of_line = text[at + 1 :].partition("\n")[0]
        ending = "cannot stand here" if found in rest_of_line else "is not closed on its line"
        return f"a {_UNCLOSED[found]} {ending}"
    return f"unexpected `{found}`"


class _Place(NamedTuple):
    """Where the reading stopped, and the word there; empty at the end of the file."""

    span: Span
    found: str
    at: int


def _place(error: UnexpectedInput, text: str) -> _Place:
    at = error.pos_in_stream
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        at = len(text.rstrip())
    if at is None or at >= len(text) or not text[at:].strip():
        at = len(text.rstrip())
        found = ""
    elif text[at] == "\n":
        found = "\n"
    else:
        word = _WORD.match(text, at)
        found = word[0] if word else text[at]
    return _Place(_span(text, at, found), found, at)


def _span(text: str, at: int, found: str) -> Span:
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return Span(line, column, line, column + max(1, len(found.strip())))


def _accepted(error: UnexpectedInput) -> set[str]:
    interactive = getattr(error, "interactive_parser", None)
    if interactive is not None:
        return set(interactive.accepts())
    if isinstance(error, UnexpectedCharacters):
        return set(error.allowed or ())
    return set()


def _words(accepted: Iterable[str], parser: Lark) -> list[str]:
    """The keywords and marks that could stand there, in the grammar's order."""
    return [
        str(terminal.pattern.value)
        for terminal in parser.terminals
        if terminal.name in accepted
        and terminal.name not in _CLASSES
        and terminal.pattern.type == "str"
    ]


def _phrases(accepted: set[str], parser: Lark) -> list[str]:
    """What could stand there: keywords, then kinds of words."""
    words = sorted(
        (f"`{word}`" for word in _words(accepted, parser)), key=lambda w: (w != "`}`", w)
    )
    named = [each.name for each in parser.terminals if each.name in accepted]
    classes = [_CLASSES[name] for name in named if name in _CLASSES]
    if "$END" in accepted and not words:
        classes.append(_CLASSES["$END"])
    return words + classes


def _unclosed(
    error: UnexpectedInput, place: _Place, keywords: set[str], accepted: set[str], text: str
) -> str | None:
    """A block whose end is missing: the file ends in it, or a line begins that belongs outside."""
    stack = getattr(getattr(error, "interactive_parser", None), "parser_state", None)
    values = stack.value_stack if stack else ()
    opened = next((v for v in reversed(values) if isinstance(v, Token) and v == "{"), None)
    if opened is None:
        return "there is nothing to close here: leave it out" if place.found == "}" else None
    before = _last_word(error)
    outside = place.found in keywords and _begins_line(text, place.at) and "RBRACE" in accepted
    taken = (
        before is not None
        and before.type == "NAME"
        and str(before) in keywords
        and _begins_line(text, before.start_pos or 0)
    )
    if place.found and not outside and not taken:
        return None
    line = opened.line or 1
    head = text.split("\n")[line - 1].strip().removesuffix("{").strip()
    return f"`{head[:40]} {{` of line {line} is not closed: a `}}` is missing"


def _begins_line(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip()


def _quotes(place: _Place, text: str, accepted: set[str]) -> str | None:
    """Quotes that are missing, too many, or of another kind."""
    rest = text[place.at :].partition("\n")[0].strip()
    if not rest:
        return None
    inner = rest[1:].partition(rest[:1])[0]
    if place.found in _UNCLOSED and rest.count(place.found) < 2:
        return "close it on this line"
    if place.found == '"' and "STRING" not in accepted:
        if "NAME" in accepted:
            return f"names have no quotes, and are of letters, digits and _: `{_named(inner)}`"
        return f"write it without quotes: `{inner}`" if "BARE" in accepted else None
    if "STRING" not in accepted:
        return None
    if place.found in ("'", "`", "“", "”", "„", "«", "‘", "’"):
        return 'a text stands in plain double quotes: "..."'
    if accepted <= {"STRING", "QUOTED", "BACKTICKED"}:
        return f'a text stands in double quotes: "{rest.removesuffix("{").strip()}"'
    return None


def _named(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_") or "NAME"


def _misspelt(
    error: UnexpectedInput, found: str, words: list[str], parser: Lark, text: str
) -> str | None:
    """A misspelt keyword: the word itself, or the one before, which was taken for a name."""
    close = nearest(found, words) if found.isidentifier() else None
    if close and close != found:
        return f"did you mean `{close}`?"
    last = _last_word(error)
    if last is not None and last.type == "NAME" and len(last) > 2 and len(text) < _MUCH:
        close = nearest(str(last), _words(_accepted_at(last, parser, text), parser))
        if close and close != last:
            return f"`{last}` before it is no keyword: did you mean `{close}`?"
    return None


def _accepted_at(last: Token, parser: Lark, text: str) -> set[str]:
    """What could have stood in the place of a token."""
    reading = parser.parse_interactive(text)
    for token in reading.lexer_thread.lex(reading.parser_state):  # type: ignore[no-untyped-call]
        if (token.start_pos or 0) >= (last.start_pos or 0):
            break
        reading.feed_token(token)
    return set(reading.accepts())  # type: ignore[no-untyped-call]


def _sentence(expected: list[str]) -> str | None:
    if not expected:
        return None
    shown = expected[:_MOST]
    if len(expected) > _MOST:
        return "expected " + ", ".join(shown) + ", ..."
    return "expected " + " or ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)
