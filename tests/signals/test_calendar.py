"""Shanghai days and Chinese holidays."""

from __future__ import annotations

import warnings
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from signals.calendar import (
    HolidayPlanMissing,
    dates,
    day_number,
    day_numbers,
    holidays_and_worked,
    mondays,
    weekdays,
)


@pytest.mark.parametrize(
    "day",
    [date(2025, 3, 3), datetime(2025, 3, 3), pd.Timestamp("2025-03-03"), np.datetime64("2025-03-03")],
)
def test_day_numbers_of_any_kind_of_day(day: object) -> None:
    """Dates, Timestamps and datetime64 name the same day."""
    assert day_numbers([day]).tolist() == [day_number(date(2025, 3, 3))]


def test_day_numbers_of_columns() -> None:
    """datetime64 and object columns alike."""
    column = pd.Series(pd.to_datetime(["2025-03-03", "2025-03-04"]))
    assert day_numbers(column).tolist() == day_numbers(column.dt.date).tolist()


def test_numbers_go_back_to_dates() -> None:
    """The inverse."""
    assert dates(np.array([day_number(date(2025, 3, 3))])).tolist() == [date(2025, 3, 3)]


def test_weeks_begin_on_monday() -> None:
    """2025-03-03 was a Monday."""
    week = np.arange(day_number(date(2025, 3, 3)), day_number(date(2025, 3, 10)))
    assert weekdays(week).tolist() == list(range(7))
    assert set(mondays(week)) == {week[0]}


def test_published_holidays_and_days_worked_instead() -> None:
    """National Day 2025 is off; Saturday 2025-10-11 is worked; a plain Saturday is neither."""
    numbers = day_numbers([date(2025, 10, 1), date(2025, 10, 11), date(2025, 10, 18)])
    off, worked = holidays_and_worked(numbers)
    assert off.tolist() == [True, False, False]
    assert worked.tolist() == [False, True, False]


def test_an_unpublished_year_warns_and_falls_back() -> None:
    """Fixed-date holidays stand in, with a warning that names the year."""
    with pytest.warns(HolidayPlanMissing, match="2093"):
        off, _ = holidays_and_worked(day_numbers([date(2093, 9, 30), date(2093, 10, 1)]))
    assert off.tolist() == [False, True]


def test_the_warning_comes_once_a_year() -> None:
    """Asking again is silent."""
    numbers = day_numbers([date(2094, 1, 1)])
    with pytest.warns(HolidayPlanMissing):
        holidays_and_worked(numbers)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        holidays_and_worked(numbers)
