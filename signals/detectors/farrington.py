"""Farrington-type detector: the regression baseline, and windows of one and two periods judged together.

After Farrington et al. 1996 (JRSS-A 159) and Noufaily et al. 2013 (Stat. Med. 32:1206), with METHOD section 4's
changes; series of fewer than two items a week are judged by rolling weeks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signals.detectors.baseline import Baseline, Expectation
from signals.detectors.judgement import Bools, Days, Floats, Judgement
from signals.detectors.windows import Windows

MIN_ITEMS, MIN_PERIODS = 5, 4
PADDING = 6
"""Rows put in front of daily counts, so that no observed day is lost where weeks are counted back."""


@dataclass(frozen=True)
class Farrington:
    """See the module. `windows`: how many windows, of 1, 2, … periods; `price`: factor on the least p of them.

    Two windows need no price: counts are whole, and the longer one counts only where the newest period is unusual too.
    That gives .009 false alarms a week on draws of two kinds of Noufaily's scenarios, none of them those of
    docs/detect.md.
    """

    period_days: int = 1
    alpha: float = 0.01
    windows: int = 2
    price: float = 1.0

    def judge(self, counts: Floats, days: Days, start: int, *, wanted: Bools | None = None) -> Judgement:
        """See signals.detectors.Detector."""
        judged = counts.shape[0] - start
        counts, days = self._padded(counts, days)
        start = counts.shape[0] - judged
        observed = ~np.isnan(counts[start:])
        wanted = observed if wanted is None else wanted & observed
        expected = Baseline(self.period_days).expect(counts, days, start, wanted, self.windows)
        windows = self._windows(counts, expected, wanted)
        p = windows.p()
        rate = np.where(wanted, expected.mean[0] / expected.length, np.nan)
        variance = expected.dispersion * rate + expected.length * expected.relative * rate**2
        return Judgement(rate, variance, p, windows.upper)

    def _padded(self, counts: Floats, days: Days) -> tuple[Floats, Days]:
        if self.period_days != 1 or not days.size:
            return counts, days
        unobserved = np.full((PADDING, counts.shape[1]), np.nan)
        return np.vstack([unobserved, counts]), np.concatenate([days[0] + np.arange(-PADDING, 0), days])

    def _windows(self, counts: Floats, expected: Expectation, wanted: Bools) -> Windows:
        """Windows of 1, 2, … periods that end at each judged row; one with an unobserved period is not judged, and
        what was observed of a rolling week stands for the week."""
        sums = _Sums(counts, wanted.shape[0])
        seen, mean = [], []
        total = before = np.zeros(wanted.shape)
        for n in range(self.windows):
            items, share = sums.period(expected.length, n)
            total = total + np.where(wanted & (share > 0.5), items, np.nan)
            before = before + expected.mean[n] * share
            seen.append(total)
            mean.append(before)
        means = np.stack(mean)
        variance = expected.dispersion * means + expected.relative * means**2
        recent = sums.last(MIN_PERIODS * expected.length)
        now = counts[-wanted.shape[0] :] if wanted.shape[0] else np.zeros(wanted.shape)
        return Windows(
            np.stack(seen), means, variance, np.where(wanted, now, np.nan), recent, MIN_ITEMS, self.price
        )


class _Sums:
    """Items and observed rows in any window that ends at or before a judged row."""

    def __init__(self, counts: Floats, judged: int) -> None:
        observed = ~np.isnan(counts)
        nothing = np.zeros((1, counts.shape[1]))
        self._items = np.cumsum(np.vstack([nothing, np.where(observed, counts, 0.0)]), axis=0)
        self._rows = np.cumsum(np.vstack([nothing, observed]), axis=0)
        self._end = np.arange(counts.shape[0] - judged, counts.shape[0])[:, None] + 1
        self._series = np.arange(counts.shape[1])

    def _between(self, totals: Floats, first: Days, stop: Days) -> Floats:
        first, stop = np.maximum(first, 0), np.maximum(stop, 0)
        return np.asarray(totals[stop, self._series] - totals[first, self._series])

    def period(self, length: Days, n: int) -> tuple[Floats, Floats]:
        """Items, and observed share, of the period of `length` rows that ends `n` periods before each judged one's
        end."""
        stop = self._end - n * length
        return (
            self._between(self._items, stop - length, stop),
            self._between(self._rows, stop - length, stop) / length,
        )

    def last(self, length: Days) -> Floats:
        """Items of the last `length` rows."""
        return self._between(self._items, self._end - length, self._end)
