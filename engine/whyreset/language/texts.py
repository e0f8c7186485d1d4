"""The {placeholders} of a rule's texts: which a rule has, and which a text may name."""

import re
from collections.abc import Iterable, Iterator

from whyreset.language.kinds import Kinds
from whyreset.model import rule as model

ALWAYS = (
    "count", "peer", "peers", "namespace", "workload", "pod", "container", "node", "span",
    "start", "end",
)  # fmt: skip
OF_EVERY = ("period", "jitter", "missed", "trains")
OF_DELAY = ("delay",)
OF_SHARE = ("share",)
BURSTS_OWN = frozenset({*ALWAYS, *OF_EVERY, *OF_DELAY, *OF_SHARE})
"""What a text says of the burst: no clause can have such a name."""
_PIECE = re.compile(r"\{\{|\}\}|\{([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)\}|[{}]")


def placeholders(text: str) -> Iterator[tuple[str, int]]:
    """Each placeholder with its offset; a lone brace is given as itself."""
    for found in _PIECE.finditer(text):
        if found[0] in "{}":
            yield found[0], found.start()
        elif found[1]:
            yield found[1], found.start() + 1


def all_clauses(clauses: Iterable[model.Clause]) -> Iterator[model.Clause]:
    """Clauses and those inside `any of`."""
    for clause in clauses:
        yield clause
        if isinstance(clause, model.AnyOf):
            yield from all_clauses(clause.clauses)


def known_placeholders(
    clauses: Iterable[model.Clause], keys: Iterable[str], settings: Iterable[str], kinds: Kinds
) -> set[str]:
    """Everything that a rule's texts may name."""
    known = {*ALWAYS, *keys, *settings}
    for clause in all_clauses(clauses):
        if isinstance(clause, model.Every):
            known.update(OF_EVERY)
        if isinstance(clause, model.AfterLast):
            known.update(OF_DELAY)
        if clause.quantifier or isinstance(clause, model.Join):
            known.update(OF_SHARE)
        if clause.name:
            known.add(clause.name)
        if not isinstance(clause, model.Join) or _finds_none(clause):
            continue
        if clause.name and clause.event in kinds:
            fields = (*kinds[clause.event].types, "time", "count")
            known.update(f"{clause.name}.{field}" for field in fields)
    return known


def says_absent(clauses: Iterable[model.Clause], name: str) -> str | None:
    """The clause that `{name.field}` belongs to, if it says that there is no such event."""
    owner, dot, _ = name.partition(".")
    for clause in all_clauses(clauses):
        if dot and clause.name == owner and isinstance(clause, model.Join) and _finds_none(clause):
            return clause.text
    return None


def _finds_none(clause: model.Join) -> bool:
    """Whether the clause is about what is not there."""
    return clause.negated or (clause.quantifier is not None and clause.quantifier.kind == "none")


def why_missing(name: str) -> str | None:
    """What a rule needs before its texts may name this."""
    if name in OF_EVERY:
        return f"{{{name}}} needs an `every` clause"
    if name in OF_DELAY:
        return f"{{{name}}} needs an `after last` clause"
    if name in OF_SHARE:
        return f"{{{name}}} needs a join, or a clause with `any have`, `at least 60% have`, ..."
    return None
