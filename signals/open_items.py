"""Open items of D that numbers tell of: periodic figures that are late, commitments that passed unfulfilled.

Each item is a mention with its σ (METHOD section 3) for as long as it is open: v = √σ, for nothing is uncertain about
it and no publisher stands between. What closes goes on with D's own plateau and half-life.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from settings.models import IndexSettings, Indicators, IndicatorSettings, Judgement
from signals.accumulate import DIGITS, memory_days
from signals.calendar import Days, dates, day_number
from signals.indicators import BASELINE_DAYS, COLUMNS, PARTS, liquidity_days, liquidity_parts
from signals.readings import NEVER, Arrival, classes, due, following, of_indicator, standing

__all__ = ["INDEX", "LATE", "open_item_days", "open_items", "standing_days", "standing_parts"]

INDEX = "D"
LATE = "late:"
"""An item of this name and a period word is a late periodic disclosure; others bear the indicator's id."""

Reported = tuple[int, int]
"""Day number on which a period was first reported, and on which a later one first was (NEVER)."""


def standing_days(
    readings: pd.DataFrame,
    platforms: pd.DataFrame,
    indicators: Indicators,
    indices: Sequence[IndexSettings],
    days: tuple[date, date],
    *,
    wanted: Sequence[str] | None = None,
) -> pd.DataFrame:
    """All that `signals.index.index_values` wants of indicators for days[0]..days[1]: Y and D, with the days before
    that their baselines and their memory need. Arguments and columns as `liquidity_days`."""
    if readings.empty:
        return pd.DataFrame({column: [] for column in COLUMNS})
    start, end = days
    known, judgement = {index.id: index for index in indices}, indicators.judgement
    frames = []
    if "Y" in known:
        begin = _before(start, BASELINE_DAYS)
        frames.append(
            liquidity_days(
                readings, platforms, indicators.indicator, begin, end, judgement=judgement, wanted=wanted
            )
        )
    if INDEX in known:
        begin = _before(start, memory_days(known[INDEX].plateau_days, known[INDEX].half_life_days))
        frames.append(
            open_item_days(
                readings, platforms, indicators.indicator, begin, end, judgement=judgement, wanted=wanted
            )
        )
    frames = [frame for frame in frames if not frame.empty]
    return (
        pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({column: [] for column in COLUMNS})
    )


def standing_parts(
    readings: pd.DataFrame, platforms: pd.DataFrame, indicators: Indicators, platform_id: str, day: date
) -> pd.DataFrame:
    """What a platform-day's Y and D owe to indicators: columns of `signals.indicators.PARTS`, for `explain`.

    An open item has against = "open", value = items open, z NaN, and for late ones the period last reported.
    """
    judgement = indicators.judgement
    told = liquidity_parts(readings, platforms, indicators.indicator, platform_id, day, judgement)
    found = open_items(readings, platforms, indicators.indicator, (day, day), judgement, [platform_id])
    rows = [
        (INDEX, name, "open", None, float(count[0, 0]), np.nan, round(float(v[0, 0]), DIGITS))
        for name, (v, count) in found.items()
        if v[0, 0] > 0
    ]
    frames = [frame for frame in (told, pd.DataFrame(rows, columns=PARTS)) if not frame.empty]
    return pd.concat(frames, ignore_index=True) if frames else told


