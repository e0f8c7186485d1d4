"""Event kinds, their fields and the types of these fields: built in, and of teams' own events."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from whyreset.language.tree import EventNode
from whyreset.model.event import FIELDS, PLACE_FIELDS, VALUES

_TYPES = {
    "peer": "addr",
    "local": "addr",
    "client": "addr",
    "upstream": "addr",
    "address": "addr",
    "port": "port",
    "status": "int",
    "bytes": "int",
    "duration": "duration",
    "idle": "duration",
    "labels": "labels",
}
NUMERIC = ("int", "port", "num", "duration")
CLIENT_FIELDS = ("client", "peer")
UPSTREAM_FIELDS = ("upstream", "upstream_name")


def type_of_name(name: str) -> str:
    """The type that a field has by its name alone; `word` for names without one."""
    return _TYPES.get(name) or ("port" if name.endswith("_port") else "word")


@dataclass(slots=True)
class Kind:
    """An event kind: the type of each field, places included; `given` in a fixed order."""

    given: tuple[str, ...]
    types: dict[str, str] = field(default_factory=dict)

    def type_of(self, name: str) -> str:
        """The type of a field; `word` for an unknown one, so that one error is enough."""
        return self.types.get(name, "word")

    def has(self, names: Iterable[str]) -> bool:
        """Whether events of this kind carry at least one of the fields as their own."""
        return any(name in self.given for name in names)


class Kinds:
    """All kinds of a plan."""

    def __init__(self) -> None:
        self._kinds = {name: _kind(fields) for name, fields in FIELDS.items()}

    def __getitem__(self, name: str) -> Kind:
        return self._kinds[name]

    def __contains__(self, name: str) -> bool:
        return name in self._kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def learn(self, event: EventNode) -> None:
        """Take the fields that a team's own event block produces."""
        if event.kind.text in FIELDS:
            return
        kind = self._kinds.setdefault(event.kind.text, _kind(()))
        for name, type_name in _produced(event):
            if name not in kind.given and name not in PLACE_FIELDS:
                kind.given += (name,)
                kind.types[name] = type_name

    def fields(self) -> dict[str, tuple[str, ...]]:
        """Kind -> its fields, for the plan."""
        return {name: kind.given for name, kind in self._kinds.items()}


def values_of(kind: str, field: str) -> tuple[str, ...] | None:
    """The only values that a field can have, where the language names them."""
    return VALUES.get(field) if field in FIELDS.get(kind, ()) else None


def _kind(fields: Iterable[str]) -> Kind:
    given = tuple(fields)
    return Kind(given, {name: type_of_name(name) for name in (*PLACE_FIELDS, *given)})


def _produced(event: EventNode) -> Iterable[tuple[str, str]]:
    for matcher in event.matchers:
        mapped = tuple((each.field, each.type) for each in matcher.mapped)
        for name, full_type in (*matcher.types, *mapped):
            type_name = full_type.partition(":")[0]
            yield name, type_name
            if type_name == "addr":
                yield f"{name}_port", "port"
            elif type_name == "request":
                yield "path", "word"
            if type_name in {"request", "url"}:
                yield "host", "word"
    for assignment in event.assignments:
        yield assignment.field.text, type_of_name(assignment.field.text)
