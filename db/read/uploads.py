"""What people brought in the browser: uploads with what became of them, failure lists, letters and calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.schema import Document, Failure, ManualEntry, Platform, Run, Upload, UploadDocument
from db.sql import frame, table


@dataclass(frozen=True, slots=True)
class UploadRow:
    """One upload; see db.schema.Upload."""

    id: int
    what: str
    file: str
    path: str
    source_id: str | None
    list_name: str | None
    mapping: Mapping[str, str]
    state: str
    found: Mapping[str, Any]
    counts: Mapping[str, Any]
    message: str | None
    who: str
    at: datetime
    stored_at: datetime | None


def upload(session: Session, number: int) -> UploadRow | None:
    """One upload; None = there is no such number."""
    columns = [getattr(Upload, name) for name in UploadRow.__slots__]
    row = session.execute(select(*columns).where(Upload.id == number)).first()
    return None if row is None else UploadRow(*row)


def upload_digest(session: Session, number: int) -> str:
    """SHA-256 of the file as it was uploaded, hex; "" = no such upload."""
    return session.scalar(select(Upload.digest).where(Upload.id == number)) or ""


def uploads(session: Session, *, limit: int = 30) -> pd.DataFrame:
    """The newest uploads, newest first, with every column of the table."""
    return frame(session, select(*table(Upload).c).order_by(Upload.id.desc()).limit(limit))


def upload_paths(session: Session) -> frozenset[str]:
    """Paths below data/uploads that some upload still refers to: what else lies there is left over."""
    waits = Upload.state.in_(["waiting", "looked", "storing"])
    return frozenset(session.scalars(select(Upload.path).where(waits)))


def upload_fates(session: Session, number: int) -> dict[str, int]:
    """How many documents an upload brought (new), changed (revised) or repeated (known), as far as it is stored."""
    counted = select(UploadDocument.fate, func.count()).where(UploadDocument.upload_id == number)
    return dict(session.execute(counted.group_by(UploadDocument.fate)).all())


def run_of(session: Session, source_id: str, slot: str) -> int | None:
    """The run in the ledger that stands for a slot; None = there was none."""
    return session.scalar(select(Run.id).where(Run.source_id == source_id, Run.slot == slot))


def failures(session: Session, list_name: str | None = None) -> pd.DataFrame:
    """Failure dates that people uploaded: platform_id, platform (its name), problem_date, reason, list_name.

    Of each list and platform the row that came last; withdrawn uploads do not count. Ordered by list, date, platform.
    `list_name`: only this list.
    """
    standing = Upload.state == "stored"
    newest = (
        select(func.max(Failure.id).label("id"))
        .join(Upload, Upload.id == Failure.upload_id)
        .where(standing)
        .group_by(Failure.list_name, Failure.platform_id)
    )
    statement = (
        select(
            Failure.platform_id,
            Platform.name.label("platform"),
            Failure.problem_date,
            Failure.reason,
            Failure.list_name,
        )
        .join(Platform, Platform.id == Failure.platform_id)
        .where(Failure.id.in_(newest))
        .order_by(Failure.list_name, Failure.problem_date, Failure.platform_id)
    )
    if list_name is not None:
        statement = statement.where(Failure.list_name == list_name)
    return frame(session, statement)


def failure_dates(session: Session, list_name: str) -> dict[str, tuple[date, str]]:
    """platform id -> (date, reason) of one list, as an upload to it is compared."""
    found = failures(session, list_name)
    rows = zip(found["platform_id"], found["problem_date"], found["reason"], strict=True)
    return {platform: (day, reason or "") for platform, day, reason in rows}


def entries(session: Session, *, limit: int = 30) -> pd.DataFrame:
    """Letters and calls typed in, newest first: the columns of manual_entries, platform (its name), title."""
    statement = (
        select(*table(ManualEntry).c, Platform.name.label("platform"), Document.title)
        .join(Platform, Platform.id == ManualEntry.platform_id)
        .outerjoin(Document, Document.id == ManualEntry.document_id)
        .order_by(ManualEntry.id.desc())
        .limit(limit)
    )
    return frame(session, statement)
