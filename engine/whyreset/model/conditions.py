"""What a condition means: one test, of the fields of a match as of an event."""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Protocol

from whyreset.model.definition import Condition
from whyreset.model.event import Value

UNKNOWN = "unknown"
"""`FIELD = unknown`: the line does not say."""

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


class Fielded(Protocol):
    """What has fields: an event, or a mapping of them."""

    def get(self, field: str, /) -> Value | None:
        """The value of a field; None where it is not there."""


Test = Callable[[Fielded], bool]


def condition_test(conditions: Iterable[Condition]) -> Test:
    """One test for all conditions; a field that is not there meets only `= unknown`."""
    tests = [_one(condition) for condition in conditions]
    if not tests:
        return lambda _: True
    if len(tests) == 1:
        return tests[0]
    return lambda event: all(test(event) for test in tests)


def _one(condition: Condition) -> Test:
    name, test = condition.field, value_test(condition)
    return lambda event: test(event.get(name))


def value_test(condition: Condition) -> Callable[[Value | None], bool]:
    """The test of a condition for the value of its field; None is a field that is not there."""
    op, wanted = condition.op, condition.value
    if wanted == UNKNOWN:
        absent = op == "="
        return lambda value: (value is None) is absent
    if op == "~":
        glob = str(wanted)
        return lambda value: value is not None and fnmatchcase(str(value), glob)
    if op in _ORDERS:
        return _order(_ORDERS[op], float(wanted))
    same: Callable[[object, object], bool] = eq if op == "=" else ne

    def test(value: Value | None) -> bool:
        if value is None:
            return False
        if isinstance(value, str) != isinstance(wanted, str):
            return same(str(value), str(wanted))
        return same(value, wanted)

    return test


def _order(compare: Callable[[Any, Any], bool], wanted: float) -> Callable[[Value | None], bool]:
    def test(value: Value | None) -> bool:
        try:
            return value is not None and compare(float(value), wanted)
        except ValueError:  # a text
            return False

    return test
