"""Rows by day made ready to be drawn. Pure: DataFrame -> DataFrame."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from signals.model import Level

MOST_POINTS = 1000
"""A screen is not wider; more points only slow the browser."""


def thin(frame: pd.DataFrame, by: str, limit: int = MOST_POINTS) -> pd.DataFrame:
    """At most `limit` rows in order: of each run of days the highest by `by`, so that no peak is lost."""
    if len(frame) <= limit:
        return frame
    bucket = pd.Series(range(len(frame)), index=frame.index) * limit // len(frame)
    value = frame[by].fillna(-1.0)
    return frame.loc[value.groupby(bucket).idxmax().sort_values()]


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
