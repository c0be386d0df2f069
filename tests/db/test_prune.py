"""What is of no use after a while goes; what is young, stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from db import read, write
from db.roles import SYSTEM
from db.schema import STORY_DAYS, Request, StoryBand, story_period
from db.session import Database
from db.write import AnalysisRow
from db.write import prune as pruning
from tests.db.builders import NOW, TODAY, add_source, count, document, store

DAY = timedelta(days=1)


def test_band_keys_of_old_periods_go(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three periods before today's stay: copies are looked for thirty days around. In pieces of any size."""
    monkeypatch.setattr(pruning, "BATCH", 3)
    ages = [n * STORY_DAYS for n in range(7)]
    with database.writing() as session:
        add_source(session)
        wanted = [document(n, published_at=NOW - timedelta(days=age)) for n, age in enumerate(ages)]
        store(session, wanted, backfill=True)
        waiting = read.waiting_documents(session, "v", limit=9)
        rows = [AnalysisRow(item.id, [], band_keys=range(-8, 8)) for item in waiting]
        write.save_analysis(session, rows, version="v", as_of=NOW)
    assert write.prune_bands(database, TODAY) == 3 * 16
    with database.reading() as session:
        left = set(session.scalars(select(StoryBand.period)))
    assert left == {story_period(TODAY) - n for n in range(4)}
    assert write.prune_bands(database, TODAY) == 0


def test_requests_go_by_their_end(database: Database) -> None:
    """One that still waits or runs is never forgotten, however old."""
    with database.writing() as session:
        old, young, running = (write.ask(session, what, {}, SYSTEM, NOW - 200 * DAY) for what in "abc")
        waiting = write.ask(session, "d", {}, SYSTEM, NOW - 200 * DAY)
        for request, days in ((old, 91), (young, 89)):
            write.take_request(session, request, NOW)
            write.finish_request(session, request, NOW - days * DAY, ok=True, message="好")
        write.take_request(session, running, NOW)
        assert write.prune_requests(session, NOW - 90 * DAY) == 1
        assert set(session.scalars(select(Request.id))) == {young, running, waiting}


def test_answers_go_by_age_and_with_their_source(database: Database) -> None:
    """Failures by their moment; validators also when their source was removed."""
    with database.writing() as session:
        for name in ("news", "gone"):
            add_source(session, name)
        for days in (31, 29):
            write.keep_response(
                session,
                "news",
                None,
                url="https://a.example",
                status=500,
                reason="错误",
                headers={},
                body=b"",
                cut=False,
                now=NOW - days * DAY,
            )
    write.forget_source(database, "gone", now=NOW)
    with database.writing() as session:
        write.save_validators(session, "news", "r", {"https://a.example": ("1", None)}, NOW)
        write.save_validators(session, "gone", "r", {"https://b.example": ("1", None)}, NOW)
        assert write.prune_responses(session, NOW - 30 * DAY) == 1
        assert write.prune_validators(session, NOW - 30 * DAY) == 1
        assert write.prune_validators(session, NOW + DAY) == 1
        assert len(read.kept_responses(session)) == 1
        assert count(session, Request) == 0
