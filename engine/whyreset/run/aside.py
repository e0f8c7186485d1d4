"""A ledger in a thread of its own, so that nobody who asks for a label waits for a verdict."""

import threading
from collections.abc import Callable, Iterable, Sequence
from queue import Queue

from whyreset.model.event import Event
from whyreset.model.record import Source
from whyreset.model.verdict import Labelled, Verdict
from whyreset.run.ledger import Ledger

_WAITING = 65_536
"""Tasks that may wait; beyond it whoever has more waits, too."""


class Aside:
    """Has what a `Ledger` has; what it decides is there a little later."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._tasks: Queue[Callable[[], object] | None] = Queue(_WAITING)
        self._verdicts: list[Verdict] = []
        self._thread = threading.Thread(target=self._work, name="verdicts", daemon=True)
        self._thread.start()

    @property
    def late(self) -> int:
        """Events that came too late to be in order."""
        return self._ledger.late

    def take(self, events: Iterable[Event], seen: Iterable[tuple[Source, int]]) -> None:
        """Take events, and who printed records when (ns)."""
        kept, those = list(events), list(seen)
        if kept or those:
            self._tasks.put(lambda: self._ledger.take(kept, those))

    def silent(self, seconds: float, *, going_on: bool) -> None:
        """The stream had nothing to say for so long."""
        self._tasks.put(lambda: self._ledger.silent(seconds, going_on=going_on))

    def decided(self) -> tuple[Sequence[Labelled], Sequence[Verdict]]:
        """The verdicts by now; of labels none is kept."""
        self._tasks.put(lambda: self._verdicts.extend(self._ledger.decided()[1]))
        return (), self._taken()

    def early(self) -> Sequence[Verdict]:
        """Verdicts whose conditions hold already: they come with a later call."""
        if self._tasks.empty():  # it takes its time: it must not fall behind with the rest
            self._tasks.put(lambda: self._verdicts.extend(self._ledger.early()))
        return self._taken()

    def finish(self) -> tuple[Sequence[Labelled], Sequence[Verdict]]:
        """The stream has ended: everything is decided."""
        self._tasks.put(lambda: self._verdicts.extend(self._ledger.finish()[1]))
        self._tasks.put(None)
        self._thread.join()
        return (), self._taken()

    def _taken(self) -> Sequence[Verdict]:
        count = len(self._verdicts)
        taken = self._verdicts[:count]
        del self._verdicts[:count]
        return taken

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
