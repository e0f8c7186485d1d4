"""Parsers of the shipped grammars; building their tables is slow, so the cache keeps them."""

from contextlib import suppress
from functools import lru_cache
from io import BytesIO

from lark import Lark

from whyreset.basis.shipped import shipped
from whyreset.language import cache


def open_grammar(_base: object, name: str) -> tuple[str, str]:
    """A shipped grammar, for lark's imports."""
    return name, (shipped("grammars") / name).read_text(encoding="utf-8")


def build_parser(grammar: str, *, strict: bool = False) -> Lark:
    """The parser of `grammars/<grammar>.lark`; *strict* refuses any ambiguity (slow: for tests)."""
    return Lark(
        open_grammar(None, f"{grammar}.lark")[1],
        parser="lalr",
        propagate_positions=True,
        maybe_placeholders=False,
        strict=strict,
        import_paths=[open_grammar],
    )


@lru_cache(maxsize=16)
def parser_of(grammar: str) -> Lark:
    """The parser of a grammar, its tables from the cache where they are there."""
    name = f"grammar-{grammar}-{cache.fingerprint()}.pickle"
    stored = cache.read(name)
    if stored is not None:
        with suppress(Exception):  # a broken cache only costs time
            return Lark.load(BytesIO(stored))
    made = build_parser(grammar)
    buffer = BytesIO()
    made.save(buffer)
    cache.write(name, buffer.getvalue())
    return made
