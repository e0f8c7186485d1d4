"""Guards: negative look-behinds of open length, which rule out most of a text for a match.

`(?<!subject: "[^"]{0,300})` makes every search many times slower, and strikes hardly ever. Where
none of the texts that such a guard needs is in a record, the pattern without it finds the same.
"""

import re

from whyreset.language.literals import alternatives

_OPENS = "(?<!"


def without_guards(pattern: str) -> tuple[str, tuple[tuple[str, ...], ...]] | None:
    """The pattern without its guards, and per guard texts of which it needs one to strike.

    None where there are no guards, or it cannot be told what one of them needs.
    """
    kept, guards, at = [], [], 0
    for start, end in _look_behinds(pattern):
        if _is_short(pattern[start:end]):
            continue
        needed = alternatives(pattern[start + len(_OPENS) : end - 1])
        if not needed:
            return None
        kept.append(pattern[at:start])
        guards.append(needed)
        at = end
    return ("".join([*kept, pattern[at:]]), tuple(guards)) if guards else None


def _is_short(guard: str) -> bool:
    """Whether a guard has one length, so that it costs next to nothing."""
    try:
        re.compile(guard)
    except re.error:
        return False
    return True


def _look_behinds(pattern: str) -> list[tuple[int, int]]:
    """Start and end of each negative look-behind that is in no other one."""
    found: list[tuple[int, int]] = []
    at = 0
    while (at := _next_open(pattern, at)) >= 0:
        end = _closing(pattern, at)
        found.append((at, end))
        at = end
    return found


def _next_open(pattern: str, at: int) -> int:
    for place, character in _plain_characters(pattern, at):
        if character == "(" and pattern.startswith(_OPENS, place):
            return place
    return -1


def _closing(pattern: str, at: int) -> int:
    """The place behind the parenthesis that closes the one at a place."""
    depth = 0
    for place, character in _plain_characters(pattern, at):
        depth += (character == "(") - (character == ")")
        if not depth:
            return place + 1
    return len(pattern)


def _plain_characters(pattern: str, at: int) -> list[tuple[int, str]]:
    """The characters from a place on that are neither escaped nor in a class."""
    found: list[tuple[int, str]] = []
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 2
        elif pattern[at] == "[":
            at = _class_end(pattern, at)
        else:
            found.append((at, pattern[at]))
            at += 1
    return found


def _class_end(pattern: str, at: int) -> int:
    """The place behind a character class."""
    closed = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]").match(pattern, at)
    return closed.end() if closed else len(pattern)
