"""How far complaints got, as their sources last said."""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.schema import Document, Mention, Platform
from db.sql import frame, latest
from signals.model import Kind


def complaint_statuses(
    session: Session, start: date, end: date, *, platform_id: str | None = None, demo: bool | None = None
) -> pd.DataFrame:
    """Complaints that became available start..end inclusive, by the status their source gives them today.

    Args:    platform_id: of one platform; None: of all active ones, demo | real | both.
    Returns: status (None = the source tells none), count (documents). A complaint whose content was removed by
             retention, or whose link a person took back, is not among them; a later version of a page is no further.
    """
    status = Document.fields["status"].as_string().label("status")
    statement = (
        select(status, func.count(Document.id.distinct()).label("count"))
        .join(Mention, Mention.document_id == Document.id)
        .where(
            Mention.kind == str(Kind.COMPLAINT),
            Mention.available_day.between(start, end),
            ~Mention.removed,
            latest(Mention),
            Document.root_id.is_(None),
            Document.purged_at.is_(None),
        )
        .group_by(status)
        .order_by(status)
    )
    if platform_id is not None:
        statement = statement.where(Mention.platform_id == platform_id)
    else:
        statement = statement.join(Platform, Platform.id == Mention.platform_id).where(Platform.active)
        if demo is not None:
            statement = statement.where(Platform.demo.is_(demo))
    return frame(session, statement)
