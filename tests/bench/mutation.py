"""Mutation check of the shipped rules: `python tests/bench/mutation.py [RULES...]`.

Each clause of each rule is left out, and loosened where there is a weaker form of it (a wider
window, a smaller count, a larger tolerance); at least one test of the rule must then fail. Prints
the survivors, and exits with 1 where one is not in `EQUIVALENT`: mutants that do the same as the
rule, each with the reason.
"""

import sys
import time
from pathlib import Path

from whyreset.language.load import load
from whyreset.run.mutants import mutants_of, survivors

EQUIVALENT = {
    ("tcp_health_check", "without `at least 4`"): "`every` needs four beats itself",
    ("tcp_health_check", "looser `at least 4`"): "`every` needs four beats itself",
    (
        "resets_while_limit",
        "looser `first has exhaustion what != memory, what != ports, what != files, "
        "what != connections, peer = unknown within 10s before`",
    ): "`began` keeps out what it lets in",
}


def main(paths: list[str]) -> int:
    """Check the rules of these files alone, or the shipped ones."""
    start = time.perf_counter()
    plan = load([Path(path) for path in paths], builtin=not paths)
    tried = found = new = 0
    for rule in plan.rules:
        if rule.scope.within and not rule.tests:  # they stand with the rule that is everywhere
            continue
        tried += len(list(mutants_of(rule)))
        for mutant in survivors(plan, rule):
            reason = EQUIVALENT.get((rule.name, str(mutant)))
            found += 1
            new += reason is None
            print(f"{rule.by}: {rule.name} {mutant}" + (f" (the same: {reason})" if reason else ""))
    seconds = time.perf_counter() - start
    print(f"{tried} mutants, {tried - found} noticed, {found} survive, {seconds:.1f}s")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
