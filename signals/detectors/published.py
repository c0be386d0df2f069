"""The published Farrington algorithms, to be compared with: as R's package surveillance computes them.

`Farrington1996`: algo.farrington (Farrington et al. 1996, JRSS-A 159). `FarringtonFlexible`: farringtonFlexible as in
Noufaily et al. 2013 (ten-level season, 26 weeks left out, weights above 2.58, negative binomial plug-in). Both: five
years back where there are as many, half-window of three periods, limit54 = (5, 4). Checked against surveillance 1.20.3
in tests/signals/test_golden.py.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from signals.detectors import glm
from signals.detectors.ears import normal_tail
from signals.detectors.farrington import MIN_ITEMS, MIN_PERIODS
from signals.detectors.judgement import Bools, Days, Floats, Judgement
from signals.detectors.tails import count_tail, student_tail, upper_count

HALF_WINDOW = 3
YEARS, YEARS_FOR_TREND = 5, 3
MIN_SHARE = 0.5
"""Share of the reference periods that must have been observed."""
ROUNDS = 8
RIDGE = 1e-9
"""Only so that a series of zeros has a solution."""


@dataclass(frozen=True)
class _Model:
    """Arrays (series,): predicted `mean`, its `relative` variance (dispersion included), `dispersion`, and the p
    of the trend (None without one)."""

    mean: Floats
    relative: Floats
    dispersion: Floats
    trend_p: Floats | None


@dataclass(frozen=True)
class _Published:
    """What the two have in common."""

    period_days: int = 1
    alpha: float = 0.005
    outbreak: float = 1.0
    trend_level: float = 0.05
    periods: int = 1
    weeks_left_out: int = 0

    def judge(self, counts: Floats, days: Days, start: int, *, wanted: Bools | None = None) -> Judgement:
        """See signals.detectors.Detector."""
        observed = ~np.isnan(counts[start:])
        wanted = observed if wanted is None else wanted & observed
        mean, relative, spread = (np.full(wanted.shape, np.nan) for _ in range(3))
        for n in np.flatnonzero(wanted.any(axis=1)).tolist():
            series = np.flatnonzero(wanted[n])
            model = self._judge_row(counts[: start + n, series], start + n)
            if model is not None:
                mean[n, series], relative[n, series], spread[n, series] = (
                    model.mean,
                    model.relative,
                    model.dispersion,
                )
        recent = _recent(counts, start)
        enough = recent >= MIN_ITEMS
        seen = counts[start:]
        p = np.where(enough, self._tail(seen, mean, relative, spread), np.nan)
        least = MIN_ITEMS - 1 - (recent - np.where(observed, seen, 0.0))

        def bound(alpha: float) -> Floats:
            return np.maximum(self._bound(mean, relative, spread, alpha), np.maximum(least, 0.0))

        return Judgement(mean, spread * mean + relative * mean**2, p, bound)

    @abstractmethod
    def _tail(self, seen: Floats, mean: Floats, relative: Floats, spread: Floats) -> Floats: ...

    @abstractmethod
    def _bound(self, mean: Floats, relative: Floats, spread: Floats, alpha: float) -> Floats: ...

    def _judge_row(self, past: Floats, row: int) -> _Model | None:
        """One fit for the row after `past` (rows, series); None where a year is not there yet."""
        per_year = 365 if self.period_days == 1 else 52
        years = min(YEARS, (row - HALF_WINDOW) // per_year)
        if years < 1:
            return None
        groups = self._groups(row, per_year, years)
        rows = np.flatnonzero(groups)
        share = (~np.isnan(past[rows])).T.astype("float64")
        response = glm.Response.of(np.nan_to_num(past[rows]).T, share).filled()
        factors = [groups[rows] == level for level in range(1, self.periods)]
        fixed = np.stack([np.ones(rows.size), *factors], axis=1).astype("float64")
        trend = (rows - row)[:, None] / per_year
        with_trend = self._fit(response, np.hstack([fixed, trend]), has_trend=True)
        without = self._fit(response, fixed, has_trend=False)
        assert with_trend.trend_p is not None
        keep = (years >= YEARS_FOR_TREND) & (with_trend.trend_p < self.trend_level)
        keep &= with_trend.mean <= response.counts.max(axis=1)
        known = response.share.mean(axis=1) >= MIN_SHARE
        return _Model(
            np.where(known, np.where(keep, with_trend.mean, without.mean), np.nan)[: past.shape[1]],
            np.where(keep, with_trend.relative, without.relative)[: past.shape[1]],
            np.where(keep, with_trend.dispersion, without.dispersion)[: past.shape[1]],
            None,
        )

    def _groups(self, row: int, per_year: int, years: int) -> Days:
        """The factor level of each past row, 0 = not used; `periods` itself is the level of the season now."""
        groups = np.zeros(row, dtype=np.int64)
        begin = [row - per_year * year for year in range(years + 1)]
        for later, earlier in pairwise(begin):
            groups[earlier - HALF_WINDOW : earlier + HALF_WINDOW + 1] = self.periods
            at, between = earlier + HALF_WINDOW + 1, later - earlier - 2 * HALF_WINDOW - 1
            for level in range(1, self.periods):
                length = between // (self.periods - 1) + (level <= between % (self.periods - 1))
                groups[at : at + length] = level
                at += length
        groups[row - self.weeks_left_out * 7 // self.period_days :] = 0
        return groups

    def _fit(self, response: glm.Response, x: Floats, *, has_trend: bool) -> _Model:
        """Fitted, weighted by standardised Anscombe residuals, fitted again; predicted at x = (1, 0, …)."""
        y, share, parameters = response.counts, response.share, x.shape[1]
        ridge, design = np.full((y.shape[0], parameters), RIDGE), glm.Design(x)
        beta, precision = glm.newton(y, share, design, ridge, glm.start(response, design, ridge), ROUNDS)
        mean = glm.means(beta, x)
        spread = np.maximum(glm.dispersion(y, share, mean, parameters), 1.0)
        hat = share * mean * np.einsum("np,spq,nq->sn", x, np.linalg.inv(precision), x, optimize=True)
        residual = 1.5 * (response.roots * mean ** (-1 / 6) - np.sqrt(mean))
        residual /= np.sqrt(spread[:, None] * np.maximum(1 - hat, 1e-12))
        weight = share / np.where(residual > self.outbreak, residual**2, 1.0)
        weight *= (share.sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-12))[:, None]
        beta, precision = glm.newton(y, weight, design, ridge, beta, ROUNDS)
        raw = glm.dispersion(y, weight, glm.means(beta, x), parameters)
        covariance = np.linalg.inv(precision)
        spread = np.maximum(raw, 1.0)
        trend_p = None
        if has_trend:
            error = np.sqrt(np.maximum(raw * covariance[:, -1, -1], 1e-300))
            freedom = np.maximum(share.sum(axis=1) - parameters, 1.0)
            trend_p = 2 * student_tail(np.abs(beta[:, -1] / error), freedom)
        return _Model(np.exp(beta[:, 0]), spread * covariance[:, 0, 0], spread, trend_p)


@dataclass(frozen=True)
class Farrington1996(_Published):
    """Threshold on the ⅔ power, normal; R's two-sided alpha = .01 is .005 here."""

    def _scale(self, mean: Floats, relative: Floats, spread: Floats) -> Floats:
        return np.asarray(2 / 3 * mean ** (1 / 6) * np.sqrt(spread + relative * mean), dtype="float64")

    def _tail(self, seen: Floats, mean: Floats, relative: Floats, spread: Floats) -> Floats:
        return normal_tail((np.cbrt(seen) ** 2 - np.cbrt(mean) ** 2) / self._scale(mean, relative, spread))

    def _bound(self, mean: Floats, relative: Floats, spread: Floats, alpha: float) -> Floats:
        z = NormalDist().inv_cdf(1 - alpha)
        return np.asarray(
            (np.cbrt(mean) ** 2 + z * self._scale(mean, relative, spread)) ** 1.5, dtype="float64"
        )


@dataclass(frozen=True)
class FarringtonFlexible(_Published):
    """Threshold of a negative binomial with the predicted mean as if it were known."""

    outbreak: float = 2.58
    trend_level: float = 2.0
    """Above 1: the trend stays in, significant or not."""
    periods: int = 10
    weeks_left_out: int = 26

    def _tail(self, seen: Floats, mean: Floats, relative: Floats, spread: Floats) -> Floats:
        return count_tail(seen, mean, spread * mean)

    def _bound(self, mean: Floats, relative: Floats, spread: Floats, alpha: float) -> Floats:
        return upper_count(mean, spread * mean, alpha)


def _recent(counts: Floats, start: int) -> Floats:
    """Items in the last four periods, the judged one included."""
    padded = np.vstack([np.zeros((MIN_PERIODS, counts.shape[1])), np.nan_to_num(counts)])
    rows = np.arange(start, counts.shape[0]) + MIN_PERIODS
    return np.asarray(sum(padded[rows - n] for n in range(MIN_PERIODS)), dtype="float64")
