"""The state of a run in words, for whoever asks by SIGUSR1."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from whyreset.basis.times import format_time
from whyreset.basis.units import NS
from whyreset.correlate.order import Order
from whyreset.run.memory import resident
from whyreset.run.replay import Totals

if TYPE_CHECKING:
    from whyreset.run.follow import Follow

_MOST = 20

Bursts = Sequence[tuple[tuple[str, ...], int, int]]


def told(totals: Totals, bursts: Bursts, order: Order, what: str, sources: Sequence[str]) -> str:
    """What is read, open bursts, sources, late lines, memory."""
    lines = [
        f"{what}; {totals.lines:,} lines, {totals.events:,} events, "
        f"{totals.resets:,} resets read; {order.late:,} came late; "
        f"{order.held:,} events wait for their turn; {resident() >> 20} MiB in memory"
    ]
    lines += [f"  open     {' '.join(key)}: {count} resets, the last at {format_time(last)[:19]}Z"
              for key, count, last in bursts[:_MOST]]  # fmt: skip
    if len(bursts) > _MOST:
        lines.append(f"  open     ... and {len(bursts) - _MOST} more")
    lines += sources[:_MOST]
    if len(sources) > _MOST:
        lines.append(f"  source   ... and {len(sources) - _MOST} more")
    return "\n".join(lines)


def state_of(run: "Follow", order: Order) -> str:
    """The same of logs that are followed, with how far behind each is, the furthest first."""
    lines = []
    for path, lag in sorted(run.lags.items(), key=lambda item: -item[1]):
        stream = run.streams[path]
        state = stream.tail.trouble or f"{stream.tail.behind:,} bytes behind"
        lines.append(f"  source   {path}: {state}, lag {lag / NS:.1f}s")
    return told(run.totals, run.open_bursts, order, f"{run.followed} logs followed", lines)
