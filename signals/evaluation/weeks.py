"""Platform-weeks: the score and the alarm at a week's end, and whether a failure followed within 90 days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signals.evaluation.failures import Failures
from signals.evaluation.grid import Bools, Floats, Grid, Ints
from signals.evaluation.outcomes import HORIZON

WEEK = 7


@dataclass(frozen=True)
class Weeks:
    """One entry per platform-week kept; `cell`: (platform, column) of its last day with a T; `label`: failure
    1..90 days after the week's last day."""

    platform: Ints
    column: Ints
    label: Bools

    def __len__(self) -> int:
        return self.platform.size

    def of(self, values: np.ndarray) -> np.ndarray:
        """The week's value of (platforms, days): that of its last day with a T."""
        return np.asarray(values[self.platform, self.column])


def weeks(grid: Grid, failures: Failures) -> Weeks:
    """The whole weeks of seven days, counted from the replay's first day, in which the platform was observed.

    Left out: weeks that reach the failure or follow it; weeks whose next 90 days run beyond the replay, unless
    the failure is among them (their "no" is not known).
    """
    number = grid.level.shape[1] // WEEK
    known = (grid.seen & ~np.isnan(grid.t))[:, : number * WEEK].reshape(len(grid.platforms), number, WEEK)
    last_known = WEEK - 1 - np.argmax(known[:, :, ::-1], axis=2)
    end = grid.first + np.arange(number) * WEEK + WEEK - 1
    ahead = failures.day[:, None] - end[None, :]
    label = failures.judged[:, None] & (ahead >= 1) & (ahead <= HORIZON)
    kept = known.any(axis=2) & (ahead >= 1) & (label | (end + HORIZON <= grid.last)[None, :])
    platform, week = np.nonzero(kept)
    column = week * WEEK + last_known[platform, week]
    return Weeks(platform.astype(np.int64), column.astype(np.int64), np.asarray(label[platform, week]))


def lowest_where_unknown(scores: np.ndarray) -> Floats:
    """NaN below everything known: a score that knows nothing gives no alarm."""
    known = scores[~np.isnan(scores)]
    floor = float(known.min()) - 1.0 if known.size else 0.0
    return np.where(np.isnan(scores), floor, scores)
