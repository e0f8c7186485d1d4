"""Names of which several files have one: told apart within, and shown as they were written."""

import re

_MARK = "ː"
"""No rule file can have it in a name."""


def numbered(name: str, number: int) -> str:
    """The name of one file's definition among those of the same name."""
    return f"{name}{_MARK}{number}"


def plain(text: str) -> str:
    """A text with its names as they were written."""
    return re.sub(rf"{_MARK}\d+", "", text) if _MARK in text else text
