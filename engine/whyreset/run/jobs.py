"""Several processes: workers read their shares of the files, this one correlates what is found."""

import fcntl
import os
import pickle
import signal
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from typing import BinaryIO, NamedTuple, NoReturn

from whyreset.ingest.batches import Batch
from whyreset.ingest.inputs import Input, InputError
from whyreset.ingest.matching import Extractor
from whyreset.run.packing import Packed, Readers, packed, readers_of, unpacked

_PIPE = 1 << 20
"""Bytes that a worker may be ahead (where the system allows it), beside a batch of each input."""
_NUMBER = 4  # bytes of a request: the place of the input in the worker's share
_MOST = 10_000
"""Inputs of one worker: a request for each must fit into a pipe, or both sides could wait."""


class _Reply(NamedTuple):
    """What reading one batch gave: its events beside it, packed; `reason` is that of an InputError,
    the rest is the input's."""

    number: int
    batch: Batch | None
    events: Packed
    reason: str | None
    ordered: bool
    mode: str | None
    damaged: str | None
    ended: bool
    problems: list[str]


_UNSAID = _Reply(0, None, [], None, False, None, None, False, [])


@contextmanager
def share_out(inputs: Sequence[Input], extractor: Extractor, jobs: int) -> Iterator[list[Input]]:
    """The inputs, in their order, such that up to `jobs` workers read the files among them.

    A worker reads one batch of each of its inputs ahead. What no file is stays in this process,
    as a single input does. Patterns that a worker disables are told in the extractor's problems.
    Workers end with the context, however it ends, and with this process.
    """
    files = [source for source in inputs if _is_file(source)] if len(inputs) > 1 else []
    files = files[: jobs * _MOST]
    given: dict[int, Input] = {}
    workers: list[_Worker] = []
    readers = readers_of(extractor) if files else {}
    try:
        for share in _shares(files, jobs):
            own = {id(source) for source in share}
            others = [source for source in inputs if id(source) not in own]
            try:
                worker = _Worker(share, others, extractor, readers, workers)
            except OSError:  # no process or descriptor left: the rest is read here
                break
            workers.append(worker)
            for number, source in enumerate(share):
                given[id(source)] = _Remote(source, number, worker)
        yield [given.get(id(source), source) for source in inputs]
    finally:
        for worker in workers:
            worker.close()


def _is_file(source: Input) -> bool:
    return source.path != "-" and stat.S_ISREG(os.fstat(source.descriptor).st_mode)


def _shares(files: Sequence[Input], jobs: int) -> list[list[Input]]:
    """The largest file first, each to the worker that has least; a share keeps the order."""
    sizes = {id(source): os.fstat(source.descriptor).st_size for source in files}
    places = {id(source): place for place, source in enumerate(files)}
    shares: list[list[Input]] = [[] for _ in range(min(jobs, len(files)))]
    loads = [0] * len(shares)
    for source in sorted(files, key=lambda each: -sizes[id(each)]):
        least = min(range(len(loads)), key=lambda index: (loads[index], len(shares[index])))
        shares[least].append(source)
        loads[least] += sizes[id(source)]
    return [sorted(share, key=lambda each: places[id(each)]) for share in shares]


class _Remote(Input):
    """An input that a worker reads."""

    def __init__(self, local: Input, number: int, worker: "_Worker") -> None:
        self.path = local.path
        self.source = local.source
        self._local = local  # never read here; its descriptor tells the file
        self._number = number
        self._worker = worker
        self._said = _UNSAID._replace(ordered=local.ordered, mode=local.mode)
        self._ended = False

    @property
    def ordered(self) -> bool:
        return self._said.ordered

    @property
    def mode(self) -> str | None:
        return self._said.mode

    @property
    def damaged(self) -> str | None:
        return self._said.damaged

    @property
    def descriptor(self) -> int:
        return self._local.descriptor

    def read(self) -> Batch | None:
        if self._ended:
            return None
        reply = self._worker.take(self._number)
        if reply is None:
            self.close()
            raise InputError(self.path, self._worker.fate)
        self._said = reply
        if reply.ended:
            self.close()
        else:
            self._worker.ask(self._number)
        if reply.reason is not None:
            raise InputError(self.path, reply.reason)
        return reply.batch

    def settle(self) -> Batch:
        return Batch()  # a file is never quiet: what waits comes with the next batch

    def close(self) -> None:
        self._ended = True
        self._local.close()


