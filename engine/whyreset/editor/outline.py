"""The outline of a rule file, read from text that need not be complete: lines, blocks, words."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\f\r]+)
  | (?P<comment>\#[^\n]*)
  | (?P<text>"(?:\\.|[^"\\\n])*"?)
  | (?P<quoted>'(?:\\.|[^'\\\n])*'?)
  | (?P<template>`[^`\n]*`?)
  | (?P<end>[\n;])
  | (?P<mark>[{},]|\.\.|!=|<=|>=|[=<>~±]|\+-)
  | (?P<name>[A-Za-z_]\w*):(?=\s|$)
  | (?P<word>(?:(?!\.\.)[^\s,;{}"'`=<>!~\#±])+)
  | (?P<other>.)
    """,
    re.VERBOSE,
)
_REGEX = re.compile(r"/(?:\\.|[^/\\\n])*/?")
_CLOSED = re.compile(r"""(?P<quote>["'/])(?:\\.|[^\\])*(?P=quote)|`.*`""", re.DOTALL)
_QUOTED = ("text", "quoted", "template", "regex")


class Token(NamedTuple):
    """A word, a mark or a text of a line; `open` where its quote is not closed."""

    kind: str
    text: str
    start: int
    open: bool = False

    @property
    def end(self) -> int:
        """Where it ends, exclusive."""
        return self.start + len(self.text)


class Line(NamedTuple):
    """What stands between two line ends: its tokens, and the heads of the blocks around it.

    `after` is the head of a block that ended just before, on the same line; `opens` says that
    the line ends with a new block.
    """

    tokens: tuple[Token, ...]
    blocks: tuple[tuple[str, ...], ...]
    after: tuple[str, ...] = ()
    opens: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The texts of its tokens, without the name of a clause."""
        named = bool(self.tokens) and self.tokens[0].kind == "name"
        return tuple(token.text for token in self.tokens[named:])


def tokens_of(text: str) -> Iterator[Token]:
    """All tokens, line ends among them; comments too, for a cursor may stand in one."""
    at, last, before = 0, "", ""
    while at < len(text):
        opens = last in ("match", "after", "skip") or before == "pattern"
        found = _REGEX.match(text, at) if opens else None
        kind = "regex"
        if found is None:
            found = _TOKEN.match(text, at)
            assert found is not None  # `other` takes anything
            kind = str(found.lastgroup)
        if kind != "space":
            before, last = last, found[kind] if kind != "regex" else found[0]
            is_open = kind in _QUOTED and (len(last) < 2 or not _CLOSED.fullmatch(last))
            yield Token(kind, last, at, is_open)
        at = found.end()


def outline(text: str) -> list[Line]:
    """The lines of a text; the last one is where the text ends, and may be empty."""
    lines: list[Line] = []
    blocks: list[tuple[str, ...]] = []
    tokens: list[Token] = []
    after: tuple[str, ...] = ()

    def finish(*, opens: bool = False) -> None:
        nonlocal after
        lines.append(Line(tuple(tokens), tuple(blocks), after, opens))
        tokens.clear()
        after = ()

    for token in tokens_of(text):
        if token.kind == "comment":
            continue
        if token.kind == "end":
            if not (tokens and tokens[-1].text == "," and token.text == "\n"):
                finish()
        elif token.text == "{" and token.kind == "mark":
            head = tuple(each.text for each in tokens)
            finish(opens=True)
            blocks.append(head)
        elif token.text == "}" and token.kind == "mark":
            finish()
            after = blocks.pop() if blocks else ()
        else:
            tokens.append(token)
    finish()
    return lines


def unquoted(text: str) -> str:
    """A quoted text without its quotes; escapes stay, for names have none."""
    return text.strip("\"'`")
