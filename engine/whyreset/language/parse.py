"""Parses one rule file; imported only where a text is not in the cache, for lark is slow."""

from lark import Token, Tree, UnexpectedInput

from whyreset.language.build import build
from whyreset.language.matchers import MatcherMaker
from whyreset.language.named_patterns import NamedPatterns
from whyreset.language.report import Desk
from whyreset.language.syntax import explain, glued_word, say_glued
from whyreset.language.tables import parser_of
from whyreset.language.tree import Statement


def parse(text: str, desk: Desk) -> tuple[Statement, ...]:
    """The statements of a file; what is wrong goes to the desk, and nothing is returned."""
    parser = parser_of("rules")
    try:
        parsed = parser.parse(text)
    except UnexpectedInput as error:
        explain(error, parser, text, desk)
        return ()
    for token in parsed.scan_values(lambda each: isinstance(each, Token)):
        if token.type in ("NAME", "AMOUNT") and glued_word(token, text):
            say_glued(token, text, parser, desk)
            return ()
    return build(parsed, MatcherMaker(desk, NamedPatterns(_lines(parsed))))


def _lines(parsed: Tree[Token]) -> dict[str, int]:
    """The line of each pattern that is stated."""
    names = [
        each.children[0]
        for each in parsed.children
        if isinstance(each, Tree) and each.data == "pattern"
    ]
    return {str(name): name.line or 1 for name in names if isinstance(name, Token)}
