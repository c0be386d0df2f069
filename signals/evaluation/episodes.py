"""Episodes: runs of days in alarm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signals.evaluation.grid import Bools, Ints


@dataclass(frozen=True)
class Episodes:
    """One entry per episode, by platform and then by start; `platform`: row of the grid, `start` and `end`: day
    numbers of the first and the last day on which it stands."""

    platform: Ints
    start: Ints
    end: Ints

    def __len__(self) -> int:
        return self.platform.size


def standing(alarm: Bools, seen: Bools) -> Bools:
    """The alarm on every day, an unseen day keeping that of the last seen one; False before the first seen day.

    Grey hides a level and never changes it (METHOD section 5): it neither begins nor ends an episode.
    """
    days = np.arange(alarm.shape[1])
    latest = np.maximum.accumulate(np.where(seen, days, -1), axis=1)
    kept = np.take_along_axis(alarm & seen, np.maximum(latest, 0), axis=1)
    return np.asarray(kept & (latest >= 0), dtype=np.bool_)


def episodes(alarm: Bools, seen: Bools, first: int) -> Episodes:
    """The runs of `standing` days, (platforms, days); `first`: day number of the first column."""
    stands = standing(alarm, seen)
    edge = np.zeros((stands.shape[0], 1), dtype=np.int8)
    change = np.diff(stands.astype(np.int8), axis=1, prepend=edge, append=edge)
    platform, start = np.nonzero(change == 1)
    _, after = np.nonzero(change == -1)
    return Episodes(platform.astype(np.int64), start + first, after - 1 + first)
