"""From daily impulses to the level part, and from a p-value to the surprise part (METHOD section 3).

Arrays are (days, platforms), days without gaps. Kernel g(age): 1 on a plateau, then halves every half-life,
cut to 0 after ten half-lives (g < .001), so that a day's figure rests on a bounded past.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from signals.calendar import Days, mondays

HALF_LIVES = 10
MEDIAN_DAYS = 182
MEDIAN_GUARD_DAYS = 14
MEDIAN_MIN_DAYS = 28
SHRINK_DAYS = 7
DIGITS = 10
"""Sums are rounded here, so that the same day computed in another batch gives the same bits."""

Floats = NDArray[np.float64]


def memory_days(plateau: int, half_life: float) -> int:
    """Age in days from which g is 0."""
    return plateau + int(np.ceil(HALF_LIVES * half_life)) + 1


def kernel(days: int, plateau: int, half_life: float) -> Floats:
    """g(age) for age 0..days-1, in 0..1, never rising."""
    age = np.arange(days, dtype="float64")
    g: Floats = np.exp2(-np.maximum(age - plateau, 0.0) / half_life)
    g[age >= memory_days(plateau, half_life)] = 0.0
    return g


def accumulate(impulses: Floats, plateau: int, half_life: float) -> Floats:
    """Σ v·g(age) for every day and platform, by recursion: plateau sum plus decaying tail.

    Args:    impulses: (days, platforms), >= 0, no NaN (0 = none that day).
    Returns: same shape, >= 0, rounded to DIGITS decimals.
    """
    days = impulses.shape[0]
    end = memory_days(plateau, half_life)
    decay, last = 2.0 ** (-1.0 / half_life), 2.0 ** (-(end - plateau) / half_life)
    total = np.zeros_like(impulses, dtype="float64")
    flat = np.zeros(impulses.shape[1:], dtype="float64")
    tail = flat.copy()
    for day in range(days):
        flat = flat + impulses[day]
        tail = tail * decay
        if day > plateau:
            aged = impulses[day - plateau - 1]
            flat, tail = flat - aged, tail + aged * decay
        if day >= end:
            tail = tail - impulses[day - end] * last
        total[day] = flat + tail
    return np.asarray(np.round(np.maximum(total, 0.0), DIGITS), dtype="float64")


def baseline_median(accumulated: Floats, mass: Floats, days: Days, judged: Days) -> Floats:
    """m of METHOD section 3: median of Σ v·g over 26 weeks that end two weeks before the judged day's Monday.

    Args:    accumulated: (days, platforms); mass: the same kernel summed over observed days, 0 on a day that was
             not observed; days: their day numbers; judged: day numbers among them.
    Returns: (judged, platforms), >= 0, 0 without any history.
    Each past sum is scaled to the judged day's mass: unobserved days are missing, not zero. Until 28 days lie before
    the guard band, the first half of what was observed stands in, trusted by n / (n + 7), so that a much-mentioned
    platform does not begin its history with an alarm.
    """
    medians = np.zeros((judged.size, accumulated.shape[1]))
    young = np.zeros(medians.shape, dtype=np.bool_)
    known = mass > 0
    weeks, row = np.unique(mondays(judged), return_inverse=True)
    for n, monday in enumerate(weeks):
        stop = int(np.clip(monday - MEDIAN_GUARD_DAYS - days[0], 0, days.size))
        window = slice(max(stop - MEDIAN_DAYS, 0), stop)
        count = known[window].sum(axis=0)
        at = row.ravel() == n
        now = _mass_at(mass, int(np.clip(monday - days[0], 0, days.size - 1)))
        medians[at] = _median(accumulated[window], mass[window], now)
        young[at] = count < MEDIAN_MIN_DAYS
    for at_day in np.flatnonzero(young.any(axis=1)):
        row_now = int(judged[at_day] - days[0])
        span = slice(max(row_now - MEDIAN_DAYS - MEDIAN_GUARD_DAYS, 0), row_now + 1)
        new = young[at_day]
        medians[at_day, new] = _first_half(accumulated[span][:, new], mass[span][:, new])
    return medians


def _first_half(accumulated: Floats, mass: Floats) -> Floats:
    """The stand-in of a young history: from the first half of the observed days before the last row, two weeks at
    most left out, shrunk towards 0."""
    observed = np.cumsum(mass[:-1] > 0, axis=0)
    if not observed.size:
        return np.zeros(mass.shape[1])
    total = observed[-1]
    used = total - np.minimum(total // 2, MEDIAN_GUARD_DAYS)
    early = np.where(observed <= used, mass[:-1], 0.0)
    median = _median(accumulated[:-1], early, _mass_at(mass, mass.shape[0] - 1))
    return np.asarray(median * used / (used + SHRINK_DAYS), dtype="float64")


def _mass_at(mass: Floats, row: int) -> Floats:
    """Mass on a day; where that day was not observed, on the last one that was."""
    upto = mass[: row + 1]
    last = upto.shape[0] - 1 - np.argmax(upto[::-1] > 0, axis=0)
    return np.asarray(upto[last, np.arange(mass.shape[1])], dtype="float64")


def _median(values: Floats, mass: Floats, now: Floats) -> Floats:
    """Median by platform of the observed values, each scaled to the mass `now`; 0 where none was observed."""
    known = mass > 0
    count = known.sum(axis=0)
    if values.shape[0] == 0:
        return np.zeros(values.shape[1])
    scaled = np.where(known, values * now / np.where(known, mass, 1.0), np.inf)
    scaled.sort(axis=0)
    column = np.arange(values.shape[1])
    lower, upper = scaled[(count - 1) // 2 * (count > 0), column], scaled[count // 2 * (count > 0), column]
    return np.where(count > 0, (lower + upper) / 2, 0.0)


def observed_mass(observed: NDArray[np.bool_], plateau: int, half_life: float) -> Floats:
    """The kernel summed over observed days, (days, platforms); 0 on a day that was not observed."""
    return np.where(observed, accumulate(observed.astype("float64"), plateau, half_life), 0.0)


def saturation(c: float, median: Floats) -> Floats:
    """c_kp = c·(1 + 4·m): a platform much talked about needs more to stand out."""
    return c * (1 + 4 * median)


def level_part(accumulated: Floats, saturation: Floats) -> Floats:
    """L = 1 − exp(−Σ v·g / c_kp), in 0..1."""
    return -np.expm1(-accumulated / saturation)


def surprise_part(p: Floats) -> Floats:
    """A = clip((−log10 p − 1)/3, 0, .8); 0 where p is NaN (no baseline, or too few items to judge)."""
    with np.errstate(divide="ignore"):
        surprise = (-np.log10(np.clip(p, 1e-300, 1.0)) - 1) / 3
    return np.asarray(np.round(np.nan_to_num(np.clip(surprise, 0.0, 0.8)), DIGITS), dtype="float64")
