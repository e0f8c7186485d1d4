"""Verdicts and labels as JSON lines: keys are a stable interface."""

from typing import Any

from whyreset.basis.json_text import encode
from whyreset.basis.times import format_time
from whyreset.basis.units import NS
from whyreset.model.verdict import Labelled, Verdict

VERSION = 1


def verdict_line(verdict: Verdict) -> bytes:
    """One verdict as a JSON object, with a newline."""
    return encode(verdict_object(verdict)) + b"\n"


def verdict_object(verdict: Verdict) -> dict[str, Any]:
    """The object of a verdict; periods in seconds, times in RFC 3339 with nanoseconds."""
    return {
        "v": VERSION,
        "id": verdict.id,
        "state": verdict.state,
        "label": verdict.label,
        "rule": verdict.rule,
        "severity": verdict.severity,
        "confidence": verdict.confidence,
        "namespace": verdict.namespace,
        "workload": verdict.workload,
        "pod": verdict.pod,
        "container": verdict.container,
        "node": verdict.node,
        "peer": verdict.peer,
        "peers": verdict.peers,
        "start": format_time(verdict.start),
        "end": format_time(verdict.end),
        "count": verdict.count,
        "period_s": None if verdict.period is None else round(verdict.period / NS, 3),
        "jitter": None if verdict.jitter is None else round(verdict.jitter, 4),
        "missed": verdict.missed,
        "title": verdict.title,
        "because": verdict.because,
        "remedy": verdict.remedy,
        "verify": verdict.verify,
        "evidence": [
            {"clause": finding.clause, "holds": finding.holds, "found": finding.found}
            for finding in verdict.evidence
        ],
        "also": verdict.also,
        "sample": verdict.sample,
    }


def label_line(labelled: Labelled) -> bytes:
    """One reset record with its label as a JSON object, with a newline."""
    event = labelled.event
    shown = {
        "time": format_time(event.time),
        "namespace": event.source.namespace,
        "pod": event.source.pod,
        "container": event.source.container,
        "peer": event.fields.get("peer"),
        "label": labelled.label,
        "rule": labelled.rule,
        "burst": labelled.burst,
        "line": event.text,
    }
    return encode(shown) + b"\n"
