"""A replay as arrays: one row per platform, one column per day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from signals.calendar import dates, day_numbers
from signals.model import LADDER, Level

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

UNSEEN = -1
"""Rank of a day without a level: 数据不足, or no row at all."""
RANKS = {**{level.value: level.rank for level in LADDER}, Level.UNKNOWN.value: UNSEEN}
"""Word of a level -> its rank."""


class RepeatedDay(ValueError):
    """A platform has two rows for one day."""


@dataclass(frozen=True)
class Grid:
    """`level` (platforms, days): rank 0 正常 … 4 红, UNSEEN; `t` 0..100, NaN = not known; `first`: a day number.

    Platforms are sorted by name, days run from the first to the last of the replay without gaps.
    """

    platforms: tuple[str, ...]
    first: int
    level: NDArray[np.int8]
    t: Floats

    @property
    def seen(self) -> Bools:
        """Days with a level: observed, not grey."""
        return self.level > UNSEEN

    @property
    def last(self) -> int:
        """Day number of the last day."""
        return self.first + int(self.level.shape[1]) - 1

    def place(self, platforms: pd.Series, days: pd.Series) -> tuple[Ints, Ints]:
        """Row and column of each (platform, day); -1 where the grid has none."""
        row = pd.Index(self.platforms).get_indexer(pd.Index(platforms)).astype(np.int64)
        column = day_numbers(days) - self.first
        return row, np.where((column < 0) | (column >= self.level.shape[1]), -1, column)


def grid(frame: pd.DataFrame) -> Grid:
    """The grid of rows platform, day, T, level (words of signals.model.Level).

    Raises RepeatedDay; KeyError for a word that is no level.
    """
    platforms = tuple(sorted(frame["platform"].unique()))
    number = day_numbers(frame["day"])
    first, last = (int(number.min()), int(number.max())) if number.size else (0, -1)
    shape = (len(platforms), last - first + 1)
    level, t = np.full(shape, UNSEEN, dtype=np.int8), np.full(shape, np.nan)
    row = pd.Index(platforms).get_indexer(pd.Index(frame["platform"]))
    flat = row * shape[1] + number - first
    if np.unique(flat).size < flat.size:
        at = int(np.flatnonzero(pd.Series(flat).duplicated().to_numpy("bool"))[0])
        raise RepeatedDay(f"平台“{frame['platform'].iat[at]}”在 {dates(number[at : at + 1])[0]} 有不止一行")
    words = pd.Categorical(frame["level"])
    ranks = np.array([RANKS[word] for word in words.categories], dtype=np.int8)
    level[row, number - first] = ranks[words.codes]
    t[row, number - first] = frame["T"].to_numpy("float64", na_value=np.nan)
    return Grid(platforms, first, level, t)
