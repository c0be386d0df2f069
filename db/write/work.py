"""Work to do and work being done: pending days, requests to the worker, its heartbeat, facts, thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from db.read.work import PEOPLE_INPUT, PendingRow
from db.roles import SYSTEM, Actor, require
from db.schema import Fact, Pending, Request, SignOff, ThresholdVersion, WorkerStatus
from db.sql import changed_rows, table, upsert
from db.sql import insert as dialect_insert
from db.write.audit import record
from settings.models import Thresholds

NEEDS = {
    "collect": "collect",
    "forget_source": "source.edit",
    "enable_source": "source.edit",
    "import": "upload",
    "evaluate": "evaluate",
    "replay": "evaluate",
    "brief": "brief",
}
"""Request -> the action that a person must be allowed to; any other needs `work`."""


def add_pending(session: Session, stage: str, rows: Iterable[tuple[str, date]]) -> None:
    """Ask `stage` to compute these platforms from these days on; asking twice is remembered, not doubled."""
    marks = [{"stage": stage, "platform_id": p, "day": d, "marks": 1} for p, d in sorted(set(rows))]
    if marks:
        target = table(Pending)
        statement = dialect_insert(session, target).on_conflict_do_update(
            index_elements=["stage", "platform_id", "day"], set_={"marks": target.c.marks + 1}
        )
        session.execute(statement, marks)


def clear_pending(
    session: Session, stage: str, upto: Mapping[str, date], *, seen: Iterable[PendingRow] | None = None
) -> None:
    """Work done: forget the platform's pending days up to and including `upto[platform]`.

    Args:    seen: rows as `db.read.pending_rows` gave them before the work began; only these go, and only if nobody
                   asked again since. None: all go, right only in the transaction that read them.
    """
    if seen is None:
        for platform, day in upto.items():
            session.execute(
                delete(Pending).where(
                    Pending.stage == stage, Pending.platform_id == platform, Pending.day <= day
                )
            )
        return
    target = table(Pending)
    statement = delete(target).where(
        target.c.stage == stage,
        target.c.platform_id == bindparam("of_platform"),
        target.c.day == bindparam("of_day"),
        target.c.marks == bindparam("as_seen"),
    )
    rows = [
        {"of_platform": row.platform_id, "of_day": row.day, "as_seen": row.marks}
        for row in seen
        if row.platform_id in upto and row.day <= upto[row.platform_id]
    ]
    if rows:
        session.execute(statement, rows)


def ask(session: Session, what: str, arguments: Mapping[str, Any], actor: Actor, now: datetime) -> int:
    """A person asks the worker for something; returns the request's id. Raises NotAllowed."""
    require(actor, NEEDS.get(what, "work"))
    before = session.scalar(select(func.max(Request.id))) or 0
    number = enqueue(session, what, arguments, actor.name, now)
    if number > before and actor != SYSTEM:
        detail = {"request": number, **arguments}
        record(session, actor=actor, action="request", subject=what, detail=detail, now=now)
    return number


def enqueue(session: Session, what: str, arguments: Mapping[str, Any], who: str, now: datetime) -> int:
    """Work that follows from what was allowed; returns its number. The same still waiting is not asked twice."""
    waiting = session.scalars(
        select(Request).where(Request.what == what, Request.state == "waiting").order_by(Request.id)
    )
    for request in waiting:
        if request.arguments == dict(arguments):
            return request.id
    request = Request(what=what, arguments=dict(arguments), who=who, state="waiting", created_at=now)
    session.add(request)
    session.flush()
    return request.id


def take_request(session: Session, request_id: int, now: datetime) -> bool:
    """Waiting to running; False if somebody took it already or it is done."""
    return _move(session, request_id, "waiting", state="running", message=f"{now:%H:%M} UTC 开始")


def report_progress(session: Session, request_id: int, progress: float, message: str | None) -> None:
    """Progress 0..1 of a running request."""
    _move(session, request_id, "running", progress=progress, message=message)


def finish_request(session: Session, request_id: int, now: datetime, ok: bool, message: str | None) -> None:
    """Running to done or failed, with what to tell the person who asked."""
    values: dict[str, object] = {"state": "done" if ok else "failed", "message": message, "finished_at": now}
    _move(session, request_id, "running", **values, **({"progress": 1.0} if ok else {}))


def reopen_requests(session: Session) -> int:
    """Requests a dead worker left running wait again; returns how many. Call when leading begins."""
    result = session.execute(update(Request).where(Request.state == "running").values(state="waiting"))
    return changed_rows(result)


def _move(session: Session, request_id: int, before: str, **values: object) -> bool:
    statement = update(Request).where(Request.id == request_id, Request.state == before).values(**values)
    return changed_rows(session.execute(statement)) == 1


def beat(
    session: Session,
    *,
    holder: str,
    now: datetime,
    stage: str | None = None,
    done: int = 0,
    total: int = 0,
    message: str | None = None,
) -> None:
    """The leading worker is alive and does this."""
    row = {"id": 1, "holder": holder, "heartbeat_at": now, "stage": stage}
    upsert(session, WorkerStatus, [row | {"done": done, "total": total, "message": message}])


def seed_thresholds(session: Session, thresholds: Thresholds, now: datetime) -> int:
    """Version 1 from levels.toml if there is none; returns the id of the newest active version."""
    found = session.scalar(
        select(ThresholdVersion.id)
        .where(ThresholdVersion.state == "active")
        .order_by(ThresholdVersion.id.desc())
        .limit(1)
    )
    if found is not None:
        return found
    version = ThresholdVersion(
        content=thresholds.model_dump(mode="json"),
        who="系统",
        why="安装时的缺省阈值（settings/levels.toml）",
        created_at=now,
        effective_from=datetime.fromtimestamp(0, now.tzinfo),
        state="active",
    )
    session.add(version)
    session.flush()
    return version.id


def add_sign_off(
    session: Session, platform_id: str, day: date, actor: Actor, why: str, now: datetime
) -> None:
    """A named person consents to lowering a red level. Raises NotAllowed."""
    require(actor, "sign_off")
    row = {"platform_id": platform_id, "day": day, "who": actor.name, "why": why, "signed_at": now}
    session.execute(insert(SignOff).values(row))
    detail = {"day": day.isoformat()}
    record(session, actor=actor, action="sign_off", subject=platform_id, detail=detail, reason=why, now=now)


def note_input(session: Session, now: datetime) -> None:
    """People changed what pages show of platforms or meetings: what is cached from before is old."""
    set_fact(session, PEOPLE_INPUT, now.isoformat())


def set_fact(session: Session, name: str, value: str) -> None:
    """Remember a small fact."""
    upsert(session, Fact, [{"name": name, "value": value}])
