"""The engine as other programs embed it: records in, labels and verdicts out."""

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from whyreset.basis.times import END
from whyreset.correlate.correlator import Correlator
from whyreset.ingest.matching import Extractor
from whyreset.language.load import load
from whyreset.model.record import Record
from whyreset.model.rule import Plan
from whyreset.model.verdict import Labelled, Verdict


class Engine:
    """Pure and picklable: it reads no clock, no file and no network once it is made."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._extractor = Extractor(plan.definitions)
        self._correlator = Correlator(plan)

    @classmethod
    def from_rules(cls, *paths: Path | str, builtin: bool = True) -> Self:
        """An engine for the shipped rules and those in `paths`; RuleError where they are wrong."""
        return cls(load([Path(path) for path in paths], builtin=builtin))

    def feed(self, record: Record) -> list[Verdict]:
        """Take a record; records come in time order. Gives the verdicts that it settles."""
        self._correlator.evidence.coverage.cover(record.source.name, record.time, END)
        for event in self._extractor.extract(record):
            self._correlator.feed(event)
        return self._correlator.take_verdicts()

    def advance(self, time: int) -> list[Verdict]:
        """No record before `time` (ns) will come."""
        self._correlator.advance(time)
        return self._correlator.take_verdicts()

    def finish(self) -> list[Verdict]:
        """No more records: everything still open is settled."""
        self._correlator.finish()
        return self._correlator.take_verdicts()

    def take_labels(self) -> Sequence[Labelled]:
        """One entry per reset record, in time order, as they are decided."""
        return self._correlator.take_labels()

    def snapshot(self) -> bytes:
        """The whole state, to be given to `restore`."""
        return pickle.dumps((self._plan, self._correlator.state()))

    @classmethod
    def restore(cls, snapshot: bytes) -> Self:
        """An engine that goes on where the snapshot was taken; trust the bytes as you do code."""
        plan, state = pickle.loads(snapshot)
        engine = cls(plan)
        engine._correlator.set_state(state)
        return engine

    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]:
        """Pickled as its snapshot: what is compiled is made anew."""
        return type(self).restore, (self.snapshot(),)
