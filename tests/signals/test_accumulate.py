"""Level part and surprise part (METHOD section 3)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.accumulate import (
    accumulate,
    baseline_median,
    kernel,
    level_part,
    memory_days,
    observed_mass,
    saturation,
    surprise_part,
)

MONDAY = 20_150 - (20_150 + 3) % 7


@settings(deadline=None)
@given(st.integers(0, 30), st.floats(1, 40), st.integers(0, 2**32 - 1))
def test_recursion_equals_the_kernel_sum(plateau: int, half_life: float, seed: int) -> None:
    """Σ v·g(age) by recursion is the same as by definition, cut-off included."""
    days = memory_days(plateau, half_life) + 20
    impulses = np.random.default_rng(seed).poisson(0.2, (days, 1)).astype(float)
    g = kernel(days, plateau, half_life)
    expected = sum(impulses[age_to] * g[days - 1 - age_to] for age_to in range(days))
    assert accumulate(impulses, plateau, half_life)[-1] == pytest.approx(expected, abs=1e-8)


def test_kernel_has_plateau_then_halves() -> None:
    """g is 1 on the plateau and one half a half-life later."""
    assert kernel(40, 7, 21)[[0, 7, 28]] == pytest.approx([1, 1, 0.5])


def history(level: float, days: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A constant accumulated sum, fully observed, and its day numbers, ending on a Sunday."""
    numbers = np.arange(MONDAY - days, MONDAY + 7)
    return np.full((numbers.size, 1), level), np.ones((numbers.size, 1)), numbers


def test_median_is_that_of_26_weeks_before_the_guard_band() -> None:
    """What happens in the last two weeks leaves the allowance alone."""
    accumulated, mass, days = history(2.0)
    accumulated[-21:] = 50.0
    assert baseline_median(accumulated, mass, days, days[-7:]).ravel() == pytest.approx([2.0] * 7)


def test_median_is_frozen_through_the_week() -> None:
    """Every day of a week gets Monday's figure."""
    accumulated, mass, days = history(0.0)
    accumulated[:, 0] = np.arange(days.size)
    assert np.unique(baseline_median(accumulated, mass, days, days[-7:])).size == 1


def test_no_history_no_allowance() -> None:
    """On the very first day m is 0."""
    assert baseline_median(np.ones((1, 1)), np.ones((1, 1)), np.array([MONDAY]), np.array([MONDAY])) == 0


def test_a_busy_platform_does_not_start_with_an_alarm() -> None:
    """Steady mentions from the first day keep the level part of every index low from the second week on."""
    days = np.arange(MONDAY, MONDAY + 120)
    impulses = np.full((120, 1), 0.5)
    accumulated = accumulate(impulses, 14, 60)
    mass = observed_mass(np.ones((120, 1), dtype=bool), 14, 60)
    level = level_part(accumulated, saturation(0.8, baseline_median(accumulated, mass, days, days)))
    assert level[14:].max() < 0.45
    assert level[90:].max() < 0.3


def test_unobserved_days_are_missing_not_zero() -> None:
    """Half of the past unobserved gives the same allowance as all of it observed, at equal rates."""
    days = np.arange(MONDAY - 400, MONDAY + 7)
    seen = (np.arange(days.size) % 2 == 0)[:, None]
    full = accumulate(np.ones((days.size, 1)), 0, 7)
    half = accumulate(seen.astype(float), 0, 7)
    judged = days[-7:]
    whole = baseline_median(full, observed_mass(np.ones_like(seen), 0, 7), days, judged)
    part = baseline_median(half, observed_mass(seen, 0, 7), days, judged)
    assert part == pytest.approx(whole / 2, rel=0.1)  # of the same share observed


def test_household_name_at_its_median_stays_low() -> None:
    """L tends to 1 − exp(−1/(4c)) for a platform at its own large median."""
    median = np.array([[1e6]])
    assert level_part(median, saturation(1.0, median)) == pytest.approx(1 - np.exp(-0.25), abs=1e-6)


@pytest.mark.parametrize(("p", "a"), [(1.0, 0), (0.1, 0), (0.01, 1 / 3), (1e-5, 0.8), (0.0, 0.8)])
def test_surprise_follows_the_p_value(p: float, a: float) -> None:
    """A = clip((−log10 p − 1)/3, 0, .8)."""
    assert surprise_part(np.array([p])) == pytest.approx([a])


def test_nothing_judged_is_no_surprise() -> None:
    """p NaN gives A = 0."""
    assert surprise_part(np.array([np.nan])).tolist() == [0.0]
