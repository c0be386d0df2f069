"""What a detector hands back."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from signals.detectors.tails import upper_count

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Days = NDArray[np.int64]

ALPHA = 0.01
"""Default false-alarm probability of `upper`."""


@dataclass(frozen=True)
class Judgement:
    """Arrays (judged periods, series); NaN = not judged (no baseline yet, not observed, or too few items).

    `expected`: mean count of one period by the frozen baseline, >= 0; `variance`: of a new count, >=
    expected; `p`: probability of a count as high as the one seen, in [0, 1].
    """

    expected: Floats
    variance: Floats
    p: Floats
    normal: bool = False
    """Whether p is of the normal distribution rather than of whole counts."""

    def upper(self, alpha: float = ALPHA) -> Floats:
        """Highest count that is no alarm at `alpha`: P(Y > upper) <= alpha. NaN where not judged."""
        if self.normal:
            return self.expected + NormalDist().inv_cdf(1 - alpha) * np.sqrt(self.variance)
        return upper_count(self.expected, self.variance, alpha)


def blank(judged: int, series: int, *, normal: bool = False) -> Judgement:
    """A judgement that judges nothing, to be filled in."""
    expected, variance, p = (np.full((judged, series), np.nan) for _ in range(3))
    return Judgement(expected, variance, p, normal)
