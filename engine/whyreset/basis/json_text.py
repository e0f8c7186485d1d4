"""JSON, by orjson: its import takes longer than reading the rules, and many inputs have none."""

from collections import deque
from collections.abc import Iterable
from typing import Any


def decode(text: str | bytes) -> Any:
    """The value that a text says; ValueError if it is not JSON."""
    import orjson  # noqa: PLC0415 - see above

    return orjson.loads(text)


def are_json(texts: Iterable[bytes]) -> bool:
    """Whether all of many texts can be decoded."""
    import orjson  # noqa: PLC0415 - see above

    try:
        deque(map(orjson.loads, texts), maxlen=0)
    except ValueError:
        return False
    return True


def encode(value: object) -> bytes:
    """The compact text of a value; TypeError if it has none, as a text that is no UTF-8 has."""
    import orjson  # noqa: PLC0415 - see above

    return orjson.dumps(value)
