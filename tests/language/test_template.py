"""Templates: what they match, what they give, and what is wrong with them."""

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark

from whyreset.basis.network import split_port
from whyreset.basis.shipped import shipped
from whyreset.language.literals import required_literals
from whyreset.language.pattern import PatternError
from whyreset.language.template import TYPE_NAMES, compile_template

CASES = tomllib.loads(
    (Path(__file__).parents[1] / "cases" / "templates" / "templates.toml").read_text("utf-8")
)


def fields(template: str, line: str) -> dict[str, str] | None:
    found = regex.search(compile_template(template).pattern, line)
    return found.groupdict() if found else None


@pytest.mark.parametrize("case", CASES["match"], ids=lambda case: case["template"][:50])
def test_template_gives_fields(case: dict[str, Any]) -> None:
    assert fields(case["template"], case["line"]) == case.get("gives")


@pytest.mark.parametrize("case", CASES["wrong"], ids=lambda case: case["template"][:50])
def test_wrong_template_says_where_and_what_to_do(case: dict[str, Any]) -> None:
    with pytest.raises(PatternError) as raised:
        compile_template(case["template"])
    error = raised.value
    found = {"message": error.message, "offset": error.offset, "length": error.length}
    assert found == {key: case[key] for key in found}
    assert error.hint == case.get("hint", error.hint)


def test_types_are_given_in_order() -> None:
    compiled = compile_template("<a> <b:port> <_:int> <c:duration>")
    assert compiled.types == (("a", "word"), ("b", "port"), ("c", "duration"))


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "fd00::1", "::1", "::ffff:10.0.0.9", "fe80::1%eth0"]
)
@pytest.mark.parametrize("frame", ["from <peer:addr>", "<peer:addr> left", '("<peer:addr>", 1)'])
def test_addresses_survive_every_neighbourhood(address: str, frame: str) -> None:
    found = fields(frame, frame.replace("<peer:addr>", address))
    assert found is not None
    assert split_port(found["peer"]) == split_port(address)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1).filter(str.strip))
@settings(max_examples=150, deadline=None)
def test_escaped_text_matches_itself(text: str) -> None:
    template = "".join(f"\\{char}" if char in "<>\\^$`" else char for char in text)
    compiled = compile_template(template)
    assert regex.search(compiled.pattern, f"before {text} after")
    for literal in required_literals(compiled.pattern):
        assert literal in text.encode()


@given(st.from_regex(r"\A[<>a-z:_ \\$^]{1,20}\Z"))
@settings(max_examples=200, deadline=None)
def test_any_text_compiles_or_is_refused_with_a_place(text: str) -> None:
    error = refused(text)
    if error is None:
        regex.compile(compile_template(text).pattern)
    else:
        assert 0 <= error.offset <= len(text)
        assert error.length >= 1


def refused(text: str) -> PatternError | None:
    try:
        compile_template(text)
    except PatternError as error:
        return error
    return None


HOSTILE = [" ", "a", "a ", "1", "1:", ":", "10.0.0.1, ", '"', "client: ", "a.", "1m"]


@pytest.mark.parametrize("type_name", [*(name for name in TYPE_NAMES if name != "rest"), "_"])
@pytest.mark.parametrize(
    "frame", ["{}", "{} closed", "client: {}, server", "{}, x", "x {} y {} z", "^{} closed", "1{}1"]
)
def test_time_is_linear_in_the_line(frame: str, type_name: str) -> None:
    capture = "<_>" if type_name == "_" else f"<_:{type_name}>"
    if not frame.replace("{}", "").strip("^") and type_name == "_":
        return
    pattern = regex.compile(compile_template(frame.replace("{}", capture)).pattern)
    for stuff in HOSTILE:
        line = stuff * (20_000 // len(stuff))
        began = time.process_time()
        pattern.search(line, timeout=5)
        # A quadratic pattern takes seconds here.
        assert time.process_time() - began < 5, stuff


@pytest.mark.parametrize(
    "name", ["template", "nginx_format", "apache_format", "envoy_format", "haproxy_format"]
)
def test_grammar_has_no_conflict(name: str) -> None:
    Lark((shipped("grammars") / f"{name}.lark").read_text("utf-8"), parser="lalr", strict=True)
