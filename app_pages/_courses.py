"""Cached reads of the pages that show courses over many days or platforms. Raises db.session.DatabaseError."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from app_pages import _data, _who
from db import read
from settings.models import INDUSTRY, INDUSTRY_DEMO, Thresholds
from settings.scopes import resolved
from signals.composite import Rules
from signals.shares import daily_shares


@_data.cached(max_entries=32)
def _levels(key: _data.Stamp, ids: tuple[str, ...], start: date, end: date) -> pd.DataFrame:
    with _data.database().reading() as session:
        return read.level_days(session, ids, start, end)


def levels(ids: Sequence[str], start: date, end: date) -> pd.DataFrame:
    """Level and T* by platform and day (db.read.level_days)."""
    return _levels(_data.stamp(), tuple(ids), start, end)


@_data.cached(max_entries=64)
def _roll_ups(key: _data.Stamp, platform_id: str, start: date, end: date) -> pd.DataFrame:
    with _data.database().reading() as session:
        return read.index_days(session, [platform_id], start, end)


def roll_ups(platform_id: str, start: date, end: date) -> pd.DataFrame:
    """What was counted by day and index (db.read.index_days)."""
    return _roll_ups(_data.stamp(), platform_id, start, end)


@_data.cached(max_entries=32)
def _complaints(
    key: _data.Stamp, start: date, end: date, platform_id: str | None, demo: bool | None
) -> pd.DataFrame:
    with _data.database().reading() as session:
        return read.complaint_statuses(session, start, end, platform_id=platform_id, demo=demo)


def complaints(
    start: date, end: date, platform_id: str | None = None, demo: bool | None = None
) -> pd.DataFrame:
    """Complaints by their status (db.read.complaint_statuses)."""
    return _complaints(_data.stamp(), start, end, platform_id, demo)


def shares(platform_id: str, category: str | None, days: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Points of T* by day and cause, each day by the thresholds that decided it (signals.shares.daily_shares).

    Args:    days: platform_days of the platform; values: its index values from `carry_days` before the first day.
    """
    known = rules(platform_id, category)
    newest = max(known)
    parts = [
        daily_shares(values, part, known.get(int(str(version)), known[newest]))
        for version, part in days.groupby("threshold_version")
    ]
    if not parts:
        return daily_shares(values, days, known[newest])
    return pd.concat(parts, ignore_index=True).sort_values("day", ignore_index=True)


def thresholds(platform_id: str, category: str | None) -> Thresholds:
    """Those in force that judge this platform. Raises db.read.NoThresholds before the first worker."""
    return resolved(_data.thresholds()[1], platform_id, category)


def rules(platform_id: str, category: str | None) -> dict[int, Rules]:
    """Version of the thresholds -> what T of this platform is computed by; category None: the industry's.

    Raises db.read.NoThresholds before the first worker.
    """
    settings = _data.settings()
    with _data.database().reading() as session:
        history = read.threshold_history(session)
    own = {row.id: resolved(row.thresholds, platform_id, category) for row in history}
    return {version: Rules(each, settings.indices, settings.events) for version, each in own.items()}


def watched() -> frozenset[str]:
    """Ids of the platforms that the person here keeps an eye on; not cached, a click shows at once."""
    with _data.database().reading() as session:
        return read.watched(session, _who.here().name)


def last_meeting() -> read.MeetingRow | None:
    """The latest meeting that was held; not cached, a record shows at once."""
    with _data.database().reading() as session:
        return read.last_meeting(session, _data.now())


@_data.cached(max_entries=8)
def _changed(key: _data.Stamp, moment: datetime) -> pd.DataFrame:
    with _data.database().reading() as session:
        return read.changes_since(session, moment)


def changes_since(moment: datetime) -> pd.DataFrame:
    """Platforms whose level is another than at the moment (db.read.changes_since)."""
    return _changed(_data.stamp(), moment)


def industry_of(data: str) -> str:
    """The industry's row that goes with the filter 全部 | 演示 | 真实: the real one, where it has days to show."""
    if data != "全部":
        return INDUSTRY_DEMO if data == "演示" else INDUSTRY
    today = _data.today()
    real = levels([INDUSTRY], today - timedelta(days=30), today)
    return INDUSTRY if real["t_star"].notna().any() else INDUSTRY_DEMO


def last_values(frame: pd.DataFrame, column: str, days: Sequence[date]) -> list[float | None]:
    """The column's value on each of these days; None where there is none."""
    found = frame.set_index("day")[column].reindex(list(days)).to_numpy("float64", na_value=np.nan)
    return [None if value != value else float(value) for value in found]
