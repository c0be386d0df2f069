"""Shanghai days as numbers, and what kind of day each is in China.

Day number = days since 1970-01-01 (a Thursday). chinese_calendar knows published holiday plans only; for
other years a warning is given and the fixed-date holidays stand in.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from datetime import date
from functools import cache

import chinese_calendar
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Days = NDArray[np.int64]

_EPOCH = date(1970, 1, 1).toordinal()
_FIXED = frozenset({(1, 1), (5, 1), (5, 2), (5, 3), *((10, day) for day in range(1, 8))})
"""元旦, 劳动节, 国庆: the holidays that do not follow the moon."""


class HolidayPlanMissing(UserWarning):
    """The State Council's holiday plan of a year is not in chinese_calendar."""


def day_numbers(days: Iterable[object]) -> Days:
    """Day numbers of dates, Timestamps or datetime64 (naive Shanghai days)."""
    if isinstance(days, pd.Series | pd.Index) and days.dtype != object:
        days = days.to_numpy()
    if isinstance(days, np.ndarray) and days.dtype != object:
        return days.astype("datetime64[D]").astype(np.int64)
    values = list(days)
    try:  # 20 times as fast as numpy's own conversion of date objects
        ordinals = map(date.toordinal, values)  # type: ignore[arg-type]  # others raise TypeError
        return np.fromiter(ordinals, dtype=np.int64, count=len(values)) - _EPOCH
    except TypeError:
        return np.array(values, dtype="datetime64[D]").astype(np.int64)


def day_number(day: date) -> int:
    """Day number of one date."""
    return day.toordinal() - _EPOCH


def dates(numbers: Days) -> NDArray[np.object_]:
    """`datetime.date` objects of day numbers, any shape."""
    return numbers.astype("datetime64[D]").astype(object)


def weekdays(numbers: Days) -> Days:
    """0 Monday … 6 Sunday."""
    return (numbers + 3) % 7


def mondays(numbers: Days) -> Days:
    """Day number of each day's Monday: baselines are refitted there and frozen until the next."""
    return numbers - weekdays(numbers)


@cache
def _year(year: int) -> tuple[frozenset[int], frozenset[int]]:
    """Day numbers of a year's public holidays off work, and of its weekend days worked."""
    known = chinese_calendar.holidays
    if not min(known).year <= year <= max(known).year:
        warnings.warn(
            f"{year} 年的放假安排尚未收录：只按固定日期的节日与周末计算，请升级 chinesecalendar",
            HolidayPlanMissing,
            stacklevel=3,
        )
        return frozenset(day_number(date(year, month, day)) for month, day in _FIXED), frozenset()
    off = frozenset(day_number(day) for day in known if day.year == year)
    worked = (day for day in chinese_calendar.workdays if day.year == year and day.weekday() >= 5)
    return off, frozenset(map(day_number, worked))


def holidays_and_worked(numbers: Days) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(public holiday, weekend day worked) for each day number.

    Warns: HolidayPlanMissing once per year that chinese_calendar does not know.
    """
    years = {day.year for day in dates(numbers[[0, -1]])} if numbers.size else set()
    off: set[int] = set()
    worked: set[int] = set()
    for year in range(min(years, default=0), max(years, default=-1) + 1):
        year_off, year_worked = _year(year)
        off |= year_off
        worked |= year_worked
    return (
        np.fromiter((n in off for n in numbers.tolist()), dtype=np.bool_, count=numbers.size),
        np.fromiter((n in worked for n in numbers.tolist()), dtype=np.bool_, count=numbers.size),
    )
