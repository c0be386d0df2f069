"""Taking documents out again that people brought: with their mentions, and with what their days vouched for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from db.schema import Document, Mention, Source, SourceDay
from db.sql import among
from db.write.forget import forget_documents
from db.write.work import add_pending


def withdraw_documents(session: Session, ids: Collection[int]) -> int:
    """Remove these documents and what came of them; their platforms wait for the index stage. Returns how many.

    Days on which their source brings nothing any more are days on which it said nothing: a source that people import
    by hand vouches for a day by what it brings, and by nothing else.
    """
    if not ids:
        return 0
    of_these = among(session, Document.id, list(ids))
    columns = (Document.source_id, Document.available_day, Document.kind, func.count())
    counted = select(*columns).where(of_these)
    days = session.execute(counted.group_by(Document.source_id, Document.available_day, Document.kind)).all()
    covered = {source: _named(session, source) for source in {row.source_id for row in days}}
    forget_documents(session, list(ids))
    for source, day, kind, number in days:
        fewer = update(Source).where(Source.id == source)
        session.execute(fewer.values(documents=Source.documents - number))
        if _recount_day(session, source, day, kind):
            add_pending(session, "index", [(platform, day) for platform in covered[source]])
    return sum(number for *_, number in days)


def _named(session: Session, source: str) -> list[str]:
    """Platforms that the source ever named: those whose coverage it has a part in."""
    documents = select(Document.id).where(Document.source_id == source)
    named = select(Mention.platform_id).where(Mention.document_id.in_(documents)).distinct()
    return list(session.scalars(named.order_by(Mention.platform_id)))


def _recount_day(session: Session, source: str, day: date, kind: str) -> bool:
    """What the source brought on the day, counted anew; True where nothing is left."""
    mine = (Document.source_id == source, Document.available_day == day, Document.kind == kind)
    left = session.scalar(select(func.count()).where(*mine)) or 0
    row = (SourceDay.source_id == source, SourceDay.day == day, SourceDay.kind == kind)
    if left:
        session.execute(update(SourceDay).where(*row).values(items=left))
        return False
    session.execute(delete(SourceDay).where(*row))
    return True
