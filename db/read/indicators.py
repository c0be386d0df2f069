"""Numeric readings out: as the index step wants them, and the versions an import is compared with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from db.schema import Indicator, Platform
from db.sql import among, frame

ReadingKey = tuple[str, str, date]
"""(platform id, indicator id, end of the period)."""


@dataclass(frozen=True, slots=True)
class ReadingVersion:
    """One stored version of a reading; `value` in the indicator's own unit."""

    available_at: datetime
    value: float


def has_readings(session: Session) -> bool:
    """Whether any reading was ever imported: most installations have none, and then nothing is asked further."""
    return bool(session.scalar(select(exists().where(Indicator.value.is_not(None)))))


def readings(session: Session, platform_ids: Collection[str], upto: date) -> pd.DataFrame:
    """All versions of these platforms' readings that were available by the end of `upto`, in the shape of
    signals.readings: platform_id, name, period_end, value, available_day, available_at (UTC)."""
    columns = (
        Indicator.platform_id,
        Indicator.name,
        Indicator.period_end,
        Indicator.value,
        Indicator.available_day,
        Indicator.available_at,
    )
    statement = (
        select(*columns)
        .where(among(session, Indicator.platform_id, platform_ids), Indicator.available_day <= upto)
        .order_by(Indicator.platform_id, Indicator.name, Indicator.period_end, Indicator.available_at)
    )
    return frame(session, statement)


def class_platforms(session: Session, platform_id: str) -> pd.DataFrame:
    """Whom a platform's figures are judged among: platform_id, category of the active platforms of its category, real
    or demonstration like itself; the platform alone where it is in no list (全行业). With `readings` of these,
    signals.open_items.standing_parts tells what its Y and D owe to numbers."""
    mine = select(Platform.category, Platform.demo).where(Platform.id == platform_id).subquery()
    statement = (
        select(Platform.id.label("platform_id"), Platform.category)
        .join(mine, (Platform.category == mine.c.category) & (Platform.demo == mine.c.demo))
        .where(Platform.active | (Platform.id == platform_id))
        .order_by(Platform.id)
    )
    return frame(session, statement)


def reporting(session: Session) -> frozenset[str]:
    """Platforms of which any reading was ever imported."""
    return frozenset(session.scalars(select(Indicator.platform_id).distinct()))


def first_readings(session: Session, platform_ids: Collection[str]) -> dict[str, date]:
    """The day on which each platform's first reading became available; those without any are left out."""
    statement = (
        select(Indicator.platform_id, func.min(Indicator.available_day))
        .where(among(session, Indicator.platform_id, platform_ids))
        .group_by(Indicator.platform_id)
    )
    return dict(session.execute(statement).all())


def reading_versions(
    session: Session, keys: Collection[ReadingKey]
) -> dict[ReadingKey, list[ReadingVersion]]:
    """The stored versions of these readings, oldest first; keys of which there is none are left out."""
    if not keys:
        return {}
    ends = [end for _, _, end in keys]
    statement = (
        select(
            Indicator.platform_id,
            Indicator.name,
            Indicator.period_end,
            Indicator.available_at,
            Indicator.value,
        )
        .where(
            among(session, Indicator.platform_id, sorted({platform for platform, _, _ in keys})),
            among(session, Indicator.name, sorted({name for _, name, _ in keys})),
            Indicator.period_end.between(min(ends), max(ends)),
        )
        .order_by(Indicator.available_at)
    )
    wanted = set(keys)
    found: dict[ReadingKey, list[ReadingVersion]] = defaultdict(list)
    for platform, name, end, at, value in session.execute(statement):
        if (platform, name, end) in wanted:
            found[platform, name, end].append(ReadingVersion(at, value))
    return dict(found)
