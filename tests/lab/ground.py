"""The ground of a lab: pods that log in the CRI format, events, a node's journal, and the truth."""

import hashlib
import json
import random
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NS = 1_000_000_000
RESET_WORDS = re.compile(r"connection reset(?!: \d+ byte)|ECONNRESET", re.IGNORECASE)
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody tore a connection: why, at whose side, seen from which address, and when (ns)."""

    label: str
    pod: str
    peer: str | None
    start: int
    end: int


@dataclass(slots=True)
class Pod:
    """One pod, its lines and the truth that its maker stated for them."""

    ground: "Ground"
    namespace: str
    workload: str
    name: str
    container: str
    address: str
    node: str
    born: int
    lines: list[tuple[int, str, str | None, str]] = field(default_factory=list)

    def line(self, text: str, at: int, label: str | None = None, stream: str = "stderr") -> None:
        """Print (several lines are stamped one after the other); `label`: why, if it is stated."""
        for i, part in enumerate(text.split("\n")):
            self.lines.append((at + i * 40_000, part, label, stream))

    @property
    def digest(self) -> str:
        """The container's id."""
        return hashlib.sha256(self.name.encode()).hexdigest()

    @property
    def file(self) -> str:
        return f"{self.name}_{self.namespace}_{self.container}-{self.digest}.log"


class Ground:
    """Where the pods stand; `write` makes a scenario folder of it."""

    def __init__(self, seed: int, start: int) -> None:
        self.draw = random.Random(seed)
        self.seed = seed
        self.start = start
        second = self.draw.choice((42, 52, 60, 99, 230))
        self.pod_net = f"10.{second}"
        self.service_net = f"10.{second + 1}"
        self.node_net = (
            f"{self.draw.choice(('192.168', '172.20', '10.20'))}.{self.draw.randint(1, 99)}"
        )
        self.nodes = [f"{self.node_net}.{10 + i}" for i in range(3)]
        self.balancers: list[str] = []
        self.ingress: list[str] = []
        self.pods: list[Pod] = []
        self.acts: list[Act] = []
        self.events: list[tuple[int, dict[str, Any]]] = []
        self.journal: list[tuple[int, str]] = []
        self.syslog = False  # how the journal is stamped
        self._lock = threading.Lock()
        self._used: set[str] = set()

    def letters(self, count: int) -> str:
        return "".join(self.draw.choice(_LETTERS) for _ in range(count))

    def gateways(self) -> list[str]:
        return [f"{self.pod_net}.{i}.{last}" for i in range(3) for last in (0, 1)]

    def pod_address(self) -> str:
        return self._fresh(
            lambda: f"{self.pod_net}.{self.draw.randint(0, 2)}.{self.draw.randint(20, 250)}"
        )

    def service_address(self) -> str:
        return self._fresh(
            lambda: f"{self.service_net}.{self.draw.randint(1, 250)}.{self.draw.randint(2, 250)}"
        )

    def public_address(self) -> str:
        block = self.draw.choice(("203.0.113", "198.51.100", "192.0.2"))
        return self._fresh(lambda: f"{block}.{self.draw.randint(2, 250)}")

    def balancer(self) -> str:
        address = self._fresh(lambda: f"{self.node_net}.{self.draw.randint(200, 250)}")
        self.balancers.append(address)
        return address

    def _fresh(self, make: Any) -> str:
        while (address := make()) in self._used:
            pass
        self._used.add(address)
        return str(address)

    def pod(self, namespace: str, workload: str, at: int, container: str | None = None,
            address: str | None = None, told: bool = True) -> Pod:  # fmt: skip
        """A new pod; `told`: the cluster's events say that it was started."""
        name = f"{workload}-{self.letters(9)}-{self.letters(5)}"
        where = address or self.pod_address()
        node = f"node-{int(where.split('.')[2]) % 3 + 1}"
        pod = Pod(self, namespace, workload, name, container or workload, where, node, at)
        self.pods.append(pod)
        if told:
            self.event(
                "Pod", pod, "Scheduled", f"Successfully assigned {namespace}/{name}", at - NS
            )
            self.event("Pod", pod, "Started", f"Started container {pod.container}", at)
        return pod

    def back_off(self, pod: Pod, at: int) -> None:
        """The event of a container that crashed and is started again."""
        message = f"Back-off restarting failed container {pod.container}"
        self.event("Pod", pod, "BackOff", message, at)

    def event(self, kind: str, pod: Pod, reason: str, message: str, at: int) -> None:
        """A Kubernetes event about a pod (or about its replica set)."""
        name = pod.name if kind == "Pod" else pod.name.rpartition("-")[0]
        stamp = _iso(at, 0)
        involved: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": kind,
            "name": name,
            "namespace": pod.namespace,
        }
        if kind == "Pod":
            involved["fieldPath"] = f"spec.containers{{{pod.container}}}"
        thing = {
            "apiVersion": "v1", "count": 1, "eventTime": None, "firstTimestamp": stamp, "involvedObject": involved,
            "kind": "Event", "lastTimestamp": stamp, "message": message,
            "metadata": {"name": f"{name}.{len(self.events):x}", "namespace": pod.namespace, "creationTimestamp": stamp},
            "reason": reason, "reportingComponent": "kubelet", "source": {"component": "kubelet", "host": pod.node},
            "type": "Normal",
        }  # fmt: skip
        with self._lock:
            self.events.append((at, thing))

    def kubelet(self, pod: Pod, text: str, at: int) -> None:
        """A line of the node's journal."""
        with self._lock:
            self.journal.append((at, f"{pod.node} k3s[812]: {_klog(at)} {text}"))

    def kernel(self, text: str, at: int, node: str = "node-1") -> None:
        with self._lock:
            self.journal.append((at, f"{node} kernel: {text}"))

    def act(
        self, label: str, pod: Pod, peer: str | None, start: int, end: int | None = None
    ) -> None:
        """Somebody tears connections of this pod, from `start` to `end` (ns)."""
        with self._lock:
            self.acts.append(Act(label, pod.name, peer, start, end if end is not None else start))

    def write(self, folder: Path, about: str, *, pods_known: bool = True) -> None:
        """The scenario folder: logs, events, journal, network, truth."""
        folder.mkdir(parents=True, exist_ok=True)
        truth: list[dict[str, Any]] = []
        for pod in self.pods:
            # A copy, for programs that are only now dying still print.
            lines = sorted(pod.lines, key=lambda each: each[0])
            with (folder / pod.file).open("w") as out:
                for number, (at, text, label, stream) in enumerate(lines, 1):
                    out.write(f"{_iso(at, 9)} {stream} F {text}\n")
                    if RESET_WORDS.search(text):
                        truth.append(self._truth(pod, number, at, text, label))
        events = [
            json.dumps(thing, indent=1) for _, thing in sorted(self.events, key=lambda e: e[0])
        ]
        if events:
            (folder / "events.json").write_text("\n".join(events) + "\n")
        if self.journal:
            stamp = _syslog if self.syslog else lambda at: _iso(at, 6)
            lines = [f"{stamp(at)} {text}" for at, text in sorted(self.journal)]
            (folder / "journal.log").write_text("\n".join(lines) + "\n")
        if pods_known:
            (folder / "pods.json").write_text(
                json.dumps({"kind": "List", "items": list(self._pod_objects())})
            )
        (folder / "network.json").write_text(json.dumps(self._network(), indent=1))
        (folder / "truth_lines.jsonl").write_text(
            "".join(json.dumps(each) + "\n" for each in truth)
        )
        (folder / "README").write_text(f"{about}\nseed {self.seed}\n")

    def _truth(
        self, pod: Pod, number: int, at: int, text: str, label: str | None
    ) -> dict[str, Any]:
        said: dict[str, Any] = {"file": pod.file, "line": number, "ts": _iso(at, 9)}
        if label is not None:
            return {**said, "label": label}
        act = self._nearest(pod, at, text)
        return {**said, "label": act.label if act else "unknown", "acted": act is not None}

    def _nearest(self, pod: Pod, at: int, text: str) -> Act | None:
        here = [
            act
            for act in self.acts
            if act.pod == pod.name and act.start - NS // 5 <= at <= act.end + 3 * NS
            # What nobody tore is told by its instant only.
            if act.label != "unknown" or abs(at - act.start) <= NS // 50
        ]
        named = [
            act
            for act in here
            if act.peer and re.search(rf"(?<![\d.]){re.escape(act.peer)}(?!\d)", text)
        ]

        def off(act: Act) -> tuple[int, int]:
            """How far outside; of those that agree within a fifth of a second, the latest begun."""
            outside = abs(at - max(act.start, min(at, act.end)))
            return outside // (NS // 5), abs(at - act.start)

        return min(named or here, key=off, default=None)

    def _pod_objects(self) -> Iterable[dict[str, Any]]:
        for pod in self.pods:
            yield {
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": pod.name, "namespace": pod.namespace, "creationTimestamp": _iso(pod.born, 0)},
                "spec": {"nodeName": pod.node},
                "status": {"podIP": pod.address, "phase": "Running", "startTime": _iso(pod.born, 0)},
            }  # fmt: skip

    def _network(self) -> dict[str, Any]:
        return {
            "cluster_cidr": f"{self.pod_net}.0.0/16", "service_cidr": f"{self.service_net}.0.0/16",
            "node_ips": self.nodes, "node_pod_gateways": self.gateways(), "lb_ips": self.balancers,
            "known_idle_timeouts_s": [], "ingress_workloads": self.ingress,
        }  # fmt: skip


