"""`whyreset lsp`: a language server for editors, on standard input and output."""

import argparse
import os
import sys
from importlib.util import find_spec

from whyreset.cli.common import add_rule_options, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `lsp`."""
    add_rule_options(parser)
    parser.add_argument("--stdio", action="store_true", help="what it does anyhow; editors say it")


def run(options: argparse.Namespace) -> int:
    """Serve until the editor says `exit`; 1 if it went without `shutdown`, 2 without pygls."""
    if find_spec("pygls") is None:
        say("whyreset: lsp needs pygls: python -m pip install 'whyreset[lsp]'")
        return 2
    from whyreset.editor.server import build_server  # noqa: PLC0415 - slow, and an extra

    server = build_server(options.rules, builtin=not options.no_builtin)
    # The server closes its output at the end, and standard output is flushed once more after it.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as output:
        server.start_io(stdout=output)
    return 0 if server.was_shut else 1
