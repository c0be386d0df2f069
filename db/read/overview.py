"""One row per platform for the first page, in a handful of statements whatever the number of platforms."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, ScalarSelect, Select, String, and_, func, select, type_coerce
from sqlalchemy.orm import Session

from db.schema import Mention, Platform, PlatformDay, PlatformStatus
from db.sql import frame, latest, plain_frame
from signals.model import FAILED_STATUSES, Level, Status

SPARK_DAYS = 30
MENTION_DAYS = 90
ENOUGH = 10
"""Mentions counted of a platform: what is asked is whether anybody spoke of it, and counting all takes a second."""

SHOWN = (
    *("level", "level_before_grey", "t", "t_star", "coverage", "scope", "since", "reason"),
    *("provisional", "floor", "day", "as_of"),
)
"""Columns of platform_days."""


def overview(session: Session, *, demo: bool | None = None) -> pd.DataFrame:
    """One row per active platform, ordered by name.

    Columns: platform_id, name, category, demo, status, status_since, level, level_before_grey, t, t_star (0..100, NaN =
    unknown), change7 (T* minus T* seven days before), coverage, scope (0..1), since, reason, provisional,
    day, as_of, mentions90 (documents naming it in the 90 days up to the newest day, not counted beyond ENOUGH),
    spark (30 floats or None, oldest first, ending at `day`), failed (the newest failed life-cycle status, None = never
    failed). A platform without any computed day has level 数据不足 and NaN or None elsewhere.
    """
    wanted: list[ColumnElement[bool]] = [Platform.active.is_(True)]
    if demo is not None:
        wanted.append(Platform.demo.is_(demo))
    found = frame(session, _present(and_(*wanted)))
    days = [day for day in found["day"] if day is not None]
    newest = max(days, default=None)
    past = _past(session, newest) if newest else {}
    mentions = _mentions(session, newest) if newest else {}
    sparks = [_spark(past.get(p, {}), day) for p, day in zip(found["platform_id"], found["day"], strict=True)]
    found["level"] = found["level"].fillna(str(Level.UNKNOWN))
    found["status"] = found["status"].fillna(str(Status.OPERATING))
    found["provisional"] = [value is True for value in found["provisional"]]
    found["spark"] = sparks
    found["change7"] = [_difference(spark[-1], spark[-8]) for spark in sparks]
    failed = _failed(session)
    found["failed"] = pd.Series([failed.get(p) for p in found["platform_id"]], dtype=object)
    found["mentions90"] = [mentions.get(platform, 0) for platform in found["platform_id"]]
    return found


def _failed(session: Session) -> dict[str, str]:
    """The newest failed status of every platform that ever had one."""
    columns = (PlatformStatus.platform_id, PlatformStatus.status)
    these = PlatformStatus.status.in_([str(each) for each in FAILED_STATUSES])
    return dict(session.execute(select(*columns).where(these).order_by(PlatformStatus.since)).all())


def _present(wanted: ColumnElement[bool]) -> Any:
    """Platforms with their last status and the newest version of their last day: index lookups only."""
    last_status = select(func.max(PlatformStatus.since)).where(PlatformStatus.platform_id == Platform.id)
    last_day = select(func.max(PlatformDay.day)).where(PlatformDay.platform_id == Platform.id)
    return (
        select(
            Platform.id.label("platform_id"),
            Platform.name,
            Platform.category,
            Platform.demo,
            PlatformStatus.status,
            PlatformStatus.since.label("status_since"),
            *(getattr(PlatformDay, name) for name in SHOWN),
        )
        .outerjoin(
            PlatformStatus,
            and_(PlatformStatus.platform_id == Platform.id, PlatformStatus.since == _one(last_status)),
        )
        .outerjoin(
            PlatformDay,
            and_(
                PlatformDay.platform_id == Platform.id, PlatformDay.day == _one(last_day), latest(PlatformDay)
            ),
        )
        .where(wanted)
        .order_by(Platform.name, Platform.id)
    )


def _one(statement: Select[date]) -> ScalarSelect[date]:
    """A value per platform of the statement around it."""
    return statement.correlate(Platform).scalar_subquery()


def _past(session: Session, newest: date) -> dict[str, dict[date, float | None]]:
    """T* by platform and day over the days that a sparkline ending at `newest` shows, from an index alone."""
    # Thirty thousand rows of thirty days: the driver's values, and each day is parsed once.
    day: Any = type_coerce(PlatformDay.day, String).label("day")
    statement = (
        select(PlatformDay.platform_id, day, PlatformDay.t_star)
        .where(PlatformDay.day > newest - timedelta(days=SPARK_DAYS))
        .order_by(PlatformDay.day, PlatformDay.platform_id, PlatformDay.as_of)
    )
    rows = plain_frame(session, statement)
    days = {told: date.fromisoformat(str(told)) for told in rows["day"].unique()}
    found: dict[str, dict[date, float | None]] = defaultdict(dict)
    columns = (rows[name].tolist() for name in ("platform_id", "day", "t_star"))
    for platform, told, t_star in zip(*columns, strict=True):
        found[platform][days[told]] = None if t_star != t_star else t_star  # the latest version comes last
    return found


def _spark(past: dict[date, float | None], day: date | None) -> list[float | None]:
    if day is None:
        return [None] * SPARK_DAYS
    return [past.get(day - timedelta(days=back)) for back in range(SPARK_DAYS - 1, -1, -1)]


def _difference(now: float | None, before: float | None) -> float:
    return math.nan if now is None or before is None else now - before


def _mentions(session: Session, newest: date) -> dict[str, int]:
    """Documents by platform, whatever the number of versions, less those removed; no platform's beyond ENOUGH."""
    some = (
        select(Mention.document_id)
        .where(
            Mention.platform_id == Platform.id,
            Mention.available_day > newest - timedelta(days=MENTION_DAYS),
            ~Mention.removed,
            latest(Mention),
        )
        .limit(ENOUGH)
        .correlate(Platform)
        .subquery()
    )
    counted = select(func.count()).select_from(some).scalar_subquery()
    return dict(session.execute(select(Platform.id, counted).where(Platform.active)).all())
