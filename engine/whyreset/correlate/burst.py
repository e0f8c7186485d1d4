"""Bursts: events with the same key, no two neighbours further apart than the gap."""

from collections.abc import Callable, Sequence

from whyreset.model.event import Event

Key = tuple[str, ...]


def key_reader(fields: Sequence[str]) -> Callable[[Event], Key]:
    """A function that gives an event's key; a pod is known by its namespace too, and a line
    that names no pod by its source."""
    readers = [_reader(field) for field in fields]
    if len(readers) == 1:
        one = readers[0]
        return lambda event: (one(event),)
    return lambda event: tuple([reader(event) for reader in readers])


def _reader(field: str) -> Callable[[Event], str]:
    if field in ("pod", "workload", "container"):
        at = {"pod": 3, "workload": 2, "container": 4}[field]

        def place(event: Event) -> str:
            source = event.source
            named = source[at]
            return f"{source[1]}/{named}" if named is not None else source[0]

        return place
    return lambda event: str(event.get(field))


def bursts_of(
    events: Sequence[Event], key: Callable[[Event], Key], gap: int
) -> list[tuple[Key, list[Event]]]:
    """The bursts of time-ordered events, in the order of their first events."""
    found: list[tuple[Key, list[Event]]] = []
    open_ones: dict[Key, list[Event]] = {}
    for event in events:
        its_key = key(event)
        burst = open_ones.get(its_key)
        if burst is None or event.time - burst[-1].time > gap:
            burst = open_ones[its_key] = []
            found.append((its_key, burst))
        burst.append(event)
    return found
