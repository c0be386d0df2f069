"""会议记录: when a committee met, who was there, what was decided."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.roles import Actor, require
from db.schema import Meeting
from db.write.audit import record
from db.write.uploads import InputRefused
from db.write.work import note_input
from signals.privacy import mask

LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class MeetingText:
    """What a record of a meeting says; `held_at` is when it began (aware)."""

    held_at: datetime
    title: str
    participants: str
    decisions: str


def add_meeting(session: Session, actor: Actor, told: MeetingText, *, now: datetime) -> int:
    """Record a meeting; the same record again is the one that stands. Returns its number.

    Raises NotAllowed, InputRefused.
    """
    require(actor, "meeting")
    told = _checked(told, now)
    same = select(Meeting).where(Meeting.held_at == told.held_at, Meeting.withdrawn_at.is_(None))
    for each in session.scalars(same):
        if _said(each) == told:
            return each.id
    row = Meeting(**asdict(told), version=1, who=actor.name, at=now)
    session.add(row)
    session.flush()
    detail = {"meeting": row.id, "held_at": told.held_at.isoformat()}
    note_input(session, now)
    record(session, actor=actor, action="meeting", subject=told.title, detail=detail, now=now)
    return row.id


def edit_meeting(
    session: Session,
    actor: Actor,
    number: int,
    told: MeetingText,
    *,
    version: int,
    reason: str,
    now: datetime,
) -> None:
    """Set a record right; what it said stands in the audit log. Raises NotAllowed, InputRefused.

    Args:    version: the one that the person saw: of two who change it, the second is told.
    """
    require(actor, "meeting")
    row, told = _locked(session, number), _checked(told, now)
    before = _said(row)
    if before == told:
        return
    if row.version != version:
        raise InputRefused("这份记录刚被他人修改，请刷新页面，核对后再改")
    if not reason.strip():
        raise InputRefused("请填写修改的理由：它会记入审计日志")
    row.held_at, row.title = told.held_at, told.title
    row.participants, row.decisions = told.participants, told.decisions
    row.version = version + 1
    detail = {"meeting": number, "before": _plain(before), "after": _plain(told)}
    note_input(session, now)
    record(session, actor=actor, action="meeting", subject=told.title, detail=detail, reason=reason, now=now)


def withdraw_meeting(session: Session, actor: Actor, number: int, *, reason: str, now: datetime) -> None:
    """Take a wrong record away; it stays in the database and the log. Raises NotAllowed, InputRefused."""
    require(actor, "meeting")
    row = _locked(session, number)
    if row.withdrawn_at is not None:
        return
    if not reason.strip():
        raise InputRefused("请填写删除的理由：它会记入审计日志")
    row.withdrawn_at = now
    detail = {"meeting": number, "withdrawn": True}
    note_input(session, now)
    record(session, actor=actor, action="meeting", subject=row.title, detail=detail, reason=reason, now=now)


def _locked(session: Session, number: int) -> Meeting:
    row = session.scalar(select(Meeting).where(Meeting.id == number).with_for_update())
    if row is None:
        raise InputRefused("没有这份会议记录，请刷新页面后重试")
    return row


def _checked(told: MeetingText, now: datetime) -> MeetingText:
    texts = [mask(each.strip()) for each in (told.title, told.participants, told.decisions)]
    title, participants, decisions = texts
    if not participants or not decisions:
        raise InputRefused("请填写参会人与决定")
    if max(map(len, texts)) > LONGEST:
        raise InputRefused(f"每一栏至多 {LONGEST:,} 字")
    if told.held_at > now:
        raise InputRefused("会议时间不能晚于现在：会后再记录")
    return MeetingText(told.held_at, title or "风险委员会会议", participants, decisions)


def _said(row: Meeting) -> MeetingText:
    return MeetingText(row.held_at, row.title, row.participants, row.decisions)


def _plain(told: MeetingText) -> dict[str, str]:
    return asdict(told) | {"held_at": told.held_at.isoformat()}
