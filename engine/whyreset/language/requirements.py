"""`requires whyreset >= 0.2`: seen before a file is parsed, for it may need newer grammar."""

import operator
import re

from whyreset import __version__
from whyreset.basis.lazy import lazy
from whyreset.basis.span import Span
from whyreset.language.report import Desk

VERSION_OPERATORS = {
    ">=": operator.ge,
    ">": operator.gt,
    "=": operator.eq,
    "<=": operator.le,
    "<": operator.lt,
}
_REQUIRES = lazy(
    r"(?:^|;)[ \t\f]*requires[ \t\f]+whyreset[ \t\f]*(>=|<=|>|<|=)[ \t\f]*([0-9][\w.]*)",
    re.MULTILINE,
)


def is_met(text: str, desk: Desk) -> bool:
    """Whether this version of whyreset can read the file; noted if not."""
    if "requires" not in text:
        return True
    for found in _REQUIRES.finditer(text):
        if VERSION_OPERATORS[found[1]](_parts(__version__), _parts(found[2])):
            continue
        line = text.count("\n", 0, found.start(1)) + 1
        column = found.start(1) - text.rfind("\n", 0, found.start(1))
        span = Span(line, column, line, column + len(found[1]) + 1 + len(found[2]))
        message = f"this file needs whyreset {found[1]} {found[2]}, and this is {__version__}"
        desk.say("E040", message, span, "install that version, or take an older file")
        return False
    return True


def _parts(version: str) -> tuple[int, ...]:
    """The numbers of a version, three of them: 0.2 is 0.2.0."""
    numbers = [int(part[:9]) for part in re.findall(r"\d+", version)[:3]]
    return (*numbers, 0, 0, 0)[:3]
