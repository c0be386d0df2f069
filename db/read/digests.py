"""What helps people to read a story and rests on nothing that warns: keywords, sentences, generic sentiment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from db.schema import Document, Mention, StoryDigest
from db.sql import among, latest

NEGATIVE = 0.5
"""P(negative) from which a mention counts as negative, and 1 - P(positive) from which SnowNLP's does."""


@dataclass(frozen=True, slots=True)
class Note:
    """Of the story that a document tells: `keywords` heaviest first, `sentences` of its text in reading order.

    `snownlp`: SnowNLP's P(positive) of this very document, 0..1; None = not in the sample.
    """

    keywords: tuple[str, ...]
    sentences: tuple[str, ...]
    snownlp: float | None


@dataclass(frozen=True, slots=True)
class Compared:
    """Sampled documents about a platform: how many SnowNLP calls negative, how many we call negative about it."""

    documents: int
    snownlp: int
    ours: int


def notes(session: Session, document_ids: Collection[int]) -> dict[int, Note]:
    """What is known of these documents' stories; those of which nothing is are left out."""
    statement = (
        select(Document.id, Document.snownlp, StoryDigest.keywords, StoryDigest.sentences)
        .outerjoin(StoryDigest, StoryDigest.story_id == Document.story_id)
        .where(
            among(session, Document.id, document_ids),
            or_(Document.snownlp.is_not(None), StoryDigest.story_id.is_not(None)),
        )
    )
    return {
        row.id: Note(tuple(row.keywords or ()), tuple(row.sentences or ()), row.snownlp)
        for row in session.execute(statement)
    }


def digested(session: Session, document_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Documents whose story has a digest -> the document that it was made of, and the revision of that."""
    statement = (
        select(Document.id, StoryDigest.document_id, StoryDigest.revision)
        .join(StoryDigest, StoryDigest.story_id == Document.story_id)
        .where(among(session, Document.id, document_ids))
    )
    return {row.id: (row.document_id, row.revision) for row in session.execute(statement)}


def compared(session: Session, platform_id: str, day: date, *, days: int = 30) -> Compared:
    """SnowNLP beside ours, over the sampled documents about a platform of the `days` days up to `day`."""
    sampled = (
        Mention.platform_id == platform_id,
        Mention.available_day.between(day - timedelta(days=days - 1), day),
        ~Mention.removed,
        latest(Mention),
        Document.snownlp.is_not(None),
    )
    statement = (
        select(
            func.count().label("documents"),
            func.count().filter(1 - Document.snownlp >= NEGATIVE).label("snownlp"),
            func.count().filter(Mention.negative >= NEGATIVE).label("ours"),
        )
        .select_from(Mention)
        .join(Document, Document.id == Mention.document_id)
        .where(*sampled)
    )
    row = session.execute(statement).one()
    return Compared(row.documents, row.snownlp, row.ours)
