"""All figures of one warning method, as weighted sums over platforms: the bootstrap only changes the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from signals.evaluation.failures import Failures
from signals.evaluation.grid import Bools, Floats, Ints
from signals.evaluation.outcomes import HORIZON, Outcomes
from signals.evaluation.ranking import Ranking
from signals.evaluation.usefulness import PREFERENCES, Confusion
from signals.evaluation.weeks import Weeks

YEAR = 365.25
COUNTS = (
    "failures",
    "hits",
    "lead_over_90",
    "exposure_days",
    "episodes",
    "false_alarms",
    "early_episodes",
    "undecided_episodes",
    "platform_weeks",
)
"""Metrics that are numbers of things: they get no interval."""


class Measured(NamedTuple):
    """A value and how many things it rests on: failures, hits, exposure days or platform-weeks."""

    value: float
    n: float


@dataclass(frozen=True)
class Weekly:
    """The alarms of the platform-weeks by platform, and the ranking of their scores (None: not asked for)."""

    platform: Ints
    hit: Floats
    false: Floats
    missed: Floats
    calm: Floats
    ranking: Ranking | None


def weekly(kept: Weeks, alarm: Bools, platforms: int, ranking: Ranking | None) -> Weekly:
    """Counts of weeks in alarm or not, before a failure or not; `alarm`: per week."""

    def count(mask: Bools) -> Floats:
        return np.bincount(kept.platform[mask], minlength=platforms).astype(np.float64)

    label = kept.label
    return Weekly(
        kept.platform, count(alarm & label), count(alarm & ~label), count(~alarm & label),
        count(~alarm & ~label), ranking,
    )  # fmt: skip


class Measures:
    """Figures of one method; `of(weight)` gives them with each platform counted `weight` times."""

    def __init__(self, judged: Outcomes, weeks: Weekly, failures: Failures) -> None:
        self._judged, self._weeks, self._failures = judged, weeks, failures
        self._reasons = sorted({_reason(failures, p) for p in np.flatnonzero(failures.judged).tolist()})
        self._reason = np.array([_reason(failures, p) for p in range(len(failures.reason))], dtype=object)

    def of(self, weight: Ints) -> dict[str, Measured]:
        """Metric -> value; NaN where there is nothing to divide by."""
        return dict([*self._warned(weight), *self._cost(weight), *self._weekly(weight)])

    def _warned(self, weight: Ints) -> Iterator[tuple[str, Measured]]:
        judged = self._failures.judged
        yield "failures", _plain((weight * judged).sum())
        yield "hits", _plain((weight * (judged & self._judged.hit)).sum())
        yield from self._pod("", judged, weight)
        over = judged & self._judged.hit & (np.nan_to_num(self._judged.lead) > HORIZON)
        yield "lead_over_90", _plain((weight * over).sum())
        for reason in self._reasons:
            yield from self._pod(f"[{reason}]", judged & (self._reason == reason), weight)

    def _pod(self, suffix: str, chosen: Bools, weight: Ints) -> Iterator[tuple[str, Measured]]:
        number = float((weight * chosen).sum())
        hit = chosen & self._judged.hit
        hits = float((weight * hit).sum())
        yield f"pod{suffix}", Measured(_ratio(hits, number), number)
        lead = np.repeat(np.minimum(self._judged.lead[hit], HORIZON), weight[hit])
        quartiles = np.quantile(lead, (0.25, 0.5, 0.75)) if lead.size else np.full(3, np.nan)
        names = ("lead_q1", "lead_median", "lead_q3") if not suffix else ("", f"lead_median{suffix}", "")
        for name, value in zip(names, quartiles, strict=True):
            if name:
                yield name, Measured(float(value), hits)

    def _cost(self, weight: Ints) -> Iterator[tuple[str, Measured]]:
        judged = self._judged
        days = float((weight * judged.exposure).sum())
        years = days / YEAR
        false = float((weight * judged.false).sum())
        undecided = float((weight * judged.undecided).sum())
        started = float((weight * judged.started).sum())
        alarm_days = float((weight * judged.alarm_days).sum())
        yield "exposure_days", _plain(days)
        yield "episodes", _plain(started)
        yield "false_alarms", _plain(false)
        yield "early_episodes", _plain((weight * judged.early).sum())
        yield "undecided_episodes", _plain(undecided)
        yield "false_alarms_per_platform_year", Measured(_ratio(false, years), days)
        yield "false_alarms_per_platform_year_upper", Measured(_ratio(false + undecided, years), days)
        yield "episodes_per_platform_year", Measured(_ratio(started, years), days)
        yield "alarm_day_share", Measured(_ratio(alarm_days, days), days)

    def _weekly(self, weight: Ints) -> Iterator[tuple[str, Measured]]:
        weeks = self._weeks
        cells = (float(weight @ part) for part in (weeks.hit, weeks.false, weeks.missed, weeks.calm))
        found = Confusion(*cells)
        number = found.hit + found.false + found.missed + found.calm
        yield "platform_weeks", _plain(number)
        yield "prevalence", Measured(_ratio(found.hit + found.missed, number), number)
        if weeks.ranking is not None:
            auroc, auprc = weeks.ranking.areas(weight[weeks.platform])
            yield "auroc", Measured(auroc, number)
            yield "auprc", Measured(auprc, number)
        yield "week_hit_rate", Measured(found.hit_rate, found.hit + found.missed)
        yield "week_false_rate", Measured(found.false_rate, found.false + found.calm)
        yield "nsr", Measured(found.noise_to_signal, number)
        for preference in PREFERENCES:
            yield f"usefulness@{preference:g}", Measured(found.usefulness(preference), number)


def intervals(
    measures: Measures, platforms: int, draws: int, rng: np.random.Generator
) -> Mapping[str, tuple[float, float]]:
    """95 % bootstrap intervals, drawing whole platforms with replacement; draws in which a metric has no value are
    left out of its interval."""
    drawn: dict[str, list[float]] = {}
    for _ in range(draws):
        weight = np.bincount(rng.integers(platforms, size=platforms), minlength=platforms).astype(np.int64)
        for name, measured in measures.of(weight).items():
            drawn.setdefault(name, []).append(measured.value)
    return {name: spread(values) for name, values in drawn.items() if name not in COUNTS}


def spread(values: list[float]) -> tuple[float, float]:
    """2.5 and 97.5 % quantiles of what is known; NaN where fewer than half of the draws know."""
    known = np.array([value for value in values if not np.isnan(value)])
    if 2 * known.size <= len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(known, (0.025, 0.975))
    return float(low), float(high)


def _reason(failures: Failures, platform: int) -> str:
    return failures.reason[platform] or "未注明"


def _plain(number: float) -> Measured:
    return Measured(float(number), float(number))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
