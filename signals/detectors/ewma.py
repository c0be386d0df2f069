"""EWMA: exponentially weighted mean of the baseline's standardised residuals (Roberts 1959).

E = Σ λ(1-λ)^j z(t-j) over the observed ones of MEMORY periods, divided by its standard deviation; p is the normal tail.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from signals.detectors.ears import normal_tail
from signals.detectors.judgement import Bools, Days, Floats, Judgement
from signals.detectors.residuals import MEMORY, Residuals


@dataclass(frozen=True)
class Ewma:
    """`smoothing` is λ: .5 remembers about as long as the outbreaks of docs/detect.md last."""

    period_days: int = 1
    alpha: float = 0.01
    smoothing: float = 0.5

    def judge(self, counts: Floats, days: Days, start: int, *, wanted: Bools | None = None) -> Judgement:
        """See signals.detectors.Detector."""
        residuals = Residuals.of(counts, days, start, wanted, self.period_days)
        judged = counts.shape[0] - start
        carried, variance = np.zeros((judged, counts.shape[1])), np.zeros((judged, counts.shape[1]))
        for n in range(1, MEMORY):
            z = residuals.z[MEMORY - 1 - n : MEMORY - 1 - n + judged]
            weight = self.smoothing * (1 - self.smoothing) ** n
            carried += np.where(np.isnan(z), 0.0, weight * z)
            variance += np.where(np.isnan(z), 0.0, weight**2)
        sd = np.sqrt(variance + self.smoothing**2)
        now = np.where(residuals.wanted, residuals.z[MEMORY - 1 :], np.nan)
        p = normal_tail((self.smoothing * now + carried) / sd)

        def bound(alpha: float) -> Floats:
            quantile = NormalDist().inv_cdf(1 - alpha)
            return residuals.count_at((quantile * sd - carried) / self.smoothing)

        return Judgement(residuals.expected, residuals.variance, p, bound)
