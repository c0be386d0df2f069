"""The simulation of Noufaily et al. 2013 (Stat. Med. 32:1206), weekly, and a daily version with weekdays.

Counts of 624 weeks with mean exp(θ + βt + γ₁cos(2πt/52) + γ₂sin(2πt/52)) and variance φ·mean; seven sets of parameters,
each with and without trend and season: 28 scenarios (the parameters as in the public replication telkamp7/AEDDO,
src/simulation/simulation.R, of the paper's table; scenarios with two harmonics are left out there and here). Four
outbreaks in weeks 313 to 575 with k from {2, 3, 5, 10}; one in weeks 576 to 624 with k from 1 to 10. An outbreak has
Poisson(k·sd) cases, at least one, spread over the weeks after its start by floor(LogNormal(0, .5)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEEKS = 624
TRAINING, TEST = 312, 575
"""Rows (from 0) of the first week that may hold a past outbreak, and of the first test week."""
PAST_OUTBREAKS, PAST_SIZES = 4, (2, 3, 5, 10)
LARGEST = 10
FIRST_DAY = 14_612
"""2010-01-03, a Sunday: the weeks of such data seldom begin on Mondays."""
WEEKDAYS = np.array([1.2, 1.15, 1.1, 1.1, 1.05, 0.75, 0.65])
"""Daily version: each weekday's share of a seventh, Monday first; sums to 7."""


class Scenario(NamedTuple):
    """θ, φ, β (0 without trend), γ₁, γ₂ (0 without season)."""

    theta: float
    phi: float
    beta: float
    gamma1: float
    gamma2: float


_SETS = (
    Scenario(0.1, 1.5, 0.0025, 0.6, 0.6),
    Scenario(-2, 2, 0.005, 0.1, 0.3),
    Scenario(1.5, 1, 0.003, 0.2, -0.4),
    Scenario(0.5, 5, 0.002, 0.5, 0.5),
    Scenario(2.5, 3, 0.001, 1, 0.1),
    Scenario(3.75, 1.1, 0.001, 0.1, -0.1),
    Scenario(5, 1.2, 0.0001, 0.05, 0.01),
)
SCENARIOS = tuple(
    Scenario(s.theta, s.phi, trend * s.beta, season * s.gamma1, season * s.gamma2)
    for s in _SETS
    for trend in (0, 1)
    for season in (0, 1)
)


@dataclass(frozen=True)
class Draw:
    """Arrays (periods, series). `quiet`: counts without the test outbreak; `counts`: with it; `mean`, `phi`
    (series,): the truth; `cases`: of the test outbreak; `k` (series,): its size; `start`: first test row."""

    days: Ints
    quiet: Floats
    cases: Floats
    mean: Floats
    phi: Floats
    k: Ints
    start: int
    period_days: int

    @property
    def counts(self) -> Floats:
        return self.quiet + self.cases


def draw(seed: int, per_scenario: int = 24, *, period_days: int = 7) -> Draw:
    """One draw of 28 · `per_scenario` series."""
    rng = np.random.default_rng(seed)
    scenarios = [scenario for scenario in SCENARIOS for _ in range(per_scenario)]
    per_week = 7 // period_days
    periods = WEEKS * per_week
    mean = np.stack([_mean(scenario, period_days) for scenario in scenarios], axis=1)
    phi = np.array([scenario.phi for scenario in scenarios])
    counts = _counts(rng, mean, phi)
    k = rng.integers(1, LARGEST + 1, len(scenarios))
    cases = np.zeros_like(counts)
    for n in range(len(scenarios)):
        sd = np.sqrt(phi[n] * mean[:, n])
        for size in rng.choice(PAST_SIZES, PAST_OUTBREAKS):
            begin = int(rng.integers(TRAINING * per_week, TEST * per_week))
            _add_outbreak(rng, counts[:, n], begin, size * sd[begin])
        begin = int(rng.integers(TEST * per_week, periods))
        _add_outbreak(rng, cases[:, n], begin, k[n] * sd[begin])
    days = FIRST_DAY + period_days * np.arange(periods)
    return Draw(days, counts, cases, mean, phi, k, TEST * per_week, period_days)


def _mean(scenario: Scenario, period_days: int) -> Floats:
    """Of the week, or of the day: its weekday's part of a seventh."""
    t = np.arange(WEEKS * 7 // period_days) * period_days / 7 + 1
    angle = 2 * np.pi * t / 52
    weekly = np.exp(
        scenario.theta + scenario.beta * t + scenario.gamma1 * np.cos(angle) + scenario.gamma2 * np.sin(angle)
    )
    if period_days == 7:
        return np.asarray(weekly)
    weekday = (FIRST_DAY + np.arange(t.size) + 3) % 7
    return np.asarray(weekly / 7 * WEEKDAYS[weekday])


def _counts(rng: np.random.Generator, mean: Floats, phi: Floats) -> Floats:
    """Negative binomial of variance φ·mean; Poisson where φ is 1."""
    counts = rng.poisson(mean).astype("float64")
    spread = phi > 1
    size = mean[:, spread] / (phi[spread] - 1)
    counts[:, spread] = rng.negative_binomial(size, np.broadcast_to(1 / phi[spread], size.shape))
    return counts


def _add_outbreak(rng: np.random.Generator, counts: Floats, begin: int, expected: float) -> None:
    """Cases beyond the last period are cut off. A draw of no case is drawn again: it would be no outbreak."""
    size = 0
    while size == 0:
        size = int(rng.poisson(expected))
    at = begin + np.floor(rng.lognormal(0.0, 0.5, size)).astype(int)
    np.add.at(counts, at[at < counts.size], 1)
