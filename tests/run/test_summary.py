"""The closing summary: what is on the screen when a run has ended."""

from typing import Any

from whyreset.model.verdict import Verdict
from whyreset.run.replay import Decided, Totals
from whyreset.run.summary import summary_of
from whyreset.run.tallies import Tallies


def verdict(**values: Any) -> Verdict:
    common: dict[str, Any] = dict.fromkeys(Verdict.__annotations__)
    common.update(
        state="final", label="client_abort", rule="left", title="Clients that left", count=1,
        namespace="shop", workload="api",
    )  # fmt: skip
    return Verdict(**{**common, **values})


def summary(*verdicts: Verdict) -> list[str]:
    tallies = Tallies()
    tallies.take(Decided([], verdicts))
    return summary_of(Totals(inputs=1), tallies).split("\n")[1:]


def test_one_cause_is_one_line_however_many_bursts_tell_of_it() -> None:
    others = [verdict(rule="cut", title="Requests cut short", count=5)] * 2
    probes = verdict(label="probe_noise", rule="beat", count=40)
    assert summary(*[verdict()] * 12, *others, probes) == [
        "  probe_noise             40 resets in 1 burst",
        "  client_abort            22 resets in 14 bursts",
        "                          12 resets in 12 bursts  shop/api: Clients that left",
        "                          10 resets in 2 bursts   shop/api: Requests cut short",
    ]


def test_what_fits_on_a_screen_is_not_said_again() -> None:
    assert summary(*[verdict()] * 3) == ["  client_abort             3 resets in 3 bursts"]


def test_the_smallest_of_many_causes_are_summed_up() -> None:
    found = summary(*[verdict(workload=f"w{n}", count=100 - n) for n in range(9)])
    assert found[1].endswith("100 resets in 1 burst   shop/w0: Clients that left")
    assert found[-1].endswith("374 resets in 4 bursts  4 more")
    assert len(found) == 7


def test_only_what_is_final_counts() -> None:
    assert summary(verdict(state="provisional"), verdict(state="ongoing"))[-1] == (
        "  no connection resets were found"
    )
