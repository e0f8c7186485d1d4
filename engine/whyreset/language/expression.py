"""Checks a regular expression of a rule file: it compiles, it is bounded, and it says something."""

import re
from math import prod

import regex

from whyreset.language.pattern import PatternError

# Rule files are untrusted. Time is bounded where an expression runs; its size is bounded here,
# since the `regex` module writes out the least count of each repeat, and nested ones multiply.
_LONGEST = 4000
_MOST_STATES = 200_000
_REPEAT = re.compile(r"(?P<after>[)}]?)\s*\{\s*(?P<least>[0-9]+)\s*(?=[,}])")


def group_names(text: str) -> list[str]:
    """The names of the groups in order; PatternError for an expression that cannot be used."""
    if len(text) > _LONGEST:
        raise PatternError(f"longer than {_LONGEST} characters", 0, len(text))
    if _states(text) > _MOST_STATES:
        raise PatternError("its counted repeats multiply to too many states", 0, len(text))
    try:
        compiled = regex.compile(text)
        matches_nothing = compiled.match("", timeout=1)
    except regex.error as error:
        raise PatternError(str(error.msg), min(error.pos or 0, len(text))) from None
    # What the module raises for odd expressions is not documented; none may end the program.
    except Exception as error:
        raise PatternError(f"{type(error).__name__}: {error}", 0, len(text)) from None
    if matches_nothing:
        raise PatternError("it matches the empty text, so every line", 0, len(text))
    return sorted(compiled.groupindex, key=compiled.groupindex.__getitem__)


def _states(text: str) -> int:
    """An upper bound of the size when compiled: as if every repeated group held all the others."""
    single, groups = len(text), []
    for found in _REPEAT.finditer(text):
        least = int(found["least"]) if len(found["least"]) < 10 else _MOST_STATES
        if found["after"]:
            groups.append(max(1, least))
        else:
            single += least
    return single * prod(groups)
