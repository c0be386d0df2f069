"""The search index of documents that were there before it: after an update, or after a backup was restored."""

from __future__ import annotations

import time

from db import read, write
from pipeline.prepare import Workplace
from pipeline.progress import Report, silent

BATCH = 1_000
TURN_SECONDS = 20.0
"""New documents wait no longer than this for the other stages while a large archive is cut."""


def extend(workplace: Workplace, *, report: Report = silent, seconds: float = TURN_SECONDS) -> int:
    """Cut what waits, the newest first, a transaction a batch, for about `seconds`. Returns documents cut.

    New documents never wait here: they are cut in the transaction that stores them.
    """
    with workplace.database.reading() as session:
        if not read.search_waits(session):
            return 0  # nearly always: no turn of the worker takes the write lock for this
    end = time.monotonic() + seconds
    cut = 0
    while True:
        with workplace.database.writing() as session:
            progress = write.extend_search(session, limit=BATCH)
        cut += progress.done
        if not progress.left:
            return cut
        report("search", cut, cut + progress.left)
        if time.monotonic() >= end:
            return cut
