"""What the rows of the industry are summed from, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.schema import Document, IndexDay, Platform, Source
from db.sql import among, frame
from settings.models import RESERVED_IDS
from signals.model import day_end, day_start


def industry_ids(session: Session) -> dict[str, bool]:
    """Reserved id -> whether it stands for the demonstration platforms; only those that there are."""
    statement = select(Platform.id, Platform.demo).where(Platform.id.in_(RESERVED_IDS)).order_by(Platform.id)
    return dict(session.execute(statement).all())


def summed_index_days(session: Session, platform_ids: Sequence[str], start: date, end: date) -> pd.DataFrame:
    """Roll-ups of these platforms added up: day, index_id, impulse, count, raw; start..end inclusive.

    Each platform's days lie side by side, so the cost follows the days asked for, not the history.
    """
    statement = (
        select(
            IndexDay.day,
            IndexDay.index_id,
            func.sum(IndexDay.impulse).label("impulse"),
            func.sum(IndexDay.count).label("count"),
            func.sum(IndexDay.raw).label("raw"),
        )
        .where(among(session, IndexDay.platform_id, platform_ids), IndexDay.day.between(start, end))
        .group_by(IndexDay.day, IndexDay.index_id)
        .order_by(IndexDay.day, IndexDay.index_id)
    )
    return frame(session, statement).astype({"impulse": "float64", "count": "int64", "raw": "int64"})


def newest_document(session: Session) -> int:
    """The highest id of a document; 0 = there is none."""
    return session.scalar(select(func.max(Document.id))) or 0


def new_document_days(
    session: Session, kinds: Sequence[str], after: int, upto: int, *, demo: bool
) -> list[date]:
    """Days on which documents of these kinds with ids in after+1..upto became available, oldest first."""
    statement = (
        select(Document.available_day)
        .join(Source, Source.id == Document.source_id)
        .where(Document.id > after, Document.id <= upto, Document.kind.in_(kinds), Source.demo.is_(demo))
        .distinct()
        .order_by(Document.available_day)
    )
    return list(session.scalars(statement))


def documents_by_day(
    session: Session, kinds: Sequence[str], start: date, end: date, *, demo: bool
) -> pd.DataFrame:
    """Documents of these kinds by the day they became available: day, count (no row = none), start..end inclusive.

    A later version of a page is no further document.
    """
    statement = (
        select(Document.available_day.label("day"), func.count().label("count"))
        .join(Source, Source.id == Document.source_id)
        .where(
            Document.available_at >= day_start(start),
            Document.available_at < day_end(end),
            Document.kind.in_(kinds),
            Document.root_id.is_(None),
            Source.demo.is_(demo),
        )
        .group_by(Document.available_day)
        .order_by(Document.available_day)
    )
    return frame(session, statement)
