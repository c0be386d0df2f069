"""Counts for the stages and for people: what a source brought, on which days, and how much of it is linked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from db.schema import Document, IndexValue, Mention, SourceDay
from db.sql import among, frame, latest, table
from db.write.urls import canonical_url
from signals.model import day_start


@dataclass(frozen=True, slots=True)
class LinkedCounts:
    """Of a source's documents, how many name a platform of the watch list."""

    documents: int
    linked: int
    platforms: int
    mentions: int


def document_counts(session: Session, source_id: str, *, start: date | None = None) -> pd.DataFrame:
    """Documents of a source by the day they became available: day, kind, items; no row = none."""
    statement = (
        select(Document.available_day.label("day"), Document.kind, func.count().label("items"))
        .where(Document.source_id == source_id)
        .group_by(Document.available_day, Document.kind)
        .order_by(Document.available_day, Document.kind)
    )
    if start is not None:
        statement = statement.where(Document.available_at >= day_start(start))  # the index is by time
    return frame(session, statement)


def last_source_days(session: Session) -> dict[str, date]:
    """The newest day for which each source has a row, answered or not."""
    statement = select(SourceDay.source_id, func.max(SourceDay.day)).group_by(SourceDay.source_id)
    return dict(session.execute(statement).all())


def linked_counts(session: Session, source_id: str) -> LinkedCounts:
    """Latest mention versions that stand, of documents of this source."""
    documents = session.scalar(
        select(func.count()).select_from(Document).where(Document.source_id == source_id)
    )
    row = session.execute(
        select(
            func.count(Mention.document_id.distinct()),
            func.count(Mention.platform_id.distinct()),
            func.count(),
        )
        .join(Document, Document.id == Mention.document_id)
        .where(Document.source_id == source_id, ~Mention.removed, latest(Mention))
    ).one()
    return LinkedCounts(documents or 0, *row)


def mentioned_platforms(session: Session, source_id: str) -> list[str]:
    """Ids of the platforms that documents of this source name (latest versions that stand), in order."""
    statement = (
        select(Mention.platform_id)
        .join(Document, Document.id == Mention.document_id)
        .where(Document.source_id == source_id, ~Mention.removed, latest(Mention))
        .distinct()
        .order_by(Mention.platform_id)
    )
    return list(session.scalars(statement))


def has_url(session: Session, url: str, source_id: str) -> bool:
    """Whether this source stored a document of this address, in any spelling that `canonical_url` unites.

    What another source stored of the page, a headline of a search say, does not spare reading it.
    """
    same = Document.canonical_url == canonical_url(url), Document.source_id == source_id
    return bool(session.scalar(select(exists().where(*same))))


def values_between(session: Session, platform_ids: Sequence[str], start: date, end: date) -> pd.DataFrame:
    """Latest index values of these platforms, start..end inclusive: every column of index_values."""
    statement = (
        select(*table(IndexValue).c)
        .where(
            among(session, IndexValue.platform_id, platform_ids),
            IndexValue.day.between(start, end),
            latest(IndexValue),
        )
        .order_by(IndexValue.platform_id, IndexValue.day, IndexValue.index_id)
    )
    return frame(session, statement)
