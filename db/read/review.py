"""Links that wait for a person's judgement, what they rest on, and how others were answered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.schema import Correction, Document, Mention, Platform, Source
from db.sql import among, frame, latest
from signals.corrections import What

MOST_WAITING = 20_000
"""Doubtful mentions that are looked at, the newest: a queue that long is answered by mending names, not one by one."""
BEGINNING = 30
"""Characters of a text that stand for its title where it has none."""
ANSWERS = (What.RIGHT_LINK, What.WRONG_PLATFORM)


def review_queue(session: Session, *, since: date | None = None) -> pd.DataFrame:
    """Links that wait for a person's judgement, newest first: the newest document of each story and platform.

    Columns: document_id, platform_id, platform_name, source_id, source_name, story_id, copies (documents of the story
    that wait), day, title. Answered by `write.correct` with right_link or wrong_platform.

    Args:    since: only what became available from that day on. Of more than MOST_WAITING mentions the newest count.
    """
    waiting = [Mention.needs_review, ~Mention.removed, latest(Mention), Document.purged_at.is_(None)]
    if since is not None:
        waiting.append(Mention.available_day >= since)
    statement = (
        select(
            Mention.document_id,
            Mention.platform_id,
            Platform.name.label("platform_name"),
            Document.source_id,
            Source.name.label("source_name"),
            func.coalesce(Document.story_id, Document.id).label("story_id"),
            Mention.available_day.label("day"),
            Document.title,
        )
        .join(Document, Document.id == Mention.document_id)
        .join(Platform, Platform.id == Mention.platform_id)
        .join(Source, Source.id == Document.source_id)
        .where(*waiting)
        .order_by(Mention.available_day.desc(), Mention.document_id.desc(), Mention.platform_id)
        .limit(MOST_WAITING)
    )
    found = frame(session, statement)
    pair = ["story_id", "platform_id"]
    found["copies"] = found.groupby(pair)["document_id"].transform("size").astype("int64")
    return found.drop_duplicates(pair).reset_index(drop=True)


def review_texts(session: Session, documents: Collection[int]) -> pd.DataFrame:
    """What doubtful links rest on: each of these documents with every mention found in it, one row a mention.

    Columns: document_id, kind, title, text, subject, publisher, url, published_at, available_at, platform_id,
    platform_name, spans, events, negative, polarity, needs_review, removed (taken out, by a person or a denial).
    """
    statement = (
        select(
            Document.id.label("document_id"),
            *(Document.kind, Document.title, Document.text, Document.subject, Document.publisher),
            *(Document.url, Document.published_at, Document.available_at),
            *(Mention.platform_id, Platform.name.label("platform_name"), Mention.spans, Mention.events),
            *(Mention.negative, Mention.polarity, Mention.needs_review, Mention.removed),
        )
        .join(Mention, Mention.document_id == Document.id)
        .join(Platform, Platform.id == Mention.platform_id)
        .where(among(session, Document.id, documents), latest(Mention))
        .order_by(Document.id.desc(), Platform.name)
    )
    return frame(session, statement)


def link_answers(session: Session, *, limit: int = 10) -> pd.DataFrame:
    """The last answers about links that stand, newest first.

    Columns: id, document_id, platform_id, platform_name, what, told (title or the beginning of the text), who, at.
    """
    statement = (
        select(
            *(Correction.id, Correction.document_id, Correction.platform_id),
            Platform.name.label("platform_name"),
            Correction.what,
            func.coalesce(func.nullif(Document.title, ""), func.substr(Document.text, 1, BEGINNING)).label(
                "told"
            ),
            *(Correction.who, Correction.at),
        )
        .join(Document, Document.id == Correction.document_id)
        .join(Platform, Platform.id == Correction.platform_id)
        .where(Correction.undone_at.is_(None), Correction.what.in_([str(what) for what in ANSWERS]))
        .order_by(Correction.id.desc())
        .limit(limit)
    )
    return frame(session, statement)
