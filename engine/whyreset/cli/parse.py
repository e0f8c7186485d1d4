"""`whyreset parse`: how one line is read, phase by phase."""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from whyreset.basis.json_text import encode
from whyreset.basis.names import plain
from whyreset.basis.times import format_time
from whyreset.cli.common import add_rule_options, add_time_options, clock_of, load_rules, say
from whyreset.ingest.layout import peel_record
from whyreset.ingest.matching import Extractor
from whyreset.model.event import INTERNAL, Event
from whyreset.model.record import Record
from whyreset.run.near import Near, NearMisses
from whyreset.run.text_output import safe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `parse`."""
    parser.add_argument("line", metavar="LINE", nargs="?", help="one line; default: those of stdin")
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="text (default) or json"
    )
    add_time_options(parser)
    add_rule_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print how each line is read: envelope, time, source, text, events."""
    plan = load_rules(options)
    if plan is None:
        return 1
    extractor = Extractor(plan.definitions)
    near_misses = NearMisses(plan.definitions)
    clock = clock_of(options)
    if options.year is None:  # of a line by itself nothing else tells which year is the nearest
        clock = clock._replace(reference=time.time_ns(), latest=time.time_ns)
    for line in _lines(options.line):
        record = peel_record(line, clock)
        events = extractor.extract(record)
        near = None if events else near_misses.of(record.text)
        if options.output == "json":
            sys.stdout.buffer.write(encode(_object(record, events, near)) + b"\n")
        else:
            print(_phases(record, events, near))
    for problem in extractor.problems:
        say(f"whyreset: {problem}")
    return 0


def _lines(line: str | None) -> Iterator[bytes]:
    if line is not None:
        yield os.fsencode(line)
        return
    for raw in sys.stdin.buffer:
        yield raw.rstrip(b"\r\n")


def _object(record: Record, events: list[Event], near: Near | None) -> dict[str, Any]:
    source = record.source
    return {
        "envelope": record.envelope,
        "time": None if record.time_from == "arrival" else format_time(record.time),
        "time_from": record.time_from,
        "assumed": record.assumed,
        "source": {
            "namespace": source.namespace,
            "workload": source.workload,
            "pod": source.pod,
            "container": source.container,
            "node": source.node,
            "stream": record.stream,
        },
        "text": record.text,
        "events": [_event(event) for event in events if event.kind not in INTERNAL],
        "internal_events": [_event(event) for event in events if event.kind in INTERNAL],
        "near": near._asdict() if near else None,
    }


def _event(event: Event) -> dict[str, Any]:
    return {"kind": plain(event.kind), "by": event.by, **event.fields}


def _phases(record: Record, events: list[Event], near: Near | None) -> str:
    shown = _object(record, events, near)
    source = ", ".join(f"{name} {value}" for name, value in shown["source"].items() if value)
    assumed = f", assumed: {', '.join(record.assumed)}" if record.assumed else ""
    lines = [
        f"1 envelope  {record.envelope}",
        f"2 time      {shown['time'] or 'none'} (from the {record.time_from}{assumed})",
        f"3 source    {source or 'not told by the line'}",
        f"4 text      {record.text}",
    ]
    for event in events:
        fields = "  ".join(f"{name}={value}" for name, value in event.fields.items())
        lines.append(f"5 event     {plain(event.kind)}  {fields}  [{event.by}]")
    if not events:
        lines.append("5 event     none: no definition matches")
    if near:
        lines.append(f"6 nearly    {near.kind}: {near}  [{near.by}]")
    return "\n".join(map(safe, lines)) + "\n"
