"""`whyreset fluentbit`: configurations for Fluent Bit and Fluentd, and the Lua filter."""

import argparse
import sys

from whyreset.cli.common import add_rule_options, load_rules, say
from whyreset.ingest.matching import Extractor
from whyreset.run.fluentbit import MODES, Places, configuration, fluentd, lua_filter, parsers


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `fluentbit`."""
    parser.add_argument(
        "what", choices=("config", "lua", "parsers", "fluentd"),
        help="a configuration, the Lua filter, the parsers file of classic configurations, or a "
        "configuration of Fluentd",
    )  # fmt: skip
    config = parser.add_argument_group("config")
    config.add_argument("--mode", choices=MODES, default="lua", help="how they work together")
    config.add_argument(
        "--format", choices=("yaml", "classic"), default="yaml", help="yaml (default) or classic"
    )
    config.add_argument(
        "--part", choices=("in", "out"), help="with --mode pipe: which of the two Fluent Bits"
    )
    for option, value, text in (
        ("logs", "/var/log/containers/*.log", "what to tail"),
        ("out", "/var/log/whyreset.log", "file for the labelled records"),
        ("fifo", "/run/whyreset/records.fifo", "the FIFO of --mode fifo"),
        ("lua", "whyreset.lua", "where the Lua filter is"),
        ("parsers", "parsers.conf", "where the parsers file is"),
        ("filter", "whyreset filter", "how the filter is run in --mode fifo"),
    ):
        config.add_argument(
            f"--{option}", metavar=option.upper(), default=value, help=f"{text} ({value})"
        )
    config.add_argument(
        "--db", metavar="PATH",
        help="where Fluent Bit keeps how far it has read (default: it begins anew)",
    )  # fmt: skip
    lua = parser.add_argument_group("lua")
    lua.add_argument(
        "--unix", metavar="PATH", default="/run/whyreset/whyreset.sock",
        help="the socket of `whyreset serve` (/run/whyreset/whyreset.sock)",
    )  # fmt: skip
    lua.add_argument(
        "--key", metavar="KEY", default="whyreset", help="the key to add (default whyreset)"
    )
    lua.add_argument("--text-key", metavar="KEY", help="the key of the text (default: log, ...)")
    add_rule_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print what was asked for."""
    if options.what == "parsers":
        sys.stdout.write(parsers())
        return 0
    if options.what in {"config", "fluentd"}:
        return _config(options)
    plan = load_rules(options)
    if plan is None:
        return 1
    extractor = Extractor(plan.definitions, narrow=True)
    if extractor.reads_every_line():
        say("whyreset: a pattern of the rules has no literal: every record is asked about")
        literals = [bytes((byte,)) for byte in range(1, 256)]
    else:
        literals = list(extractor.needles().needles)
    sys.stdout.write(lua_filter(literals, options.unix, options.key, options.text_key))
    return 0


def _config(options: argparse.Namespace) -> int:
    is_fluentd = options.what == "fluentd"
    if not is_fluentd and (options.mode == "pipe") != (options.part is not None):
        say("whyreset: --part goes with --mode pipe, which has two Fluent Bits: in and out")
        return 2
    places = Places(
        logs=options.logs,
        out=options.out,
        fifo=options.fifo,
        lua=options.lua,
        parsers=options.parsers,
        command=options.filter,
        db=options.db,
    )
    sys.stdout.write(
        fluentd(places)
        if is_fluentd
        else configuration(options.mode, options.format, places, options.part)
    )
    return 0
