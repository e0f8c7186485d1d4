"""What the reference says of one form of the language."""

from whyreset.basis.frozen import Frozen

FILE, EVENT, RULE, CLAUSE, TEST = "file", "event", "rule", "clause", "test"

PRELUDE = """\
network cluster = 10.42.0.0/16
network nodes   = 192.168.7.0/24
"""
"""The networks that examples may name."""


class Entry(Frozen, kw_only=True):
    """One form: where it stands, its keywords, what it means, and an example that is run.

    place    FILE, EVENT, RULE, CLAUSE or TEST: what it stands in
    words    the keywords that this entry explains, the one that opens the form first
    form     the form with its parts in capitals
    says     what it means, in full sentences
    costs    what it needs: look-back, look-ahead, memory; empty where it needs nothing of its own
    example  lines in the place where the form stands; a whole file for FILE
    holds    a clause: lines of a test of which the example's rule claims resets
    fails    a clause: lines of a test of which it claims none
    """

    place: str
    words: tuple[str, ...]
    form: str
    says: str
    example: str
    costs: str = ""
    holds: str = ""
    fails: str = ""


def indented(text: str, depth: int = 2) -> str:
    """The lines of a text, moved to the right."""
    return "".join(" " * depth + line + "\n" for line in text.strip().splitlines())


def shown(entry: Entry) -> str:
    """The example as the reference prints it."""
    if entry.place != CLAUSE:
        return entry.example.strip() + "\n"
    parts = [f"when {{\n{indented(entry.example)}}}\n"]
    for title, lines, label in (
        ("this it claims", entry.holds, "client_abort"),
        ("this it does not", entry.fails, "unknown"),
    ):
        parts.append(f'test "{title}" {{\n{indented(lines)}  expect {label}\n}}\n')
    return "".join(parts)


def runnable(entry: Entry) -> str:
    """The example as a whole rule file."""
    lines = shown(entry)
    if entry.place == EVENT:
        return f"event example {{\n{indented(lines)}}}\n"
    if entry.place == FILE:
        return PRELUDE + lines
    head = "label client_abort\nburst of reset by pod, peer gap 60s\n"
    when = "when { at least 1 }\n"
    if entry.place == TEST:
        lines = f'{when}test "example" {{\n{indented(lines)}}}\n'
    elif entry.place == RULE:
        opens = {line.split()[0] for line in entry.example.strip().splitlines()}
        head = "".join(line + "\n" for line in head.splitlines() if line.split()[0] not in opens)
        lines = lines + ("" if "when" in opens else when)
    return f"{PRELUDE}rule example {{\n{indented(head + lines)}}}\n"
