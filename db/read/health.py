"""What the programme can say about its own state: work that waits, how large the database is, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from db.schema import Document, Pending, PlatformDay, Request, Run, Source
from db.sql import frame

TROUBLE = ("failed", "partial", "missed")
"""States of a run that somebody may want to look into."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the worker. `oldest`: since when the oldest request waits."""

    documents: int
    """Not analysed yet; counted up to LIMIT."""
    days: dict[str, int]
    """Stage -> platform-days."""
    first_day: date | None
    """The earliest of them."""
    requests: int
    oldest: datetime | None


LIMIT = 100_000
"""Beyond this the number says nothing more, and counting costs."""


def waiting(session: Session) -> Waiting:
    """All that was asked for and is not done."""
    some = select(Document.id).where(Document.analysed_with.is_(None)).limit(LIMIT).subquery()
    documents = session.scalar(select(func.count()).select_from(some)) or 0
    days = select(Pending.stage, func.count(), func.min(Pending.day)).group_by(Pending.stage)
    counted = session.execute(days.order_by(Pending.stage)).all()
    asked = select(func.count(), func.min(Request.created_at)).where(Request.state == "waiting")
    requests, oldest = session.execute(asked).one()
    first = min((row[2] for row in counted), default=None)
    return Waiting(documents, {row[0]: row[1] for row in counted}, first, requests, oldest)


def stored_bytes(session: Session) -> int:
    """Size of the database as it says itself, without the log that it writes ahead."""
    if session.get_bind().dialect.name == "sqlite":
        pages = session.scalar(text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"))
        return int(pages or 0)
    return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def server_version(session: Session) -> str:
    """SQLite 3.46.1, PostgreSQL 16.2."""
    if session.get_bind().dialect.name == "sqlite":
        return f"SQLite {session.scalar(text('SELECT sqlite_version()'))}"
    told = str(session.scalar(text("SHOW server_version")))
    return f"PostgreSQL {told.split()[0]}"


def troubled_runs(session: Session, since: datetime, limit: int = 50) -> pd.DataFrame:
    """Runs since a moment that failed, were missed or refused rows, newest first.

    Columns: source_id, source_name, started_at, finished_at, state, items, refused, error.
    """
    columns = (Run.started_at, Run.finished_at, Run.state, Run.items, Run.refused, Run.error)
    statement = (
        select(Run.source_id, Source.name.label("source_name"), *columns)
        .join(Source, Source.id == Run.source_id)
        .where(Run.started_at >= since, Run.state.in_(TROUBLE))
        .order_by(Run.started_at.desc(), Run.id.desc())
        .limit(limit)
    )
    return frame(session, statement)


def newest_run(session: Session) -> datetime | None:
    """When a run last came to its end."""
    # Through the index of starts: the ledger grows by thousands of rows a day.
    newest = select(Run.finished_at).where(Run.finished_at.is_not(None))
    return session.scalar(newest.order_by(Run.started_at.desc()).limit(1))


def analysed_with(session: Session) -> str | None:
    """Version of the watch list and the model that read the newest analysed document; None = none was read."""
    newest = select(Document.analysed_with).where(Document.analysed_with.is_not(None))
    return session.scalar(newest.order_by(Document.id.desc()).limit(1))


def computed_with(session: Session) -> str | None:
    """Hash of the settings that the newest level was computed with; None = no level yet."""
    last = select(func.max(PlatformDay.day)).scalar_subquery()  # by index, then only the rows of that day
    newest = select(PlatformDay.settings_hash).where(PlatformDay.day == last)
    return session.scalar(newest.order_by(PlatformDay.as_of.desc()).limit(1))