def _iso(at: int, digits: int) -> str:
    whole = datetime.fromtimestamp(at // NS, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{at % NS:09d}"[: 20 + digits].rstrip(".") + "Z"


def _syslog(at: int) -> str:
    return f"{datetime.fromtimestamp(at // NS, UTC):%b %e %H:%M:%S}"


def _klog(at: int) -> str:
    moment = datetime.fromtimestamp(at // NS, UTC)
    return f"I{moment:%m%d %H:%M:%S}.{at % NS // 1000:06d}     812 kubelet.go:2456]"


def end_pod(ground: Ground, pod: Pod, at: int, told: str) -> None:
    """Tell that a pod is ended, in one of several ways."""
    if told in ("events", "both"):
        ground.event("Pod", pod, "Killing", f"Stopping container {pod.container}", at)
    if told == "replicaset":
        ground.event("ReplicaSet", pod, "SuccessfulDelete", f"Deleted pod: {pod.name}", at)
    if told in ("journal", "both"):
        text = f'"Killing container with a grace period" pod="{pod.namespace}/{pod.name}" podUID="{ground.letters(8)}" containerName="{pod.container}" containerID="containerd://{ground.letters(12)}" gracePeriod=30'
        ground.kubelet(pod, text, at)
    if told == "sync":
        ground.kubelet(
            pod, f'"SyncLoop DELETE" source="api" pods=["{pod.namespace}/{pod.name}"]', at
        )
    if told == "restart":
        ground.event("Pod", pod, "Started", f"Started container {pod.container}", at + 2 * NS)
