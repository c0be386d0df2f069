"""When each source last brought something, and what its newest run read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from db import write
from db.read.freshness import newest_documents, newest_results
from db.session import Database
from db.write import StoreCounts
from tests.db.builders import NOW, add_source, document, store


def test_the_newest_document_of_every_source(database: Database) -> None:
    """By when it became available; a source that brought nothing has none."""
    with database.writing() as session:
        for name in ("news", "quiet"):
            add_source(session, name)
        store(session, [document(n) for n in range(3)])
        assert newest_documents(session) == {"news": NOW}


def test_the_newest_run_that_read_rows(database: Database) -> None:
    """A run that failed, was missed, or found everything unchanged says nothing about rows."""
    with database.writing() as session:
        for name in ("news", "quiet"):
            add_source(session, name)
        ends: tuple[tuple[str, str, dict[str, Any]], ...] = (
            ("a", "partial", {"undated": 2, "lacking": 1}),
            ("b", "done", {"unchanged": True}),
            ("c", "failed", {"undated": 9}),
        )
        for hours, (slot, state, more) in enumerate(ends):
            moment = NOW + timedelta(hours=hours)
            run = write.start_run(session, "news", slot, moment)
            assert run is not None
            write.finish_run(session, run, now=moment, state=state, counts=StoreCounts(5), **more)
        write.record_missed(session, "news", "d", NOW + timedelta(hours=9), "错过计划时间")
        (row,) = newest_results(session).to_dict("records")
    assert (row["source_id"], row["items"], row["undated"], row["lacking"]) == ("news", 5, 2, 1)
