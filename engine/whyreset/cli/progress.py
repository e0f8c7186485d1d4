"""What is shown on standard error while inputs are read: a progress bar."""

import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from whyreset.ingest.inputs import Input
from whyreset.run.replay import Decided, Replay, Totals

_LONG = 32 << 20
"""Bytes from which reading takes long enough to show progress."""


def steps_of(replay: Replay, inputs: Sequence[Input]) -> Iterator[Decided]:
    """What is decided, step by step, with a progress bar where somebody would see it."""
    with _bar(inputs) as on_read:
        yield from replay.run(on_read)


@contextmanager
def _bar(inputs: Sequence[Input]) -> Iterator[Callable[[Totals], None] | None]:
    """A function to call after every block, or None where nobody would see a bar.

    It has a thread of its own: processes must be made before."""
    sizes = [os.fstat(source.descriptor) for source in inputs]
    size = sum(status.st_size for status in sizes if stat.S_ISREG(status.st_mode))
    if size < _LONG or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import, seldom needed
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=size)
        yield lambda totals: bar.update(task, completed=totals.bytes)
