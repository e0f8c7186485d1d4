"""Rules that change while they are in force: looked at, checked whole, then swapped or refused."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from whyreset.language.load import load
from whyreset.model.diagnostic import RuleError
from whyreset.model.rule import Plan

_COMPILING = 40 << 20
"""Bytes that it takes to compile the shipped rules, for a moment."""

Signature = tuple[tuple[str, int, int, int], ...]


class Rules:
    """The rules in force; `look` gives a new plan when the files say something else.

    A change is taken up once the files were the same at two looks: an editor or a ConfigMap
    swaps them in several steps. `notes` are sentences to be said; `make_room` is asked for the
    bytes that it will take to compile them.
    """

    def __init__(self, paths: Sequence[Path], *, builtin: bool, plan: Plan) -> None:
        self.plan = plan
        self.notes: list[str] = []
        self.reloaded = self.refused = 0
        self.is_current = True
        self.make_room: Callable[[int], None] = lambda _: None
        self._paths = list(paths)
        self._builtin = builtin
        self._loaded = self._pending = self._signature()

    def look(self, *, at_once: bool = False) -> Plan | None:
        """The plan to swap to; None where nothing changed, or it was refused."""
        signature = self._signature()
        if not at_once:
            if signature == self._loaded:
                return None
            if signature != self._pending:
                self._pending = signature
                self.make_room(_COMPILING)
                return None
        self._loaded = self._pending = signature
        return self._load(asked=at_once)

    @property
    def folders(self) -> set[str]:
        """The folders in which a change would show."""
        found = {str(path) if path.is_dir() else str(path.parent) for path in self._paths}
        return found | {os.path.dirname(name) or "." for name in self.plan.files}

    def _load(self, *, asked: bool) -> Plan | None:
        try:
            plan = load(self._paths, builtin=self._builtin)
        except RuleError as error:
            self._refuse(str(error))
            return None
        except OSError as error:
            self._refuse(f"{error.filename}: {error.strerror}")
            return None
        self.is_current = True
        if plan == self.plan:
            if asked:
                self.notes.append("the rules are the same as before")
            return None
        self.plan = plan
        self.reloaded += 1
        self.notes.append(f"rules reloaded: {len(plan.rules)} rules in force")
        return plan

    def _refuse(self, reason: str) -> None:
        self.refused += 1
        self.is_current = False
        self.notes.append(f"{reason}\nthe new rules are refused; the old ones stay in force")

    def _signature(self) -> Signature:
        """Name, inode, size and time of every rule file, through all links."""
        found: dict[str, tuple[str, int, int, int]] = {}
        for name in [*map(str, self._files()), *self.plan.files]:
            try:
                status = os.stat(name)
            except OSError:
                found[name] = (name, 0, 0, 0)
                continue
            found[name] = (name, status.st_ino, status.st_size, status.st_mtime_ns)
        return tuple(sorted(found.values()))

    def _files(self) -> list[Path]:
        files: list[Path] = []
        for path in self._paths:
            files += sorted(path.glob("*.rules")) if path.is_dir() else [path]
        return files
