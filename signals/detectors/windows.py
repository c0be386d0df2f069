"""Counts of several overlapping windows judged together, and the highest count that raises no alarm.

p = min(1, price · min over windows of P(Y >= seen)), Y negative binomial with the window's mean and variance. A longer
window counts only if its newest period is unusual by itself, P <= RISING: else every burst would alarm again one period
later, when it is over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signals.detectors.tails import count_tail, upper_count

Floats = NDArray[np.float64]

RISING = 0.1


@dataclass(frozen=True)
class Windows:
    """Arrays (windows, judged, series), NaN = window not judged: `seen` items, the judged period's included; `mean`
    and `variance` of such a count by the baseline. `now` (judged, series): items of the judged row alone;
    `least`: items that `recent` (judged, series) must reach before anything is a surprise."""

    seen: Floats
    mean: Floats
    variance: Floats
    now: Floats
    recent: Floats
    least: float
    price: float

    def p(self) -> Floats:
        """(judged, series), NaN where no window was judged or too few items were seen of late."""
        newest = count_tail(self.seen[0], self.mean[0], self.variance[0])
        best = newest
        for seen, mean, variance in zip(self.seen[1:], self.mean[1:], self.variance[1:], strict=True):
            longer = count_tail(seen, mean, variance)
            best = np.fmin(best, np.where(newest > RISING, 1.0, longer))
        return np.where(self.recent >= self.least, np.minimum(self.price * best, 1.0), np.nan)

    def upper(self, alpha: float) -> Floats:
        """Highest count of the judged row that is no alarm at p <= `alpha`, at least 0: what came before is given."""
        before = self.seen[0] - self.now
        limit = upper_count(self.mean[0], self.variance[0], alpha / self.price) - before
        for seen, mean, variance in zip(self.seen[1:], self.mean[1:], self.variance[1:], strict=True):
            longer = upper_count(mean, variance, alpha / self.price) - (seen - self.now)
            lower = longer < limit
            rising = upper_count(np.where(lower, self.mean[0], np.nan), self.variance[0], RISING) - before
            limit = np.where(lower, np.fmin(limit, np.maximum(longer, rising)), limit)
        limit = np.maximum(limit, self.least - 1 - (self.recent - self.now))
        return np.asarray(np.maximum(limit, 0.0), dtype="float64")
