"""The command line: one word for each job; every error ends with a sentence, not a traceback."""

import argparse
import gc
import os
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from io import TextIOWrapper

from whyreset import __version__

DONE, FAILED, WRONG_USAGE = 0, 1, 2

_COMMANDS = {
    "run": "verdicts of files, folders or standard input",
    "label": "one JSON line for each reset record, with its label",
    "filter": "JSON lines in, the same records out, with a label on those that tell of resets",
    "serve": "labels for a Lua filter of Fluent Bit, over a unix socket",
    "fluentbit": "print configurations and the Lua filter for Fluent Bit",
    "check": "check rule files",
    "test": "run the tests inside rule files, and folders of logs",
    "fmt": "bring rule files into canonical form",
    "rules": "list the rules in force",
    "new": "a commented skeleton of a rule or an event, with tests",
    "try": "what a pattern matches in the lines of standard input",
    "diff": "which verdicts change from one set of rules to another",
    "parse": "how one line is read, phase by phase",
    "explain": "what a label, a rule or a code means, and what to do",
    "why": "why one reset got its label and not another: every rule, clause by clause",
    "facts": "what this node is set to, as settings that rules can name",
    "lsp": "a language server, for editors",
}

_MODULES = {"try": "try_pattern"}
"""Commands whose names cannot be those of their modules."""

_WEST = re.compile(r"-\d\d:?\d\d")
"""A zone west of Greenwich."""


class _Formatter(argparse.HelpFormatter):
    """Help as wide as the terminal; left to itself it imports archivers to find the width out."""

    def __init__(self, prog: str) -> None:
        told = os.environ.get("COLUMNS", "")
        columns = int(told) if told.isdecimal() else 0
        if not columns and sys.stdout.isatty():
            columns = os.get_terminal_size(sys.stdout.fileno()).columns
        super().__init__(prog, width=(columns or 80) - 2)


def build_parser() -> argparse.ArgumentParser:
    """The parser with all commands."""
    parser = argparse.ArgumentParser(
        prog="whyreset",
        description="Why was this connection reset by peer? Reads container logs and answers.",
        epilog="kubectl logs -f deploy/api --prefix --timestamps | whyreset run",
        formatter_class=_Formatter,
    )
    parser.add_argument("--version", action="version", version=f"whyreset {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in _COMMANDS.items():
        command = commands.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            formatter_class=_Formatter,
        )
        command.set_defaults(command=name)
        _module(name).add_arguments(command)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 done, 1 a rule or test failed, 2 wrong usage."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        # A stream that was closed would be None here, and the next file opened take its place.
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    words = sys.argv[1:] if arguments is None else list(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal need not have ± and ✓
            stream.reconfigure(errors="backslashreplace")
    try:
        options = _start(_joined(words))
        run: Callable[[argparse.Namespace], int] = _module(options.command).run
        code = run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        _drop_output()
        if isinstance(error, BrokenPipeError):
            return DONE
        place = f"{error.filename or 'output'}: " if error.strerror else ""
        print(f"whyreset: {place}{error.strerror or error}", file=sys.stderr)
        return WRONG_USAGE
    return code


def _drop_output() -> None:
    """Python flushes standard output once more at exit: give it somewhere to go."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _joined(words: list[str]) -> list[str]:
    """`--timezone -05:00` as one word: argparse would take the zone for an option."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "--timezone" and _WEST.fullmatch(word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


_YOUNG = 400_000
"""Objects from one collection of garbage to the next: events come by the thousand, live for
minutes and are in no cycles."""


def _start(words: list[str]) -> argparse.Namespace:
    """What start-up makes stays to the end: to look for garbage in it would take a tenth of it."""
    gc.disable()
    try:
        return _parse(words)
    finally:
        gc.freeze()
        gc.set_threshold(_YOUNG, 20, 20)
        gc.enable()


def _parse(words: list[str]) -> argparse.Namespace:
    """Only the command that is asked for is imported: start-up counts."""
    if words and words[0] in _COMMANDS:
        name = words[0]
        parser = argparse.ArgumentParser(
            prog=f"whyreset {name}",
            description=_COMMANDS[name],
            formatter_class=_Formatter,
        )
        parser.set_defaults(command=name)
        _module(name).add_arguments(parser)
        return parser.parse_args(words[1:])
    return build_parser().parse_args(words)


def _module(command: str):  # type: ignore[no-untyped-def]
    return import_module(f"whyreset.cli.{_MODULES.get(command, command)}")
