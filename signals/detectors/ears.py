"""EARS C1, C2 and C3 (CDC; Fricker, Hegler and Dunfee 2008): moving averages of seven periods.

C1 = (y - mean) / sd of the seven periods before; C2 leaves two periods out between; C3 adds what C2 exceeded 1 by in
each of the two periods before. With `min_sigma` 0 C1 and C2 are those of R's surveillance::earsC, and C3 is that of its
manual; the bound that earsC returns for C3 (version 1.20.3) has the judged count itself where the manual has the mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from signals.detectors.judgement import Bools, Days, Floats, Judgement

BASELINE = 7
C3_TERMS = 3


@dataclass(frozen=True)
class Ears:
    """`lag`: periods left out before the judged one; `terms`: 1, or 3 for C3. p is the normal tail of the statistic.

    `min_sigma`: least standard deviation; .5 is what Burkom advises for sparse series: seven equal counts are no
    certainty. `alpha`: as the CDC has it (R surveillance).
    """

    period_days: int = 1
    lag: int = 0
    terms: int = 1
    alpha: float = 0.001
    min_sigma: float = 0.5

    def judge(self, counts: Floats, days: Days, start: int, *, wanted: Bools | None = None) -> Judgement:
        """See signals.detectors.Detector. Not judged where one of the periods needed was not observed."""
        judged = counts.shape[0] - start
        mean, sigma = self._baseline(counts, start - self.terms + 1)
        seen = _rows(counts, start - self.terms + 1, counts.shape[0])
        with np.errstate(divide="ignore", invalid="ignore"):
            score = (seen - mean) / sigma
        carried = np.zeros((judged, counts.shape[1]))
        for n in range(self.terms - 1):
            carried += np.maximum(score[n : n + judged] - 1, 0.0)
        mean, sigma = mean[self.terms - 1 :] + 0.0 * carried, sigma[self.terms - 1 :] + 0.0 * carried
        statistic = score[self.terms - 1 :]
        if self.terms > 1:
            statistic = np.maximum(statistic - 1, 0.0) + carried
        p = normal_tail(statistic)
        if wanted is not None:
            p[~wanted] = np.nan

        def bound(alpha: float) -> Floats:
            z = NormalDist().inv_cdf(1 - alpha)
            limit = mean + sigma * (z - carried + (self.terms > 1))
            return np.maximum(np.where(carried >= z, 0.0, limit), 0.0)

        return Judgement(mean, sigma**2, p, bound)

    def _baseline(self, counts: Floats, start: int) -> tuple[Floats, Floats]:
        """Mean and standard deviation for each row from `start` (which may be negative) on."""
        stop = counts.shape[0] - self.lag
        shifts = range(1, BASELINE + 1)
        past = np.stack([_rows(counts, start - self.lag - n, stop - n) for n in shifts])
        return past.mean(axis=0), np.maximum(past.std(axis=0, ddof=1), self.min_sigma)


def _rows(counts: Floats, first: int, stop: int) -> Floats:
    """Rows `first` to `stop` - 1; NaN before row 0."""
    missing = np.full((max(min(stop, 0) - first, 0), counts.shape[1]), np.nan)
    return np.vstack([missing, counts[max(first, 0) : max(stop, 0)]])


def normal_tail(z: Floats) -> Floats:
    """P(Z >= z); NaN stays."""
    return np.array([math.erfc(value / math.sqrt(2)) / 2 for value in z.ravel().tolist()]).reshape(z.shape)


def c1(period_days: int = 1) -> Ears:
    """C1-MILD."""
    return Ears(period_days)


def c2(period_days: int = 1) -> Ears:
    """C2-MEDIUM."""
    return Ears(period_days, lag=2)


def c3(period_days: int = 1) -> Ears:
    """C3-HIGH."""
    return Ears(period_days, lag=2, terms=C3_TERMS, alpha=0.025)
