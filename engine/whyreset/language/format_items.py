"""What a rule file is to its formatter: items of words and blocks, with the comments kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lark import Token, UnexpectedInput

from whyreset.language.report import Report
from whyreset.language.syntax import explain
from whyreset.language.tables import parser_of
from whyreset.language.tree import RuleFile
from whyreset.model.definition import MAPPINGS
from whyreset.model.diagnostic import RuleError

_HEADS = {"label", "title", "severity", "priority", "confidence", "span", "gap", "status"}
_TEXTS = {"because", "remedy", "verify"}
NAMED = {"network", "setting", "team", "pattern"}
"""Statements that begin with a name; neighbours of a kind are aligned."""
_CLAUSES = {"when", "unless", "any"}


def fold(text: str, name: str) -> "Block":
    """The items of a file; RuleError for a text that cannot be parsed."""
    return _Folder(text, _tokens(text, name)).block()


def _tokens(text: str, name: str) -> list[Token]:
    """All tokens but comments and spaces, each lexed as the parser lexes it in its place."""
    parser = parser_of("rules")
    try:
        reading = parser.parse_interactive(text)
        tokens = list(reading.iter_parse())
        reading.feed_eof(tokens[-1] if tokens else None)  # type: ignore[no-untyped-call]
    except UnexpectedInput as error:
        report = Report()
        explain(error, parser, text, report.open(RuleFile(name, text)))
        raise RuleError(report.errors) from None
    return tokens


@dataclass(slots=True)
class Item:
    """One item: words, commas and blocks; `above` are comments, "" for an empty line.

    owner  the first word of the item whose block it stands in, "" for statements
    """

    above: list[str] = field(default_factory=list)
    owner: str = ""
    words: "list[str | Break | Block]" = field(default_factory=list)
    comment: str = ""

    @property
    def first(self) -> str:
        """The word that says what it is."""
        return self.words[0] if self.words and isinstance(self.words[0], str) else ""

    @property
    def paired(self) -> bool:
        """Whether its fields are written `name=value`, without spaces and without commas."""
        return self.owner == "test" or (self.owner == "event" and self.first == "sample")

    @property
    def group(self) -> str:
        """Which neighbours it is aligned with."""
        if self.owner in _CLAUSES:
            return "clause" if self.words[1:2] == [":"] else ""
        if self.owner == "event":
            return "item"
        if self.owner == "test":
            return "at" if self.first == "at" else ""
        if self.owner in ("rule", "extend"):
            return "head" if self.first in _HEADS else "text" if self.first in _TEXTS else ""
        return self.first if not self.owner and self.first in NAMED else ""


@dataclass(slots=True)
class Break:
    """The end of a line after a comma, its comment, and the comments on lines of their own."""

    comment: str
    below: list[str]


@dataclass(slots=True)
class Block:
    """What stands in braces; `flat`: on one line as written; `comment` follows the brace."""

    items: list[Item] = field(default_factory=list)
    comment: str = ""
    below: list[str] = field(default_factory=list)
    flat: bool = True


class _Folder:
    """Folds tokens to blocks of items."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._at = 0

    def block(self, owner: str = "") -> Block:
        """A block up to its closing brace, or the whole file."""
        top, mapping = not owner, owner in MAPPINGS
        made = Block(flat=not top)
        start = self._end_of(self._at - 1) if not top else 0
        above = self._opening(made, top=top)
        while self._at < len(self._tokens) and self._tokens[self._at].type != "RBRACE":
            item = Item(above, owner)
            above = self._item(item, mapping=mapping)
            made.items.append(item)
        made.below = above
        if not top:
            made.flat = "\n" not in self._text[start : self._tokens[self._at].start_pos]
            self._at += 1
        return made

    def _opening(self, made: Block, *, top: bool) -> list[str]:
        """Comments before the first item."""
        made.comment, above = self._trivia(-1 if top else self._at - 1)
        self._skip()
        if top and made.comment:
            above, made.comment = [made.comment, *above], ""
        return above

    def _item(self, item: Item, *, mapping: bool) -> list[str]:
        """One item; what stands above the next one."""
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token.type in ("_SEP", "RBRACE") or (mapping and token.type == "_COMMA"):
                break
            self._at += 1
            if token.type == "LBRACE":
                item.words.append(self.block(_owner(item)))
                if not self._goes_on(item):
                    break
            elif token.type == "_COMMA":
                comment, below = self._trivia(self._at - 1)
                broken = "\n" in self._text[token.start_pos : self._start_of(self._at)]
                item.words.append(",")
                if broken:
                    item.words.append(Break(comment, [each for each in below if each]))
            else:
                item.words.append("±" if token.type == "PLUS_MINUS" else str(token))
        item.comment, above = self._trivia(self._at - 1)
        self._skip()
        return above

    def _goes_on(self, item: Item) -> bool:
        """Whether words may follow a block: `json { } where`, `any of { } if known`."""
        return item.first in MAPPINGS or item.words[-3:-1] == ["any", "of"]

    def _skip(self) -> None:
        while self._at < len(self._tokens) and self._tokens[self._at].type in ("_SEP", "_COMMA"):
            self._at += 1

    def _start_of(self, index: int) -> int:
        if index >= len(self._tokens):
            return len(self._text)
        return self._tokens[index].start_pos or 0

    def _end_of(self, index: int) -> int:
        return (self._tokens[index].end_pos or 0) if index >= 0 else 0

    def _trivia(self, index: int) -> tuple[str, list[str]]:
        """The comment that ends the line of a token, and those before the next token."""
        begin = self._end_of(index)
        token = self._tokens[index] if index >= 0 else None
        if token is not None and token.type in ("_SEP", "_COMMA"):
            begin = (token.start_pos or 0) + (token.type == "_COMMA")
        after = index + 1
        while after < len(self._tokens) and self._tokens[after].type in ("_SEP", "_COMMA"):
            after += 1
        return _comments(self._text[begin : self._start_of(after)])


def _owner(item: Item) -> str:
    """What a block of this item belongs to; `any of` may stand behind a clause's name."""
    return "any" if item.words[-2:] == ["any", "of"] else item.first


def _comments(gap: str) -> tuple[str, list[str]]:
    """Cut what lies between two words: the comment on the first line, and the lines after it."""
    first, *more = gap.split("\n")
    lines: list[str] = []
    for line in more[:-1] if more else ():
        comment = line[line.find("#") :].rstrip() if "#" in line else ""
        if comment or (lines[-1:] != [""]):
            lines.append(comment)
    last = more[-1] if more else ""
    if "#" in last:
        lines.append(last[last.find("#") :].rstrip())
    return (first[first.find("#") :].rstrip() if "#" in first else ""), lines
