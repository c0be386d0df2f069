"""CUSUM of the baseline's standardised residuals (Page 1954): S = max(0, S + z - k), started again after an alarm.

p is the share of periods in which such a chart, with S as its limit, alarms in quiet times: 1 / ARL(S) with Siegmund's
ARL(h) = (exp(2kb) - 2kb - 1) / 2k², b = h + 1.166 (Siegmund 1985, Sequential Analysis).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signals.detectors.judgement import Bools, Days, Floats, Judgement
from signals.detectors.residuals import MEMORY, Residuals

OVERSHOOT = 1.166


@dataclass(frozen=True)
class Cusum:
    """`slack` is k, half the shift, in standard deviations, that is to be found soon."""

    period_days: int = 1
    alpha: float = 0.01
    slack: float = 0.75

    def judge(self, counts: Floats, days: Days, start: int, *, wanted: Bools | None = None) -> Judgement:
        """See signals.detectors.Detector. A period not observed leaves the sum as it is."""
        residuals = Residuals.of(counts, days, start, wanted, self.period_days)
        judged = counts.shape[0] - start
        limit = self._limit(self.alpha)
        carried = np.zeros((judged, counts.shape[1]))
        for n in range(MEMORY - 1):
            z = residuals.z[n : n + judged]
            carried = np.where(np.isnan(z), carried, np.maximum(carried + z - self.slack, 0.0))
            carried[carried > limit] = 0.0
        now = np.where(residuals.wanted, residuals.z[MEMORY - 1 :], np.nan)
        p = np.minimum(1 / self._run_length(np.maximum(carried + now - self.slack, 0.0)), 1.0)

        def bound(alpha: float) -> Floats:
            return residuals.count_at(self._limit(alpha) - carried + self.slack)

        return Judgement(residuals.expected, residuals.variance, p, bound)

    def _run_length(self, limit: Floats) -> Floats:
        turned = 2 * self.slack * (limit + OVERSHOOT)
        return np.asarray((np.exp(np.minimum(turned, 700.0)) - turned - 1) / (2 * self.slack**2))

    def _limit(self, alpha: float) -> float:
        """The S whose p is `alpha`, by bisection."""
        low, high = 0.0, 100.0
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if self._run_length(np.array(middle)) < 1 / alpha else (low, middle)
        return high
