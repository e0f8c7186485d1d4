"""What people write who know other languages, or who guess, and how it is said here."""

import re

_AT = "‸"
"""Where the reading stopped."""

_HABITS = (
    # ---- statements
    (r"^\s*‸(?:import|include|load|source)\b", 'another file is loaded by `use "FILE.rules"`'),
    (r"^\s*‸(?://|--|/\*)", "a comment begins with `#`"),
    (r"^\s*requires\b.*‸", "write `requires whyreset >= 0.1`"),
    (r"\b([A-Za-z_]\w*)\s*‸-\s*([A-Za-z]\w*)", r"names are of letters, digits and _: `\1_\2`"),
    (r"\bfor (\w+)\s*‸(?:=|~|:|in\b)", r'write `for \1 "GLOB"`'),
    (r"^\s*(?:extend|disable)\s+rule\s+\w+\s*‸(?:in|on|at|where|if)\b",
     'write `for namespace "GLOB"`'),
    # ---- lines of a rule
    (r"^\s*label\s+\w+\s*‸[,|/]", "a rule gives one label: write a second rule for the other"),
    (r"^\s*label\s*‸[(\[{]", "a rule gives one label, and it stands without brackets"),
    (r"^\s*(label|severity|status|priority|gap|span|confidence|title|because|remedy|verify|match|"
     r"sample|burst)\s*‸[=:]", r"write no `=` or `:` behind `\1`"),
    (r"^\s*priority\s+‸(?!-?\d)", "a priority is a whole number, such as 50"),
    (r"^\s*test\s*‸\{", 'a test has a title: `test "what happens" {`'),
    (r"\bby\s+\w+\s*‸and\b", "a comma stands between keys: `by pod, peer`"),
    (r"^\s*unless\s+‸\w", "`unless { ... }` is a block, as `when { ... }` is"),
    (r"^\s*unless\s+\w+\s*‸", "`unless { ... }` is a block of its own, behind that of `when`"),
    # ---- amounts
    (r"(\d[\d.]*)\s+‸(?:percent|per ?cent|%)", r"write `\1%`, without a space"),
    (r"(\d[\d.]*)\s+‸(?:ms|millis\w*|milliseconds?)\b", r"write `\1ms`, without a space"),
    (r"(\d[\d.]*)\s+‸(?:s|secs?|seconds?)\b", r"write `\1s`, without a space"),
    (r"(\d[\d.]*)\s+‸(?:m|mins?|minutes?)\b", r"write `\1m`, without a space"),
    (r"(\d[\d.]*)\s+‸(?:h|hours?)\b", r"write `\1h`, without a space"),
    (r"(\d[\d.]*)\s+‸(?:d|days?)\b", r"write `\1d`, without a space"),
    (r"\b(\d+)\s*‸-\s*(\d+)([a-z]+)\b", r"a range is `\1\3..\2\3`"),
    (r"\.\.\s*‸\.", "a range has two dots: `5s..10s`"),
    # ---- comparisons
    (r"=\s*‸>", "the operator is `>=`"),
    (r"=\s*‸=", "one `=` compares"),
    (r"\b(\w+)\s+(?:is|equals|eq)\s*‸in\b", r"write `\1 in NETWORK`"),
    (r"\bnot\s+(\w+)\s*‸in\b", r"write `\1 not in NETWORK`"),
    (r"\b(\w+)\s+(?:is|equals|eq)\s*‸([^\s,;{}]+)", r"write `\1 = \2`"),
    (r"\b(\w+)\s+(?:between|from)\s*‸(\S+)", r"two lines say a range: `\1 >= \2`, `\1 <= ...`"),
    (r"\bin\s*‸[\d:]*[.:][\d.:/]*", "give it a name first: `network NAME = PREFIX`"),
    (r"\bin\s*‸[\[({]", "networks stand without brackets: `in bank or cluster`"),
    (r"\bin\s+\w+\s*‸,\s*\w", "`or` stands between networks: `in bank or cluster`"),
    (r"\bin\s+\w+\s+or\s+\w+\s*‸[=<>!~]", "write `any of { ONE; OTHER }` for alternatives"),
    (r"\b\w+\s*‸in\b", "`in` asks for networks; alternatives are `any of { ONE; OTHER }`"),
    # ---- clauses
    (r"\S\s*‸(?:and|&&|AND)(?!\w)", "one clause a line: all of them must hold"),
    (r"\S\s*‸(?:or|\|\||OR)(?!\w)", "write `any of { ONE; OTHER }` for alternatives"),
    (r"\S\s*‸,\s*(?:#.*)?$", "one clause a line, without a comma"),
    (r"^\s*(?:\w+:\s*)?(?:without|not|never)\s+(\w+)\s*‸(?:from|on|to|within)\b",
     r"write `no \1 ...`"),
    (r"\bwithin\s+\S+(?:\s+(?:before|after))?\s*‸(from|on|to)\s+(\w+)",
     r"`\1 \2` stands before `within`"),
    (r"\bby\s*‸(?:peer|client)\b", "the relation is `from peer`"),
    (r"\bat\s*‸most\s+(\S+)", "there is no `at most`: `unless { at least ... }` says it"),
    (r"\b(?:atleast|least|minimum|min)\s*‸(\d+)", r"write `at least \1`"),
    (r"\bat\s+least\s+(\S+)\s*‸(?:resets?|events?|times|connections?)\b", r"write `at least \1`"),
    (r"\bat\s+least\s+(\S+)\s*‸(?:within|per|every)\s+(\S+)", r"write `at least \1 in \2`"),
    (r"\bat\s+least\s+(\S+%)\s*‸(?!have|has)", r"write `at least \1 have ...`"),
    (r"\bevery\s+(\S+)\s*‸$", r"say how exact the beat is: `every \1 ± 15%`"),
    (r"\bevery\s+(\S+)\s*‸\+/-\s*(\S+)", r"write `every \1 ± \2`"),
    # ---- events
    (r"^\s*match\s+/.*/\s*‸\S", r"a `/` within an expression is written `\\/`"),
    (r"^\s*match\s*‸r?[\"'“]", "a pattern is a `template` or a /regular expression/"),
    (r"^\s*‸[`/]", "write `match` before a pattern"),
    # ---- tests
    (r"^\s*‸every\b|^\s*‸\d\S*\.\.", "write `at 0s..60s every 10s  EVENT field=value`"),
)  # fmt: skip
_COMPILED: list[tuple[re.Pattern[str], str]] = []
_LONGEST = 400


def habit(text: str, at: int) -> str | None:
    """What to write instead, if what stands around a place is a known habit."""
    start = text.rfind("\n", 0, at) + 1
    before = text[max(start, at - _LONGEST) : at].rstrip(" \t")
    after = text[at : at + _LONGEST].partition("\n")[0]
    line = f"{before}{' ' if before and before[-1].isalnum() else ''}{_AT}{after}"
    if not _COMPILED:
        _COMPILED.extend((re.compile(pattern), cure) for pattern, cure in _HABITS)
    for pattern, cure in _COMPILED:
        found = pattern.search(line)
        if found:
            return found.expand(cure)
    return None
