"""Why was this connection reset by peer?"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whyreset.model.diagnostic import RuleError as RuleError
    from whyreset.model.record import Record as Record
    from whyreset.model.record import Source as Source
    from whyreset.model.verdict import Finding as Finding
    from whyreset.model.verdict import Labelled as Labelled
    from whyreset.model.verdict import Verdict as Verdict
    from whyreset.run.engine import Engine as Engine

__version__ = "0.1.0"

_HOMES = {
    "Engine": "run.engine",
    "Finding": "model.verdict",
    "Labelled": "model.verdict",
    "Record": "model.record",
    "RuleError": "model.diagnostic",
    "Source": "model.record",
    "Verdict": "model.verdict",
}
"""The module of each public name: imported on first use, so that the command starts quickly."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
