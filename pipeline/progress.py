"""Long work says how far it is: on a terminal as a bar, in the database for the pages, in tests not at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

STAGE_NAMES = {
    "collect": "采集",
    "import": "导入",
    "analyse": "研读",
    "index": "指数",
    "warn": "预警",
    "score": "判读",
    "evaluate": "评估",
    "calibrate": "校准",
}


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
