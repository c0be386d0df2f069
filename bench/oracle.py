"""Detectors that are told the true mean and dispersion: what no detector that must learn them can rely on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.noufaily import Draw
from signals.detectors.tails import count_tail

Floats = NDArray[np.float64]


def one_window(draw: Draw, counts: Floats) -> Floats:
    """P(Y >= count) of each test period, (test periods, series)."""
    mean = draw.mean[draw.start :]
    return count_tail(counts[draw.start :], mean, draw.phi * mean)


def two_windows(draw: Draw, counts: Floats) -> Floats:
    """The lesser of one_window and the same for the sum with the period before."""
    mean = draw.mean[draw.start :] + draw.mean[draw.start - 1 : -1]
    seen = counts[draw.start :] + counts[draw.start - 1 : -1]
    return np.minimum(one_window(draw, counts), count_tail(seen, mean, draw.phi * mean))


def threshold(p: Floats, rate: float) -> float:
    """The highest p at which no more than `rate` of the values alarm (p <= it)."""
    values = np.sort(p.ravel())
    allowed = int(np.floor(rate * values.size))
    below = values[values < values[allowed]]
    return float(below[-1]) if below.size else 0.0
