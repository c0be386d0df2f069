"""Sources and their health, the run ledger, the days they answered, files read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.schema import Document, ImportedFile, Run, Source, SourceDay
from db.sql import frame, table


@dataclass(frozen=True, slots=True)
class ImportedFileRow:
    """How far a file was read; `finished_at` None = not to its end."""

    digest: str
    rows_done: int
    finished_at: datetime | None
    report: str | None


def sources(session: Session) -> pd.DataFrame:
    """Every source, off and removed ones too, ordered by name.

    Columns: id, name, kinds, enabled, demo, verified, state, state_reason, last_success_at, next_run_at, removed,
    config, expected (items a day by kind, from its configuration, else empty), documents (stored), last_run_state,
    last_run_error, last_run_at.
    """
    last = select(func.max(Run.id)).where(Run.source_id == Source.id).correlate(Source).scalar_subquery()
    columns = [column for column in table(Source).c if column.name != "removed_at"]
    statement = (
        select(
            *columns,
            Source.removed_at.is_not(None).label("removed"),
            Run.state.label("last_run_state"),
            Run.error.label("last_run_error"),
            Run.started_at.label("last_run_at"),
        )
        .outerjoin(Run, Run.id == last)
        .order_by(Source.name, Source.id)
    )
    found = frame(session, statement)
    counts = select(Document.source_id, func.count()).group_by(Document.source_id)
    stored = dict(session.execute(counts).all())
    found["documents"] = [stored.get(source, 0) for source in found["id"]]
    found["expected"] = [config.get("expected") or {} for config in found["config"]]
    return found


def runs(session: Session, *, source_id: str | None = None, limit: int = 50) -> pd.DataFrame:
    """The newest runs, newest first, with every column of the table and source_name."""
    statement = select(*table(Run).c, Source.name.label("source_name")).join(
        Source, Source.id == Run.source_id
    )
    if source_id is not None:
        statement = statement.where(Run.source_id == source_id)
    return frame(session, statement.order_by(Run.started_at.desc(), Run.id.desc()).limit(limit))


def last_runs(session: Session) -> dict[str, datetime]:
    """When each source last succeeded; sources that never did are not in it."""
    statement = select(Source.id, Source.last_success_at).where(Source.last_success_at.is_not(None))
    return {source: moment for source, moment in session.execute(statement) if moment is not None}


def source_days(session: Session, start: date, end: date) -> pd.DataFrame:
    """What sources brought, start..end inclusive: source_id, day, kind, answered, items, expected."""
    statement = select(*table(SourceDay).c).where(SourceDay.day.between(start, end))
    return frame(session, statement.order_by(SourceDay.day, SourceDay.source_id, SourceDay.kind))


def source_declarations(session: Session) -> list[dict[str, Any]]:
    """What each source that was not removed feeds: id, kinds, covers, demo, enabled, config."""
    columns = (Source.id, Source.kinds, Source.demo, Source.enabled, Source.config)
    statement = select(*columns).where(Source.removed_at.is_(None)).order_by(Source.id)
    return [dict(row._mapping) | {"covers": row.config.get("covers")} for row in session.execute(statement)]


def imported_file(session: Session, source_id: str, path: str) -> ImportedFileRow | None:
    """How far this file was read; None = never seen."""
    row = session.get(ImportedFile, (source_id, path))
    return None if row is None else ImportedFileRow(row.digest, row.rows_done, row.finished_at, row.report)
