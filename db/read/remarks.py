"""What people wrote down: notes on a platform's days, meetings, and what changed since one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from db.schema import Flip, Meeting, NoteVersion, Platform, PlatformNote
from db.sql import frame, latest, table
from settings.models import RESERVED_IDS
from signals.model import LADDER, Level


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A meeting as it stands recorded."""

    id: int
    held_at: datetime
    title: str
    participants: str
    decisions: str
    version: int
    who: str
    at: datetime


def platform_notes(
    session: Session, platform_id: str, start: date | None = None, end: date | None = None
) -> pd.DataFrame:
    """Notes that stand on a platform's days (both included), newest day first: id, day, who, at (first written), text,
    version, changed_at (when the present words were written)."""
    newest = select(func.max(NoteVersion.version)).where(NoteVersion.note_id == PlatformNote.id)
    current = and_(
        NoteVersion.note_id == PlatformNote.id,
        NoteVersion.version == newest.correlate(PlatformNote).scalar_subquery(),
    )
    columns = (PlatformNote.id, PlatformNote.day, PlatformNote.who, PlatformNote.at, NoteVersion.text)
    statement = (
        select(*columns, NoteVersion.version, NoteVersion.at.label("changed_at"))
        .join(NoteVersion, current)
        .where(PlatformNote.platform_id == platform_id, PlatformNote.withdrawn_at.is_(None))
        .order_by(PlatformNote.day.desc(), PlatformNote.id.desc())
    )
    if start is not None:
        statement = statement.where(PlatformNote.day >= start)
    if end is not None:
        statement = statement.where(PlatformNote.day <= end)
    return frame(session, statement)


def note_history(session: Session, note_id: int) -> pd.DataFrame:
    """Every wording of a note, oldest first: version, text, at."""
    columns = (NoteVersion.version, NoteVersion.text, NoteVersion.at)
    return frame(
        session, select(*columns).where(NoteVersion.note_id == note_id).order_by(NoteVersion.version)
    )


def meetings(session: Session, *, limit: int = 50) -> list[MeetingRow]:
    """Meetings that stand recorded, the latest first."""
    statement = _meetings().order_by(Meeting.held_at.desc(), Meeting.id.desc()).limit(limit)
    return [MeetingRow(*row) for row in session.execute(statement)]


def last_meeting(session: Session, now: datetime) -> MeetingRow | None:
    """The latest meeting that was held by `now`; None = none is recorded."""
    statement = _meetings().where(Meeting.held_at <= now)
    row = session.execute(statement.order_by(Meeting.held_at.desc(), Meeting.id.desc()).limit(1)).first()
    return None if row is None else MeetingRow(*row)


def changes_since(session: Session, moment: datetime) -> pd.DataFrame:
    """Platforms whose level is another than what was known at `moment`, the gravest first.

    Columns: platform_id, name, category, demo, level_then, level_now, day (of the newest change), reason, t_star.
    Flips that became known after the moment decide, whatever day they are of: a late document that changed an earlier
    day is news to who met before it came. Who rose and fell back meanwhile is not listed.
    """
    touched = select(Flip.platform_id).where(Flip.as_of > moment)
    statement = (
        select(*table(Flip).c, Platform.name, Platform.category, Platform.demo)
        .join(Platform, Platform.id == Flip.platform_id)
        .where(Platform.active, Flip.platform_id.not_in(RESERVED_IDS), Flip.platform_id.in_(touched))
    )
    now = frame(session, statement.where(latest(Flip), ~Flip.withdrawn))
    then = frame(session, statement.where(latest(Flip, as_of=moment), ~Flip.withdrawn))
    before, after = _last(then), _last(now)
    rows = []
    for platform in sorted(before.keys() | after.keys()):
        old = str(before[platform]["level_to"]) if platform in before else Level.NORMAL.value
        new = str(after[platform]["level_to"]) if platform in after else Level.NORMAL.value
        if old != new:
            told = after.get(platform) or before[platform]
            shown = {name: told[name] for name in ("name", "category", "demo", "day", "reason", "t_star")}
            rows.append({"platform_id": platform, "level_then": old, "level_now": new, **shown})
    rows.sort(key=lambda row: (GRAVEST.index(row["level_now"]), row["name"]))
    return pd.DataFrame(rows, columns=CHANGED)


GRAVEST = [*(level.value for level in reversed(LADDER[1:])), Level.UNKNOWN.value, Level.NORMAL.value]
CHANGED = ("platform_id", "name", "category", "demo", "level_then", "level_now", "day", "reason", "t_star")


def _meetings() -> Any:
    columns = [getattr(Meeting, name) for name in MeetingRow.__slots__]
    return select(*columns).where(Meeting.withdrawn_at.is_(None))


def _last(flips: pd.DataFrame) -> dict[str, dict[str, Any]]:
    ordered = flips.sort_values("day", kind="stable")
    return {str(row["platform_id"]): row for row in ordered.to_dict("records")}
