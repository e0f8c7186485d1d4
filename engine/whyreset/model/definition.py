"""Event definitions: the only place where a message format is known."""

from typing import NamedTuple

from whyreset.basis.frozen import Frozen
from whyreset.model.event import Value


class Condition(Frozen):
    """`field op value`; `op` is one of = != < <= > >= ~ (glob)."""

    field: str
    op: str
    value: Value


class Assignment(Frozen):
    """`set field = value [where conditions]`, applied after a match."""

    field: str
    value: Value
    where: tuple[Condition, ...]


JSON, LOGFMT = "json", "logfmt"
MAPPINGS = (JSON, LOGFMT)
"""What the keys of a mapping are of: an object, or pairs like `key=value`."""


class Mapped(Frozen):
    """A field of a mapping: a path of keys where it may stand, and its type or unit.

    Of several entries of one field the first counts that has a value of its type.
    """

    field: str
    path: tuple[str, ...]
    type: str


class KeyCondition(Frozen):
    """`.path or .path op value or value`, or `.path exists`, on what a mapping is of: one of the
    paths has one of the values; with `!=` none has any."""

    paths: tuple[tuple[str, ...], ...]
    op: str
    values: tuple[Value, ...] = ()


BEFORE_PEERS = '\n ":/='
"""What may stand before an address by which lines are found; behind anything else it is not."""


class Wanted(NamedTuple):
    """What records have that a rule can use: one of the literals; of `bare` in records that are
    no objects, whose writers spell quotes in several ways. `at_start`: the text begins with it."""

    literals: tuple[bytes, ...]
    bare: tuple[bytes, ...]
    at_start: bool


class Matcher(Frozen):
    """One way to find an event in a record: a pattern, or a mapping of keys.

    pattern  the regular expression (syntax of the `regex` module, searched, not anchored)
    types    the type of each named group: addr, ip, port, int, num, duration[:unit], word, rest
    form     instead of a pattern, of what the keys are mapped: `json` (an object) or `logfmt`
    mapped   fields from the keys
    guard    conditions on the keys
    required fields that the keys must give
    literals at least one of these byte strings is in every record that matches;
             empty means that nothing is known, and every line must be tried
    by       `file:line` of the clause, for `whyreset parse`
    needs    all that is in the text of each record that matches: of every entry one
    plain    the pattern without its guards (look-behinds of open length), if it has any; it finds
             the same in a text that has, for each entry of `guards`, none of the texts in it
    begins   of a text of one line that matches the first character, if it is in ASCII, is one of
             these; None means that it may be any
    tame     on a short text a search cannot take long
    linear   the pattern takes time in proportion to the text, whatever the text is
    wanted   what records have that the loaded rules can use (one of them); None means all
    by_peer  rules ask for further records by the peer of a reset, whose address has one of
             BEFORE_PEERS before it there; without knowing the peers, all are wanted
    """

    pattern: str | None
    types: tuple[tuple[str, str], ...]
    mapped: tuple[Mapped, ...]
    guard: tuple[KeyCondition, ...]
    literals: tuple[bytes, ...]
    by: str
    wanted: tuple[Wanted, ...] | None = None
    by_peer: bool = False
    needs: tuple[tuple[str, ...], ...] = ()
    plain: str | None = None
    guards: tuple[tuple[str, ...], ...] = ()
    linear: bool = False
    tame: bool = False
    begins: str | None = None
    required: tuple[str, ...] = ()
    form: str = ""


class Origin(Frozen):
    """`from container "x-*", workload "y"`: which sources to look at; globs on source fields."""

    field: str
    glob: str


class Sample(Frozen):
    """`sample TEXT gives field=value`; `gives` None means that TEXT must give no such event."""

    text: str
    gives: tuple[tuple[str, Value], ...] | None
    by: str


class Definition(Frozen):
    """All ways to find events of one kind that one `event` block names.

    afters  expressions (syntax of the `regex` module) that must be found before the message in its
            line for it to count
    skips   those that must not be found in its line
    """

    kind: str
    origins: tuple[Origin, ...]
    matchers: tuple[Matcher, ...]
    assignments: tuple[Assignment, ...]
    where: tuple[Condition, ...]
    samples: tuple[Sample, ...]
    by: str
    afters: tuple[str, ...] = ()
    skips: tuple[str, ...] = ()
