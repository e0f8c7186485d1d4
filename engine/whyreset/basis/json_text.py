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
    """The compact text of a value; what is no UTF-8 is shown escaped. TypeError if it has none."""
    import orjson  # noqa: PLC0415 - see above

    try:
        return orjson.dumps(value)
    except TypeError:
        # the name of a pod or a rule may come from a file name, and those are any bytes
        return orjson.dumps(_readable(value))


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {key: _readable(each) for key, each in value.items()}
    return [_readable(each) for each in value] if isinstance(value, list | tuple) else value
