"""What grows with time and is of no use after a while. Every call may be repeated; none touches a document."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db.schema import KeptResponse, PageValidator, Request, Source, StoryBand, story_period
from db.session import Database
from db.sql import changed_rows

PERIODS_KEPT = 3
"""Copies are looked for in the period of a document and its neighbours: one more is a margin for late ones."""
BATCH = 20_000


def prune_bands(database: Database, today: date) -> int:
    """Forget the band keys of periods more than three before today's, in short transactions. Returns how many.

    Documents keep their stories; only new copies of what is that old no longer find them.
    """
    oldest, removed = story_period(today) - PERIODS_KEPT, 0
    while True:
        with database.writing() as session:
            removed += (gone := _prune_some_bands(session, oldest))
        if not gone:
            return removed


def _prune_some_bands(session: Session, oldest: int) -> int:
    """Up to a boundary key of the oldest period: a range of the table, whatever the number of rows."""
    period = session.scalar(select(func.min(StoryBand.period)))
    if period is None or period >= oldest:
        return 0
    keys = select(StoryBand.key).where(StoryBand.period == period).order_by(StoryBand.key)
    boundary = session.scalar(keys.offset(BATCH).limit(1))
    statement = delete(StoryBand).where(StoryBand.period == period)
    if boundary is not None:
        statement = statement.where(StoryBand.key <= boundary)
    return changed_rows(session.execute(statement))


def prune_responses(session: Session, before: datetime) -> int:
    """Forget failing responses kept before this moment. Returns how many."""
    return changed_rows(session.execute(delete(KeptResponse).where(KeptResponse.kept_at < before)))


def prune_validators(session: Session, before: datetime) -> int:
    """Forget validators of removed sources and those not confirmed since this moment. Returns how many."""
    removed = select(Source.id).where(Source.removed_at.is_not(None))
    stale = (PageValidator.saved_at < before) | PageValidator.source_id.in_(removed)
    return changed_rows(session.execute(delete(PageValidator).where(stale)))


def prune_requests(session: Session, before: datetime) -> int:
    """Forget requests that ended before this moment. Returns how many."""
    ended = Request.state.in_(("done", "failed")), Request.finished_at < before
    return changed_rows(session.execute(delete(Request).where(*ended)))
