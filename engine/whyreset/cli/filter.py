"""`whyreset filter`: JSON lines in, the same records out, resets labelled or dropped."""

import argparse
import sys
import time

from whyreset.basis.units import NS
from whyreset.cli.common import (
    add_lateness_option,
    add_rule_options,
    add_time_options,
    clock_of,
    duration,
    load_rules,
    number,
    say,
    size,
)
from whyreset.ingest.matching import Extractor
from whyreset.model.rule import LABELS, Plan
from whyreset.run.filter import Filter, Hold
from whyreset.run.labeller import Labeller
from whyreset.run.ledger import Ledger
from whyreset.run.pump import Pump, StuckError, stop_on_signals
from whyreset.run.reading import Keys, Reader, path_of
from whyreset.run.records import LINE_LIMIT, BrokenInputError, Counts, Form
from whyreset.run.sinks import SinkError, VerdictSink

_SMALLEST_LINE = 1024
CANNOT_BEGIN = _UNREADABLE = 2
"""Whoever starts it again does so in vain: with wrong rules, too, which elsewhere are a 1."""
_NO_READER = 141
"""What a shell calls the end by SIGPIPE; who starts the filter again can tell by it that there
is no sense in that."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `filter`."""
    add_label_options(parser)
    parser.add_argument(
        "--flat", action="store_true", help="keys KEY_label, KEY_rule, ... and no map"
    )
    parser.add_argument(
        "--hold", metavar="DURATION", type=duration, default=0,
        help="let a reset, and what comes behind it, wait so long for its final label",
    )  # fmt: skip
    parser.add_argument(
        "--hold-records", metavar="N", type=number(1), default=100_000,
        help="most that wait (default 100000)",
    )  # fmt: skip
    parser.add_argument(
        "--hold-bytes", metavar="SIZE", type=size(1), default=32 << 20,
        help="most that wait (default 32M)",
    )  # fmt: skip
    parser.add_argument(
        "--emit", choices=("record", "event"), default="record",
        help="{..} (the default) or [time, {..}], as in_stdin of Fluent Bit takes it",
    )  # fmt: skip
    parser.add_argument(
        "--date-out", choices=("same", "iso8601"), default="same",
        help="a number as `date` leaves as it came (the default) or as text, which is what parsers "
        "of Fluent Bit read",
    )  # fmt: skip
    parser.add_argument(
        "--broken", choices=("wrap", "drop", "fail"), default="wrap",
        help='lines of broken JSON: as {"log":"<line>"} (the default), left out, or the end',
    )  # fmt: skip
    parser.add_argument(
        "--trust", action="store_true",
        help="pass what stands between braces without a look whether it is JSON (faster)",
    )  # fmt: skip
    parser.add_argument(
        "--max-line", metavar="SIZE", type=size(_SMALLEST_LINE), default=LINE_LIMIT,
        help=f"longer records are cut and marked (default {LINE_LIMIT})",
    )  # fmt: skip
    parser.add_argument(
        "--tag-prefix", metavar="TEXT", default="", help="put this before the tag of each record"
    )
    add_time_options(parser)
    add_rule_options(parser)


def add_label_options(parser: argparse.ArgumentParser) -> None:
    """What `filter` and `serve` share."""
    parser.add_argument(
        "--drop", metavar="LABEL", action="append", choices=LABELS, default=[],
        help="leave out resets of this label (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--key", metavar="KEY", type=_key, default="whyreset",
        help="the key to add (default whyreset); records that have it pass as they are",
    )  # fmt: skip
    for name, what, example in (
        ("text", "the message", "event.original"),
        ("namespace", "the namespace", "meta.namespace"),
        ("pod", "the pod", "meta.pod"),
        ("container", "the container", "meta.container"),
        ("node", "the node", "meta.host"),
        ("tag", "the tag, or the name of the file", "log.file.path"),
    ):
        parser.add_argument(
            f"--{name}-key", metavar="PATH", type=path_of, default=None,
            help=f"where to find {what}, such as {example} (default: the usual keys)",
        )  # fmt: skip
    parser.add_argument(
        "--verdicts", metavar="PLACE", default=None,
        help="write verdicts as JSON lines to a file, a named pipe, fd:N or unix:PATH",
    )  # fmt: skip
    add_lateness_option(parser)


