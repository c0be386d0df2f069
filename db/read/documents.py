"""Documents for the analyse stage: those waiting, and those that may tell the same story."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import nlargest
from operator import itemgetter
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, aliased

from db.schema import STORY_DAYS, StoryBand, story_period
from db.schema import Document as Stored
from db.sql import among, table
from signals.model import Document, Kind

CANDIDATES = 10
PER_KEY = 50
"""Stories looked at for one key, the newest: a key of boilerplate text is shared by thousands and tells nothing."""
DISTANCE = timedelta(days=STORY_DAYS)
Hit = tuple[int, int, date, date]
"""Story, its newest copy with the key, and the days of its first and last copy with the key."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as stored (masked; `author` is its hash), with when it counts. `revision`: see AnalysisRow."""

    id: int
    revision: int
    document: Document
    available_at: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document whose story may be the same: `shared` band keys agree. One per story, its newest copy."""

    document_id: int
    story_id: int
    text: str
    title: str
    shared: int


def waiting_documents(session: Session, version: str, *, limit: int) -> list[StoredDocument]:
    """The oldest documents that wait for analysis. `version` never makes one wait: re-scoring does, by NULL."""
    statement = (
        select(*table(Stored).c).where(Stored.analysed_with.is_(None)).order_by(Stored.id).limit(limit)
    )
    return [_document(row) for row in session.execute(statement)]


def waiting_count(session: Session) -> int:
    """How many documents wait."""
    return session.scalar(select(func.count()).where(Stored.analysed_with.is_(None))) or 0


def story_candidates(
    session: Session, keys_by_document: Mapping[int, Sequence[int]], days: Mapping[int, date]
) -> dict[int, list[Candidate]]:
    """Per document the ten likeliest stories by shared band keys, likeliest first.

    Only stories with a copy within 30 days of the document's day, on either side: backfills come in any order.
    """
    stories = _stories_by_key(session, keys_by_document, days)
    shared: dict[int, Counter[int]] = {}
    newest: dict[int, int] = {}
    for document, keys in keys_by_document.items():
        shared[document] = Counter()
        for story, copy, first, last in (hit for key in set(keys) for hit in stories.get(key, ())):
            near = first - DISTANCE <= days[document] <= last + DISTANCE
            if near and copy != document:
                shared[document][story] += 1
                newest[story] = max(copy, newest.get(story, 0))
    best = {document: counts.most_common(CANDIDATES) for document, counts in shared.items()}
    texts = _texts(session, {newest[story] for counts in best.values() for story, _ in counts})
    return {
        document: [
            Candidate(newest[story], story, texts[newest[story]].text, texts[newest[story]].title, count)
            for story, count in counts
        ]
        for document, counts in best.items()
        if counts
    }


def same_page(session: Session, document_ids: Collection[int]) -> dict[int, int]:
    """Documents whose canonical URL another *source* brought before: its earliest document. One page, one story.

    Within a source the URL says nothing: a list page may be the address of every row.
    """
    other = aliased(Stored)
    these = among(session, Stored.id, document_ids)
    statement = (
        select(Stored.id, func.min(other.id))
        .join(other, other.canonical_url == Stored.canonical_url)
        .where(these, other.id < Stored.id, other.source_id != Stored.source_id)
        .group_by(Stored.id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def _stories_by_key(
    session: Session, keys_by_document: Mapping[int, Sequence[int]], days: Mapping[int, date]
) -> dict[int, list[Hit]]:
    """key -> the newest stories that have it, each once a period: a story of a thousand copies is one row."""
    wanted: dict[int, set[int]] = defaultdict(set)
    for document, keys in keys_by_document.items():
        here = story_period(days[document])
        for period in (here - 1, here, here + 1):
            wanted[period].update(keys)
    found: dict[int, list[Hit]] = defaultdict(list)
    for period, among_keys in wanted.items():
        statement = (
            select(
                StoryBand.key,
                Stored.story_id,
                func.max(Stored.id),
                func.min(Stored.available_day),
                func.max(Stored.available_day),
            )
            .join(Stored, Stored.id == StoryBand.document_id)
            .where(StoryBand.period == period, among(session, StoryBand.key, among_keys))
            .where(Stored.story_id.is_not(None))
            .group_by(StoryBand.key, Stored.story_id)
        )
        for key, story, copy, first, last in session.execute(statement):
            assert story is not None
            found[key].append((story, copy, first, last))
    return {key: nlargest(PER_KEY, hits, key=itemgetter(1)) for key, hits in found.items()}


def _texts(session: Session, ids: Collection[int]) -> dict[int, Any]:
    statement = select(Stored.id, Stored.title, Stored.text).where(among(session, Stored.id, ids))
    return {row.id: row for row in session.execute(statement)}


def _document(row: Row[Any]) -> StoredDocument:
    document = Document(
        source_id=row.source_id,
        kind=Kind(row.kind),
        title=row.title,
        text=row.text,
        external_id=row.external_id,
        url=row.url,
        publisher=row.publisher,
        author=row.author_hash,
        published_at=row.published_at,
        first_seen_at=row.first_seen_at,
        reach=row.reach,
        official=row.official,
        channel=row.channel,
        subject=row.subject,
        fields=row.fields,
        encoding=row.encoding,
        replaced_share=row.replaced_share,
    )
    return StoredDocument(row.id, row.revision, document, row.available_at, row.available_day)
