"""Index values: level part and surprise part of every platform, day and index in scope (METHOD section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from settings.models import IndexSettings
from signals.accumulate import (
    DIGITS,
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
    """One index as dense arrays (days, platforms): no row in the roll-up = 0.

    `standing`: what indicators say of the day, NaN = they say nothing; `told`: they are in scope.
    """

    impulse: Floats
    count: Floats
    standing: Floats
    told: Bools


def index_values(
    roll_ups: pd.DataFrame,
    observation: Observation,
    indices: Sequence[IndexSettings],
    start: date,
    end: date,
    *,
    readings_days: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Rows of `index_values` for every day from `start` to `end`, every platform of `observation`, every
    index in scope.

    Args:    roll_ups: rows of `index_days` from start - HORIZON_DAYS on; observation: the same span, days
             outside it count as not observed; readings_days: what indicators say (signals.open_items.standing_days:
             platform_id, day, index_id, impulse, count), None = there are none.
    Returns: COLUMNS, sorted by index, day, platform as given; no row = not in scope. Unobserved: value,
             surprise_part and expected NaN, while level_part and accumulated tell what arrived all the same.
    Rests on the roll-ups and observation of each day and the HORIZON_DAYS before it alone.
    """
    roll_ups = roll_ups.assign(number=day_numbers(roll_ups["day"]))
    readings_days = _nothing_read() if readings_days is None else readings_days
    readings_days = readings_days.assign(number=day_numbers(readings_days["day"]))
    first, last = _span((roll_ups, readings_days), observation, start, end)
    days = np.arange(first, last + 1)
    judged = days[day_number(start) - first :]
    rolled = _Placed.of(roll_ups, days, observation.platform_ids)
    read = _Placed.of(readings_days, days, observation.platform_ids)
    frames = []
    for index in indices:
        if index.id not in observation.index_ids:
            continue
        series = _dense(rolled, read, index.id, (days.size, len(observation.platform_ids)))
        in_scope, observed = observation.of_index(index.id, first, last)
        if index.fed_by == "indicators":
            in_scope, observed = series.told, ~np.isnan(series.standing)
        frames.append(_index(index, series, days, judged, in_scope, observed, observation.platform_ids))
    frames = [frame for frame in frames if not frame.empty]
    if not frames:
        return pd.DataFrame({column: [] for column in COLUMNS})
    return pd.concat(frames, ignore_index=True)


def _nothing_read() -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in ("platform_id", "day", "index_id", "impulse", "count")})


def _span(
    frames: Sequence[pd.DataFrame], observation: Observation, start: date, end: date
) -> tuple[int, int]:
    """First and last day number to hold in memory: nothing before the first that anything is known of."""
    earliest = day_number(start) - HORIZON_DAYS
    known = [day_number(start)]
    if observation.days.size:
        known.append(int(observation.days[0]))
    known += [int(frame["number"].min()) for frame in frames if len(frame)]
    return max(min(known), earliest), day_number(end)


@dataclass(frozen=True)
class _Placed:
    """Rows of a frame that lie within the days and platforms, as arrays: by index (`ids[code]`), row and column."""

    ids: list[str]
    code: Days
    row: Days
    column: Days
    impulse: Floats
    count: Floats

    @classmethod
    def of(cls, frame: pd.DataFrame, days: Days, platform_ids: Sequence[str]) -> _Placed:
        """Names are looked up once for all indices: with a thousand platforms there are millions of rows."""
        code, ids = pd.factorize(frame["index_id"].to_numpy(dtype=object))
        row = frame["number"].to_numpy("int64") - int(days[0])
        platform, names = pd.factorize(frame["platform_id"].to_numpy(dtype=object))
        column = pd.Index(platform_ids).get_indexer(pd.Index(names, dtype=object))[platform]
        keep = (column >= 0) & (row >= 0) & (row < days.size)
        impulse, count = frame["impulse"].to_numpy("float64"), frame["count"].to_numpy("float64")
        return cls([str(one) for one in ids], code[keep], row[keep], column[keep], impulse[keep], count[keep])

    def of_index(self, index_id: str) -> tuple[tuple[Days, Days], Floats, Floats]:
        """((row, column), impulse, count) of one index."""
        chosen = self.code == (self.ids.index(index_id) if index_id in self.ids else -1)
        return (self.row[chosen], self.column[chosen]), self.impulse[chosen], self.count[chosen]


def _dense(rolled: _Placed, read: _Placed, index_id: str, shape: tuple[int, int]) -> _Series:
    impulse, count = np.zeros(shape), np.zeros(shape)
    at, impulses, counts = rolled.of_index(index_id)
    impulse[at], count[at] = impulses, counts
    standing, told = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)
    at, impulses, counts = read.of_index(index_id)
    standing[at], told[at] = impulses, True
    count[at] += counts
    return _Series(impulse, count, standing, told)


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
    accumulated = _accumulated(index, series)
    mass = (
        observed.astype("float64")  # what stands does not gather
        if index.fed_by == "indicators"
        else observed_mass(observed, index.plateau_days, index.half_life_days)
    )
    median = baseline_median(accumulated, mass, days, judged)
    c = saturation(index.c, median if index.allowance else np.zeros_like(median))
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


def _accumulated(index: IndexSettings, series: _Series) -> Floats:
    """Σ v·g(age), and what stands: an open item counts in full while it is open, and ages from its close."""
    standing = np.nan_to_num(series.standing)
    if index.fed_by == "indicators":
        return standing
    total = accumulate(series.impulse, index.plateau_days, index.half_life_days)
    if not standing.any():
        return total
    closed = np.maximum(np.vstack([np.zeros((1, standing.shape[1])), standing[:-1] - standing[1:]]), 0.0)
    return np.asarray(
        np.round(total + standing + accumulate(closed, index.plateau_days, index.half_life_days), DIGITS),
        dtype="float64",
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
