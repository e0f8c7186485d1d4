"""Where the shipped rules and grammars are: in the wheel, or beside the checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = _PACKAGE.parents[1]


def shipped(kind: str) -> Path:
    """The folder of shipped files of one kind (`rules`, `grammars`); FileNotFoundError if lost.

    A plain path, not importlib.resources: that takes longer to import than the rules to load.
    """
    for place in (_PACKAGE / kind, _CHECKOUT / kind):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"installed without its {kind}: reinstall the package")
