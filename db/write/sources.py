"""Sources, the run ledger, the days they answered, and files read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import EllipsisType
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from db.roles import Actor, require
from db.schema import Fact, ImportedFile, Run, Source, SourceDay
from db.sql import insert, table, upsert
from db.write.audit import record
from db.write.documents import StoreCounts

INTERRUPTED = "运行中断：工作进程在完成前退出"


def upsert_sources(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Sources as configured: id, name, kinds, config, enabled, demo, verified. State and removal stay as they are."""
    for row in rows:  # a handful; the keys given may differ from row to row
        fresh = {"state": "new" if row.get("enabled", True) else "off"}
        upsert(session, Source, [fresh | dict(row)], keep=["state"])
    session.expire_all()


def enable_source(session: Session, source_id: str, *, actor: Actor, now: datetime) -> bool:
    """Undo a removal: the source is collected again; what was removed stays removed. False: it was not removed.

    It is read as if for the first time: what it published before is not today's news. Raises NotAllowed.
    """
    require(actor, "source.edit")
    back = (
        update(Source)
        .where(Source.id == source_id, Source.removed_at.is_not(None))
        .values(
            removed_at=None,
            enabled=True,
            state="new",
            state_reason=None,
            last_success_at=None,
            retry_at=None,
        )
        .returning(Source.id)
    )
    enabled = session.scalar(back) is not None
    if enabled:
        session.execute(delete(Fact).where(Fact.name == _first_read(source_id)))
        record(session, actor=actor, action="source_enable", subject=source_id, detail={}, now=now)
    return enabled


def begin_reading(session: Session, source_id: str, now: datetime) -> datetime:
    """The moment this source was first read; `now` if it never was, which is remembered from then on.

    What it published before that moment nobody watched for. In the transaction that stores its first rows, a run
    that fails afterwards has read it all the same.
    """
    known = session.scalar(select(Fact.value).where(Fact.name == _first_read(source_id)))
    if known is not None:
        return datetime.fromisoformat(known)
    read = or_(Run.state.in_(["done", "partial"]), Run.items > 0)  # runs from before this was remembered
    earliest = select(func.min(Run.started_at)).where(Run.source_id == source_id, read)
    moment = session.scalar(earliest) or now
    upsert(session, Fact, [{"name": _first_read(source_id), "value": moment.isoformat()}])
    return moment


def _first_read(source_id: str) -> str:
    """Name of the fact that holds when a source was first read."""
    return f"first_read:{hashlib.sha256(source_id.encode()).hexdigest()[:16]}"


def set_source_state(
    session: Session,
    source_id: str,
    state: str,
    reason: str | None,
    *,
    last_success_at: datetime | None = None,
    next_run_at: datetime | None = None,
    retry_at: datetime | EllipsisType | None = ...,
) -> None:
    """ok | late | broken | blocked | off, with the reason for people; times given replace the stored ones.

    Args:    retry_at: not to be asked before; None takes the wish back, left out it stays.
    """
    values: dict[str, object] = {"state": state, "state_reason": reason}
    times = {"last_success_at": last_success_at, "next_run_at": next_run_at}
    values |= {name: moment for name, moment in times.items() if moment is not None}
    if retry_at is not ...:
        values["retry_at"] = retry_at
    session.execute(update(Source).where(Source.id == source_id).values(**values))


def start_run(session: Session, source_id: str, slot: str, now: datetime) -> int | None:
    """Take the slot; None if it was taken or the source removed. An interrupted run's slot may be taken again."""
    source = session.get(Source, source_id)
    if source is not None and source.removed_at is not None:
        return None
    target = table(Run)
    statement = insert(session, target).values(
        source_id=source_id, slot=slot, started_at=now, state="running"
    )
    taken = session.scalar(statement.on_conflict_do_nothing().returning(target.c.id))
    if taken is not None:
        return int(taken)
    again = (
        update(Run)
        .where(Run.source_id == source_id, Run.slot == slot, Run.state == "failed", Run.error == INTERRUPTED)
        .values(started_at=now, finished_at=None, state="running", error=None)
        .returning(Run.id)
    )
    return session.scalar(again)


def finish_run(
    session: Session,
    run_id: int,
    *,
    now: datetime,
    state: str,
    counts: StoreCounts,
    error: str | None = None,
    undated: int = 0,
    undecodable: int = 0,
    lacking: int = 0,
    unchanged: bool = False,
) -> None:
    """done | partial | failed, with what became of the rows and what they lacked (see `Run`)."""
    session.execute(
        update(Run)
        .where(Run.id == run_id)
        .values(
            finished_at=now,
            state=state,
            items=counts.items,
            stored=counts.stored,
            duplicates=counts.duplicates,
            revised=counts.revised,
            refused=counts.refused,
            undated=undated,
            undecodable=undecodable,
            lacking=lacking,
            unchanged=unchanged,
            error=error,
        )
    )


def record_missed(session: Session, source_id: str, slot: str, now: datetime, why: str) -> None:
    """A slot that should have run and did not; nothing if it did run."""
    row = {"source_id": source_id, "slot": slot, "started_at": now, "finished_at": now}
    statement = insert(session, table(Run)).values(**row, state="missed", error=why)
    session.execute(statement.on_conflict_do_nothing())


def abandon_running(session: Session, now: datetime) -> int:
    """Runs a dead worker left running become failed; returns how many. Call when leading begins."""
    running = session.scalars(select(Run.id).where(Run.state == "running")).all()
    if running:
        session.execute(
            update(Run).where(Run.id.in_(running)).values(state="failed", finished_at=now, error=INTERRUPTED)
        )
    return len(running)


def save_source_days(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Did a source answer on a day: source_id, day, kind, answered, items, expected; the last word counts."""
    upsert(session, SourceDay, rows)


def save_imported_file(
    session: Session,
    source_id: str,
    path: str,
    digest: str,
    rows_done: int,
    *,
    finished_at: datetime | None = None,
    report: str | None = None,
) -> None:
    """How far a file was read. In the transaction that stored its rows, a restart goes on exactly there."""
    row = {"source_id": source_id, "path": path, "digest": digest, "rows_done": rows_done}
    upsert(session, ImportedFile, [row | {"finished_at": finished_at, "report": report}])
