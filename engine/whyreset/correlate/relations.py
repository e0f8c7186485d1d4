"""Relations: what a clause asks for, and which events are related to a reset."""

from collections.abc import Callable, Iterable
from functools import partial
from operator import is_not
from typing import NamedTuple

from whyreset.basis.network import is_own
from whyreset.model.definition import Condition
from whyreset.model.event import Event

ENDS = ("reset", "disconnect")
"""Kinds whose events tell of the end of a connection, and may be the reset in question."""


class Question(NamedTuple):
    """What a clause asks for: events of a kind that meet conditions, related to a reset."""

    kind: str
    relation: str | None
    conditions: tuple[Condition, ...]

    def __hash__(self) -> int:  # that of the conditions would cost more than the look-up
        return hash((self.kind, self.relation))


def _speaker(event: Event) -> str:
    """Who spoke: the client of a request, or the other end of a connection."""
    fields = event.fields
    known = fields.get("peer" if event.kind in ENDS else "client")
    return str(known or fields.get("peer") or "")


KEYS: dict[str | None, Callable[[Event], str]] = {
    None: lambda _: "",
    "from peer": _speaker,
    "from caller": _speaker,
    "from pod": lambda event: str(event.fields.get("client") or ""),
    "on pod": lambda event: str(event.get("pod")),
    "on peer": lambda event: str(event.get("pod")),
    "on workload": lambda event: str(event.get("workload")),
    "on node": lambda event: str(event.get("node")),
}
"""By relation the key of an event; those of `to workload` are several."""


FIELDS = {"from peer": "peer", "from caller": "peer", "on pod": "pod", "on workload": "workload"}
"""By relation the field of the reset that the key of an event must be."""


def related(
    question: Question, reset: Event, namespace: str | None, key: str, events: Iterable[Event]
) -> Iterable[Event]:
    """Of the events under a key those that are related to a reset; it is not to itself."""
    if question.kind in ENDS:
        events = filter(partial(is_not, reset), events)
    if question.relation == "from caller" or is_own(key):
        return filter(partial(_is_of_same_pod, reset), events)
    return events if namespace is None else filter(partial(_is_within, namespace), events)


def _is_of_same_pod(reset: Event, event: Event) -> bool:
    """Whether an event is about the pod that logged a reset: of pods that are not known, one has
    one log."""
    within, pod = reset.source.namespace, event.get("pod")
    if pod != reset.get("pod"):
        return False
    if pod is None:
        return event.source.name == reset.source.name
    return within is None or _is_within(within, event)


def _is_within(namespace: str, event: Event) -> bool:
    """Pods and workloads of the same name in two namespaces are not the same."""
    own = event.fields
    # an event about another pod says nothing of its namespace by where it was printed
    elsewhere = "pod" in own or "workload" in own
    theirs = own.get("namespace") if elsewhere else event.get("namespace")
    return theirs is None or theirs == namespace
