"""What rule files define, and where: found in the outline, so that a broken file has them too."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from whyreset.editor.outline import Line, Token, outline, unquoted

NETWORK, SETTING, TEAM, KIND, RULE, CLAUSE, TEST, PATTERN = (
    "network", "setting", "team", "kind", "rule", "clause", "test", "pattern",
)  # fmt: skip
_BY_WORD = {
    "network": NETWORK, "setting": SETTING, "team": TEAM, "event": KIND, "rule": RULE,
    "pattern": PATTERN,
}  # fmt: skip


class Symbol(NamedTuple):
    """A definition: `owner` is the rule of a clause or a test; offsets into its file's text."""

    kind: str
    name: str
    start: int
    end: int
    owner: str = ""
    extends: bool = False


class Place(NamedTuple):
    """A symbol, and the file that it stands in."""

    path: Path
    text: str
    symbol: Symbol


@lru_cache(maxsize=256)
def symbols(text: str) -> tuple[Symbol, ...]:
    """Everything that a text defines, in order."""
    return tuple(_symbols(outline(text)))


def owner_of(blocks: tuple[tuple[str, ...], ...]) -> str:
    """The rule whose body these blocks are; empty outside of rules."""
    head = blocks[0] if blocks else ()
    if head[:1] == ("rule",):
        return head[1] if len(head) > 1 else ""
    return head[2] if head[:2] == ("extend", "rule") and len(head) > 2 else ""


def _symbols(lines: list[Line]) -> Iterator[Symbol]:
    for line in lines:
        tokens = line.tokens
        if not tokens:
            continue
        extends = tokens[0].text == "extend"
        head = tokens[extends:]
        if not line.blocks:
            kind = _BY_WORD.get(head[0].text) if head else None
            if kind and len(head) > 1:
                yield _symbol(kind, head[1], extends=extends)
            continue
        owner = owner_of(line.blocks)
        if not owner:
            continue
        if tokens[0].kind == "name":
            extends = line.blocks[0][0] == "extend"
            yield _symbol(CLAUSE, tokens[0], owner, extends=extends)
        elif tokens[0].text == "test" and len(tokens) > 1 and line.opens:
            yield _symbol(TEST, tokens[1], owner)


def _symbol(kind: str, token: Token, owner: str = "", *, extends: bool = False) -> Symbol:
    return Symbol(kind, unquoted(token.text), token.start, token.end, owner, extends)
