"""Sources and their health, the run ledger, the days they answered, files read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.schema import ImportedFile, KeptResponse, PageValidator, Run, Source, SourceDay
from db.sql import frame, table


@dataclass(frozen=True, slots=True)
class ImportedFileRow:
    """How far a file was read; `finished_at` None = not to its end."""

    digest: str
    rows_done: int
    finished_at: datetime | None
    report: str | None


@dataclass(frozen=True, slots=True)
class RunRows:
    """What the rows of a run were: `items` with the `refused`, and how many lacked something (see `Run`)."""

    items: int
    refused: int
    undated: int
    undecodable: int
    lacking: int


def sources(session: Session) -> pd.DataFrame:
    """Every source, off and removed ones too, ordered by name.

    Columns: id, name, kinds, enabled, demo, verified, state, state_reason, last_success_at, next_run_at, retry_at,
    removed, config, expected (items a day by kind, from its configuration, else empty), documents (stored),
    last_run_state, last_run_error, last_run_at. Its cost grows with the sources, not with what they brought.
    """
    newest = select(Run.id).where(Run.source_id == Source.id).correlate(Source)
    last = newest.order_by(Run.started_at.desc(), Run.id.desc()).limit(1).scalar_subquery()
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


def runs_with_rows(session: Session, source_id: str, since: datetime, limit: int) -> list[RunRows]:
    """The source's newest finished runs since a moment that brought rows at all, newest first, at most `limit`."""
    statement = (
        select(Run.items, Run.refused, Run.undated, Run.undecodable, Run.lacking)
        .where(Run.source_id == source_id, Run.started_at >= since, Run.items > 0)
        .order_by(Run.started_at.desc(), Run.id.desc())
        .limit(limit)
    )
    return [RunRows(*row) for row in session.execute(statement)]


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


def validators(session: Session, source_id: str, reading: str) -> dict[str, tuple[str | None, str | None]]:
    """URL -> (ETag, Last-Modified) of the pages this source has read with the same configuration."""
    columns = (PageValidator.url, PageValidator.etag, PageValidator.last_modified)
    statement = select(*columns).where(PageValidator.source_id == source_id, PageValidator.reading == reading)
    return {row.url: (row.etag, row.last_modified) for row in session.execute(statement)}


def kept_responses(session: Session, source_id: str | None = None, limit: int = 5) -> pd.DataFrame:
    """The newest failing responses (of one source), newest first: every column of the table and source_name."""
    statement = select(*table(KeptResponse).c, Source.name.label("source_name")).join(
        Source, Source.id == KeptResponse.source_id
    )
    if source_id is not None:
        statement = statement.where(KeptResponse.source_id == source_id)
    return frame(session, statement.order_by(KeptResponse.id.desc()).limit(limit))
