"""Full-text search: which documents hold what somebody typed, newest first, and what a page shows of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from db.schema import Correction, Document, Mention, Platform, PlatformDay, Source, Story
from db.search import Index, id_of, key_of, kind_token, source_token, unread_up_to
from db.sql import among, frame, latest
from signals.bigrams import Query, Token, reading
from signals.corrections import REASONS, What

MOST = 1_001
"""Matches that are looked for at once: a page says 1000+ rather than count on."""
LOOKED_AT = 10_000
"""Candidates whose texts are compared in one call; there are more only where somebody builds a text for it."""
BATCH = 500
TOLD_BY = 200
"""Documents of a story that are listed."""


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """What a document must be besides; None = any. One mention must meet platform, event, polarity and level together.

    `level` is the platform's level on the day the document counts; start and end are such days, both included.
    `demo`: of a demo source, or of any other.
    """

    platform_id: str | None = None
    source_id: str | None = None
    kind: str | None = None
    event_id: str | None = None
    polarity: str | None = None
    level: str | None = None
    start: date | None = None
    end: date | None = None
    demo: bool | None = None

    @property
    def of_mentions(self) -> bool:
        """Whether documents that mention nobody are left out."""
        return any((self.platform_id, self.event_id, self.polarity, self.level))


@dataclass(frozen=True, slots=True)
class Found:
    """Matches, the latest day first and within a day the last stored first: their keys, descending.

    `rest`: where to go on (`before`); None = these are all.
    """

    keys: tuple[int, ...]
    rest: int | None

    @property
    def ids(self) -> list[int]:
        """The documents."""
        return [id_of(key) for key in self.keys]


def find(
    session: Session, query: Query, filters: SearchFilters, *, before: int | None = None, limit: int = MOST
) -> Found:
    """At most `limit` documents that match `query` and `filters`, on from the key `before` (not included).

    Purged documents are not found, and of very long texts only the beginning is read (signals.bigrams.LONGEST).
    """
    index = Index(session.get_bind().dialect.name)
    statement = _statement(session, index, query, filters)

    def keys_before(key: int | None, count: int) -> list[int]:
        page = statement if key is None else statement.where(index.key < key)
        return list(session.scalars(page.limit(count)))

    if query.decided_by_pairs:
        keys = keys_before(before, limit)
        return Found(tuple(keys), keys[-1] if len(keys) == limit else None)
    found: list[int] = []
    for _ in range(0, LOOKED_AT, BATCH):
        keys = keys_before(before, BATCH)
        for key in _matching(session, query, keys):
            found.append(key)
            if len(found) == limit:
                return Found(tuple(found), key)
        if len(keys) < BATCH:
            return Found(tuple(found), None)
        before = keys[-1]
    return Found(tuple(found), before)


def search_waits(session: Session) -> float:
    """Share of the archive that search does not reach yet, 0..1; the oldest documents are added last."""
    upto = unread_up_to(session.connection())
    if upto == 0:
        return 0.0
    highest = session.scalar(select(func.max(Document.id))) or 0
    return 1.0 if upto is None and highest else (upto or 0) / max(highest, 1)


def found_documents(session: Session, ids: Collection[int]) -> pd.DataFrame:
    """These documents, in the order of results: document_id, day, the document's columns, source_name, story_copies,
    story_publishers (1 where no story is known yet). Columns besides: see `evidence`."""
    columns = (
        Document.title,
        Document.text,
        Document.subject,
        Document.kind,
        Document.publisher,
        Document.url,
    )
    times = (Document.published_at, Document.first_seen_at, Document.available_at, Document.backfilled)
    statement = (
        select(
            Document.id.label("document_id"),
            Document.available_day.label("day"),
            *columns,
            *times,
            Document.source_id,
            Source.name.label("source_name"),
            Document.official,
            Document.revision,
            Document.root_id,
            Document.purged_at,
            func.coalesce(Story.copies, 1).label("story_copies"),
            func.coalesce(Story.publishers, 1).label("story_publishers"),
        )
        .join(Source, Source.id == Document.source_id)
        .outerjoin(Story, Story.id == Document.story_id)
        .where(among(session, Document.id, ids))
        .order_by(Document.available_day.desc(), Document.id.desc())
    )
    return frame(session, statement)


def found_mentions(session: Session, ids: Collection[int]) -> pd.DataFrame:
    """Whom these documents mention, in the latest versions: a row per document and platform, by name.

    Columns: document_id, platform_id, platform_name, negative, relevance, polarity, severity, events, spans, weight,
    needs_review, removed (by a person: what analysis or a denial took out is left out), level (the platform's on the
    day the document counts, None = not computed).
    """
    by_people = Mention.removed_reason == REASONS[What.WRONG_PLATFORM]
    level = (
        select(PlatformDay.level)
        .where(PlatformDay.platform_id == Mention.platform_id, PlatformDay.day == Mention.available_day)
        .where(latest(PlatformDay))
        .correlate(Mention)
        .scalar_subquery()
    )
    said = (Mention.negative, Mention.relevance, Mention.polarity, Mention.severity)
    statement = (
        select(
            Mention.document_id,
            Mention.platform_id,
            Platform.name.label("platform_name"),
            *said,
            Mention.events,
            Mention.spans,
            Mention.weight,
            Mention.needs_review,
            Mention.removed,
            level.label("level"),
        )
        .join(Platform, Platform.id == Mention.platform_id)
        .where(among(session, Mention.document_id, ids), latest(Mention), or_(~Mention.removed, by_people))
        .order_by(Mention.document_id, Platform.name, Mention.platform_id)
    )
    return frame(session, statement)


def found_corrections(session: Session, ids: Collection[int]) -> pd.DataFrame:
    """What people said of these documents or of others that tell the same story, and what stands: id, document_id (the
    one asked for), platform_id, what, event_id, note, who, at; oldest first."""
    own, said_of = Document, Document.__table__.alias("said_of")
    statement = (
        select(
            Correction.id,
            own.id.label("document_id"),
            Correction.platform_id,
            Correction.what,
            Correction.event_id,
            Correction.note,
            Correction.who,
            Correction.at,
        )
        .join(said_of, said_of.c.id == Correction.document_id)
        .join(own, or_(own.id == said_of.c.id, own.story_id == said_of.c.story_id))
        .where(Correction.undone_at.is_(None), among(session, own.id, ids))
        .order_by(Correction.id)
    )
    return frame(session, statement)


def told_by(session: Session, document_id: int, *, limit: int = TOLD_BY) -> pd.DataFrame:
    """The story of a document: all that tell it, in the order in which they became available, the first `limit`.

    Columns: document_id, publisher (None = unknown), source_name, kind, title, url, published_at, available_at, day,
    official, revision, root_id, purged_at. A document that is in no story yet stands alone; none = it is gone.
    """
    own = select(Document.story_id).where(Document.id == document_id).scalar_subquery()
    statement = (
        select(
            Document.id.label("document_id"),
            Document.publisher,
            Source.name.label("source_name"),
            Document.kind,
            Document.title,
            Document.url,
            Document.published_at,
            Document.available_at,
            Document.available_day.label("day"),
            Document.official,
            Document.revision,
            Document.root_id,
            Document.purged_at,
        )
        .join(Source, Source.id == Document.source_id)
        .where(or_(Document.id == document_id, Document.story_id == own))
        .order_by(Document.available_at, Document.id)
        .limit(limit)
    )
    return frame(session, statement)


def _statement(session: Session, index: Index, query: Query, filters: SearchFilters) -> Select[Any]:
    groups, none_of = [[token] for token in query.wanted()], query.unwanted()
    if filters.source_id is not None:
        groups.append([source_token(filters.source_id)])
    if filters.kind is not None:
        groups.append([kind_token(filters.kind)])
    if filters.demo is not None:
        demo = _demo_sources(session)
        if filters.demo:
            groups.append(demo or [source_token("")])  # no source, no document
        else:
            none_of += demo
    statement = select(index.key.label("key")).select_from(index.table).where(index.has(groups, none_of))
    if filters.start is not None:
        statement = statement.where(index.key > key_of(filters.start, 0))
    if filters.end is not None:
        statement = statement.where(index.key < key_of(filters.end + timedelta(days=1), 0))
    if filters.of_mentions:
        statement = statement.where(_mentioned(index, filters))
    return statement.order_by(index.key.desc())


def _demo_sources(session: Session) -> list[Token]:
    return [source_token(name) for name in session.scalars(select(Source.id).where(Source.demo))]


def _mentioned(index: Index, filters: SearchFilters) -> ColumnElement[bool]:
    """Some mention meets the filters. One platform's are few, and read once; else every match is looked up."""
    conditions = [latest(Mention), ~Mention.removed]
    if filters.polarity is not None:
        conditions.append(Mention.polarity == filters.polarity)
    if filters.event_id is not None:
        named = cast(Mention.events, Text).contains(f'"{filters.event_id}"', autoescape=True)
        conditions.append(named)
    if filters.level is not None:
        conditions.append(
            select(PlatformDay.day)
            .where(PlatformDay.platform_id == Mention.platform_id, PlatformDay.day == Mention.available_day)
            .where(latest(PlatformDay), PlatformDay.level == filters.level)
            .correlate(Mention)
            .exists()
        )
    if filters.platform_id is None:
        of_this = Mention.document_id == index.document_id
        return select(Mention.document_id).where(of_this, *conditions).correlate(index.table).exists()
    if filters.start is not None:
        conditions.append(Mention.available_day >= filters.start)
    if filters.end is not None:
        conditions.append(Mention.available_day <= filters.end)
    of_platform = select(Mention.document_id).where(Mention.platform_id == filters.platform_id, *conditions)
    return index.document_id.in_(of_platform)


def _matching(session: Session, query: Query, keys: Sequence[int]) -> list[int]:
    """Those of the keys whose documents match, by their texts."""
    texts = select(Document.id, Document.title, Document.text, Document.subject).where(
        among(session, Document.id, [id_of(key) for key in keys])
    )
    hits = {
        row.id
        for row in session.execute(texts)
        if query.matches(reading(row.title, row.text, row.subject).folded)
    }
    return [key for key in keys if id_of(key) in hits]
