"""Names of services: the workload that a proxy means by `shop-cart-80`, a caller by `cart.shop`."""

import re
from itertools import dropwhile

_NAMES = 4096
"""Names that are remembered: in months there are many."""
_PARTS = 16
"""Parts of a name that are looked at."""
_BEFORE = frozenset({"backend", "be", "bk", "k8s", "kube", "service", "svc", "upstream"})
_BEHIND = frozenset({
    "app", "backend", "grpc", "h2", "h2c", "http", "http2", "https", "main", "pool", "port",
    "server", "service", "srv", "svc", "tcp", "tls", "web", "ws", "wss",
})  # fmt: skip
"""What proxies and charts put around a service's name, names of ports among it."""
_PORT = re.compile(r"\d{1,5}|(?=[a-f]*\d)[\da-f]{6,}")
"""A port, or a hash."""

_Meaning = tuple[str | None, str]
"""A namespace, if the name has one, and a workload."""


class Upstreams:
    """The names that were seen, and what each may stand for."""

    def __init__(self) -> None:
        self._names: dict[str, frozenset[_Meaning]] = {}

    def learn(self, name: str) -> None:
        """A proxy has sent a request there."""
        if name not in self._names:
            if len(self._names) >= _NAMES:
                self._names.pop(next(iter(self._names)))
            self._names[name] = _meanings(name)

    def of(self, namespace: str | None, workload: str) -> set[str]:
        """The names that may stand for a workload; without its namespace, in any."""
        return {
            name
            for name, meanings in self._names.items()
            if any(
                meant == workload and (within is None or namespace in (None, within))
                for within, meant in meanings
            )
        }


def _meanings(name: str) -> frozenset[_Meaning]:
    """`shop-cart-80` (nginx: namespace, service, port), `shop-cart-http@kubernetes` (Traefik),
    `be_cart/srv1` (HAProxy), `outbound|80||cart.shop.svc.cluster.local` (Istio): a service is named
    as its workload."""
    labels = name.partition("@")[0].partition("/")[0].rpartition("|")[2].split(".")
    is_dns = len(labels) == 2 or labels[2:3] == ["svc"]
    parts = labels[0].replace("_", "-").split("-")[:_PARTS]
    found = set()
    for start in range(len(parts)):
        before = list(dropwhile(_BEFORE.__contains__, parts[:start]))
        if is_dns and before:
            break
        within = labels[1] if is_dns else "-".join(before) or None
        for end in range(start + 1, len(parts) + 1):
            if all(part in _BEHIND or _PORT.fullmatch(part) for part in parts[end:]):
                found.add((within, "-".join(parts[start:end])))
    return frozenset(found)


def service_of(host: str) -> _Meaning:
    """What a caller may mean by the name of a host: `cart`, `cart.shop.svc.cluster.local`, or one
    pod of several, `db-0.db.shop.svc`. A name of the world means nothing that is here."""
    match host.split("."):
        case [pod, _, namespace, "svc", *_]:
            return namespace, pod
        case [service, namespace] | [service, namespace, "svc", *_]:
            return namespace, service
        case _:
            return None, host
