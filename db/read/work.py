"""What is to be done and what the programme knows about itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session

from db.schema import Fact, Pending, Platform, PlatformDay, Request, ThresholdVersion, WorkerStatus
from db.sql import frame, table
from settings.models import Thresholds

PEOPLE_INPUT = "people_input_at"
"""Fact: when people last changed statuses, the watch list, notes or meetings."""
NONE_IN_FORCE = "数据库中没有生效的阈值版本：请先启动一次工作进程（make run），它会写入缺省阈值"


@dataclass(frozen=True, slots=True)
class PendingRow:
    """One (platform, day) a stage was asked for, `marks` times so far."""

    platform_id: str
    day: date
    marks: int


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request for the worker."""

    id: int
    what: str
    arguments: dict[str, Any]
    who: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """The worker's last heartbeat; all None before the first."""

    holder: str | None = None
    heartbeat_at: datetime | None = None
    stage: str | None = None
    done: int = 0
    total: int = 0
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ThresholdVersionRow:
    """An active version of the thresholds: in force from `effective_from`, and unknown before `created_at`.

    A proposal is known from its approval on: that is its `created_at` here.
    """

    id: int
    thresholds: Thresholds
    created_at: datetime
    effective_from: datetime


class NoThresholds(LookupError):
    """No threshold version is in force: the database was never seeded."""


def pending(session: Session, stage: str) -> dict[str, date]:
    """Platforms `stage` must compute, each from its earliest day on."""
    statement = select(Pending.platform_id, func.min(Pending.day)).where(Pending.stage == stage)
    return dict(session.execute(statement.group_by(Pending.platform_id)).all())


def pending_rows(session: Session, stage: str) -> list[PendingRow]:
    """The same row by row, to be given back to `db.write.clear_pending` when done."""
    statement = select(Pending.platform_id, Pending.day, Pending.marks).where(Pending.stage == stage)
    ordered = statement.order_by(Pending.platform_id, Pending.day)
    return [PendingRow(*row) for row in session.execute(ordered)]


def requests(session: Session, *, limit: int = 20) -> pd.DataFrame:
    """The newest requests, newest first, with every column of the table."""
    return frame(session, select(*table(Request).c).order_by(Request.id.desc()).limit(limit))


def last_finished(session: Session) -> datetime | None:
    """When a request to the worker was last finished; None = never. One of the newest few: pages ask every 4 s."""
    newest = select(Request.finished_at).order_by(Request.id.desc()).limit(20).subquery()
    found: datetime | None = session.scalar(select(func.max(newest.c.finished_at)))
    return found


def waiting_requests(session: Session) -> list[RequestRow]:
    """Requests nobody took yet, oldest first."""
    columns = (Request.id, Request.what, Request.arguments, Request.who, Request.created_at)
    statement = select(*columns).where(Request.state == "waiting").order_by(Request.id)
    return [RequestRow(*row) for row in session.execute(statement)]


def worker_status(session: Session) -> WorkerInfo:
    """What the leading worker last said."""
    row = session.get(WorkerStatus, 1)
    if row is None:
        return WorkerInfo()
    return WorkerInfo(row.holder, row.heartbeat_at, row.stage, row.done, row.total, row.message)


def active_thresholds(session: Session, at: datetime) -> tuple[int, Thresholds]:
    """Version number and content in force at `at`. Raises NoThresholds."""
    row = session.execute(
        select(ThresholdVersion.id, ThresholdVersion.content)
        .where(ThresholdVersion.state == "active", ThresholdVersion.effective_from <= at)
        .order_by(ThresholdVersion.effective_from.desc(), ThresholdVersion.id.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NoThresholds(NONE_IN_FORCE)
    return row.id, Thresholds.model_validate(row.content)


def threshold_history(session: Session) -> list[ThresholdVersionRow]:
    """Every active version, in the order in which they came into force. Raises NoThresholds."""
    rows = session.scalars(
        select(ThresholdVersion)
        .where(ThresholdVersion.state == "active")
        .order_by(ThresholdVersion.effective_from, ThresholdVersion.id)
    ).all()
    if not rows:
        raise NoThresholds(NONE_IN_FORCE)
    return [
        ThresholdVersionRow(
            row.id,
            Thresholds.model_validate(row.content),
            row.decided_at or row.created_at,
            row.effective_from,
        )
        for row in rows
    ]


def last_input(session: Session) -> datetime | None:
    """When people last changed statuses, the watch list, notes or meetings; None = never."""
    told = fact(session, PEOPLE_INPUT)
    return None if told is None else datetime.fromisoformat(told)


def has_demo(session: Session) -> bool:
    """Whether demo platforms are loaded: every screen that shows them must say 演示数据."""
    return bool(session.scalar(select(exists().where(Platform.demo, Platform.active))))


def data_as_of(session: Session) -> datetime | None:
    """When the newest level was computed; None = never."""
    # Through the day index: only today and yesterday are computed again and again.
    newest = select(PlatformDay.day).distinct().order_by(PlatformDay.day.desc()).limit(2)
    return session.scalar(select(func.max(PlatformDay.as_of)).where(PlatformDay.day.in_(newest)))


def fact(session: Session, name: str) -> str | None:
    """A remembered fact; None = not known."""
    return session.scalar(select(Fact.value).where(Fact.name == name))


def schema_revision(session: Session) -> str:
    """The migration the database is at."""
    found = session.scalar(text("SELECT version_num FROM alembic_version"))
    return str(found)
