"""Who owns an address, and what labels a pod has: learnt as the events come."""

from bisect import bisect_right
from typing import Any, NamedTuple

from whyreset.basis.network import is_own
from whyreset.model.event import Event, as_text

_LIMIT = 65536
_HISTORY = 16
"""Owners of one address: pods in the host's network share it, and take turns without end."""
_LINK_LOCAL = ("169.254.", "fe80:", "0.0.0.0")


class Owner(NamedTuple):
    """A pod, as far as it is known."""

    namespace: str | None
    workload: str | None
    pod: str


class Owners:
    """Address to pod over time; a reused address has several owners, one after the other.

    `labelled` says that rules ask for the labels of pods.
    """

    def __init__(self, *, labelled: bool = False) -> None:
        self.labelled = labelled
        self._history: dict[str, list[tuple[int, Owner]]] = {}
        self._addresses: dict[str, set[tuple[str | None, str]]] = {}
        self._labels: dict[str, dict[str | None, str]] = {}  # pod -> namespace -> labels
        self._guests: dict[tuple[str | None, str], None] = {}  # pods in the network of their host

    def learn(self, event: Event) -> None:
        """Take what the event says: `address` events, and the local side of resets."""
        if event.kind == "address":
            address = event.fields.get("address")
            self._label(event)
        else:
            address = event.fields.get("local")
            history = self._history.get(str(address))
            if history and _is_same(history[-1][1], event.source.namespace, event.source.pod):
                return  # the usual case: nothing new
        pod = event.get("pod")
        if pod is None:
            return
        owner = Owner(as_text(event.get("namespace")), as_text(event.get("workload")), str(pod))
        if event.kind == "address" and event.fields.get("host_network"):
            self._note_guest(owner)
        elif address and not self._is_of_node(str(address), owner):
            self._add(str(address), event.time, owner)

    def state(self) -> Any:
        """What was learnt, for a snapshot."""
        return self._history, self._addresses, self._labels, self._guests

    def set_state(self, state: Any) -> None:
        """Go on from a snapshot."""
        self._history, self._addresses, self._labels, self._guests = state

    def labels_of(self, event: Event) -> str | None:
        """The labels of the pod that printed an event; None where they are not known."""
        source = event.source
        if source.labels is not None or source.pod is None:
            return source.labels
        known = self._labels.get(source.pod, {})
        if source.namespace is None and len(known) == 1:
            return next(iter(known.values()))
        return known.get(source.namespace)

    def _label(self, event: Event) -> None:
        labels, pod = event.fields.get("labels"), event.get("pod")
        if labels is None or pod is None:
            return
        if len(self._labels) >= _LIMIT and pod not in self._labels:
            self._labels.pop(next(iter(self._labels)))
        self._labels.setdefault(str(pod), {})[as_text(event.get("namespace"))] = str(labels)

    def _note_guest(self, owner: Owner) -> None:
        if len(self._guests) >= _LIMIT:
            self._guests.pop(next(iter(self._guests)))
        self._guests[owner.namespace, owner.pod] = None

    def _is_of_node(self, address: str, owner: Owner) -> bool:
        """Whether an address that a pod uses is not its own: that of its node, or of the loopback
        that each pod has."""
        guest = (owner.namespace, owner.pod) in self._guests
        return guest or is_own(address) or address.startswith(_LINK_LOCAL)

    def _add(self, address: str, time: int, owner: Owner) -> None:
        history = self._history.get(address)
        if history is None:
            if len(self._history) >= _LIMIT:
                self._drop(next(iter(self._history)))
            self._history[address] = [(time, owner)]
        elif not history or _is_same(history[-1][1], owner.namespace, owner.pod):
            return
        elif any(_is_same(each, owner.namespace, owner.pod) for _, each in history):
            self._drop(address)
            self._history[address] = []  # two that take turns share it: it is their node's
            return
        else:
            history.append((time, owner))
            del history[:-_HISTORY]
        if owner.workload:
            self._addresses.setdefault(owner.workload, set()).add((owner.namespace, address))

    def _drop(self, address: str) -> None:
        for _, owner in self._history.pop(address):
            known = self._addresses.get(owner.workload or "", set())
            known.discard((owner.namespace, address))
            if owner.workload and not known:
                self._addresses.pop(owner.workload, None)

    def of(self, address: str, time: int) -> list[Owner]:
        """The owners up to `time`, the newest first; the first one known when none was before."""
        history = self._history.get(address)
        if not history:
            return []
        upto = bisect_right(history, time, key=lambda entry: entry[0])
        return [owner for _, owner in reversed(history[: max(upto, 1)])]

    def addresses(self, namespace: str | None, workload: str, pod: str | None = None) -> set[str]:
        """Every address that a pod of the workload, or this one, has had."""
        return {
            address
            for within, address in self._addresses.get(workload, ())
            if (within is None or namespace is None or within == namespace)
            and (pod is None or any(owner.pod == pod for _, owner in self._history[address]))
        }


def _is_same(owner: Owner, namespace: str | None, pod: str | None) -> bool:
    """Whether an owner is that pod; a namespace that is not known may be any."""
    return owner.pod == pod and (namespace in (None, owner.namespace) or owner.namespace is None)
