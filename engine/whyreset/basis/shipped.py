"""Where the shipped rules and grammars are: in the wheel, or beside the checkout."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[3]


def shipped(kind: str) -> Traversable:
    """The folder of shipped files of one kind (`rules`, `grammars`); FileNotFoundError if lost."""
    inside = files("whyreset").joinpath(kind)
    if inside.is_dir():
        return inside
    beside = _CHECKOUT / kind
    if beside.is_dir():
        return beside
    raise FileNotFoundError(f"whyreset was installed without its {kind}: reinstall the package")
