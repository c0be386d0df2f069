"""Index values: level part and surprise part of every platform, day and index in scope (METHOD section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from settings.models import IndexSettings
from signals.accumulate import (
    Floats,
    accumulate,
    baseline_median,
    level_part,
    observed_mass,
    saturation,
    surprise_part,
)
from signals.calendar import Days, dates, day_number, day_numbers
from signals.coverage import Bools, Observation
from signals.detectors import create

HORIZON_DAYS = 260 * 7 + 14 + 6
"""How far back a day's figures look: five years of baseline before the guard band and the week's Monday."""

DETECTOR = "farrington"
RECENT_DAYS = 28
RECENT_ITEMS = 5
"""A series with fewer items in four weeks has no surprise part whatever its period; spares most fits."""

COLUMNS = (
    "platform_id",
    "day",
    "index_id",
    "value",
    "level_part",
    "surprise_part",
    "accumulated",
    "saturation",
    "count",
    "expected",
    "observed",
)


@dataclass(frozen=True)
class _Series:
    """One index as dense arrays (days, platforms): no row in the roll-up = 0."""

    impulse: Floats
    count: Floats


def index_values(
    roll_ups: pd.DataFrame,
    observation: Observation,
    indices: Sequence[IndexSettings],
    start: date,
    end: date,
) -> pd.DataFrame:
    """Rows of `index_values` for every day from `start` to `end`, every platform of `observation`, every
    index in scope.

    Args:    roll_ups: rows of `index_days` from start - HORIZON_DAYS on; observation: the same span, days
             outside it count as not observed.
    Returns: COLUMNS, sorted by index, day, platform as given; no row = not in scope. Unobserved: value,
             surprise_part and expected NaN, while level_part and accumulated tell what arrived all the same.
    Rests on the roll-ups and observation of each day and the HORIZON_DAYS before it alone.
    """
    roll_ups = roll_ups.assign(number=day_numbers(roll_ups["day"]))
    first, last = _span(roll_ups, observation, start, end)
    days = np.arange(first, last + 1)
    judged = days[day_number(start) - first :]
    frames = []
    for index in indices:
        if index.id not in observation.index_ids:
            continue
        series = _dense(roll_ups, index.id, days, observation.platform_ids)
        in_scope, observed = observation.of_index(index.id, first, last)
        frames.append(_index(index, series, days, judged, in_scope, observed, observation.platform_ids))
    frames = [frame for frame in frames if not frame.empty]
    if not frames:
        return pd.DataFrame({column: [] for column in COLUMNS})
    return pd.concat(frames, ignore_index=True)


def _span(roll_ups: pd.DataFrame, observation: Observation, start: date, end: date) -> tuple[int, int]:
    """First and last day number to hold in memory: nothing before the first that anything is known of."""
    earliest = day_number(start) - HORIZON_DAYS
    known = [day_number(start)]
    if observation.days.size:
        known.append(int(observation.days[0]))
    if len(roll_ups):
        known.append(int(roll_ups["number"].min()))
    return max(min(known), earliest), day_number(end)


def _dense(roll_ups: pd.DataFrame, index_id: str, days: Days, platform_ids: Sequence[str]) -> _Series:
    rows = roll_ups.loc[(roll_ups["index_id"] == index_id).to_numpy("bool")]
    day = rows["number"].to_numpy("int64") - int(days[0])
    column = pd.Index(platform_ids).get_indexer(pd.Index(rows["platform_id"]))
    keep = (column >= 0) & (day >= 0) & (day < days.size)
    impulse, count = np.zeros((days.size, len(platform_ids))), np.zeros((days.size, len(platform_ids)))
    impulse[day[keep], column[keep]] = rows["impulse"].to_numpy("float64")[keep]
    count[day[keep], column[keep]] = rows["count"].to_numpy("float64")[keep]
    return _Series(impulse, count)


def _index(
    index: IndexSettings,
    series: _Series,
    days: Days,
    judged: Days,
    in_scope: Bools,
    observed: Bools,
    platform_ids: Sequence[str],
) -> pd.DataFrame:
    """All rows of one index."""
    start = days.size - judged.size
    accumulated = accumulate(series.impulse, index.plateau_days, index.half_life_days)
    mass = observed_mass(observed, index.plateau_days, index.half_life_days)
    c = saturation(index.c, baseline_median(accumulated, mass, days, judged))
    level = level_part(accumulated[start:], c)
    surprise, expected = _surprise(index, series.count, observed, days, start)
    seen = observed[start:]
    value = 100 * (1 - (1 - level) * (1 - surprise))
    rows, column = np.nonzero(in_scope[start:])
    at = (rows, column)
    return pd.DataFrame(
        {
            "platform_id": np.array(platform_ids, dtype=object)[column],
            "day": dates(judged)[rows],
            "index_id": index.id,
            "value": np.where(seen, value, np.nan)[at],
            "level_part": level[at],
            "surprise_part": np.where(seen, surprise, np.nan)[at],
            "accumulated": accumulated[start:][at],
            "saturation": c[at],
            "count": series.count[start:][at].astype("int64"),
            "expected": np.where(seen, expected, np.nan)[at],
            "observed": seen[at],
        }
    )


def _surprise(
    index: IndexSettings, count: Floats, observed: Bools, days: Days, start: int
) -> tuple[Floats, Floats]:
    """A and the expected count of the judged days; 0 and NaN where there is nothing to judge."""
    judged = (days.size - start, count.shape[1])
    if not index.surprise:
        return np.zeros(judged), np.full(judged, np.nan)
    total = np.cumsum(np.vstack([np.zeros((1, count.shape[1])), count]), axis=0)
    row = np.arange(start, days.size)
    recent = total[row + 1] - total[np.maximum(row + 1 - RECENT_DAYS, 0)]
    wanted = (recent >= RECENT_ITEMS) & observed[start:]
    verdict = create(DETECTOR).judge(np.where(observed, count, np.nan), days, start, wanted=wanted)
    return surprise_part(verdict.p), np.round(verdict.expected, 6)
