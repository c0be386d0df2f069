"""The regression baseline: what a series' next counts should be, by its own past, its season and the calendar.

  log μ = θ + βt + γ₁ sin + γ₂ cos + holiday + Tuesday … Sunday (daily counts only)

Quasi-Poisson with weak Gaussian priors, fitted to what lies before a guard band and frozen for four weeks. Series of
fewer than two items a week are fitted to weekly blocks. After Farrington et al. 1996 (JRSS-A 159) and Noufaily et al.
2013 (Stat. Med. 32:1206), with the changes of docs/method.md section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signals.calendar import holidays_and_worked, mondays, weekdays
from signals.detectors import glm
from signals.detectors.judgement import Bools, Days, Floats

YEAR = 365.25
SPARSE_PER_WEEK = 2.0
FORBID = 1e8
"""Prior precision that keeps a coefficient at 0."""
TREND_PRECISION, FACTOR_PRECISION = 4.0, 1.0
"""Priors about 0: trend sd .5 a year; season, weekday and holiday factors sd 1."""
SOME_MONDAY = 4
"""Day number of a Monday, from which the four-week spans are counted."""


@dataclass(frozen=True)
class Expectation:
    """What the baseline foresees of each judged row; NaN = no baseline.

    `mean` (reach, judged, series): count of the full period that ends `n` periods before the end of the judged row;
    `length` (judged, series): rows of such a period, 7 where the series is sparse, else 1; `relative`: variance of
    log mean; `dispersion` >= 1: both (judged, series).
    """

    mean: Floats
    length: Days
    relative: Floats
    dispersion: Floats


@dataclass(frozen=True)
class Baseline:
    """`period_days` 1 or 7; the rest in days, save the weeks of observed history: `min_weeks` for any verdict,
    `max_weeks` looked back. The four-week span, the guard band and `max_weeks` together make 1,840 days."""

    period_days: int = 1
    guard_days: int = 14
    refit_weeks: int = 4
    min_weeks: int = 26
    max_weeks: int = 257
    trend_days: int = 364
    season_days: int = 728

    def expect(self, counts: Floats, days: Days, start: int, wanted: Bools, reach: int = 1) -> Expectation:
        """Expectations of the rows from `start` on and of the `reach` - 1 periods before each, from one fit.

        `wanted` (judged, series), False = need not be known; the rest as in signals.detectors.Detector.
        """
        shape = counts.shape[0] - start, counts.shape[1]
        found = Expectation(
            np.full((reach, *shape), np.nan),
            np.ones(shape, dtype=np.int64),
            np.full(shape, np.nan),
            np.full(shape, np.nan),
        )
        if not wanted.any():
            return found
        past = _Past(counts, days, self.period_days)
        anchors = self._anchors(days[start:])
        for anchor in np.unique(anchors[wanted.any(axis=1)]):
            judged = np.flatnonzero(anchors == anchor)
            needed = np.asarray(wanted[judged].any(axis=0), dtype=np.bool_)
            self._fill(past, int(anchor), judged, needed, found)
        return found

    def _anchors(self, days: Days) -> Days:
        """The Monday at which each day's baseline is fitted: every fourth one, the same in every run."""
        week = mondays(days)
        return np.asarray(week - (week - SOME_MONDAY) % (7 * self.refit_weeks))

    def _fill(self, past: _Past, anchor: int, judged: Days, wanted: Bools, found: Expectation) -> None:
        """Fits what the span from `anchor` on needs; `judged`: its rows, from 0."""
        stop = int(np.searchsorted(past.days, anchor - self.guard_days - self.period_days + 1))
        before = slice(max(stop - self.max_weeks * 7 // self.period_days, 0), stop)
        known = past.whole[slice(None), before]
        weeks = known.share.sum(axis=1) * self.period_days / 7
        ready = wanted & (weeks >= self.min_weeks)
        rate = known.counts.sum(axis=1) / np.maximum(weeks, 1e-9)
        sparse = ready & (rate < SPARSE_PER_WEEK) & (self.period_days == 1)
        for chosen, length in ((ready & ~sparse, 1), (sparse, 7)):
            series = np.flatnonzero(chosen)
            if series.size:
                self._predict(past, series, before, judged, length, found)

    def _predict(
        self, past: _Past, series: Days, before: slice, judged: Days, length: int, found: Expectation
    ) -> None:
        """One fit of `series` that share a period of `length` rows, and what it foresees."""
        columns = past.design(int(past.days[before.stop - 1]), weekly=self.period_days * length == 7)
        response = past.response(series, before, length).tamed()
        fit = glm.fit(
            response, _block_means(columns[before], length), self._ridge(response.share, columns, length)
        )
        floor = 0.5 / response.share.sum(
            axis=1
        )  # half an item in all the past: none seen does not mean impossible
        ceiling = (
            np.where(response.share > 0, response.counts, 0.0).max(axis=1) + 1
        )  # trends must stay in range
        rows, at = judged + past.days.size - found.relative.shape[0], np.ix_(judged, series)
        for n in range(found.mean.shape[0] - 1, -1, -1):
            mean, relative = fit.predict(_ending_at(columns, rows - n * length, length))
            found.mean[n][at] = np.clip(mean, floor, ceiling)
            found.relative[at] = relative
        found.dispersion[at], found.length[at] = fit.dispersion, length

    def _ridge(self, share: Floats, columns: Floats, length: int) -> Floats:
        """Prior precisions, (series, p); trend and season are held at 0 until history allows them."""
        known_days = (share > 0).sum(axis=1) * length * self.period_days
        ridge = np.full((share.shape[0], columns.shape[1]), FACTOR_PRECISION)
        ridge[:, 0] = 1e-6
        ridge[:, 1] = np.where(known_days >= self.trend_days, TREND_PRECISION, FORBID)
        ridge[known_days < self.season_days, 2:4] = FORBID
        return ridge


class _Past:
    """The counts handed in, and what is computed once for all fits."""

    def __init__(self, counts: Floats, days: Days, period_days: int) -> None:
        self.days = days
        self._counts = counts
        observed = ~np.isnan(counts.T)
        self.whole = glm.Response.of(np.where(observed, counts.T, 0.0), observed.astype("float64"))
        self._columns = _calendar_columns(days, period_days)

    def design(self, origin: int, *, weekly: bool) -> Floats:
        """(rows, p): 1, trend in years before `origin`, year's sine and cosine, holiday, and Tue … Sun unless
        weekly."""
        columns = self._columns[:, :5].copy() if weekly else self._columns.copy()
        columns[:, 1] = (self.days - origin) / YEAR
        return columns

    def response(self, series: Days, rows: slice, length: int) -> glm.Response:
        """The counts of `series` in `rows`, in blocks of `length` rows counted back from the end; blocks of which
        half or less was observed are left out."""
        if length == 1:
            return self.whole[series, rows]
        counts = self._counts[rows, series]
        blocks = counts[counts.shape[0] % length :].reshape(-1, length, series.size)
        share = (~np.isnan(blocks)).mean(axis=1)
        share = np.where(share > 0.5, share, 0.0)
        total = np.nansum(blocks, axis=1)
        return glm.Response.of(np.where(share > 0, total / np.maximum(share, 1e-9), 0.0).T, share.T.copy())


def _calendar_columns(days: Days, period_days: int) -> Floats:
    """Design columns that do not depend on the fit; a weekend day worked counts as a Monday, and so does a holiday
    but for its own column."""
    angle = 2 * np.pi * days / YEAR
    kinds = [holidays_and_worked(days + n) for n in range(period_days)]
    off, worked = (np.mean([kind[n] for kind in kinds], axis=0) for n in (0, 1))
    weekday = np.where((off > 0) | (worked > 0), 0, weekdays(days))
    columns = [np.ones(days.size), np.zeros(days.size), np.sin(angle), np.cos(angle), off]
    return np.stack(columns + [(weekday == n).astype("float64") for n in range(1, 7)], axis=1)


def _block_means(columns: Floats, length: int) -> Floats:
    if length == 1:
        return columns
    blocks = columns[columns.shape[0] % length :].reshape(-1, length, columns.shape[1])
    return np.asarray(blocks.mean(axis=1), dtype="float64")


def _ending_at(columns: Floats, rows: Days, length: int) -> Floats:
    """Means of the `length` rows that end at each row."""
    if length == 1:
        return columns[np.maximum(rows, 0)]
    return np.stack(
        [columns[max(row - length + 1, 0) : max(row, 0) + 1].mean(axis=0) for row in rows.tolist()]
    )
