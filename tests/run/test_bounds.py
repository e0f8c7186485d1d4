"""Memory that is short: what is given up, in which order, and that it is said."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from whyreset.basis.units import NS
from whyreset.correlate.correlator import Correlator
from whyreset.correlate.order import Order
from whyreset.language.load import load_text
from whyreset.model.event import Event, event_of
from whyreset.model.record import Source
from whyreset.run import bounds as module
from whyreset.run.bounds import Bounds

RULES = """
event reset { match `reset by <peer:addr>` }
event access { match `served <client:addr>` }
rule seen {
  label client_abort
  burst of reset by pod, peer gap 60s
  when { any have access from peer within 1h }
}
"""
LIMIT = 100 << 20
API = Source("api", pod="api")


class Talk:
    """Says provisional verdicts until it is told not to."""

    active = True

    def suspend(self) -> None:
        self.active = False


class Process:
    """What the process takes, and what of it is in use: shares of the limit."""

    def __init__(self) -> None:
        self.taken = self.used = 0.0


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    found = Process()
    monkeypatch.setattr(module, "resident", lambda: round(found.taken * LIMIT))
    monkeypatch.setattr(module, "in_use", lambda: round(found.used * LIMIT))
    monkeypatch.setattr(module, "give_back", lambda: None)
    monkeypatch.setattr(module, "trim", lambda: None)
    return found


def event(kind: str, seconds: int, **fields: str) -> Event:
    return event_of(seconds * NS, API, seconds, kind, fields, kind)


def kept(correlator: Correlator) -> int:
    (table,) = correlator.evidence._tables.values()
    return sum(len(series.times) for series in table.values())


@pytest.fixture
def correlator() -> Correlator:
    """One open burst, and an hour of evidence."""
    made = Correlator(load_text(RULES))
    for second in range(3600):
        made.feed(event("access", second, client="10.0.0.1"))
    made.feed(event("reset", 3600, peer="10.0.0.2"))
    return made


@pytest.fixture
def order() -> Order:
    """An event of one source waits for the other, which is behind."""
    made = Order()
    made.open("api")
    made.progress("api", 3609 * NS)
    made.open("slow")
    made.progress("slow", 3604 * NS)
    made.add([event("reset", 3601, peer="10.0.0.3")])
    return made


def test_steps_are_taken_one_by_one_and_said(
    process: Process, correlator: Correlator, order: Order
) -> None:
    talk, bounds = Talk(), Bounds(LIMIT)
    process.taken, process.used = 0.5, 0.4
    assert list(bounds.keep(1.0, correlator, order, talk)) == []
    process.taken = 0.9
    before, said = kept(correlator), []
    for notes in bounds.keep(2.0, correlator, order, talk):
        said += notes
        assert kept(correlator) <= before
        before = kept(correlator)
        assert bounds.is_tight
        assert not talk.active
        correlator.take_verdicts()
        order.take()
    what = [note.removeprefix("memory at 90% of its limit: ") for note in said]
    assert what[0] == "no provisional verdicts for now"
    assert what[1:3] == ["evidence is kept for 15m", "evidence is kept for 3m 45s"]
    assert what[-3:] == [
        "evidence is kept for 100ms", "open bursts are judged early",
        "late lines are not waited for",
    ]  # fmt: skip
    assert bounds.shed == 1
    assert correlator.open_bursts == []
    assert order.held == 0


def test_no_more_is_given_up_than_is_needed(
    process: Process, correlator: Correlator, order: Order
) -> None:
    bounds = Bounds(LIMIT)
    process.taken, process.used = 0.8, 0.5
    steps = bounds.keep(1.0, correlator, order, Talk())
    next(steps)
    next(steps)
    process.used = 0.2
    assert next(steps, None) is None
    assert kept(correlator) == 900, "what is younger than a quarter of an hour"
    assert len(correlator.open_bursts) == 1
    assert list(bounds.keep(1.1, correlator, order, Talk())) == [], "the process is full of holes"
    process.used = 0.45
    assert next(bounds.keep(1.2, correlator, order, Talk()), None) is not None, "they are filled"


def test_a_process_that_grows_all_the_same_gathers_less_and_less(
    process: Process, correlator: Correlator, order: Order
) -> None:
    bounds, talk = Bounds(LIMIT), Talk()
    allowed = []
    for taken in (0.80, 0.84, 0.88, 0.92, 0.96):
        process.taken, process.used = taken, 0.5
        for _ in bounds.keep(taken, correlator, order, talk):
            process.used = 0.0  # whatever is given up, it is enough
        allowed.append(bounds._most)
    assert allowed == sorted(set(allowed), reverse=True)


def test_memory_is_not_short_for_ever(
    process: Process, correlator: Correlator, order: Order
) -> None:
    bounds = Bounds(LIMIT)
    process.taken, process.used = 0.9, 0.5
    next(bounds.keep(1.0, correlator, order, Talk()))
    assert bounds.is_tight
    process.used = 0.1  # the flood is over, its holes are left
    assert list(bounds.keep(2.0, correlator, order, Talk())) == []
    assert not bounds.is_tight


def test_without_a_limit_nothing_is_given_up(
    process: Process, correlator: Correlator, order: Order
) -> None:
    process.taken = process.used = 50.0
    talk, bounds = Talk(), Bounds(None)
    assert list(bounds.keep(9.0, correlator, order, talk)) == []
    assert talk.active
    assert bounds.shortfall() is None
    assert bounds.is_roomy


def test_a_limit_that_cannot_be_kept_names_the_least_one(process: Process) -> None:
    process.taken = 0.9  # what rules of a hundred teams take
    said = Bounds(LIMIT).shortfall()
    assert said is not None
    assert "--memory 100M is too little" in said
    assert "take 128M" in said
    assert Bounds(128 << 20).shortfall() is None


FLOODED = """
event reset {
  match `read tcp <local:addr>-><peer:addr>: read: connection reset by peer`
}
rule seen_before {
  label client_abort
  burst of reset by pod, peer gap 60s
  when { any have reset from peer within 1h }
}
"""
FLOODS: dict[str, Callable[[int], str]] = {
    "of ever new peers": lambda n: (
        f"read tcp 10.42.0.9:80->10.0.{n >> 12}.{n >> 4 & 255}:{n % 50000 + 1024}:"
        " read: connection reset by peer"
    ),
    "of long lines": lambda n: (
        f"{n} {'error: x ' * 3000} read tcp 10.42.0.9:80->10.42.{n % 200}.1:99: read: connection"
        " reset by peer"
    ),
    "of lines of a megabyte": lambda n: (
        f"{n} {'error: x ' * 100_000} read tcp 10.42.0.9:80->10.42.{n % 200}.1:99: read: connection"
        " reset by peer"
    ),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_process_stays_below_its_limit(flood: str, tmp_path: Path) -> None:
    """By the kernel's own account of the most that it took."""
    rules, log = tmp_path / "some.rules", tmp_path / "log"
    rules.write_text(FLOODED)
    number = write(FLOODS[flood], log)
    program = (
        "import resource, sys; from whyreset.cli.main import main; code = main(sys.argv[1:]);"
        "sys.stderr.write(f'peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}');"
        "raise SystemExit(code)"
    )
    words = ["label", "--no-builtin", "-r", str(rules), "--memory", "96M"]
    piped = ["sh", "-c", 'log=$1; shift; cat "$log" | "$@"', "sh", str(log)]
    done = subprocess.run(
        [*piped, sys.executable, "-c", program, *words], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"\n") == number, "each reset has its label"
    assert b"of its limit: " in done.stderr, "memory was short"
    assert int(done.stderr.rpartition(b"peak ")[2]) << 10 <= 96 << 20


def write(line: Callable[[int], str], log: Path) -> int:
    """A hundred lines a second; gives how many they were."""
    size = number = 0
    with log.open("w") as out:
        while size < 72 << 20 and number < 100_000:
            minute, rest = divmod(number, 6000)
            stamp = f"2026-11-22T10:{minute:02}:{rest // 100:02}.{rest % 100:02}0Z"
            size += out.write(f"{stamp} stderr F {line(number)}\n")
            number += 1
    return number
