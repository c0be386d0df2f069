"""Rows by day made ready to be drawn. Pure: DataFrame -> DataFrame."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import pandas as pd

from signals.model import Level

MOST_POINTS = 1000
"""About two for each pixel of a chart; more only slow the browser."""


def thin(
    frame: pd.DataFrame, by: str, limit: int = MOST_POINTS, keep: Collection[date] = frozenset()
) -> pd.DataFrame:
    """At most `limit` rows and those of the days in `keep`, in order.

    Of each run of days the highest and the lowest by `by` stay, so that no peak is lost; a run with a gap keeps a
    day of it, so that no line is drawn through.
    """
    if len(frame) <= limit:
        return frame
    bucket = pd.Series(range(len(frame)), index=frame.index) * (limit // 2) // len(frame)
    groups = frame[by].fillna(-1.0).groupby(bucket)
    wanted = groups.idxmax().to_list() + groups.idxmin().to_list()
    return frame.loc[frame.index.isin(wanted) | frame["day"].isin(list(keep))]


def filled(days: pd.DataFrame) -> pd.DataFrame:
    """`days` with a row for every calendar day between its first and last: an absent day must look absent."""
    if days.empty:
        return days
    first, last = days["day"].min(), days["day"].max()
    every = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    return days.set_index("day").reindex(every).rename_axis("day").reset_index()


def unseen(days: pd.DataFrame, coverage_min: float) -> list[pd.Series]:
    """The runs of days with too little seen: 数据不足, and the days before it whose values were carried.

    Args: days: day, level, coverage (0..1), ascending, one row per day; coverage_min: share below which too little
          is seen.
    """
    grey = (days["level"] == Level.UNKNOWN.value) | (days["coverage"] < coverage_min)
    return [run["day"] for _, run in days[grey].groupby((~grey).cumsum()[grey])]


def change7(days: pd.DataFrame, day: date) -> float | None:
    """T* of `day` minus T* seven days earlier; None where either is unknown."""
    by_day = days.set_index("day")["t_star"]
    now, then = by_day.get(day), by_day.get(day - timedelta(days=7))
    return None if now is None or then is None else float(now) - float(then)
