"""What the analyse stage found: stories, mentions in versions, and the work this makes for the index stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from db.schema import GONE, Document, Story, StoryBand, story_period
from db.schema import Mention as Stored
from db.sql import add, add_numbers, among, chunks, latest, table, upsert
from db.write.work import add_pending
from signals.model import Mention

COMPARED = ("available_day", "kind", "relevance", "negative", "polarity", "severity", "events", "spans")


@dataclass(frozen=True, slots=True)
class AnalysisRow:
    """What analysis says about one document.

    `same_story_as` is the id of a document whose story this one joins: stored earlier, or an earlier row of the same
    batch; None = the story it has, or a new one. `revision` is the revision that was read (None = do not check): if
    the document changed meanwhile, the row is skipped and the document stays waiting.
    """

    document_id: int
    mentions: Sequence[Mention]
    same_story_as: int | None = None
    band_keys: Sequence[int] = ()
    snownlp: float | None = None
    revision: int | None = None


def save_analysis(session: Session, results: Sequence[AnalysisRow], *, version: str, as_of: datetime) -> int:
    """Save a batch (500 to 1,000 documents) whole; doing it twice changes nothing. Returns documents saved.

    A mention gets a new version only if it differs from its latest. Documents that vanished or changed since they
    were read are left out.
    """
    documents = _documents(session, results)
    rows = [row for row in results if _still(documents.get(row.document_id), row)]
    stories = _save_stories(session, rows, documents)
    _save_bands(session, rows, documents)
    add_pending(session, "index", _save_mentions(session, rows, documents, as_of))
    target = table(Document)
    statement = update(target).where(target.c.id == bindparam("key"))
    values = [
        {
            "key": row.document_id,
            "analysed_with": version,
            "story_id": stories[row.document_id],
            "snownlp": row.snownlp,
        }
        for row in rows
    ]
    if values:
        session.execute(statement, values)
    _recount(session, rows, documents, stories)
    return len(rows)


def save_weights(session: Session, weights: Iterable[tuple[int, str, datetime, float]]) -> None:
    """Write v of METHOD section 2 into the named mention versions: (document_id, platform_id, as_of, weight)."""
    target = table(Stored)
    statement = (
        update(target)
        .where(target.c.document_id == bindparam("of_document"))
        .where(target.c.platform_id == bindparam("of_platform"))
        .where(target.c.as_of == bindparam("of_version"))
        .values(weight=bindparam("weight"))
    )
    names = ("of_document", "of_platform", "of_version", "weight")
    for piece in chunks(weights):
        session.execute(statement, [dict(zip(names, row, strict=True)) for row in piece])


def _documents(session: Session, results: Sequence[AnalysisRow]) -> dict[int, Any]:
    columns = (
        Document.id,
        Document.story_id,
        Document.revision,
        Document.kind,
        Document.available_at,
        Document.available_day,
    )
    wanted = {row.document_id for row in results}
    wanted |= {row.same_story_as for row in results if row.same_story_as is not None}
    statement = select(*columns).where(among(session, Document.id, wanted))
    return {row.id: row for row in session.execute(statement)}


def _still(document: Any, row: AnalysisRow) -> bool:
    return document is not None and row.revision in (None, document.revision)


def _save_stories(
    session: Session, rows: Sequence[AnalysisRow], documents: Mapping[int, Any]
) -> dict[int, int]:
    """Story of each document; a new story takes the id of the document that founds it."""
    stories: dict[int, int] = {}
    for row in rows:
        own = documents[row.document_id].story_id
        other = None
        if row.same_story_as is not None and row.same_story_as in documents:
            other = stories.get(row.same_story_as) or documents[row.same_story_as].story_id
        stories[row.document_id] = other or own or row.document_id
    founded = [
        {"id": story, "first_available_at": documents[document].available_at, "copies": 1, "publishers": 1}
        for document, story in stories.items()
        if story == document and documents[document].story_id is None
    ]
    add(session, Story, founded)
    return stories


def _recount(
    session: Session, rows: Sequence[AnalysisRow], documents: Mapping[int, Any], stories: Mapping[int, int]
) -> None:
    """Copies and publishers of every story that gained or lost a document; a story left empty goes."""
    touched = set()
    for row in rows:
        before, after = documents[row.document_id].story_id, stories[row.document_id]
        if before != after and after != row.document_id:
            touched |= {after, before} - {None}
    recount_stories(session, touched)


def recount_stories(session: Session, stories: Iterable[int]) -> None:
    """Count copies, independent publishers and the beginning of these stories anew; delete the empty ones.

    Later versions of one page are one copy.
    """
    wanted = set(stories)
    if not wanted:
        return
    page = func.coalesce(Document.root_id, Document.id).distinct()
    counted = session.execute(
        select(
            Document.story_id.label("id"),
            func.min(Document.available_at).label("first_available_at"),
            func.count(page).label("copies"),
            # An unknown publisher may be anyone: each such page counts as one.
            (
                func.count(Document.publisher.distinct())
                + func.count(page).filter(Document.publisher.is_(None))
            ).label("publishers"),
        )
        .where(among(session, Document.story_id, wanted))
        .group_by(Document.story_id)
    ).mappings()
    rows = [dict(row) for row in counted]
    upsert(session, Story, rows)
    empty = wanted - {row["id"] for row in rows}
    session.execute(delete(Story).where(among(session, Story.id, empty)))


def _save_bands(session: Session, rows: Sequence[AnalysisRow], documents: Mapping[int, Any]) -> None:
    again = [row.document_id for row in rows if documents[row.document_id].story_id is not None]
    session.execute(delete(StoryBand).where(among(session, StoryBand.document_id, again)))
    periods = {row.document_id: story_period(documents[row.document_id].available_day) for row in rows}
    bands = [(periods[row.document_id], key, row.document_id) for row in rows for key in row.band_keys]
    bands.sort(key=itemgetter(0, 1))  # in the table's order: far fewer pages are touched
    add_numbers(session, StoryBand, bands)


def _save_mentions(
    session: Session, rows: Sequence[AnalysisRow], documents: Mapping[int, Any], as_of: datetime
) -> set[tuple[str, date]]:
    """Insert versions that differ; returns the (platform, day) they touch, on the former day too."""
    before = _latest_mentions(session, [row.document_id for row in rows])
    versions: list[dict[str, Any]] = []
    touched: set[tuple[str, date]] = set()
    for row in rows:
        former = before.get(row.document_id, {})
        document = documents[row.document_id]
        new = {m.platform_id: _version(m, document, as_of) for m in row.mentions}
        for platform, old in former.items():
            if platform not in new and not old.removed:
                new[platform] = _gone(old, as_of)
        for platform, version in new.items():
            old = former.get(platform)
            if old is not None and not _changes(old, version):
                continue
            if old is not None and old.as_of > as_of:  # a person corrected it while the batch was read
                version["as_of"] = old.as_of + timedelta(microseconds=1)
            versions.append(version)
            touched |= {(platform, version["available_day"])}
            touched |= {(platform, old.available_day)} if old is not None else set()
    upsert(session, Stored, versions)
    return touched


def _latest_mentions(session: Session, documents: Sequence[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    these = among(session, Stored.document_id, documents)
    for row in session.execute(select(*table(Stored).c).where(these, latest(Stored))):
        found.setdefault(row.document_id, {})[row.platform_id] = row
    return found


def _changes(old: Any, new: Mapping[str, Any]) -> bool:
    if old.removed and old.removed_reason != GONE:
        return False
    return old.removed != new["removed"] or any(getattr(old, name) != new[name] for name in COMPARED)


def _gone(old: Any, as_of: datetime) -> dict[str, Any]:
    return {**old._mapping, "as_of": as_of, "removed": True, "removed_reason": GONE, "weight": 0.0}


def _version(mention: Mention, document: Any, as_of: datetime) -> dict[str, Any]:
    return {
        "document_id": document.id,
        "platform_id": mention.platform_id,
        "as_of": as_of,
        "available_day": document.available_day,
        "kind": document.kind,
        "relevance": float(mention.relevance),
        "negative": float(mention.negative),
        "polarity": str(mention.polarity),
        "severity": float(mention.severity),
        "events": [
            {
                "id": hit.event_id,
                "polarity": str(hit.polarity),
                "part": hit.span.part,
                "start": hit.span.start,
                "end": hit.span.end,
            }
            for hit in mention.events
        ],
        "spans": [
            {"part": span.part, "start": span.start, "end": span.end, "label": span.label}
            for span in mention.spans
        ],
        "needs_review": mention.needs_review,
        "removed": False,
        "removed_reason": None,
        "weight": None,
        "model_version": mention.model_version,
    }
