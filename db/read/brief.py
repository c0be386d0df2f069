"""What a brief is composed from: levels of all platforms on a few days, and what had become of them by then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.schema import Platform, PlatformDay, PlatformStatus
from db.sql import frame, latest

SHOWN = (
    *("level", "level_before_grey", "t", "t_star", "coverage", "scope", "since", "reason", "floor"),
    *("provisional", "threshold_version", "as_of"),
)
"""Columns of platform_days."""


def levels_on(session: Session, days: Collection[date], *, demo: bool) -> pd.DataFrame:
    """The newest version of these days for every active platform, ordered by day and platform id.

    Columns: platform_id, name, category, day and SHOWN. A platform without a row on a day is not in it.
    """
    columns = (getattr(PlatformDay, name) for name in SHOWN)
    statement = (
        select(Platform.id.label("platform_id"), Platform.name, Platform.category, PlatformDay.day, *columns)
        .join(PlatformDay, PlatformDay.platform_id == Platform.id)
        .where(
            PlatformDay.day.in_(sorted(days)),
            latest(PlatformDay),
            Platform.active.is_(True),
            Platform.demo.is_(demo),
        )
        .order_by(PlatformDay.day, Platform.id)
    )
    return frame(session, statement)


def statuses_upto(session: Session, day: date) -> dict[str, list[tuple[date, str]]]:
    """Life-cycle entries that counted by `day`, oldest first: platform -> (since, status)."""
    statement = (
        select(PlatformStatus.platform_id, PlatformStatus.since, PlatformStatus.status)
        .where(PlatformStatus.since <= day)
        .order_by(PlatformStatus.platform_id, PlatformStatus.since)
    )
    found: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for platform, since, status in session.execute(statement):
        found[platform].append((since, status))
    return dict(found)


def newest_day(session: Session, *, demo: bool) -> date | None:
    """The newest day that is over and for which any active platform has a level; None = there is none."""
    newest = (
        select(func.max(PlatformDay.day))
        .join(Platform, Platform.id == PlatformDay.platform_id)
        .where(Platform.active.is_(True), Platform.demo.is_(demo), PlatformDay.provisional.is_(False))
    )
    return session.scalar(newest)


def observed(session: Session, day: date, *, demo: bool) -> bool:
    """Whether anything at all was seen of any active platform on that day: a brief has something to tell."""
    seen = (
        select(PlatformDay.platform_id)
        .join(Platform, Platform.id == PlatformDay.platform_id)
        .where(
            PlatformDay.day == day,
            PlatformDay.coverage > 0,
            Platform.active.is_(True),
            Platform.demo.is_(demo),
        )
    )
    return session.scalar(seen.limit(1)) is not None
