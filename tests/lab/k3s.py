"""What a small cluster tells of its pods: events, and the journals of its nodes."""

import os
import signal
import uuid
from dataclasses import dataclass, field

from ground import NS, Pod
from real import Lab, inside, now

TELLING = ("all", "all", "events", "journal", "starts", "logs")
"""Who tells that a pod was ended: everybody, one source, the start of another pod, its own log."""


@dataclass(slots=True)
class Cluster:
    """Starts and ends pods of a lab, and tells of it as a k3s node does."""

    lab: Lab
    told: str
    ids: dict[str, str] = field(default_factory=dict)

    def deploy(self, namespace: str, workload: str, address: str | None = None) -> Pod:
        """A pod of this workload that is scheduled and started."""
        ground, at = self.lab.ground, now()
        ground.syslog = True
        pod = self.lab.pod(namespace, workload, address, told=False)
        self.ids[pod.name] = str(uuid.UUID(int=self.lab.draw.getrandbits(128)))
        if self.told in ("all", "events", "starts"):
            set_name = pod.name.rpartition("-")[0]
            for kind, reason, text in (
                ("ReplicaSet", "SuccessfulCreate", f"Created pod: {pod.name}"),
                ("Pod", "Scheduled", f"Successfully assigned {namespace}/{pod.name} to {pod.node}"),
                ("Pod", "Pulled", f'Container image "acme/{workload}:2.1" already present'),
                ("Pod", "Created", f"Created container {pod.container}"),
                ("Pod", "Started", f"Started container {pod.container}"),
            ):
                ground.event(kind, pod, reason, text, at)
            ground.event("ReplicaSet", pod, "ScalingReplicaSet",
                         f"Scaled up replica set {set_name} to 1", at)  # fmt: skip
        if self.told in ("all", "journal", "starts"):
            pods = f'source="api" pods=["{namespace}/{pod.name}"]'
            ground.kubelet(pod, f'"SyncLoop ADD" {pods}', at)
            self._lifecycle(pod, "ContainerStarted", at + NS // 50)
        return pod

    def end(self, pod: Pod, grace: float, *, deleted: bool = True) -> None:
        """Delete a pod, or end its container only: SIGTERM, and SIGKILL after the grace time."""
        self.say_ending(pod, deleted=deleted)
        strike(pod, signal.SIGTERM)
        for _ in range(round(grace * 10)):
            if not inside(pod) or not self.lab.wait(0.1):
                break
        strike(pod, signal.SIGKILL)
        self._gone(pod)

    def say_ending(self, pod: Pod, *, deleted: bool = True) -> None:
        """What is told when a pod, or its container only, is to be ended."""
        ground, at = self.lab.ground, now()
        if self.told in ("all", "journal"):
            if deleted:
                text = f'"SyncLoop DELETE" source="api" pods=["{self._name(pod)}"]'
                ground.kubelet(pod, text, at)
            text = (
                f'"Killing container with a grace period" pod="{self._name(pod)}" '
                f'podUID="{self.ids[pod.name]}" containerName="{pod.container}" '
                f'containerID="containerd://{pod.digest}" gracePeriod=30'
            )
            ground.kubelet(pod, text, at)
        if self.told in ("all", "events"):
            text = f"Container {pod.container} failed liveness probe, will be restarted"
            if deleted:
                deletion = f"Deleted pod: {pod.name}"
                ground.event("ReplicaSet", pod, "SuccessfulDelete", deletion, at - NS // 9)
                text = f"Stopping container {pod.container}"
            ground.event("Pod", pod, "Killing", text, at)

    def died(self, pod: Pod, *, restarted: bool = True) -> None:
        """A container ended by itself, and is started again."""
        self._gone(pod)
        at = now()
        if self.told in ("all", "events"):
            self.lab.ground.back_off(pod, at + NS)
        if restarted:
            self.say_started(pod, at + 2 * NS)

    def say_started(self, pod: Pod, at: int) -> None:
        """What is told when a container is started again."""
        if self.told in ("all", "journal", "starts"):
            self._lifecycle(pod, "ContainerStarted", at)
        if self.told in ("all", "events", "starts"):
            text = f"Started container {pod.container}"
            self.lab.ground.event("Pod", pod, "Started", text, at)

    def _gone(self, pod: Pod) -> None:
        ground, at = self.lab.ground, now()
        refused = f"dial tcp {pod.address}:8080: connect: connection refused"
        if self.told in ("all", "journal"):
            self._lifecycle(pod, "ContainerDied", at + NS // 20)
            text = (
                f'"Probe failed" probeType="Readiness" pod="{self._name(pod)}" '
                f'podUID="{self.ids[pod.name]}" containerName="{pod.container}" '
                f'probeResult="failure" output="{refused}"'
            )
            ground.kubelet(pod, text, at + NS)
        if self.told in ("all", "events"):
            ground.event("Pod", pod, "Unhealthy", f"Readiness probe failed: {refused}", at + NS)

    def _lifecycle(self, pod: Pod, kind: str, at: int) -> None:
        text = (
            f'"SyncLoop (PLEG): event for pod" pod="{self._name(pod)}" '
            f'event={{"ID":"{self.ids[pod.name]}","Type":"{kind}","Data":"{pod.digest}"}}'
        )
        self.lab.ground.kubelet(pod, text, at)

    def _name(self, pod: Pod) -> str:
        return f"{pod.namespace}/{pod.name}"


def strike(pod: Pod, number: int) -> None:
    """Send a signal to the first process of a pod; SIGKILL goes to all of them."""
    pids = sorted(inside(pod))
    for pid in pids if number == signal.SIGKILL else pids[:1]:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
