"""The worker's sign of life, which the pages show: what it is doing and how far it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from db import write
from db.session import Database, DatabaseLocked
from pipeline.progress import STAGE_NAMES

REPORT_EVERY_SECONDS = 1.0


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
