"""Verdicts ahead of time: a second correlator that does not wait for what may come late."""

import pickle
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from whyreset.correlate.correlator import Correlator
from whyreset.ingest.hindsight import Hindsight, Recall
from whyreset.model.event import Event
from whyreset.model.rule import Plan
from whyreset.model.verdict import Verdict
from whyreset.run.looks import Looks


class Early:
    """Takes events as they arrive, and says once for each burst and label what already holds.

    What it knows is never final, and nothing of it reaches the correlator that decides. `stopped`
    says when a run is about to end.
    """

    def __init__(self, plan: Plan, stopped: Callable[[], bool], hindsight: Hindsight) -> None:
        self._plan = plan
        self._stopped = stopped
        self._hindsight = hindsight
        self._recall: Recall | None = None  # while it is active
        self._correlator = self._anew()
        self._looks = Looks()

    @property
    def active(self) -> bool:
        """Whether anything is said."""
        return self._recall is not None

    @property
    def announced(self) -> dict[str, str]:
        """The label that was said of each burst that is not over."""
        return self._looks.announced

    @announced.setter
    def announced(self, known: dict[str, str]) -> None:
        self._looks.announced = known

    def take(self, events: Iterable[Event], mark: int | None) -> None:
        """Events that arrived together; time has passed `mark` (ns) in all sources."""
        if not self.active:
            return
        taken = list(events)
        if taken:
            self._correlator.feed_all(taken)
            self._looks.news = True
        if mark is not None:
            self._correlator.advance(mark)
        self._correlator.take_verdicts()

    def suspend(self) -> None:
        """Forget everything: there is no time or memory for it."""
        if self._recall is not None:
            self._hindsight.close(self._recall)
            self._recall = None
        self._correlator = self._anew()
        self._looks.forget()

    def resume(
        self, correlator: Correlator, recall: Recall, held: Iterable[Event], plan: Plan
    ) -> None:
        """Begin anew from what was decided, by one who was told so much, and what waits to be."""
        self.suspend()
        self._plan = plan
        self._recall = self._hindsight.open(recall)
        self._correlator = self._anew()
        self._correlator.evidence.hindsight = self._recall
        self._correlator.set_state(copy_of(correlator.state()))
        self._correlator.take_verdicts()
        self._looks.forget()
        self.take(held, None)
        self._looks.news = True

    def forget(self) -> None:
        """Let go of what nobody will ask for any more."""
        if self.active:
            self._correlator.forget()

    def verdicts(self) -> list[Verdict]:
        """What holds now, and was not said before."""
        return self._looks.at(self._correlator) if self.active else []

    def ended(self, verdicts: Iterable[Verdict]) -> None:
        """These were decided: those that are over need not be remembered."""
        self._looks.ended(verdicts)

    def _anew(self) -> Correlator:
        correlator = Correlator(self._plan, labels=False)
        correlator.stopped = self._stopped
        return correlator


class _Copier(pickle.Pickler):
    """Leaves events out, and keeps them."""

    def __init__(self, file: BytesIO) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.events: list[Event] = []

    def persistent_id(self, obj: object) -> int | None:
        if type(obj) is not Event:
            return None
        self.events.append(obj)
        return len(self.events) - 1


class _Paster(pickle.Unpickler):
    """Puts events in again that were left out."""

    def __init__(self, file: BytesIO, events: list[Event]) -> None:
        super().__init__(file)
        self._events = events

    def persistent_load(self, pid: int) -> Event:
        return self._events[pid]


def copy_of(state: dict[str, Any]) -> dict[str, Any]:
    """A snapshot to be changed by itself; events, which are most of it and never change, are
    shared."""
    file = BytesIO()
    copier = _Copier(file)
    copier.dump(state)
    file.seek(0)
    copied: dict[str, Any] = _Paster(file, copier.events).load()
    return copied
