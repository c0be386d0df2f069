"""The sentences a level rests on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from db.schema import Document, Mention
from db.sql import frame, latest


def copies_by(day: date) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Copies and independent publishers of a document's story that were available by `day`: story_copies and
    story_publishers, counted as write.recount_stories does. What came later is no evidence of a day before.

    A lookup per row: for a page's worth of them.
    """
    copy = aliased(Document)
    page = func.coalesce(copy.root_id, copy.id).distinct()
    unknown = func.count(page).filter(copy.publisher.is_(None))
    told = (copy.story_id == Document.story_id, copy.available_day <= day)

    def counted(what: ColumnElement[int]) -> ColumnElement[Any]:
        return func.coalesce(
            func.nullif(select(what).where(*told).correlate(Document).scalar_subquery(), 0), 1
        )

    publishers = func.count(copy.publisher.distinct()) + unknown
    return counted(func.count(page)).label("story_copies"), counted(publishers).label("story_publishers")


def evidence(
    session: Session, platform_id: str, day: date, *, days: int = 30, limit: int = 10
) -> pd.DataFrame:
    """The strongest mentions that were available on the `days` days up to and including `day`, strongest first.

    Strength is the weight v; a mention not weighed yet counts as relevance times negative. `spans` and `events` are
    lists of dicts with part, start, end: offsets into title, text, subject. story_copies and story_publishers count who
    had printed it by `day`.
    `purged_at`: the content was removed then, title and text are empty.
    """
    strength = func.coalesce(Mention.weight, Mention.relevance * Mention.negative)
    document = (Document.title, Document.text, Document.subject, Document.kind, Document.publisher)
    times = (Document.published_at, Document.first_seen_at, Document.available_at, Document.backfilled)
    said = (Mention.negative, Mention.relevance, Mention.polarity, Mention.events, Mention.spans)
    strongest = (
        select(Mention.document_id, Mention.as_of, strength.label("weight"))
        .where(
            Mention.platform_id == platform_id,
            Mention.available_day.between(day - timedelta(days=days - 1), day),
            ~Mention.removed,
            latest(Mention),
        )
        .order_by(strength.desc(), Mention.document_id.desc())
        .limit(limit)
        .subquery()
    )
    statement = (
        select(
            Mention.document_id,
            *document,
            Document.url,
            *times,
            *said,
            strongest.c.weight,
            Mention.needs_review,
            *copies_by(day),
            Document.source_id,
            Document.official,
            Document.purged_at,
        )
        .join(
            strongest,
            (strongest.c.document_id == Mention.document_id) & (strongest.c.as_of == Mention.as_of),
        )
        .join(Document, Document.id == Mention.document_id)
        .where(Mention.platform_id == platform_id)
        .order_by(strongest.c.weight.desc(), Mention.document_id.desc())
    )
    return frame(session, statement)
