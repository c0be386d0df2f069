"""Farrington-type detector: quasi-Poisson regression, frozen baseline, windows of one and two periods
together.

After Farrington et al. 1996 (JRSS-A 159) and Noufaily et al. 2013 (Stat. Med. 32:1206), with METHOD section
4's changes: daily counts with weekday and Chinese-holiday factors, a weakly informed trend and season, and
series of fewer than two items a week judged by rolling weeks. Refitted each Monday from what lies before a
guard band of two weeks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signals.calendar import holidays_and_worked, mondays, weekdays
from signals.detectors import glm
from signals.detectors.judgement import Bools, Days, Floats, Judgement, blank
from signals.detectors.tails import count_tail

YEAR = 365.25
SPARSE_PER_WEEK = 2.0
TWO_WINDOWS = 1.2
"""Price of taking the better of a one- and a two-period window. Bonferroni's 2 is too dear for windows that overlap
and counts that are whole: 1.2 gives .008 to .010 false alarms a week at p < .01 on three draws of 672 series from 28
Noufaily-type scenarios."""
MIN_ITEMS, MIN_PERIODS = 5, 4
FORBID = 1e8
"""Prior precision that keeps a coefficient at 0."""


@dataclass(frozen=True)
class Farrington:
    """See the module. `period_days` 1 or 7; the rest in days, save `min_weeks` and `max_weeks` of observed
    history."""

    period_days: int = 1
    guard_days: int = 14
    min_weeks: int = 26
    max_weeks: int = 260
    trend_days: int = 364
    season_days: int = 728

    def judge(self, counts: Floats, days: Days, start: int, *, wanted: Bools | None = None) -> Judgement:
        """See signals.detectors.Detector."""
        result = blank(counts.shape[0] - start, counts.shape[1])
        counts, days, start = self._padded(counts, days, start)
        wanted = np.ones(result.p.shape, dtype=np.bool_) if wanted is None else wanted
        wanted = wanted & ~np.isnan(counts[start:])
        if days.size == 0 or not wanted.any():
            return result
        weeks = mondays(days[start:])
        for monday in np.unique(weeks[wanted.any(axis=1)]):
            self._judge_week(counts, days, np.flatnonzero(weeks == monday) + start, wanted, result)
        return result

    def _padded(self, counts: Floats, days: Days, start: int) -> tuple[Floats, Days, int]:
        """Six unobserved periods put in front: no observed day is lost where weeks are counted back, so that the
        result does not depend on how much unobserved past is handed in."""
        if self.period_days != 1 or not days.size:
            return counts, days, start
        unobserved = np.full((6, counts.shape[1]), np.nan)
        return np.vstack([unobserved, counts]), np.concatenate([days[0] + np.arange(-6, 0), days]), start + 6

    def _judge_week(self, counts: Floats, days: Days, rows: Days, wanted: Bools, result: Judgement) -> None:
        """Fills `result` for the judged rows of one week, all from one fit."""
        start = counts.shape[0] - wanted.shape[0]
        monday = int(mondays(days[rows[:1]])[0])
        stop = int(np.searchsorted(days, monday - self.guard_days - self.period_days + 1))
        first = max(stop - self.max_weeks * 7 // self.period_days, 0)
        baseline = counts[first:stop]
        observed = ~np.isnan(baseline)
        known_weeks = observed.sum(axis=0) * self.period_days / 7
        ready = wanted[rows - start].any(axis=0) & (known_weeks >= self.min_weeks)
        rate = np.nansum(baseline, axis=0) / np.maximum(known_weeks, 1e-9)
        sparse = ready & (rate < SPARSE_PER_WEEK) & (self.period_days == 1)
        for chosen, length in ((ready & ~sparse, 1), (sparse, 7)):
            series = np.flatnonzero(chosen)
            if series.size:
                part = self._judge_series(counts[:, series], days, slice(first, stop), rows, length)
                at = np.ix_(rows - start, series)
                keep = wanted[at]
                for whole, piece in zip(_arrays(result), _arrays(part), strict=True):
                    whole[at] = np.where(keep, piece, np.nan)

    def _judge_series(
        self, counts: Floats, days: Days, baseline: slice, rows: Days, length: int
    ) -> Judgement:
        """Series that share a period of `length` rows; expected and variance come back per row."""
        past, share = _blocks(counts[baseline], length)
        columns = self._design(days, days[baseline.stop - 1], weekly=self.period_days * length == 7)
        x = _block_means(columns[baseline], length)
        model = glm.fit(past.T, share.T, x, self._ridge(share, x.shape[1], length))
        seen, seen_share = _windows(counts, rows, length)
        before, before_share = _windows(counts, rows - length, length)
        x_now = np.stack([columns[max(row - length + 1, 0) : row + 1].mean(axis=0) for row in rows])
        per_period, relative = model.predict(x_now)
        floor = 0.5 / share.sum(axis=0)  # half an item in the whole past: none seen does not mean impossible
        ceiling = np.where(share > 0, past, 0.0).max(axis=0) + 1  # an extrapolated trend must stay in range
        per_period = np.clip(per_period, floor, ceiling)
        p = [
            _p(seen, per_period * seen_share, relative, model.dispersion),
            _p(seen + before, per_period * (seen_share + before_share), relative, model.dispersion),
        ]
        enough = _recent(counts, rows, length) >= MIN_ITEMS
        best = np.minimum(TWO_WINDOWS * np.fmin(p[0], p[1]), 1.0)
        variance = model.dispersion * per_period + relative * per_period**2
        return Judgement(per_period / length, variance / length, np.where(enough, best, np.nan))

    def _design(self, days: Days, origin: int, *, weekly: bool) -> Floats:
        """(days, p): 1, trend in years before `origin`, year's sine and cosine, holiday, and Tue … Sun when
        daily."""
        angle = 2 * np.pi * days / YEAR
        ones = np.ones(days.size)
        off, worked = _holiday_share(days, self.period_days)
        columns = [ones, (days - origin) / YEAR, np.sin(angle), np.cos(angle), off]
        if not weekly:
            weekday = np.where(
                (off > 0) | (worked > 0), 0, weekdays(days)
            )  # a weekend worked is like a Monday
            columns += [(weekday == n).astype("float64") for n in range(1, 7)]
        return np.stack(columns, axis=1)

    def _ridge(self, share: Floats, parameters: int, length: int) -> Floats:
        """Prior precisions: weekday and holiday factors sd 1, trend sd .5 a year, season sd 1, once history
        allows."""
        known_days = (share > 0).sum(axis=0) * length * self.period_days
        ridge = np.ones((share.shape[1], parameters))
        ridge[:, 0] = 1e-6
        ridge[:, 1] = np.where(known_days >= self.trend_days, 4.0, FORBID)
        ridge[:, 2:4] = np.where(known_days >= self.season_days, 1.0, FORBID)[:, None]
        return ridge


def _arrays(judgement: Judgement) -> tuple[Floats, Floats, Floats]:
    return judgement.expected, judgement.variance, judgement.p


def _holiday_share(days: Days, period_days: int) -> tuple[Floats, Floats]:
    """Share of each period's days that are public holidays, and that are weekend days worked."""
    off, worked = zip(*(holidays_and_worked(days + n) for n in range(period_days)), strict=True)
    return np.mean(off, axis=0), np.mean(worked, axis=0)


