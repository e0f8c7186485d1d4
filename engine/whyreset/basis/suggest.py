"""Did you mean: the nearest known word, when it is near."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word closest to a misspelt one, or None when none is close."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.66)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A ready sentence for a hint, or None."""
    found = nearest(word, known)
    return f"did you mean `{found}`?" if found else None
