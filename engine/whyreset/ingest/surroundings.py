"""Surroundings: what must stand before a message in its line, and what must not stand in it."""

from functools import lru_cache
from typing import Any

from whyreset.model.definition import Definition


class Surroundings:
    """What the `after` and `skip` lines of a definition ask of the line of a message."""

    def __init__(self, definition: Definition) -> None:
        self._afters = definition.afters
        self._skips = definition.skips

    def admit(self, text: str, place: int, timeout: float) -> bool:
        """Whether they let the message at a place of a record count.

        TimeoutError where an expression takes longer than `timeout` seconds.
        """
        begin, end = line_around(text, place)
        line, lead = text[begin:end], text[begin:place]
        return all(
            limited_pattern(after).search(lead, timeout=timeout) for after in self._afters
        ) and not any(limited_pattern(skip).search(line, timeout=timeout) for skip in self._skips)


def line_around(text: str, place: int) -> tuple[int, int]:
    """Where the line around a place begins and ends."""
    end = text.find("\n", place)
    return text.rfind("\n", 0, place) + 1, end if end >= 0 else len(text)


@lru_cache(maxsize=4096)
def limited_pattern(text: str) -> Any:
    """A pattern whose searches can be limited in time."""
    import regex  # noqa: PLC0415 - slow to import, and many inputs need none of it

    return regex.compile(text)
