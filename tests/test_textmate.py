"""The TextMate grammar knows every word of the language, and colours every shipped rule file."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import regex

from whyreset.language.template import TYPE_NAMES

ROOT = Path(__file__).parents[1]
VSCODE = ROOT / "editors" / "vscode"
GRAMMAR = json.loads((VSCODE / "syntaxes" / "whyreset.tmLanguage.json").read_text())
FILES = sorted(
    [*(ROOT / "rules").glob("*.rules"), *(ROOT / "tests/cases/language").glob("*.rules")]
)


def patterns(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The patterns of a node, includes and bare lists spelt out."""
    found = []
    for each in node.get("patterns", ()):
        rule = GRAMMAR["repository"][each["include"][1:]] if "include" in each else each
        found += [rule] if {"match", "begin"} & set(rule) else patterns(rule)
    return found


def walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for each in node.values():
            yield from walk(each)
    elif isinstance(node, list):
        for each in node:
            yield from walk(each)


def first(line: str, at: int, rules: list[tuple[dict[str, Any], str]]) -> tuple[Any, Any]:
    """What an editor takes: the earliest match, of several there the first in the grammar."""
    best: tuple[Any, Any] = (None, None)
    for rule, key in rules:
        found = regex.compile(rule[key]).search(line, at)
        if found and (best[1] is None or found.start() < best[1].start()):
            best = rule, found
    return best


def tokens(line: str) -> Iterator[tuple[str, str]]:
    """The pieces of one line and their scopes; empty where the grammar has none."""
    at, inside = 0, None
    while at <= len(line):
        if inside is None:
            rules = [(rule, "match" if "match" in rule else "begin") for rule in patterns(GRAMMAR)]
        else:
            rules = [(inside, "end"), *((rule, "match") for rule in patterns(inside))]
        rule, found = first(line, at, rules)
        if found is None:
            yield line[at:], ""
            return
        outside = inside["contentName"] if inside else ""
        yield line[at : found.start()], outside
        if rule is inside:
            inside = None
        elif "begin" in rule:
            inside = rule
        scopes = [each["name"] for each in rule.get("captures", {}).values()]
        yield found[0], " ".join([rule.get("name", outside), *scopes]) or "text"
        at = found.end() if found.end() > at or inside is None else at + 1
        if not found[0] and at == len(line):
            return


def test_every_expression_compiles() -> None:
    found = [
        node[key]
        for node in walk(GRAMMAR)
        for key in ("match", "begin", "end")
        if isinstance(node.get(key), str)
    ]
    assert len(found) > 20
    for each in found:
        regex.compile(each)


def test_every_include_leads_somewhere() -> None:
    names = {node["include"][1:] for node in walk(GRAMMAR) if "include" in node}
    assert names == set(GRAMMAR["repository"])


def test_every_keyword_is_known() -> None:
    grammar = (ROOT / "grammars" / "rules.lark").read_text()
    keywords = set(re.findall(r'"([a-z]+)"', grammar))
    coloured = patterns(GRAMMAR["repository"]["keyword"])
    known = {
        word: next((r["name"] for r in coloured if regex.match(r["match"], f"{word} ")), None)
        for word in keywords
    }
    assert [word for word, scope in known.items() if scope is None] == []
    listed = {
        word for rule in coloured for word in re.findall(r"[a-z]+", rule["match"].split("(?!")[0])
    }
    assert listed - {"b"} == keywords


def test_every_type_of_a_capture_is_known() -> None:
    (captures,) = [
        rule["match"] for rule in patterns(GRAMMAR["repository"]["template"]) if "captures" in rule
    ]
    for name in TYPE_NAMES:
        assert regex.fullmatch(captures, f"<x:{name}>"), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_rule_files_are_coloured_to_the_last_character(path: Path) -> None:
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        pieces = list(tokens(line))
        assert "".join(piece for piece, _ in pieces) == line
        bare = [piece for piece, scope in pieces if piece.strip() and not scope]
        assert bare == [], f"{path.name}:{number}"


@pytest.mark.parametrize(
    ("line", "piece", "scope"),
    [
        ("rule few {", "rule few", "entity.name.type"),
        ("  at least 4 in 10s", "at", "keyword.control"),
        ("  beat: every 1s..60s ± 15%", "beat:", "entity.name.tag"),
        ("  beat: every 1s..60s ± 15%", "60s", "constant.numeric"),
        ("  label probe_noise", "label probe_noise", "constant.language"),
        ("  access status >= 400 from peer within 2s", "status", "variable.other.field"),
        ("  match /a(?<peer>\\d+) # b/  # c", "# c", "comment"),
        ("pattern word /a%{b}/", "%{b}", "placeholder"),
        ("  match `a <peer:addr> b`", "<peer:addr>", "support.type"),
        ('  because "{count} resets"', "{count}", "placeholder"),
        ("  peer = 10.0.0.1 # it", "10.0.0.1", "constant.other.address"),
        ("  at 0s  reset pod=api-5d9c-x", "api-5d9c-x", "string.unquoted"),
        ("  json { peer = .remote-addr addr }", ".remote-addr", "support.variable.path"),
    ],
)
def test_scope(line: str, piece: str, scope: str) -> None:
    assert scope in dict(tokens(line))[piece]


def test_the_extension_names_files_that_are_there() -> None:
    package = json.loads((VSCODE / "package.json").read_text())
    said = package["contributes"]
    for path in (
        package["main"],
        said["languages"][0]["configuration"],
        said["grammars"][0]["path"],
    ):
        assert (VSCODE / path).is_file()
    assert said["grammars"][0]["scopeName"] == GRAMMAR["scopeName"]
    assert said["languages"][0]["extensions"] == [".rules"]
    json.loads((VSCODE / "language-configuration.json").read_text())
