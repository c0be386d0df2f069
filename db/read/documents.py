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
from sqlalchemy.orm import Session

from db.schema import STORY_DAYS, StoryBand, story_period
from db.schema import Document as Stored
from db.sql import among, table
from signals.model import Document, Kind, shanghai_day

CANDIDATES = 10
PER_KEY = 50
"""Stories looked at for one key, the newest: a key of boilerplate text is shared by thousands and tells nothing."""
DISTANCE = timedelta(days=STORY_DAYS)
Hit = tuple[int, int, date, date]
"""Story, its newest copy with the key, and the days of its first and last copy with the key."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as stored (masked; `author` is its hash), with when it counts. `revision`: see AnalysisRow.

    `root_id`: the first version of which this is a later one, and whose story it tells; None = this is the first.
    """

    id: int
    revision: int
    document: Document
    available_at: datetime
    day: date
    root_id: int | None = None


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

    Looks 30 days around, so that an address which everyone shares costs no more with the years. Within a source the
    URL says nothing: a list page may be the address of every row.
    """
    columns = (Stored.id, Stored.source_id, Stored.canonical_url, Stored.available_at)
    these = select(*columns).where(among(session, Stored.id, document_ids), Stored.canonical_url.is_not(None))
    asked = session.execute(these).all()
    if not asked:
        return {}
    moments = [row.available_at for row in asked]
    near = Stored.available_at.between(min(moments) - DISTANCE, max(moments) + DISTANCE)
    pages = select(Stored.canonical_url, Stored.source_id, Stored.available_day, func.min(Stored.id)).where(
        among(session, Stored.canonical_url, {row.canonical_url for row in asked}), near
    )
    told: dict[str, list[tuple[int, str, date]]] = defaultdict(list)
    for url, source, day, first in session.execute(
        pages.group_by(Stored.canonical_url, Stored.source_id, Stored.available_day)
    ):
        told[url or ""].append((first, source, day))
    found = {row.id: _earliest(row, told[row.canonical_url or ""]) for row in asked}
    return {document: first for document, first in found.items() if first is not None}


def _earliest(row: Any, told: Sequence[tuple[int, str, date]]) -> int | None:
    here = shanghai_day(row.available_at)
    other = (
        first
        for first, source, day in told
        if first < row.id and source != row.source_id and abs(day - here) <= DISTANCE
    )
    return min(other, default=None)


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
    return StoredDocument(row.id, row.revision, document, row.available_at, row.available_day, row.root_id)