def open_item_days(
    readings: pd.DataFrame,
    platforms: pd.DataFrame,
    indicators: Sequence[IndicatorSettings],
    start: date,
    end: date,
    *,
    judgement: Judgement = Judgement(),
    wanted: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Columns as `liquidity_days`, with a row for each platform and day on which an item is open: impulse = Σ √σ."""
    names = [str(name) for name in (platforms["platform_id"] if wanted is None else wanted)]
    found = open_items(readings, platforms, indicators, (start, end), judgement, names)
    if not found:
        return pd.DataFrame({column: [] for column in COLUMNS})
    impulse = np.sum([v for v, _ in found.values()], axis=0)
    count = np.sum([n for _, n in found.values()], axis=0)
    row, column = np.nonzero(impulse)
    return pd.DataFrame(
        {
            "platform_id": np.array(names, dtype=object)[column],
            "day": dates(np.arange(day_number(start), day_number(end) + 1))[row],
            "index_id": INDEX,
            "impulse": np.round(impulse[row, column], DIGITS),
            "count": count[row, column],
        }
    )


def open_items(
    readings: pd.DataFrame,
    platforms: pd.DataFrame,
    indicators: Sequence[IndicatorSettings],
    span: tuple[date, date],
    judgement: Judgement,
    names: Sequence[str],
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """Item name -> (v, number of items open), arrays (days, names)."""
    days = np.arange(day_number(span[0]), day_number(span[1]) + 1)
    found: dict[str, tuple[NDArray[np.float64], NDArray[np.int64]]] = {}
    for indicator in indicators:
        tracked, fed = indicator.late_days is not None, indicator.feeds == INDEX
        arrivals = of_indicator(readings, indicator.id, int(days[-1])) if tracked or fed else {}
        if not arrivals:
            continue
        if fed:
            count = _reported(arrivals, indicator, days, names)
            found[indicator.id] = (np.sqrt(indicator.weight) * count, count)
        if tracked:
            # Several figures of one month are one disclosure: late once, however many of them are missing.
            late = _late(arrivals, indicator, platforms, days, judgement, names)
            before = found.get(LATE + indicator.period)
            late = late if before is None else np.maximum(late, before[1])
            found[LATE + indicator.period] = (np.sqrt(judgement.late_severity) * late, late)
    return found


def _before(day: date, days: int) -> date:
    return date.fromordinal(max(day.toordinal() - days, 1))


def _reported(
    arrivals: Mapping[str, Sequence[Arrival]], indicator: IndicatorSettings, days: Days, names: Sequence[str]
) -> NDArray[np.int64]:
    """Commitments unfulfilled by what stands on each day."""
    first, last = int(days[0]), int(days[-1])
    count = np.zeros((days.size, len(names)), dtype=np.int64)
    for n, name in enumerate(names):
        for begin, end, period, values in standing(arrivals.get(name, ()), indicator, first, last):
            count[begin - first : end - first + 1, n] = max(int(values[period]), 0)
    return count


def _late(
    arrivals: Mapping[str, Sequence[Arrival]],
    indicator: IndicatorSettings,
    platforms: pd.DataFrame,
    days: Days,
    judgement: Judgement,
    names: Sequence[str],
) -> NDArray[np.int64]:
    """1 where a figure that came before is late, while others' of its class have come: a file that nobody imported
    makes nobody late."""
    first = int(days[0])
    late = np.zeros((days.size, len(names)), dtype=np.int64)
    everyone = list(arrivals)
    of_class = dict(zip(everyone, classes(platforms, everyone), strict=True))
    reported = {name: _periods(arrivals[name]) for name in everyone}
    usual: dict[tuple[object, int], int] = {}
    for n, name in enumerate(names):
        group = of_class.get(name)
        if group is None:
            continue
        for period, (came, followed) in reported[name].items():
            limit = due(following(period, indicator), indicator) + (indicator.late_days or 0)
            if followed <= limit or limit >= days[-1]:
                continue
            if (group, period) not in usual:
                others = [
                    reported[one][period]
                    for one in everyone
                    if of_class[one] == group and period in reported[one]
                ]
                usual[group, period] = _usually_followed(others, judgement)
            begin = max(limit + 1, usual[group, period], came, first)
            late[max(begin - first, 0) : max(followed - first, 0), n] = 1
    return late


def _periods(arrivals: Sequence[Arrival]) -> dict[int, Reported]:
    """By period."""
    came: dict[int, int] = {}
    for arrival in arrivals:
        for period, _ in arrival.values:
            came.setdefault(period, arrival.day)
    found: dict[int, Reported] = {}
    followed = NEVER
    for period in sorted(came, reverse=True):
        found[period] = (came[period], followed)
        followed = min(followed, came[period])
    return found


def _usually_followed(others: Sequence[Reported], judgement: Judgement) -> int:
    """The day from which most of those who reported a period had reported a later one; NEVER with too few of them."""
    for day in sorted({followed for _, followed in others if followed < NEVER}):
        reported = sum(came <= day for came, _ in others) - 1  # whoever is late is among them
        delivered = sum(followed <= day for _, followed in others)
        if reported >= judgement.min_peers and delivered >= judgement.delivered_share * reported:
            return day
    return NEVER