def _blocks(counts: Floats, length: int) -> tuple[Floats, Floats]:
    """Baseline in blocks of `length` rows, counted back from its end: count per full block, and share
    observed.

    Blocks of which less than half was observed are left out (share 0).
    """
    rows = counts.shape[0] // length * length
    blocks = counts[counts.shape[0] - rows :].reshape(-1, length, counts.shape[1])
    share = (~np.isnan(blocks)).mean(axis=1)
    share = np.where(share > 0.5, share, 0.0)
    total = np.nansum(blocks, axis=1)
    return np.where(share > 0, total / np.maximum(share, 1e-9), 0.0), share


def _block_means(columns: Floats, length: int) -> Floats:
    rows = columns.shape[0] // length * length
    blocks = columns[columns.shape[0] - rows :].reshape(-1, length, columns.shape[1])
    return np.asarray(blocks.mean(axis=1), dtype="float64")


def _windows(counts: Floats, rows: Days, length: int) -> tuple[Floats, Floats]:
    """Sum and observed share of the `length` rows that end at each row; NaN where half or less was
    observed."""
    stack = np.stack([_row(counts, rows - n) for n in range(length)])
    share = (~np.isnan(stack)).mean(axis=0)
    total = np.where(share > 0.5, np.nansum(stack, axis=0), np.nan)
    return total, share


def _row(counts: Floats, rows: Days) -> Floats:
    return np.where((rows >= 0)[:, None], counts[np.maximum(rows, 0)], np.nan)


def _recent(counts: Floats, rows: Days, length: int) -> Floats:
    """Items in the last four periods, the judged one included."""
    stack = np.stack([_row(counts, rows - n) for n in range(MIN_PERIODS * length)])
    return np.asarray(np.nansum(stack, axis=0), dtype="float64")


def _p(seen: Floats, mean: Floats, relative: Floats, dispersion: Floats) -> Floats:
    return count_tail(seen, mean, dispersion * mean + relative * mean**2)
