"""Places in a source text."""

from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of a text: lines and columns count from 1, `end_column` is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
