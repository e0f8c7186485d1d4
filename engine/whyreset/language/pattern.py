"""Patterns: what a template or a log format is compiled to, and how its text is read."""

from whyreset.basis.frozen import Frozen

LONGEST = 4000
"""Characters: what a pattern takes to be read and compiled is bounded by it."""


class CompiledPattern(Frozen):
    """A regular expression (syntax of the `regex` module, searched) and its groups' types.

    `tame`: a search of a short text cannot take long, so that it needs no time limit.
    `types` pairs each named group with addr, ip, port, int, num, duration[:unit], word or rest.
    """

    pattern: str
    types: tuple[tuple[str, str], ...]
    tame: bool = False


class PatternError(ValueError):
    """A template or log format that cannot be read: what, where in its text, and the cure."""

    def __init__(self, message: str, offset: int, length: int = 1, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.length = length
        self.hint = hint


def refuse_long(text: str) -> None:
    """PatternError for a pattern that no line of a log can need."""
    if len(text) > LONGEST:
        hint = "leave out what is not needed to find the line, or write two patterns"
        raise PatternError(f"longer than {LONGEST} characters", 0, len(text), hint)


class Token(Frozen):
    """One piece of a template or format: the terminal that matched, its text and its place."""

    kind: str
    text: str
    offset: int


def read_tokens(grammar: str, text: str, hint: str) -> list[Token]:
    """Cut `text` into tokens by a shipped grammar; PatternError where it does not fit.

    `hint` is the cure to offer for a piece that no terminal of the grammar matches.
    """
    from lark import Token as Leaf  # noqa: PLC0415  only paid when a rule file is compiled
    from lark import UnexpectedInput  # noqa: PLC0415

    from whyreset.language.tables import parser_of  # noqa: PLC0415

    try:
        tree = parser_of(grammar).parse(text)
    except UnexpectedInput as error:
        place = error.pos_in_stream
        offset = len(text) if place is None or place < 0 else min(place, len(text))
        found = f"`{text[offset]}`" if offset < len(text) else "its end"
        raise PatternError(f"cannot be read at {found}", offset, 1, hint) from None
    leaves = [leaf for leaf in tree.children if isinstance(leaf, Leaf)]
    return [Token(leaf.type, str(leaf), leaf.start_pos or 0) for leaf in leaves]
