"""The two halves of the work, reading and judging, in this process or spread over several: the results are the same."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple, Protocol, TypeVar

import pandas as pd

from pipeline.parent import watch_parent
from pipeline.replay.blocks import Block
from pipeline.replay.documents import Batch
from pipeline.replay.levels import Plan, judge
from pipeline.replay.output import Told, told
from pipeline.replay.reading import Found, Instructions, Worker

WAITING = 3
"""Tasks per worker that may wait: memory must not grow with the file."""
Task = TypeVar("Task")
Result = TypeVar("Result")
BlockTask = tuple[Block, Plan]


class Outcome(NamedTuple):
    """A block's rows of every file, and what it adds to the industry."""

    rows: Told
    rolled: pd.DataFrame


class Work(Protocol):
    """What workers do; results come in the order of the tasks."""

    def version(self) -> str:
        """Of the analysis: model, watch list, words, rules."""
        ...

    def read(self, tasks: Iterable[Batch]) -> Iterator[Found]:
        """What each batch brings."""
        ...

    def judge(self, tasks: Iterable[BlockTask]) -> Iterator[Outcome]:
        """What is told of each block."""
        ...


@contextmanager
def workers(instructions: Instructions, count: int) -> Iterator[Work]:
    """`count` processes, or this one. Raises WeightsError here or, from several, BrokenProcessPool while they work."""
    if count == 1:
        yield _Here(instructions)
        return
    # Spawned, not forked: the progress bar's thread may hold a lock at the moment of a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, context, _start, (instructions, os.getpid()))
    try:
        yield _Pool(pool, count)
    finally:
        pool.shutdown(cancel_futures=True)


class _Here:
    def __init__(self, instructions: Instructions) -> None:
        self._worker = Worker(instructions)

    def version(self) -> str:
        return self._worker.version

    def read(self, tasks: Iterable[Batch]) -> Iterator[Found]:
        return map(self._worker.read, tasks)

    def judge(self, tasks: Iterable[BlockTask]) -> Iterator[Outcome]:
        return map(_told, tasks)


class _Pool:
    def __init__(self, pool: ProcessPoolExecutor, count: int) -> None:
        self._pool = pool
        self._most = WAITING * count

    def version(self) -> str:
        return self._pool.submit(_version).result()

    def read(self, tasks: Iterable[Batch]) -> Iterator[Found]:
        return self._each(_read, tasks)

    def judge(self, tasks: Iterable[BlockTask]) -> Iterator[Outcome]:
        return self._each(_judged, tasks)

    def _each(self, do: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        waiting: deque[Future[Result]] = deque()
        for task in tasks:
            waiting.append(self._pool.submit(do, task))
            if len(waiting) > self._most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_worker: Worker | None = None
"""One per process: compiled by `_start`."""


def _start(instructions: Instructions, parent: int) -> None:
    """Ctrl-C is the parent's business, and nobody works on without it; what is compiled once need not be walked by the
    cycle collector."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch_parent(lambda: os._exit(1), expected=parent)
    _worker = Worker(instructions)
    gc.collect()
    gc.freeze()
    gc.disable()


def _version() -> str:
    assert _worker is not None
    return _worker.version


def _read(batch: Batch) -> Found:
    assert _worker is not None
    return _worker.read(batch)


def _judged(task: BlockTask) -> Outcome:
    outcome = _told(task)
    gc.collect()
    return outcome


def _told(task: BlockTask) -> Outcome:
    block, plan = task
    judged = judge(block, plan)
    return Outcome(told(judged, plan.written, plan.start), judged.rolled)
