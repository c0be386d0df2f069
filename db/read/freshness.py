"""When each source last brought something, and what: one step into an index per source, however much is stored."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from db.schema import Document, Run, Source
from db.sql import frame

READ = ("done", "partial")
"""States of a run that came to its end."""


def newest_documents(session: Session) -> dict[str, datetime]:
    """Source -> when its newest document became available; a source without documents is not in it."""
    newest = (
        select(Document.available_at)
        .where(Document.source_id == Source.id)
        .order_by(Document.available_at.desc())
        .limit(1)
        .correlate(Source)
        .scalar_subquery()
    )
    found = session.execute(select(Source.id, newest.label("newest")))
    return {row.id: row.newest for row in found if row.newest is not None}


def newest_results(session: Session) -> pd.DataFrame:
    """What the newest run of each source that read rows brought; a source without such a run has no row.

    Columns: source_id, started_at, items, refused, undated, undecodable, lacking. Runs that found everything unchanged
    (304) are passed over: they say nothing about rows.
    """
    mine = aliased(Run)
    newest = (
        select(mine.id)
        .where(mine.source_id == Source.id, mine.state.in_(READ), mine.unchanged.is_(False))
        .order_by(mine.started_at.desc(), mine.id.desc())
        .limit(1)
        .correlate(Source)
        .scalar_subquery()
    )
    counts = (Run.items, Run.refused, Run.undated, Run.undecodable, Run.lacking)
    return frame(session, select(Run.source_id, Run.started_at, *counts).join(Source, Run.id == newest))
