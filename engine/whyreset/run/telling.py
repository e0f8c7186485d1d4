"""The state of a run in words, for whoever asks by SIGUSR1."""

from typing import TYPE_CHECKING

from whyreset.basis.times import format_time
from whyreset.basis.units import NS
from whyreset.run.memory import resident

if TYPE_CHECKING:
    from whyreset.run.follow import Follow

_MOST = 20


def told(run: "Follow") -> str:
    """Open bursts, sources, lag, late lines, memory."""
    totals, bursts = run.totals, run.open_bursts
    lines = [
        f"{len(run.streams)} logs followed; {totals.lines:,} lines, {totals.events:,} events, "
        f"{totals.resets:,} resets read; {run.late:,} came late; "
        f"{run.held:,} events wait for their turn; {resident() >> 20} MiB in memory"
    ]
    lines += [f"  open     {' '.join(key)}: {count} resets, the last at {format_time(last)[:19]}Z"
              for key, count, last in bursts[:_MOST]]  # fmt: skip
    if len(bursts) > _MOST:
        lines.append(f"  open     ... and {len(bursts) - _MOST} more")
    lags = sorted(run.lags.items(), key=lambda item: -item[1])
    for path, lag in lags[:_MOST]:
        stream = run.streams[path]
        state = stream.tail.trouble or f"{stream.tail.behind:,} bytes behind"
        lines.append(f"  source   {path}: {state}, lag {lag / NS:.1f}s")
    if len(lags) > _MOST:
        lines.append(f"  source   ... and {len(lags) - _MOST} more")
    return "\n".join(lines)
