"""Checks a regular expression of a rule file: it compiles, it is bounded, and it says something."""

import re

import regex

from whyreset.language.literals import parsed
from whyreset.language.pattern import PatternError, refuse_long

# Rule files are untrusted. Time is bounded where an expression runs; its size is bounded here,
# since the `regex` module writes out the least count of each repeat, and nested ones multiply.
_MOST_STATES = 60_000
_PIECE = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(|\)|\{\s*(?P<least>[0-9]+)\s*(?=[,}])|(?P<some>\+)|.",
    re.DOTALL,
)


def group_names(text: str, *, is_part: bool = False) -> list[str]:
    """The names of the groups in order; PatternError for an expression that cannot be used.

    A part of others may match the empty text. What the standard library reads in the same way, and
    cannot match the empty text, need not be compiled to know that.
    """
    refuse_long(text)
    if _states(text) > _MOST_STATES:
        message, hint = "its nested repeats multiply to too many states", "nest fewer repeats"
        raise PatternError(message, 0, len(text), hint)
    tree = parsed(text)
    if tree is not None and tree.getwidth()[0]:
        return list(tree.state.groupdict)
    try:
        compiled = regex.compile(text)
        matches_nothing = compiled.match("", timeout=1)
    except regex.error as error:
        raise PatternError(str(error.msg), min(error.pos or 0, len(text))) from None
    except RecursionError:
        hint = "nest fewer groups"
        raise PatternError("its groups are nested too deeply", 0, len(text), hint) from None
    # What the module raises for odd expressions is not documented; none may end the program.
    except Exception as error:
        raise PatternError(f"{type(error).__name__}: {error}", 0, len(text)) from None
    if matches_nothing and not is_part:
        hint = "write a part of the line that is always the same"
        raise PatternError("it matches the empty text, so every line", 0, len(text), hint)
    return sorted(compiled.groupindex, key=compiled.groupindex.__getitem__)


def _states(text: str) -> int:
    """About how large the expression is when compiled: each repeat writes out what it repeats."""
    outer: list[int] = []  # the sizes of what stands before each group that is open
    size = last = 0
    for found in _PIECE.finditer(text):
        piece = found[0]
        if piece == "(":
            outer.append(size)
            size = last = 0
        elif piece == ")" and outer:
            last, size = size, outer.pop() + size
        elif found["some"] or found["least"]:
            least = 1 if found["some"] else min(int(found["least"][:9]), _MOST_STATES)
            size += last * least
            last *= least + 1
        else:
            size, last = size + 1, 1
        if size > _MOST_STATES:
            break
    return size
