"""Uploads in: what each brought, changed or repeated, and taking exactly that back.

The page leaves a file and a row; the worker looks at it, stores it, and withdraws it when asked. Each step is a state:
waiting -> looked | refused -> storing -> stored -> undoing -> undone; a file nobody wants any more is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.orm import Session

from db.roles import Actor, require
from db.schema import Document as Stored
from db.schema import Failure, Indicator, Upload, UploadDocument, UploadReading
from db.sql import add, among, changed_rows, insert, table
from db.write.audit import record
from db.write.documents import StoreCounts, store_documents
from db.write.indicators import ReadingRow, store_readings
from db.write.revisions import restore_revision
from db.write.rows import document_row
from db.write.versions import judge, stored_versions
from db.write.withdrawal import withdraw_documents
from db.write.work import enqueue
from signals.model import Document, shanghai_day
from signals.privacy import mask

WHATS = ("documents", "indicators", "failures")
REQUEST = "import"
"""The request by which the worker is asked: {"upload": number, "step": "look" | "store" | "undo"}."""


class InputRefused(ValueError):
    """What a person wants to enter or change cannot be done; the message is for the user."""


def begin_upload(
    session: Session,
    actor: Actor,
    *,
    what: str,
    file: str,
    path: str,
    digest: str,
    size: int,
    source_id: str | None = None,
    list_name: str | None = None,
    now: datetime,
) -> int:
    """A file was left below data/uploads: the worker is asked to look at it. Returns the upload's number.

    Args:    file: its name as given. path: below data/uploads. digest: SHA-256, hex. size: bytes.
    Raises:  NotAllowed, InputRefused.
    """
    require(actor, "upload")
    if what not in WHATS:
        raise InputRefused(f"不认识的上传类型 {what!r}")
    name = (list_name or "").strip()
    if what == "failures" and not 0 < len(name) <= 64:
        raise InputRefused("请填写出险名单的名称（1 到 64 字）")
    row = Upload(
        what=what,
        file=mask(file),
        path=path,
        digest=digest,
        size=size,
        source_id=source_id if what == "documents" else None,
        list_name=name if what == "failures" else None,
        mapping={},
        state="waiting",
        found={},
        counts={},
        who=actor.name,
        at=now,
    )
    session.add(row)
    session.flush()
    enqueue(session, REQUEST, {"upload": row.id, "step": "look"}, actor.name, now)
    return row.id


def remap_upload(
    session: Session, actor: Actor, number: int, mapping: Mapping[str, str], *, now: datetime
) -> None:
    """Other columns for some fields: the worker looks at the file again. Raises NotAllowed, InputRefused."""
    require(actor, "upload")
    row = _locked(session, number, ("looked", "refused"))
    row.mapping, row.state = dict(mapping), "waiting"
    enqueue(session, REQUEST, {"upload": number, "step": "look"}, actor.name, now)


def confirm_upload(session: Session, actor: Actor, number: int, *, now: datetime) -> None:
    """Store what was looked at; once, however often it is clicked. Raises NotAllowed, InputRefused."""
    require(actor, "upload")
    row = _locked(session, number, ("looked", "storing", "stored"))
    if row.state != "looked":
        return
    row.state = "storing"
    enqueue(session, REQUEST, {"upload": number, "step": "store"}, actor.name, now)
    detail = {"upload": number, "what": row.what, "source": row.source_id, "list": row.list_name}
    detail |= {"sha256": row.digest, "expected": row.found.get("counts", {})}
    record(session, actor=actor, action="upload", subject=row.file, detail=detail, now=now)


def drop_upload(session: Session, actor: Actor, number: int) -> None:
    """Nothing is to be done with the file: it changed nothing, and goes. Raises NotAllowed, InputRefused."""
    require(actor, "upload")
    row = _locked(session, number, ("waiting", "looked", "refused", "dropped"))
    row.state = "dropped"


def drop_forgotten(session: Session, before: datetime) -> int:
    """Uploads of an earlier moment that nobody confirmed are dropped; returns how many."""
    waits = Upload.state.in_(["waiting", "looked", "refused"]), Upload.at < before
    return changed_rows(session.execute(update(Upload).where(*waits).values(state="dropped")))


def undo_upload(session: Session, actor: Actor, number: int, *, reason: str, now: datetime) -> None:
    """Take back what an upload brought; the worker does it. Raises NotAllowed, InputRefused."""
    require(actor, "upload")
    row = _locked(session, number, ("stored", "undoing", "undone"))
    if row.state != "stored":
        return
    if not reason.strip():
        raise InputRefused("请填写撤销的理由：它会记入审计日志")
    row.state, row.undone_by = "undoing", actor.name
    enqueue(session, REQUEST, {"upload": number, "step": "undo"}, actor.name, now)
    detail = {"upload": number, "what": row.what}
    record(
        session,
        actor=actor,
        action="upload_undo",
        subject=row.file,
        detail=detail,
        reason=reason,
        now=now,
    )


def _locked(session: Session, number: int, states: Sequence[str]) -> Upload:
    row = session.scalar(select(Upload).where(Upload.id == number).with_for_update())
    if row is None:
        raise InputRefused("没有这次上传，请刷新页面后重试")
    if row.state not in states:
        raise InputRefused("这次上传的状态已经变化，请刷新页面后重试")
    return row


def save_look(session: Session, number: int, found: Mapping[str, Any], *, refused: str | None = None) -> bool:
    """What a dry run says; `refused`: why nothing of the file can be used. False: nobody waits for it any more."""
    values = {"found": dict(found), "message": refused, "state": "refused" if refused else "looked"}
    waiting = update(Upload).where(Upload.id == number, Upload.state == "waiting")
    return changed_rows(session.execute(waiting.values(**values))) == 1


def finish_upload(
    session: Session, number: int, counts: Mapping[str, Any], message: str, *, now: datetime
) -> None:
    """All of it is stored."""
    values = {"state": "stored", "counts": dict(counts), "message": message, "stored_at": now}
    session.execute(update(Upload).where(Upload.id == number, Upload.state == "storing").values(**values))


def fail_upload(session: Session, number: int, message: str) -> None:
    """Storing ended in a fault: what was stored before it stays, and can be withdrawn."""
    values = {"state": "stored", "message": message}
    session.execute(update(Upload).where(Upload.id == number, Upload.state == "storing").values(**values))


def finish_undo(session: Session, number: int, message: str, *, now: datetime) -> None:
    """All that was to be taken back is."""
    values = {"state": "undone", "message": message, "undone_at": now}
    session.execute(update(Upload).where(Upload.id == number).values(**values))


def store_upload_documents(
    session: Session, number: int, documents: Sequence[Document], *, now: datetime, salt: str, run_id: int
) -> StoreCounts:
    """`store_documents` as a person's import, and what it did to each document, in the same transaction."""
    rows = [document_row(each, now, salt, run_id, True) for each in documents]
    identities = {row["identity"] for row in rows}
    known, today = stored_versions(session, identities), shanghai_day(now)
    counts = store_documents(session, documents, now=now, salt=salt, run_id=run_id, backfill=True)
    brought: dict[int, dict[str, Any]] = {}
    for row in rows:
        versions = known.get(row["identity"])
        if versions is None:
            continue
        fate = judge(row, versions, today)
        target = fate.target or versions[0]
        found = brought.setdefault(target.id, {"fate": "known", "before": target.revision})
        if fate.outcome == "revised":
            found["fate"] = "revised"
    fresh = [identity for identity in identities if identity not in known]
    ids = session.scalars(select(Stored.id).where(among(session, Stored.identity, fresh)))
    brought |= {int(each): {"fate": "new", "before": 0} for each in ids}
    after = _revisions(session, list(brought))
    noted = [
        {"upload_id": number, "document_id": each, "after": after[each], **what}
        for each, what in brought.items()
    ]
    _note(session, noted)
    return counts


