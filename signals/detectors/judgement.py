"""What a detector hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Days = NDArray[np.int64]


def _unknown(alpha: float) -> Floats:
    raise AssertionError("a judgement of nothing has no bound")


@dataclass(frozen=True)
class Judgement:
    """Arrays (judged periods, series); NaN = not judged (no baseline yet, not observed, or too few items).

    `expected`: mean count of one period by the frozen baseline, >= 0; `variance`: of a new count, > 0;
    `p`: probability of a count as high as the one seen, in [0, 1]; `bound`: upper(alpha), see there.
    """

    expected: Floats
    variance: Floats
    p: Floats
    bound: Callable[[float], Floats] = _unknown

    def upper(self, alpha: float) -> Floats:
        """Highest count of each period that is no alarm at `alpha`, whole or not, at least 0; NaN where there is no
        baseline. A count is an alarm exactly if it is above: p <= alpha, and not zero."""
        return self.bound(alpha)


def alarms(judgement: Judgement, counts: Floats, alpha: float) -> Bools:
    """(judged, series): p <= `alpha`, and something was counted; a period with nothing is never an alarm."""
    return np.asarray((judgement.p <= alpha) & (counts > 0), dtype=np.bool_)


def blank(judged: int, series: int) -> Judgement:
    """A judgement that judges nothing."""
    expected, variance, p, nothing = (np.full((judged, series), np.nan) for _ in range(4))
    return Judgement(expected, variance, p, lambda alpha: nothing)
