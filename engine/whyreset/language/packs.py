"""Packs of rules: installed Python packages that name themselves by an entry point.

`[project.entry-points."whyreset.rules"]` with `acme = "acme_rules"` makes the *.rules files in the
folder of the package `acme_rules` the pack `acme`. Nothing of the package is run.
"""

from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

GROUP = "whyreset.rules"


def pack_names() -> list[str]:
    """The packs that are installed."""
    return sorted({each.name for each in entry_points(group=GROUP)})


def find_pack(name: str) -> Path | None:
    """The folder of a pack; None if there is none of this name, or it is no plain folder."""
    for each in entry_points(group=GROUP, name=name):
        top, *parts = each.module.split(".")  # the name of a module inside would run the package
        try:
            spec = find_spec(top)
        except (ImportError, ValueError):
            continue
        for place in (spec.submodule_search_locations or ()) if spec else ():
            folder = Path(place, *parts)
            if folder.is_dir():
                return folder
    return None
