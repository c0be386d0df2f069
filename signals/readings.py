"""Readings of numeric indicators as a table: which period each tells of, when it is due, and what stands on a day.

A reading has platform_id, name (the indicator's id), period_end (date), value (in the indicator's unit), available_day
(date); several rows of one period are its revisions, and the latest that is available counts. Nothing rests on a row
before its available_day.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from settings.models import IndicatorSettings
from signals.calendar import day_number, day_numbers

COLUMNS = ("platform_id", "name", "period_end", "value", "available_day")
NEVER = 2**31
"""A day number that is not reached."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One platform's readings of one indicator as they come: on `day`, these values of these periods."""

    day: int
    values: tuple[tuple[int, float], ...]


def of_indicator(readings: pd.DataFrame, indicator_id: str, last: int) -> dict[str, list[Arrival]]:
    """Platform -> its arrivals up to day number `last`, in order of days; the order of the rows changes nothing.

    Two revisions that came on one day are told apart by `available_at`, where there is such a column.
    """
    rows = readings.loc[(readings["name"] == indicator_id).to_numpy("bool")]
    order = ["day", "at", "value"] if "available_at" in rows else ["day", "value"]
    frame = pd.DataFrame(
        {
            "platform": rows["platform_id"].to_numpy(dtype=object),
            "period": day_numbers(rows["period_end"]),
            "day": day_numbers(rows["available_day"]),
            "value": rows["value"].to_numpy("float64"),
        }
    )
    if "available_at" in rows:
        frame["at"] = rows["available_at"].to_numpy()
    frame = frame[(frame["day"] <= last) & np.isfinite(frame["value"])].sort_values(order, kind="stable")
    found: dict[str, list[Arrival]] = {}
    columns = (frame["platform"].tolist(), frame["day"].tolist(), frame["period"].tolist())
    for platform, day, period, value in zip(*columns, frame["value"].tolist(), strict=True):
        mine = found.setdefault(platform, [])
        if mine and mine[-1].day == day:
            mine[-1] = Arrival(day, (*mine[-1].values, (period, value)))
        else:
            mine.append(Arrival(day, ((period, value),)))
    return found


def standing(
    arrivals: Sequence[Arrival], indicator: IndicatorSettings, first: int, last: int
) -> Iterator[tuple[int, int, int, dict[int, float]]]:
    """What stands: (from day, to day, period, the values known by then), spans within first..last, in order.

    The newest period known stands until the one after it is due; then nothing does until one comes.
    """
    known: dict[int, float] = {}
    for n, arrival in enumerate(arrivals):
        known.update(arrival.values)
        until = arrivals[n + 1].day - 1 if n + 1 < len(arrivals) else NEVER
        period = max(known)
        begin, end = max(arrival.day, first), min(until, last, due(following(period, indicator), indicator))
        if begin <= end:
            yield begin, end, period, known


def due(period: int, indicator: IndicatorSettings) -> int:
    """Day number on which the reading of the period that ends on day number `period` is due."""
    return period + indicator.due_days


def following(period: int, indicator: IndicatorSettings) -> int:
    """Day number of the end of the period after the one that ends on day number `period`."""
    if indicator.period != "month":
        return period + (7 if indicator.period == "week" else 1)
    return _next_month_end(period)


@cache
def _next_month_end(period: int) -> int:
    end = date(1970, 1, 1) + timedelta(days=period)
    year, month = (end.year + 1, 1) if end.month == 12 else (end.year, end.month + 1)
    return day_number(date(year, month, monthrange(year, month)[1]))


def classes(platforms: pd.DataFrame, platform_ids: Sequence[str]) -> NDArray[np.object_]:
    """Class of each platform (None = in none: it has no peers)."""
    known = dict(zip(platforms["platform_id"], platforms["category"], strict=True))
    return np.array([known.get(name) for name in platform_ids], dtype=object)
