"""What takes a finding back: denials that remove mentions, and documents sent to be read again."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.schema import Document, Mention, Source
from db.sql import among, changed_rows, latest, table, upsert
from db.write.work import add_pending


def remove_mentions(session: Session, removed: pd.DataFrame, *, reason: str, as_of: datetime) -> int:
    """New versions, valid from `as_of`, of mentions that no longer stand; their days wait for `index` again.

    Args:    removed: columns document_id, platform_id; other columns are ignored.
    Returns: how many were removed; one removed before is left alone.
    """
    if removed.empty:
        return 0
    wanted = set(removed[["document_id", "platform_id"]].itertuples(index=False, name=None))
    these = among(session, Mention.document_id, {int(document) for document, _ in wanted})
    statement = select(*table(Mention).c).where(these, ~Mention.removed, latest(Mention))
    rows = [
        dict(row._mapping) | {"as_of": as_of, "removed": True, "removed_reason": reason, "weight": 0.0}
        for row in session.execute(statement)
        if (row.document_id, row.platform_id) in wanted
    ]
    upsert(session, Mention, rows)
    days: list[tuple[str, date]] = [(row["platform_id"], row["available_day"]) for row in rows]
    add_pending(session, "index", days)
    return len(rows)


def rescore(session: Session) -> int:
    """Every stored document waits to be read again, say after the watch list grew. Returns how many.

    Purged ones have nothing left to read: what was found in them stands.
    """
    readable = Document.analysed_with.is_not(None), Document.purged_at.is_(None)
    statement = update(Document).where(*readable).values(analysed_with=None)
    return changed_rows(session.execute(statement))


def set_next_run(session: Session, source_id: str, moment: datetime | None) -> None:
    """When the source runs next, for the page 数据源; None = not scheduled."""
    session.execute(update(Source).where(Source.id == source_id).values(next_run_at=moment))
