"""Computed values out: latest versions, or those known at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Select, String, func, select, type_coerce
from sqlalchemy.orm import Session

from db.schema import Flip, IndexDay, IndexValue, Platform, PlatformDay, SignOff
from db.sql import among, frame, latest, plain_frame, table
from settings.models import RESERVED_IDS


def platform_days(
    session: Session, platform_id: str, start: date, end: date, *, as_of: datetime | None = None
) -> pd.DataFrame:
    """Every column of platform_days, start..end inclusive, a row per day, oldest first."""
    return frame(session, _versions(PlatformDay, platform_id, start, end, as_of))


def index_values(
    session: Session, platform_id: str, start: date, end: date, *, as_of: datetime | None = None
) -> pd.DataFrame:
    """Every column of index_values, start..end inclusive, a row per day and index. value NaN = not observed."""
    return frame(session, _versions(IndexValue, platform_id, start, end, as_of))


def flips(
    session: Session,
    *,
    platform_id: str | None = None,
    start: date | None = None,
    end: date | None = None,
    demo: bool | None = None,
) -> pd.DataFrame:
    """Level changes that stand, newest first: the columns of flips and platform name, category, demo.

    Those of the industry only where it is asked for as `platform_id`.
    """
    statement = (
        select(*table(Flip).c, Platform.name, Platform.category, Platform.demo)
        .join(Platform, Platform.id == Flip.platform_id)
        .where(latest(Flip), ~Flip.withdrawn)
        .order_by(Flip.day.desc(), Flip.platform_id)
    )
    if platform_id is not None:
        statement = statement.where(Flip.platform_id == platform_id)
    else:
        statement = statement.where(Flip.platform_id.not_in(RESERVED_IDS))
    if start is not None:
        statement = statement.where(Flip.day >= start)
    if end is not None:
        statement = statement.where(Flip.day <= end)
    if demo is not None:
        statement = statement.where(Platform.demo.is_(demo))
    return frame(session, statement)


def index_days(session: Session, platform_ids: Sequence[str], start: date, end: date) -> pd.DataFrame:
    """Roll-ups of these platforms, start..end inclusive: platform_id, day, index_id, impulse, count, raw.

    No row = nothing that day. Ordered by platform, day, index.
    """
    # Two years of a thousand platforms are millions of rows with some hundred days: rows come as the driver's
    # tuples, and each day is parsed once.
    day = type_coerce(IndexDay.day, String).label("day")
    columns = [day if column.name == "day" else column for column in table(IndexDay).c]
    statement = (
        select(*columns)
        .where(IndexDay.day.between(start, end), among(session, IndexDay.platform_id, platform_ids))
        .order_by(IndexDay.platform_id, IndexDay.day, IndexDay.index_id)
    )
    found = plain_frame(session, statement)
    days = {text: date.fromisoformat(str(text)) for text in found["day"].unique()}
    return found.assign(day=found["day"].map(days).astype(object))


def prior_days(session: Session, platform_ids: Sequence[str], before: date) -> pd.DataFrame:
    """For each platform its last platform_days row (latest version) of a day before `before`, with its state."""
    last = (
        select(func.max(PlatformDay.day))
        .where(PlatformDay.platform_id == Platform.id, PlatformDay.day < before)
        .correlate(Platform)
        .scalar_subquery()
    )
    statement = (
        select(*table(PlatformDay).c)
        .join(Platform, (Platform.id == PlatformDay.platform_id) & (PlatformDay.day == last))
        .where(latest(PlatformDay))
    )
    return _of(session, statement, Platform.id, platform_ids)


def sign_offs(session: Session, platform_ids: Sequence[str]) -> pd.DataFrame:
    """Consents to lowering a red level: platform_id, day, who, why, signed_at."""
    columns = (SignOff.platform_id, SignOff.day, SignOff.who, SignOff.why, SignOff.signed_at)
    return _of(session, select(*columns), SignOff.platform_id, platform_ids, SignOff.signed_at)


def _versions(
    model: Any, platform_id: str, start: date, end: date, as_of: datetime | None
) -> Select[*tuple[Any, ...]]:
    keys = [column for column in table(model).primary_key if column.name != "platform_id"]
    return (
        select(*table(model).c)
        .where(model.platform_id == platform_id, model.day.between(start, end), latest(model, as_of=as_of))
        .order_by(*keys)
    )


def _of(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    column: Any,
    platform_ids: Sequence[str],
    *order: Any,
) -> pd.DataFrame:
    """The statement for some platforms, in their order."""
    return frame(session, statement.where(among(session, column, platform_ids)).order_by(column, *order))
