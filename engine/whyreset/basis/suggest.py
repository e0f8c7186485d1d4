"""Did you mean: the nearest known word, when it is near."""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word closest to a misspelt one, or None when none is close.

    Of words about as close, one of the same letters is meant before one of the same beginning.
    """
    found = get_close_matches(word, list(known), n=3, cutoff=0.66)
    return max(found, key=lambda each: _likeness(word, each), default=None)


def _likeness(word: str, other: str) -> float:
    ratio = SequenceMatcher(None, other, word).ratio()
    return ratio + 0.2 * (sorted(word) == sorted(other)) + 0.02 * (word[:1] == other[:1])


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A ready sentence for a hint, or None."""
    found = nearest(word, known)
    return f"did you mean `{found}`?" if found else None
