"""Life-cycle status in: what became of a platform, with date and evidence, and setting a wrong entry right."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.roles import Actor, require
from db.schema import Platform, PlatformStatus
from db.write.audit import record
from db.write.uploads import InputRefused
from db.write.work import add_pending, note_input
from settings.models import RESERVED_IDS
from signals.lifecycle import WrongOrder, require_order
from signals.model import Status, shanghai_day
from signals.privacy import mask

LONGEST = 1_000


def record_status(
    session: Session,
    actor: Actor,
    platform_id: str,
    status: str,
    since: date,
    evidence: str,
    *,
    now: datetime,
) -> bool:
    """The platform has this status from `since` on. False: exactly that is recorded already (a double click).

    Its level is decided anew from today on: what was known on former days stays. Raises NotAllowed, InputRefused.
    """
    require(actor, "status")
    platform = _platform(session, platform_id)
    told = _evidence(status, since, evidence, shanghai_day(now))
    known = session.get(PlatformStatus, (platform_id, since), with_for_update=True)
    if known is not None and (known.status, known.evidence) == (status, told):
        return False
    if known is not None:
        raise InputRefused(f"{since} 已登记为“{known.status}”；如登记有误，请更正那一条")
    _insert(session, platform_id, status, since, told, actor, now)
    _require_order(session, platform_id)
    detail = {"since": since.isoformat(), "status": status, "evidence": told}
    _done(session, actor, platform, detail, None, now)
    return True


def correct_status(
    session: Session,
    actor: Actor,
    platform_id: str,
    since: date,
    *,
    status: str,
    new_since: date,
    evidence: str,
    reason: str,
    now: datetime,
) -> None:
    """Set the entry of `since` right; what it said stands in the audit log. Raises NotAllowed, InputRefused."""
    require(actor, "status")
    platform, old = _platform(session, platform_id), _entry(session, platform_id, since)
    told = _evidence(status, new_since, evidence, shanghai_day(now))
    _require_reason(reason)
    if new_since != since and session.get(PlatformStatus, (platform_id, new_since)) is not None:
        raise InputRefused(f"{new_since} 已有一条登记，请先更正或撤销那一条")
    before = _said(old)
    session.delete(old)
    session.flush()
    _insert(session, platform_id, status, new_since, told, actor, now)
    _require_order(session, platform_id)
    after = {"since": new_since.isoformat(), "status": status, "evidence": told}
    _done(session, actor, platform, {"before": before, "after": after}, reason, now)


def undo_status(
    session: Session, actor: Actor, platform_id: str, since: date, *, reason: str, now: datetime
) -> None:
    """Take a wrong entry out; what it said stands in the audit log. Raises NotAllowed, InputRefused."""
    require(actor, "status")
    platform, old = _platform(session, platform_id), _entry(session, platform_id, since)
    _require_reason(reason)
    before = _said(old)
    session.delete(old)
    session.flush()
    _require_order(session, platform_id)
    _done(session, actor, platform, {"before": before, "after": None}, reason, now)


def _platform(session: Session, platform_id: str) -> Platform:
    found = session.get(Platform, platform_id, with_for_update=True)
    if found is None or platform_id in RESERVED_IDS:
        raise InputRefused("监测名单里没有这个平台，请刷新页面后重试")
    return found


def _entry(session: Session, platform_id: str, since: date) -> PlatformStatus:
    found = session.get(PlatformStatus, (platform_id, since))
    if found is None:
        raise InputRefused(f"没有 {since} 的登记，请刷新页面后重试")
    return found


def _evidence(status: str, since: date, evidence: str, today: date) -> str:
    if status not in set(Status):
        raise InputRefused(f"请选择状态：{'、'.join(Status)}")
    if since > today:
        raise InputRefused("起始日期不能晚于今天")
    told = mask(evidence.strip())
    if not told or len(told) > LONGEST:
        raise InputRefused(f"请填写依据（公告、判决、通报或核实经过，至多 {LONGEST} 字）")
    return told


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise InputRefused("请填写更正或撤销的理由：它会记入审计日志")


def _require_order(session: Session, platform_id: str) -> None:
    session.flush()
    history = select(PlatformStatus.since, PlatformStatus.status)
    rows = session.execute(history.where(PlatformStatus.platform_id == platform_id))
    try:
        require_order([(since, status) for since, status in rows])
    except WrongOrder as error:
        raise InputRefused(str(error)) from error


def _insert(
    session: Session,
    platform_id: str,
    status: str,
    since: date,
    evidence: str,
    actor: Actor,
    now: datetime,
) -> None:
    row = PlatformStatus(
        platform_id=platform_id,
        since=since,
        status=status,
        evidence=evidence,
        recorded_at=now,
        recorded_by=actor.name,
    )
    session.add(row)


def _said(row: PlatformStatus) -> dict[str, Any]:
    return {"since": row.since.isoformat(), "status": row.status, "evidence": row.evidence}


def _done(
    session: Session,
    actor: Actor,
    platform: Platform,
    detail: dict[str, Any],
    reason: str | None,
    now: datetime,
) -> None:
    if platform.active:
        add_pending(session, "warn", [(platform.id, shanghai_day(now))])
    note_input(session, now)
    subject = platform.name
    record(
        session,
        actor=actor,
        action="platform_status",
        subject=subject,
        detail={"platform": platform.id, **detail},
        reason=reason,
        now=now,
    )
