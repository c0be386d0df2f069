"""EARS C1: the mean of the seven periods before, plus so many standard deviations (CDC; R surveillance
`earsC`)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from signals.detectors.judgement import Bools, Days, Floats, Judgement, blank

BASELINE = 7
MIN_SIGMA = 0.5
"""Least standard deviation, as Burkom advises for sparse series: seven equal counts are no certainty."""


@dataclass(frozen=True)
class EarsC1:
    """Baseline of the seven periods just before the judged one; normal tail of the standardised count."""

    period_days: int = 1

    def judge(self, counts: Floats, days: Days, start: int, *, wanted: Bools | None = None) -> Judgement:
        """See signals.detectors.Detector. Not judged where one of the seven periods was not observed."""
        judged = counts.shape[0] - start
        result = blank(judged, counts.shape[1], normal=True)
        skip = max(BASELINE - start, 0)  # the first rows have no seven before them
        if judged <= skip:
            return result
        rows = np.arange(start + skip, counts.shape[0])
        past = np.stack([counts[rows - n] for n in range(1, BASELINE + 1)])
        mean, sigma = past.mean(axis=0), np.maximum(past.std(axis=0, ddof=1), MIN_SIGMA)
        result.expected[skip:], result.variance[skip:] = mean, sigma**2
        result.p[skip:] = _normal_tail((counts[rows] - mean) / sigma)
        if wanted is not None:
            result.p[~wanted] = np.nan
        return result


def _normal_tail(z: Floats) -> Floats:
    tail = np.full(z.shape, np.nan)
    known = ~np.isnan(z)
    tail[known] = [math.erfc(value / math.sqrt(2)) / 2 for value in z[known].tolist()]
    return tail
