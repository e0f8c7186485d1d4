"""`whyreset fmt`: rule files in canonical form."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from whyreset.cli.common import say
from whyreset.model.diagnostic import RuleError
from whyreset.run.text_output import safe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `fmt`."""
    parser.add_argument(
        "paths", metavar="PATH", nargs="+",
        help="rule files, or folders of them; `-` is standard input, printed in canonical form",
    )  # fmt: skip
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if a file would change"
    )
    parser.add_argument(
        "--diff", action="store_true", help="write nothing; print what would change"
    )


def run(options: argparse.Namespace) -> int:
    """Rewrite the files, and name those that changed; 1 for a file that cannot be parsed."""
    try:
        texts = [
            (path, _read(path)) for path in _files(options.paths)
        ]  # all, before one is written
        changed = [_one(path, text, options) for path, text in texts]
    except BrokenPipeError:
        raise
    except OSError as error:
        say(f"whyreset: {error.filename}: {error.strerror}")
        return 2
    except _TextError as error:
        say(f"whyreset: {error}: not a text in UTF-8")
        return 2
    if None in changed:
        return 1
    return 1 if options.check and any(changed) else 0


def _files(paths: list[str]) -> Iterator[Path | None]:
    """The files that are meant; None for standard input."""
    for path in paths:
        if path == "-":
            yield None
        elif Path(path).is_dir():
            yield from sorted(each for each in Path(path).glob("*.rules") if each.is_file())
        else:
            yield Path(path)


class _TextError(Exception):
    """The name of what is not in UTF-8."""


def _name(path: Path | None) -> str:
    return "<stdin>" if path is None else str(path)


def _read(path: Path | None) -> str:
    data = sys.stdin.buffer.read() if path is None else path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _TextError(_name(path)) from None


def _one(path: Path | None, text: str, options: argparse.Namespace) -> bool | None:
    """Whether a file is not in canonical form; None where it cannot be parsed."""
    from whyreset.language.format import format_text  # noqa: PLC0415  imports lark

    name = _name(path)
    try:
        made = format_text(text, name)
    except RuleError as error:
        say(str(error))
        return None
    changed = made != text
    if options.diff:
        _print_diff(name, text, made)
    elif options.check:
        if changed:
            print(f"{safe(name)} would change")
    elif path is None:
        sys.stdout.write(made)
    elif changed:
        path.write_text(made, encoding="utf-8", newline="\n")
        print(safe(name))
    return changed


def _print_diff(name: str, before: str, after: str) -> None:
    import difflib  # noqa: PLC0415  seldom asked for

    old, new = before.splitlines(), after.splitlines()
    for line in difflib.unified_diff(old, new, name, name, lineterm=""):
        print(safe(line))
