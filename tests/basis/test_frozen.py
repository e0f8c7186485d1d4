"""Frozen values: as a frozen dataclass behaves, so do they."""

import pickle
from typing import Any

import pytest

from whyreset.basis.frozen import Frozen, replace


class Point(Frozen):
    x: int
    y: int = 0


class Named(Point, kw_only=True):
    name: str | None = None


class Other(Frozen):
    x: int
    y: int = 0


class Alone(Frozen):
    only: tuple[int, ...]


def test_fields_by_place_and_by_name() -> None:
    assert (Point(1).x, Point(1).y) == (1, 0)
    assert Point(1, 2) == Point(y=2, x=1)
    named = Named(x=1, name="a")
    assert (named.x, named.y, named.name) == (1, 0, "a")


@pytest.mark.parametrize(
    ("kind", "values", "names"),
    [
        (Point, (), {}),
        (Point, (), {"y": 1}),
        (Point, (1, 2, 3), {}),
        (Point, (1,), {"x": 1}),
        (Point, (1,), {"z": 1}),
        (Named, (1,), {}),
    ],
)
def test_wrong_fields(kind: type, values: tuple[int, ...], names: dict[str, int]) -> None:
    with pytest.raises(TypeError, match=f"{kind.__name__} takes x, y"):
        kind(*values, **names)


def test_equality_is_of_one_class() -> None:
    assert Point(1) == Point(1, 0)
    assert Point(1) != Point(2)
    assert Point(1) != Other(1)
    assert Point(1) != Named(x=1)
    assert Point(1) != (1, 0)


def test_hash_goes_with_equality() -> None:
    assert {Point(1): "a"}[Point(1, 0)] == "a"
    assert hash(Alone((1,))) == hash(Alone((1,)))
    with pytest.raises(TypeError):
        hash(Alone([1]))  # type: ignore[arg-type]


def test_nothing_changes() -> None:
    point: Any = Point(1)
    for change in (lambda: setattr(point, "x", 2), lambda: delattr(point, "x")):
        with pytest.raises(AttributeError, match="x of a Point"):
            change()
    assert point == Point(1)


def test_replace() -> None:
    assert replace(Named(x=1, name="a"), x=5) == Named(x=5, name="a")
    assert replace(Point(1), y=2) == Point(1, 2)
    with pytest.raises(TypeError):
        replace(Point(1), z=2)


@pytest.mark.parametrize("value", [Point(1), Named(x=1, name="a"), Alone((1, 2))], ids=repr)
def test_pickle(value: Frozen) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(value, protocol))
        assert (type(again), again) == (type(value), value)


def test_repr_and_patterns() -> None:
    assert repr(Named(x=1)) == "Named(x=1, y=0, name=None)"
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
        case _:
            pytest.fail("a frozen value takes patterns by place")
