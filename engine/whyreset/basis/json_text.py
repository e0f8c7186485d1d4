"""JSON, by orjson: its import takes longer than reading the rules, and many inputs have none."""

from typing import Any


def decode(text: str | bytes) -> Any:
    """The value that a text says; ValueError if it is not JSON."""
    import orjson  # noqa: PLC0415 - see above

    return orjson.loads(text)


def encode(value: object) -> bytes:
    """The compact text of a value; TypeError if it has none, as a text that is no UTF-8 has."""
    import orjson  # noqa: PLC0415 - see above

    return orjson.dumps(value)