def _key(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("the key is empty")
    return text


def keys_of(options: argparse.Namespace) -> Keys:
    """Where to find things in a record."""
    return Keys(
        options.text_key, options.namespace_key, options.pod_key, options.container_key,
        options.node_key, options.tag_key,
    )  # fmt: skip


def sink_of(options: argparse.Namespace) -> VerdictSink | None:
    """Where verdicts go, if anywhere; SinkError where that cannot be."""
    return VerdictSink(options.verdicts, say) if options.verdicts is not None else None


def run(options: argparse.Namespace) -> int:
    """Pass standard input on to standard output, with labels."""
    plan = load_rules(options)
    if plan is None:
        return CANNOT_BEGIN
    try:
        sink = sink_of(options)
    except SinkError as error:
        say(f"whyreset: verdicts: {error}")
        return CANNOT_BEGIN
    extractor = Extractor(plan.definitions, narrow=True)
    labeller = Labeller(plan, ledger_of(options, plan, verdicts=sink is not None))
    filtering = Filter(
        extractor,
        labeller,
        Reader(keys_of(options), clock_of(options), time.time_ns),
        form_of(options),
        Hold(options.hold / NS, options.hold_records, options.hold_bytes),
    )
    with stop_on_signals() as stop:
        say("whyreset: labels begin with an empty memory: what was before is not known")
        ends = sys.stdin.fileno(), sys.stdout.fileno()
        pump = Pump(ends, filtering, stop, sink, PatternNews(extractor))
        try:
            pump.run()
        except BrokenInputError as error:
            say(f"whyreset: no JSON: {error}")
            return _UNREADABLE
        except BrokenPipeError:
            return _NO_READER
        except StuckError:
            say("whyreset: nobody read what was left to be written")
    if sink is not None:
        sink.finish()
    for remark in remarks_of(filtering.counts, labeller, sink):
        say(f"whyreset: {remark}")
    return 0


def ledger_of(options: argparse.Namespace, plan: Plan, *, verdicts: bool) -> Ledger | None:
    """What decides finally, where somebody waits for it."""
    labels = bool(options.hold)
    if not labels and not verdicts:
        return None
    return Ledger(plan, options.lateness, labels=labels, verdicts=verdicts)


def form_of(options: argparse.Namespace) -> Form:
    """What comes out."""
    return Form(
        key=options.key,
        flat=options.flat,
        drop=frozenset(options.drop),
        pairs=options.emit == "event",
        limit=options.max_line,
        broken=options.broken,
        trust=options.trust,
        tag_key=options.tag_key or ("tag",),
        tag_prefix=options.tag_prefix,
        text_dates=options.date_out == "iso8601",
    )


class PatternNews:
    """Says what happens to patterns, once each, while the stream goes on."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        self._said = 0

    def __call__(self) -> None:
        """Say what is new."""
        for problem in self._extractor.problems[self._said :]:
            say(f"whyreset: {problem}")
        self._said = len(self._extractor.problems)


def remarks_of(counts: Counts, labeller: Labeller, sink: VerdictSink | None) -> list[str]:
    """What was done, and what was wrong with the input."""
    lines = [f"{counts.records:,} records, {counts.resets:,} resets, {counts.dropped:,} dropped"]
    for count, what in (
        (counts.raw, "lines were no JSON and were wrapped"),
        (counts.broken, "lines were broken JSON"),
        (counts.cut, "records were too long and were cut"),
        (counts.taken, "records with events had the key already and passed as they are"),
        (counts.failed, "records could not be read and passed as they are"),
        (labeller.late, "events came too late to be in order (see --lateness)"),
        (sink.lost if sink is not None else 0, "verdicts could not be written"),
    ):
        if count:
            lines.append(f"{count:,} {what}")
    return lines
