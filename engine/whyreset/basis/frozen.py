"""Values that do not change: what frozen dataclasses are, at a small part of their start-up."""

from operator import attrgetter
from typing import Any, ClassVar, TypeVar, dataclass_transform

_T = TypeVar("_T", bound="Frozen")


@dataclass_transform(frozen_default=True)
class Frozen:
    """The base of values: what a subclass annotates is a field, what it assigns a default.

    A dataclass writes and compiles its methods anew for each class, a millisecond every time;
    these are shared. Values of one class are equal where all fields are; a type checker knows
    the fields as it knows a dataclass's. What is made for every line is better a NamedTuple.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _known: ClassVar[frozenset[str]] = frozenset()
    _needed: ClassVar[frozenset[str]] = frozenset()
    _content: ClassVar["attrgetter[Any]"]
    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        own = [name for name in cls.__annotations__ if name not in cls._known]
        cls._fields = (*cls._fields, *own)
        cls._known = frozenset(cls._fields)
        cls._needed = frozenset(name for name in cls._fields if not hasattr(cls, name))
        cls._content = attrgetter(*cls._fields)
        cls.__match_args__ = () if kw_only else cls._fields  # type: ignore[misc]

    def __init__(self, *values: Any, **named: Any) -> None:
        given = dict(zip(self.__match_args__, values), **named)  # noqa: B905 - counted below
        if (
            len(given) != len(values) + len(named)
            or not self._needed <= given.keys()
            or not given.keys() <= self._known
        ):
            wanted = ", ".join(self._fields)
            raise TypeError(f"{type(self).__name__} takes {wanted}, not {values} and {named}")
        # A default stays in the class: what is not stored need not be pickled.
        self.__dict__.update(given)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} of a {type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{name} of a {type(self).__name__} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return bool(self._content(self) == self._content(other))

    def __hash__(self) -> int:
        return hash(self._content(self))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__qualname__}({fields})"


def replace(value: _T, /, **changes: Any) -> _T:
    """The same value but for these fields."""
    return type(value)(**{**vars(value), **changes})
