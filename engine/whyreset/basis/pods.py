"""Names of pods: what they were made from."""

from functools import lru_cache

from whyreset.basis.lazy import lazy

SAFE = "bcdfghjklmnpqrstvwxz2456789"
"""Kubernetes draws the random parts of names from letters and digits that spell no words."""
_REPLICA = lazy(rf"(.+)-(?:[{SAFE}]{{6,10}}|[0-9a-f]{{8,10}})-[{SAFE}]{{5}}")
_CRON = lazy(rf"(.+)-\d{{7,10}}(?:-[{SAFE}]{{5}})?")
_ORDINAL = lazy(r"(.+)-\d{1,5}")
_DAEMON = lazy(rf"(.+)-[{SAFE}]{{5}}")


@lru_cache(maxsize=4096)
def workload_of(pod: str) -> str:
    """The Deployment, StatefulSet, DaemonSet or (Cron)Job that a pod's name was made from.

    A name that carries no such mark (a bare pod) is its own workload.
    """
    for form in (_REPLICA, _CRON, _ORDINAL, _DAEMON):
        found = form.fullmatch(pod)
        if found:
            return found[1]
    return pod