def _note(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Of a document that an upload has twice, the first fate stands, with its last revision."""
    if not rows:
        return
    statement = insert(session, table(UploadDocument))
    statement = statement.on_conflict_do_update(
        index_elements=["upload_id", "document_id"], set_={"after": statement.excluded.after}
    )
    session.execute(statement, list(rows))


def _revisions(session: Session, ids: Sequence[int]) -> dict[int, int]:
    found = select(Stored.id, Stored.revision).where(among(session, Stored.id, ids))
    return dict(session.execute(found).all())


def store_upload_readings(
    session: Session, number: int, rows: Sequence[ReadingRow], *, now: datetime
) -> None:
    """`store_readings`, and which versions came by this upload."""
    store_readings(session, rows, now)
    keys = [
        {
            "upload_id": number,
            "platform_id": row.platform_id,
            "name": row.name,
            "period_end": row.period_end,
            "available_at": row.available_at,
        }
        for row in rows
    ]
    add(session, UploadReading, keys)


def store_failures(session: Session, number: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows platform_id, list_name, problem_date, reason of one upload; again is the same."""
    add(session, Failure, [{"upload_id": number, **row} for row in rows])


def undo_documents(session: Session, number: int, *, now: datetime, limit: int = 500) -> tuple[int, int, int]:
    """Take back at most `limit` of an upload's documents: (withdrawn, restored, left alone). All 0 = done.

    What it alone brought goes, with its mentions; what it changed says again what it said before. A document that
    another upload brought too stays and is that one's from now on; one that was changed since stays as it is.
    """
    mine = select(UploadDocument).where(UploadDocument.upload_id == number)
    rows = session.scalars(mine.order_by(UploadDocument.document_id).limit(limit)).all()
    current = _revisions(session, [row.document_id for row in rows])
    gone, restored, left = [], 0, 0
    for row in rows:
        changed = current.get(row.document_id) != row.after
        if row.fate == "new" and not changed and not _handed_over(session, row):
            gone.append(row.document_id)
        elif row.fate == "revised" and not changed:
            restored += restore_revision(session, row.document_id, row.before, now=now)
        else:
            left += row.fate != "known"
    done = among(session, UploadDocument.document_id, [row.document_id for row in rows])
    session.execute(delete(UploadDocument).where(UploadDocument.upload_id == number, done))
    withdraw_documents(session, gone)
    return len(gone), restored, left


def _handed_over(session: Session, row: UploadDocument) -> bool:
    """Whether another standing upload has the document too; the earliest one is then who brought it."""
    other = (
        select(func.min(UploadDocument.upload_id))
        .join(Upload, Upload.id == UploadDocument.upload_id)
        .where(
            UploadDocument.document_id == row.document_id,
            UploadDocument.upload_id != row.upload_id,
            Upload.state.in_(["storing", "stored"]),
        )
    )
    heir = session.scalar(other)
    if heir is None:
        return False
    mine = and_(UploadDocument.upload_id == heir, UploadDocument.document_id == row.document_id)
    session.execute(update(UploadDocument).where(mine).values(fate="new", before=0))
    return True


def undo_readings(session: Session, number: int) -> list[ReadingRow]:
    """Delete the readings that an upload brought; returns them, for the days that have to be computed again."""
    brought = and_(
        UploadReading.platform_id == Indicator.platform_id,
        UploadReading.name == Indicator.name,
        UploadReading.period_end == Indicator.period_end,
        UploadReading.available_at == Indicator.available_at,
    )
    statement = select(Indicator).join(UploadReading, brought).where(UploadReading.upload_id == number)
    rows = session.scalars(statement).all()
    gone = [
        ReadingRow(
            row.platform_id,
            row.name,
            row.period_end,
            row.value,
            row.given,
            row.unit,
            row.available_at,
            row.assumed,
        )
        for row in rows
    ]
    for row in rows:
        session.delete(row)
    session.execute(delete(UploadReading).where(UploadReading.upload_id == number))
    session.flush()
    return gone