class _Worker:
    """A process that reads a share of the inputs, seen from this one."""

    fate = ""
    """Why there is nothing more to come."""

    def __init__(
        self,
        share: Sequence[Input],
        others: Sequence[Input],
        extractor: Extractor,
        readers: Readers,
        elder: Sequence["_Worker"],
    ) -> None:
        self._extractor = extractor
        self._readers = readers
        self._replies: dict[int, _Reply] = {}
        requests, self._requests = os.pipe()
        try:
            inlet, replies = os.pipe()
        except OSError:
            os.close(requests)
            os.close(self._requests)
            raise
        self._inlet = open(inlet, "rb", buffering=1 << 16)  # noqa: PTH123, SIM115
        # Ctrl-C reaches all processes: it stays blocked in the workers, this one ends them.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._pid: int | None = os.fork()
            if self._pid == 0:
                self._be(share, others, elder, requests, replies)
        except OSError:
            self._pid = None
            self.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            os.close(requests)
            os.close(replies)

    def ask(self, number: int) -> None:
        """Let the next batch of an input be read."""
        with suppress(BrokenPipeError):  # `take` will find that the worker is gone
            os.write(self._requests, number.to_bytes(_NUMBER))

    def take(self, number: int) -> _Reply | None:
        """The batch that was asked for; None where the worker is gone, which `fate` tells."""
        while number not in self._replies:
            try:
                reply: _Reply = pickle.load(self._inlet)
            except (EOFError, pickle.UnpicklingError):
                self._bury()
                return None
            self._replies[reply.number] = reply
            known = self._extractor.problems
            known += [problem for problem in reply.problems if problem not in known]
        reply = self._replies.pop(number)
        if reply.batch is not None:
            reply.batch.events = unpacked(reply.events, self._readers)
        return reply

    def _bury(self) -> None:
        if self._pid is None:
            return
        code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        self._pid = None
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        self.fate = f"the process that read it {how}"

    def close(self) -> None:
        """End the process."""
        os.close(self._requests)
        self._inlet.close()
        if self._pid is not None:
            os.kill(self._pid, signal.SIGKILL)
            self._bury()

    def _be(
        self,
        share: Sequence[Input],
        others: Sequence[Input],
        elder: Sequence["_Worker"],
        requests: int,
        replies: int,
    ) -> NoReturn:
        """In the new process: keep what is its own only, and serve until nobody asks."""
        code = 1
        try:
            # An end of a pipe that is open here would keep others from seeing that it is closed.
            for worker in (self, *elder):
                os.close(worker._requests)
                os.close(worker._inlet.fileno())
            for source in others:
                source.close()
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, 0)
            os.dup2(nowhere, 1)
            with suppress(OSError, AttributeError):
                fcntl.fcntl(replies, fcntl.F_SETPIPE_SZ, _PIPE)
            self._serve(share, requests, replies)
            code = 0
        except BrokenPipeError:
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)

    def _serve(self, share: Sequence[Input], requests: int, replies: int) -> None:
        """Read one batch of each input unasked, then one for each request."""
        told = 0
        with open(requests, "rb") as asked, open(replies, "wb") as out:
            for number in chain(range(len(share)), _numbers(asked)):
                source, batch, reason = share[number], None, None
                events: Packed = []
                try:
                    batch = source.read()
                    if batch is not None:
                        events, batch.events = packed(batch.events, self._readers), []
                except InputError as error:
                    reason = error.reason
                new = self._extractor.problems[told:]
                told += len(new)
                reply = _Reply(
                    number, batch, events, reason, source.ordered, source.mode, source.damaged,
                    source.ended, new,
                )  # fmt: skip
                pickle.dump(reply, out, protocol=5)
                out.flush()


def _numbers(asked: BinaryIO) -> Iterator[int]:
    while len(data := asked.read(_NUMBER)) == _NUMBER:
        yield int.from_bytes(data)
