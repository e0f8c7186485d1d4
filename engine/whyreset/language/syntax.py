"""Turns lark's complaint about a file into one diagnostic that a person can act on."""

import re
from collections.abc import Iterable

from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from whyreset.basis.span import Span
from whyreset.basis.suggest import nearest
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


def explain(error: UnexpectedInput, parser: Lark, text: str, desk: Desk) -> None:
    """Note what stands where it cannot, and what could stand there."""
    span, found, at = _place(error, text)
    accepted = _accepted(error)
    keywords = {
        str(terminal.pattern.value)
        for terminal in parser.terminals
        if terminal.pattern.type == "str"
    }
    expected = _phrases(accepted, parser)
    hint = _meant(error, found, [each.strip("`") for each in expected], keywords)
    if hint is None:
        hint = _sentence(expected)
    desk.say("E001", _message(found, text, at), span, hint)


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


def _place(error: UnexpectedInput, text: str) -> tuple[Span, str, int]:
    """Where the reading stopped, and the word there; empty at the end of the file."""
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
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return Span(line, column, line, column + max(1, len(found.strip()))), found, at


def _accepted(error: UnexpectedInput) -> set[str]:
    interactive = getattr(error, "interactive_parser", None)
    if interactive is not None:
        return set(interactive.accepts())
    if isinstance(error, UnexpectedCharacters):
        return set(error.allowed or ())
    return set()


def _phrases(accepted: Iterable[str], parser: Lark) -> list[str]:
    """What could stand there: keywords in the grammar's order, then kinds of words."""
    words, classes = [], []
    for terminal in parser.terminals:
        if terminal.name not in accepted:
            continue
        if terminal.name in _CLASSES:
            classes.append(_CLASSES[terminal.name])
        elif terminal.pattern.type == "str":
            words.append(f"`{terminal.pattern.value}`")
    if "$END" in accepted and not words:
        classes.append(_CLASSES["$END"])
    return sorted(words, key=lambda word: (word != "`}`", word)) + classes


def _meant(
    error: UnexpectedInput, found: str, expected: list[str], keywords: set[str]
) -> str | None:
    """A misspelt keyword: the word itself, or the one before, which was taken for a name."""
    close = nearest(found, expected) if found.isidentifier() else None
    if close and close != found:
        return f"did you mean `{close}`?"
    history = getattr(error, "token_history", None) or []
    last = history[-1] if history else None
    if isinstance(last, Token) and last.type == "NAME" and len(last) > 2:
        close = nearest(str(last), keywords - {str(last)})
        if close:
            return f"`{last}` before it is no keyword: did you mean `{close}`?"
    return None


def _sentence(expected: list[str]) -> str | None:
    if not expected:
        return None
    shown = expected[:_MOST]
    if len(expected) > _MOST:
        return "expected " + ", ".join(shown) + ", ..."
    return "expected " + " or ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)
