"""Long work says how far it is: on a terminal as a bar, in the database for the pages, in tests not at all."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from db import write
from db.session import Database, DatabaseLocked

STAGE_NAMES = {
    "collect": "采集",
    "import": "导入",
    "analyse": "研读",
    "index": "指数",
    "warn": "预警",
    "score": "判读",
}
REPORT_EVERY_SECONDS = 1.0


class Report(Protocol):
    """Called as often as convenient; `total` 0 means that the end is not known."""

    def __call__(self, stage: str, done: int, total: int, message: str = "") -> None: ...


def silent(stage: str, done: int, total: int, message: str = "") -> None:
    """No report at all."""


@contextmanager
def terminal() -> Iterator[Report]:
    """A progress bar per stage on standard error; lines stay quiet when it is not a terminal."""
    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield silent
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[message]}"),
    )
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int, message: str = "") -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGE_NAMES.get(stage, stage), message=message)
            bars.update(tasks[stage], completed=done, total=total or None, message=message)

        yield report


class Heartbeat:
    """Reports into `worker_status`, at most once a second; a locked database only delays the next report."""

    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self._holder = holder
        self._next = 0.0

    def __call__(self, stage: str, done: int, total: int, message: str = "") -> None:
        if time.monotonic() >= self._next or (total and done >= total):
            self._beat(stage, done, total, message or STAGE_NAMES.get(stage, stage))

    def idle(self) -> None:
        """Alive, and nothing to do."""
        self._beat(None, 0, 0, None)

    def failed(self, why: str) -> None:
        """A turn ended in an error; the pages say so until one succeeds."""
        self._beat("error", 0, 0, why[:300])

    def _beat(self, stage: str | None, done: int, total: int, message: str | None) -> None:
        self._next = time.monotonic() + REPORT_EVERY_SECONDS
        try:
            with self._database.writing() as session:
                write.beat(
                    session,
                    holder=self._holder,
                    now=datetime.now(UTC),
                    stage=stage,
                    done=done,
                    total=total,
                    message=message,
                )
        except DatabaseLocked:
            return
