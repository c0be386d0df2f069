"""The sentences a level rests on."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.schema import Document, Mention, Story
from db.sql import frame, latest


def evidence(
    session: Session, platform_id: str, day: date, *, days: int = 30, limit: int = 10
) -> pd.DataFrame:
    """The strongest mentions that were available on the `days` days up to and including `day`, strongest first.

    Strength is the weight v; a mention not weighed yet counts as relevance times negative. `spans` and `events` are
    lists of dicts with part, start, end: offsets into title, text, subject. story_publishers counts who printed it.
    `purged_at`: the content was removed then, title and text are empty.
    """
    strength = func.coalesce(Mention.weight, Mention.relevance * Mention.negative)
    document = (Document.title, Document.text, Document.subject, Document.kind, Document.publisher)
    times = (Document.published_at, Document.first_seen_at, Document.available_at, Document.backfilled)
    said = (Mention.negative, Mention.relevance, Mention.polarity, Mention.events, Mention.spans)
    statement = (
        select(
            Mention.document_id,
            *document,
            Document.url,
            *times,
            *said,
            strength.label("weight"),
            Mention.needs_review,
            func.coalesce(Story.copies, 1).label("story_copies"),
            func.coalesce(Story.publishers, 1).label("story_publishers"),
            Document.source_id,
            Document.official,
            Document.purged_at,
        )
        .join(Document, Document.id == Mention.document_id)
        .outerjoin(Story, Story.id == Document.story_id)
        .where(
            Mention.platform_id == platform_id,
            Mention.available_day.between(day - timedelta(days=days - 1), day),
            ~Mention.removed,
            latest(Mention),
        )
        .order_by(strength.desc(), Mention.document_id.desc())
        .limit(limit)
    )
    return frame(session, statement)
