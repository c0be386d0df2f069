"""Forget a source and all that came of it, in short transactions that a restart takes up again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from db.schema import (
    Document,
    ImportedFile,
    KeptResponse,
    Mention,
    PageValidator,
    Platform,
    Run,
    Source,
    SourceDay,
    StoryBand,
)
from db.session import Database
from db.sql import among
from db.write.analysis import recount_stories
from db.write.discoveries import save_discoveries
from db.write.search import remove_from_search
from db.write.work import add_pending
from settings.models import RESERVED_IDS

BATCH = 1_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ForgetCounts:
    """What was removed."""

    documents: int
    mentions: int
    platforms: int


def forget_source(
    database: Database, source_id: str, *, now: datetime | None = None, progress: Progress | None = None
) -> ForgetCounts:
    """Remove a source's documents with their mentions, stories, bands and revisions, its runs, days, files and answers.

    With the last demo source the demo platforms and all their values go too. The source is marked removed.

    One transaction per thousand documents: other writers get their turn, and a killed run goes on where it stopped.
    Platforms that stay and lose mentions wait for the index stage from the same transaction on.

    Args:    progress: called with (documents removed so far, all), outside any transaction.
    """
    with database.writing() as session:
        _mark_removed(session, source_id, now or datetime.now(UTC))
        total = session.scalar(select(func.count()).where(Document.source_id == source_id)) or 0
    documents = mentions = 0
    while True:
        with database.writing() as session:
            chosen = select(Document.id).where(Document.source_id == source_id).limit(BATCH)
            ids = list(session.scalars(chosen))
            mentions += forget_documents(session, ids) if ids else 0
            fewer = update(Source).where(Source.id == source_id)
            session.execute(fewer.values(documents=Source.documents - len(ids)))
        if not ids:
            break
        documents += len(ids)
        if progress is not None:
            progress(documents, total)
    with database.writing() as session:
        for model in (KeptResponse, PageValidator, Run, SourceDay, ImportedFile):
            session.execute(delete(model).where(model.source_id == source_id))
    return ForgetCounts(documents, mentions, _forget_demo_platforms(database, source_id))


def _mark_removed(session: Session, source_id: str, now: datetime) -> None:
    session.execute(
        update(Source)
        .where(Source.id == source_id, Source.removed_at.is_(None))
        .values(removed_at=now, next_run_at=None, enabled=False, state="off", state_reason="已移除")
    )


def _forget_demo_platforms(database: Database, source_id: str) -> int:
    """Demo platforms with the last demo source; a platform's values go by cascade, one platform a transaction."""
    with database.reading() as session:
        source = session.get(Source, source_id)
        others = select(func.count()).where(Source.demo, Source.removed_at.is_(None))
        if source is None or not source.demo or session.scalar(others):
            return 0
        demo = list(session.scalars(select(Platform.id).where(Platform.demo)))
    for platform_id in demo:
        with database.writing() as session:
            session.execute(delete(Platform).where(Platform.id == platform_id))
    return len(set(demo) - RESERVED_IDS)


def forget_documents(session: Session, ids: list[int]) -> int:
    """Remove these documents and what was made of them; their platforms wait for `index`. Returns mentions removed."""
    of_these = among(session, Mention.document_id, ids)
    columns = (Mention.document_id, Mention.platform_id, Mention.available_day)
    mentions = session.execute(select(*columns).where(of_these)).all()
    add_pending(session, "index", {(row.platform_id, row.available_day) for row in mentions})
    told = select(Document.story_id).where(among(session, Document.id, ids), Document.story_id.is_not(None))
    stories = {int(story) for story in session.scalars(told.distinct()) if story is not None}
    save_discoveries(session, {number: {} for number in ids})
    remove_from_search(session, ids)
    for model in (Mention, StoryBand):
        session.execute(delete(model).where(among(session, model.document_id, ids)))
    session.execute(delete(Document).where(among(session, Document.id, ids)))
    recount_stories(session, stories)
    return len({(row.document_id, row.platform_id) for row in mentions})
