"""Standardised residuals of the regression baseline, on which the control charts run.

z = 1.5 (y^⅔ - μ^⅔) / (μ^⅙ √φ'), Anscombe's transform of a count of mean μ and variance φ'μ (Farrington et al. 1996):
nearly normal where (y - μ)/sd is skewed. A chart on a static mean alarms in half of all weeks under a trend; here
trend, season, weekday and holidays are already in μ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signals.detectors.baseline import Baseline
from signals.detectors.judgement import Bools, Days, Floats

MEMORY = 26
"""Periods that a chart remembers. Every judged period looks back as far, however many are judged at once."""


@dataclass(frozen=True)
class Residuals:
    """`z` (MEMORY - 1 + judged, series), NaN where not observed or no baseline; `expected`, `variance`, `wanted`
    (judged, series), NaN where not wanted."""

    z: Floats
    expected: Floats
    variance: Floats
    wanted: Bools

    @staticmethod
    def of(counts: Floats, days: Days, start: int, wanted: Bools | None, period_days: int) -> Residuals:
        """Arguments as in signals.detectors.Detector. Each residual is of the baseline of its own time."""
        judged, series = counts.shape[0] - start, counts.shape[1]
        early = min(MEMORY - 1, start)
        observed = ~np.isnan(counts[start - early :])
        asked = observed[early:] if wanted is None else wanted & observed[early:]
        needed = observed & asked.any(axis=0)
        found = Baseline(period_days).expect(counts, days, start - early, needed)
        mean = np.where(needed, found.mean[0] / found.length, np.nan)
        variance = found.dispersion * mean + found.length * found.relative * mean**2
        z = np.full((MEMORY - 1 + judged, series), np.nan)
        z[MEMORY - 1 - early :] = standardised(counts[start - early :], mean, variance)
        blank = np.where(asked, 0.0, np.nan)
        return Residuals(z, mean[early:] + blank, variance[early:] + blank, asked)

    def count_at(self, z: Floats) -> Floats:
        """The count, whole or not, whose residual is `z`; 0 where none is so low."""
        scale = self.expected ** (1 / 6) * np.sqrt(self.variance / self.expected) / 1.5
        return np.maximum(np.cbrt(self.expected) ** 2 + z * scale, 0.0) ** 1.5


def standardised(counts: Floats, mean: Floats, variance: Floats) -> Floats:
    """Anscombe residuals, see the module."""
    distance = np.cbrt(counts) ** 2 - np.cbrt(mean) ** 2
    return np.asarray(1.5 * distance / (mean ** (1 / 6) * np.sqrt(variance / mean)), dtype="float64")
