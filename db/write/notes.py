"""Notes on a platform's day: written by a person, changed by that person alone, with every former wording kept."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.roles import Actor, require
from db.schema import NoteVersion, Platform, PlatformNote
from db.write.audit import record
from db.write.uploads import InputRefused
from db.write.work import note_input
from signals.model import shanghai_day
from signals.privacy import mask

LONGEST = 2_000


def add_note(session: Session, actor: Actor, platform_id: str, day: date, text: str, *, now: datetime) -> int:
    """A note; the same words of the same person on the same day are one (a double click). Returns its number.

    Raises NotAllowed, InputRefused.
    """
    require(actor, "note")
    told = _text(text)
    platform = session.get(Platform, platform_id, with_for_update=True)
    if platform is None or day > shanghai_day(now):
        raise InputRefused("请选择监测名单上的平台，以及不晚于今天的日期")
    mine = select(PlatformNote).where(
        PlatformNote.platform_id == platform_id,
        PlatformNote.day == day,
        PlatformNote.who == actor.name,
        PlatformNote.withdrawn_at.is_(None),
    )
    for each in session.scalars(mine):
        if _latest(session, each.id).text == told:
            return each.id
    note = PlatformNote(platform_id=platform_id, day=day, who=actor.name, at=now)
    session.add(note)
    session.flush()
    session.add(NoteVersion(note_id=note.id, version=1, text=told, at=now))
    _log(session, actor, platform.name, note, 1, now)
    return note.id


def edit_note(session: Session, actor: Actor, number: int, text: str, *, version: int, now: datetime) -> int:
    """Other words; only of one's own note. Returns the version that stands.

    Args:    version: the one that the person saw. Raises NotAllowed, InputRefused.
    """
    require(actor, "note")
    told, note = _text(text), _own(session, actor, number)
    last = _latest(session, number)
    if last.text == told:
        return last.version
    if last.version != version:
        raise InputRefused("这条批注在别处已被您修改过，请刷新页面后重试")
    session.add(NoteVersion(note_id=number, version=version + 1, text=told, at=now))
    _log(session, actor, _name(session, note), note, version + 1, now)
    return version + 1


def withdraw_note(session: Session, actor: Actor, number: int, *, now: datetime) -> None:
    """Take one's own note off the page; it stays on record. Raises NotAllowed, InputRefused."""
    require(actor, "note")
    note = _own(session, actor, number)
    if note.withdrawn_at is None:
        note.withdrawn_at = now
        _log(session, actor, _name(session, note), note, None, now)


def _own(session: Session, actor: Actor, number: int) -> PlatformNote:
    note = session.scalar(select(PlatformNote).where(PlatformNote.id == number).with_for_update())
    if note is None:
        raise InputRefused("没有这条批注，请刷新页面后重试")
    if note.who != actor.name:
        raise InputRefused(f"这条批注由“{note.who}”所写，只有本人可以修改或撤回")
    return note


def _latest(session: Session, number: int) -> NoteVersion:
    newest = select(NoteVersion).where(NoteVersion.note_id == number)
    return session.scalars(newest.order_by(NoteVersion.version.desc()).limit(1)).one()


def _text(text: str) -> str:
    told = mask(text.strip())
    if not told or len(told) > LONGEST:
        raise InputRefused(f"请填写批注（至多 {LONGEST:,} 字）")
    return told


def _name(session: Session, note: PlatformNote) -> str:
    return session.scalars(select(Platform.name).where(Platform.id == note.platform_id)).one()


def _log(
    session: Session, actor: Actor, name: str, note: PlatformNote, version: int | None, now: datetime
) -> None:
    """`version` None: withdrawn. The words are in the database, not in the log."""
    note_input(session, now)
    detail = {"note": note.id, "platform": note.platform_id, "day": note.day.isoformat(), "version": version}
    record(session, actor=actor, action="note", subject=name, detail=detail, now=now)
