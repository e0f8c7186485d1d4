"""Diagnostics for programs: JSON lines, annotations of GitHub, and SARIF."""

from collections.abc import Sequence
from typing import Any

from whyreset import __version__
from whyreset.basis.json_text import encode
from whyreset.language.codes import CODES
from whyreset.model.diagnostic import Diagnostic

_LEVELS = {"E": "error", "W": "warning"}


def json_lines(found: Sequence[Diagnostic]) -> list[str]:
    """One object a finding."""
    return [_text(_object(each)) for each in found]


def github_lines(found: Sequence[Diagnostic]) -> list[str]:
    """One workflow command a finding: GitHub shows them beside the lines of a pull request."""
    return [_annotation(each) for each in found]


def sarif(found: Sequence[Diagnostic]) -> str:
    """A log of SARIF 2.1.0 with one run, as code scanning takes it."""
    codes = sorted({each.code for each in found})
    driver = {
        "name": "whyreset",
        "version": __version__,
        "rules": [{"id": code, "shortDescription": {"text": CODES[code]}} for code in codes],
    }
    results = [_result(each, codes.index(each.code)) for each in found]
    return _text(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": driver},
                    "columnKind": "unicodeCodePoints",
                    "results": results,
                }
            ],
        }
    )


def _text(value: Any) -> str:
    return encode(value).decode()


def _object(each: Diagnostic) -> dict[str, Any]:
    line, column, end_line, end_column = each.span
    return {
        "code": each.code,
        "level": _LEVELS[each.code[0]],
        "file": each.file,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "message": each.message,
        "hint": each.hint,
    }


def _annotation(each: Diagnostic) -> str:
    line, column, end_line, end_column = each.span
    place = {"file": each.file, "line": line, "endLine": end_line}
    if line == end_line:  # GitHub takes columns on one line only
        place |= {"col": column, "endColumn": end_column - 1}
    properties = {**place, "title": each.code}
    told = ",".join(f"{name}={_escaped(str(v), ':,')}" for name, v in properties.items())
    text = each.message + (f" ({each.hint})" if each.hint else "")
    return f"::{_LEVELS[each.code[0]]} {told}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    for sign in "%\r\n" + more:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def _result(each: Diagnostic, index: int) -> dict[str, Any]:
    line, column, end_line, end_column = each.span
    region = {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    }
    text = each.message + (f" ({each.hint})" if each.hint else "")
    place = {"artifactLocation": {"uri": each.file.replace("\\", "/")}, "region": region}
    return {
        "ruleId": each.code,
        "ruleIndex": index,
        "level": _LEVELS[each.code[0]],
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }
