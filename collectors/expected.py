"""How many items a source should bring on a day: fewer on weekends and holidays, which is no outage."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from functools import cache

import chinese_calendar

from collectors.config import SourceConfig
from signals.model import Kind, day_end, day_start, shanghai_day

RESTING_SHARE = 0.5
"""Whose `holiday_share` is below this rests on days off."""
HOUR = timedelta(hours=1)
_log = logging.getLogger(__name__)
_SPRING_FESTIVALS = {
    2027: date(2027, 2, 6),
    2028: date(2028, 1, 26),
    2029: date(2029, 2, 13),
    2030: date(2030, 2, 3),
    2031: date(2031, 1, 23),
    2032: date(2032, 2, 11),
}
"""New Year of the lunar calendar, for years of which the State Council has not published the holidays."""
_FIXED = {(1, 1), (5, 1), (5, 2), (5, 3), *((10, day) for day in range(1, 8))}


def expected_items(source: SourceConfig, kind: Kind, day: date) -> float:
    """Items of this kind that source.toml promises for a Shanghai day; 0 for kinds it does not carry."""
    usual: float = getattr(source.expected, kind.value)
    return usual if is_workday(day) else usual * source.expected.holiday_share


def rests(source: SourceConfig) -> bool:
    """Whether a source has days off: regulators, and whoever brings less than half of the usual on them."""
    regulator = source.official or source.kind == "regulatory"
    return regulator or source.expected.holiday_share < RESTING_SHARE


def waiting_hours(source: SourceConfig, since: datetime, now: datetime) -> float:
    """Hours from `since` to `now` in which the source could have brought something; 0 or more.

    One that rests is waited for on working days only: it is not late because of the National Day.
    """
    return working_hours(since, now) if rests(source) else max(0.0, (now - since) / HOUR)


def working_hours(since: datetime, now: datetime) -> float:
    """Hours between two moments that fall on working days of Shanghai, 24 a day; 0 or more."""
    day, last, hours = shanghai_day(since), shanghai_day(now), 0.0
    while day <= last:
        if is_workday(day):
            hours += max(0.0, (min(now, day_end(day)) - max(since, day_start(day))) / HOUR)
        day += timedelta(days=1)
    return hours


def is_workday(day: date) -> bool:
    """By the published calendar with make-up workdays; before that, by weekends and the usual holidays."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        _warn_once(day.year)
        return day.weekday() < 5 and not _usual_holiday(day)


@cache
def _warn_once(year: int) -> None:
    _log.warning("%d 年的放假安排尚未收录，按周末和固定节日估计；请更新 chinesecalendar", year)


def _usual_holiday(day: date) -> bool:
    if (day.month, day.day) in _FIXED:
        return True
    festival = _SPRING_FESTIVALS.get(day.year)
    return festival is not None and timedelta(days=-1) <= day - festival < timedelta(days=7)
