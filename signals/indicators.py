"""Numeric indicators into the impulses of Y (METHOD section 3): robust z against the own past and against the class.

z = (x − median) / max(1.4826·MAD, scale_floor), high = bad, cut at ±z_max. Against the own past: the values known by
the day of up to `history_periods` earlier periods. Against the class: what stands on the day in one category.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from settings.models import IndicatorSettings, Judgement
from signals.accumulate import DIGITS, MEDIAN_DAYS, MEDIAN_GUARD_DAYS
from signals.calendar import Days, dates, day_number
from signals.indices.liquidity import Bools, Floats, Term, daily, impulses
from signals.readings import classes, of_indicator, standing

__all__ = ["BASELINE_DAYS", "COLUMNS", "INDEX", "PARTS", "liquidity_days", "liquidity_parts"]

INDEX = "Y"
COLUMNS = ("platform_id", "day", "index_id", "impulse", "count")
PARTS = ("index_id", "indicator", "against", "period_end", "value", "z", "impulse")
BASELINE_DAYS = MEDIAN_DAYS + MEDIAN_GUARD_DAYS + 7
"""How many days before the first wanted one `index_values` needs for the allowance c_kp."""
LEAST_RATIO = 1e-6
"""Added to a ratio before its logarithm is taken, so that 0 has one."""
MAD = 1.4826
"""Makes the median absolute deviation of a normal law its standard deviation."""


@dataclass(frozen=True)
class _Judged:
    """One indicator over a span, arrays (days, platforms); `x` shaped and signed (high = bad), NaN = nothing stands;
    `period` day number of the period that stands."""

    known: Bools
    x: Floats
    past: Floats
    peers: Floats
    period: NDArray[np.int64]


def liquidity_days(
    readings: pd.DataFrame,
    platforms: pd.DataFrame,
    indicators: Sequence[IndicatorSettings],
    start: date,
    end: date,
    *,
    judgement: Judgement = Judgement(),
    wanted: Sequence[str] | None = None,
) -> pd.DataFrame:
    """What stands on each day: COLUMNS, a row per platform and day from the first reading on.

    Args:    readings: see signals.readings, all platforms of the classes; platforms: platform_id, category; wanted:
             only these platforms' rows (None = all).
    Returns: impulse = Σ w·max(0, z − z_from) >= 0, NaN = in scope but not observed (nothing current, or nothing to
             judge it by); no row = no reading had come. count: indicators beyond z_from. Sorted by day, platform as
             given.
    No figure rests on what became available after its day.
    """
    names = [str(name) for name in platforms["platform_id"]]
    chosen = set(names if wanted is None else wanted)
    shown = np.array([name in chosen for name in names], dtype=np.bool_)
    days = np.arange(day_number(start), day_number(end) + 1)
    fed = [each for each in indicators if each.feeds == INDEX]
    terms = []
    for indicator in fed:
        judged = _judge(indicator, readings, platforms, names, shown, days, judgement)
        limit = _z_from(indicator, judgement)
        terms.append(Term(indicator.weight, limit, judged.known, (judged.past, judged.peers)))
    if not terms:
        return pd.DataFrame({column: [] for column in COLUMNS})
    impulse, count = daily(terms, judgement.observed_share)
    known = np.logical_or.reduce([term.known for term in terms]) & shown
    row, column = np.nonzero(known)
    return pd.DataFrame(
        {
            "platform_id": np.array(names, dtype=object)[column],
            "day": dates(days)[row],
            "index_id": INDEX,
            "impulse": np.round(impulse[row, column], DIGITS),
            "count": np.where(np.isnan(impulse), 0, count)[row, column],
        }
    )


def liquidity_parts(
    readings: pd.DataFrame,
    platforms: pd.DataFrame,
    indicators: Sequence[IndicatorSettings],
    platform_id: str,
    day: date,
    judgement: Judgement = Judgement(),
) -> pd.DataFrame:
    """What the impulse of one platform-day is made of: PARTS, a row per indicator and reference that was judged.

    `against` is past | class; `value` as reported (in the indicator's unit), `z` high = bad, impulses sum to the day's.
    """
    names = [str(name) for name in platforms["platform_id"]]
    at, days = names.index(platform_id), np.array([day_number(day)])
    shown = np.array([name == platform_id for name in names], dtype=np.bool_)
    rows = []
    for indicator in (each for each in indicators if each.feeds == INDEX):
        judged = _judge(indicator, readings, platforms, names, shown, days, judgement)
        for against, z in (("past", judged.past), ("class", judged.peers)):
            if not np.isnan(z[0, at]):
                value = _unshaped(float(judged.x[0, at]), indicator)
                impulse = impulses(z, indicator.weight, _z_from(indicator, judgement))[0, at]
                period = dates(judged.period[:, at])[0]
                rows.append(
                    (
                        INDEX,
                        indicator.id,
                        against,
                        period,
                        value,
                        float(z[0, at]),
                        round(float(impulse), DIGITS),
                    )
                )
    return pd.DataFrame(rows, columns=PARTS)


def _judge(
    indicator: IndicatorSettings,
    readings: pd.DataFrame,
    platforms: pd.DataFrame,
    names: Sequence[str],
    shown: Bools,
    days: Days,
    judgement: Judgement,
) -> _Judged:
    shape, (first, last) = (days.size, len(names)), (int(days[0]), int(days[-1]))
    known, period = np.zeros(shape, dtype=np.bool_), np.full(shape, -1)
    x, past = np.full(shape, np.nan), np.full(shape, np.nan)
    column = {name: n for n, name in enumerate(names)}
    for name, arrivals in of_indicator(readings, indicator.id, last).items():
        if (p := column.get(name)) is None:
            continue
        known[max(arrivals[0].day - first, 0) :, p] = True
        judged_past = shown[p] and "past" in indicator.against
        for begin, end, of_period, values in standing(arrivals, indicator, first, last):
            span = slice(begin - first, end - first + 1)
            x[span, p], period[span, p] = _shaped(values[of_period], indicator), of_period
            if judged_past:
                past[span, p] = _against_past(of_period, values, indicator, judgement)
    peers = np.full(shape, np.nan)
    if "class" in indicator.against:
        of_class = classes(platforms, names)
        for each in sorted({str(one) for one in of_class if one is not None}):
            members = np.flatnonzero(of_class == each)
            peers[:, members] = _against_class(x[:, members], indicator, judgement)
    return _Judged(known, x, past, peers, period)


def _z_from(indicator: IndicatorSettings, judgement: Judgement) -> float:
    return judgement.z_from if indicator.z_from is None else indicator.z_from


def _shaped(value: float, indicator: IndicatorSettings) -> float:
    """asinh for orders of magnitude: as the logarithm, but it knows 0 and outflows; ln for ratios; high is bad."""
    if indicator.shape == "ratio":
        shaped = math.log(LEAST_RATIO + max(value, 0.0))
    else:
        shaped = math.asinh(value) if indicator.shape == "log" else value
    return shaped if indicator.bad == "high" else -shaped


def _unshaped(x: float, indicator: IndicatorSettings) -> float:
    signed = x if indicator.bad == "high" else -x
    if indicator.shape == "ratio":
        return math.exp(signed) - LEAST_RATIO
    return math.sinh(signed) if indicator.shape == "log" else signed


def _against_past(
    period: int, values: dict[int, float], indicator: IndicatorSettings, judgement: Judgement
) -> float:
    earlier = sorted(each for each in values if each < period)[-judgement.history_periods :]
    if len(earlier) < judgement.min_periods:
        return math.nan
    shaped = [_shaped(values[each], indicator) for each in earlier]
    middle = median(shaped)
    scale = max(MAD * median([abs(one - middle) for one in shaped]), indicator.scale_floor)
    z = (_shaped(values[period], indicator) - middle) / scale
    return max(-judgement.z_max, min(judgement.z_max, z))


def _against_class(x: Floats, indicator: IndicatorSettings, judgement: Judgement) -> Floats:
    """z of each platform on each day among what stands in its class, itself included; NaN with too few others."""
    count = (~np.isnan(x)).sum(axis=1)
    middle = _row_median(x, count)
    scale = np.maximum(MAD * _row_median(np.abs(x - middle[:, None]), count), indicator.scale_floor)
    z = np.clip((x - middle[:, None]) / scale[:, None], -judgement.z_max, judgement.z_max)
    return np.where((count > judgement.min_peers)[:, None], z, np.nan)


def _row_median(x: Floats, count: NDArray[np.int64]) -> Floats:
    """Median of each row's values, NaN left out; NaN for a row without any."""
    ordered = np.sort(x, axis=1)  # NaN last
    row = np.arange(x.shape[0])
    lower, upper = (
        ordered[row, np.maximum(count - 1, 0) // 2],
        ordered[row, np.minimum(count // 2, x.shape[1] - 1)],
    )
    return np.asarray((lower + upper) / 2, dtype="float64")
