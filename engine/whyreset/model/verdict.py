"""Verdicts and labels: what the engine says."""

from typing import NamedTuple

from whyreset.basis.frozen import Frozen
from whyreset.model.event import Event


class Finding(NamedTuple):
    """What one clause found: holds, does not, or (None) could not be told."""

    clause: str
    holds: bool | None
    found: str
    name: str | None = None


class Verdict(Frozen, kw_only=True):
    """The label of a burst, with the rule, the evidence, and what to do; times in ns."""

    id: str
    state: str
    label: str
    rule: str | None
    title: str
    severity: str
    confidence: float
    namespace: str | None
    workload: str | None
    pod: str | None
    container: str | None
    node: str | None
    peer: str | None
    peers: int
    start: int
    end: int
    count: int
    period: float | None
    jitter: float | None
    missed: int | None
    because: str
    remedy: str
    verify: tuple[str, ...]
    evidence: tuple[Finding, ...]
    also: tuple[str, ...]
    sample: str


class Labelled(NamedTuple):
    """One reset record and its label, once decided."""

    event: Event
    label: str
    rule: str | None
    burst: str
    confidence: float
