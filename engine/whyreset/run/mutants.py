"""Mutants: a rule with one clause less, or a looser one, which its own tests should notice."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from whyreset.basis.frozen import replace
from whyreset.model.rule import (
    AfterLast,
    AtLeast,
    Clause,
    Distinct,
    Every,
    IntervalsVary,
    Join,
    Plan,
    Quantifier,
    Rule,
)
from whyreset.run.rule_tests import run_test

_WIDER = 4
"""How many times wider a loosened time is."""


class Mutant(NamedTuple):
    """A changed rule: the clause it was changed in, and how (`without`, `looser`)."""

    clause: Clause
    part: str
    change: str
    rule: Rule

    def __str__(self) -> str:
        return f"{self.change} `{'unless ' if self.part == 'unless' else ''}{self.clause.text}`"


def mutants_of(rule: Rule, *, loosen: bool = True) -> Iterator[Mutant]:
    """The rule without each of its clauses in turn, and with each of them loosened."""
    for part in ("when", "unless"):
        clauses: Sequence[Clause] = getattr(rule, part)
        for index, clause in enumerate(clauses):
            rest = (*clauses[:index], *clauses[index + 1 :])
            yield Mutant(clause, part, "without", replace(rule, **{part: rest}))
            # An exception is loosened by being told less: that is to leave it out.
            for other in _looser(clause) if loosen and part == "when" else ():
                changed = (*clauses[:index], other, *clauses[index + 1 :])
                yield Mutant(clause, part, "looser", replace(rule, **{part: changed}))


def survivors(plan: Plan, rule: Rule, *, loosen: bool = True) -> list[Mutant]:
    """The mutants that no test notices: all tests that the rule passes, they pass as well."""
    tests = [test for test in rule.tests if not run_test(plan, rule, test).failures]
    return [
        mutant
        for mutant in mutants_of(rule, loosen=loosen)
        if not any(run_test(plan, mutant.rule, test).failures for test in tests)
    ]


def undecided(plan: Plan, rule: Rule) -> list[Mutant]:
    """The clauses that decide nothing in any test of the rule: without them all of them pass."""
    return survivors(plan, rule, loosen=False)


def _looser(clause: Clause) -> Iterable[Clause]:
    """A clause that more resets pass; nothing for one that has no weaker form."""
    if clause.quantifier is not None and clause.quantifier.kind == "share":
        half = Quantifier("share", clause.quantifier.share / _WIDER)
        return (replace(clause, quantifier=half),)
    match clause:
        case Join(negated=False):
            after = max(0, clause.after) * _WIDER
            wider = replace(clause, before=clause.before * _WIDER, after=after)
            return (wider,) if clause.chance is None else (wider, replace(clause, chance=None))
        case Join(negated=True) if clause.after < 0:
            return (replace(clause, before=(clause.before - clause.after) // 2),)
        case Join(negated=True):
            return (replace(clause, before=clause.before // 100, after=clause.after // 100),)
        case AfterLast():
            return (replace(clause, low=clause.low // _WIDER, high=clause.high * _WIDER),)
        case AtLeast() | Distinct() if clause.count > 1:
            return (replace(clause, count=clause.count - 1),)
        case Every():
            tolerance = min(1.0, clause.tolerance * _WIDER)
            low, high = clause.low // _WIDER, clause.high * _WIDER
            return (replace(clause, low=low, high=high, tolerance=tolerance),)
        case IntervalsVary():
            return (replace(clause, share=clause.share * _WIDER),)
        case _:
            return ()
