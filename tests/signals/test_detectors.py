"""Count tails, the batch regression, and the detectors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.detectors import UnknownDetector, alarms, create, glm
from signals.detectors.tails import (
    LARGE,
    count_tail,
    log_gamma,
    negative_binomial_tail,
    poisson_tail,
    student_tail,
    upper_count,
)

MONDAY = 20_150 - (20_150 + 3) % 7


def exact_poisson(k: int, mean: float) -> float:
    """P(Y >= k) by summing the probabilities."""
    return math.fsum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(k, k + 2000))


def exact_negative_binomial(k: int, mean: float, size: float) -> float:
    """P(Y >= k) by summing the probabilities."""
    x = mean / (size + mean)
    return math.fsum(
        math.exp(
            math.lgamma(n + size)
            - math.lgamma(size)
            - math.lgamma(n + 1)
            + n * math.log(x)
            + size * math.log1p(-x)
        )
        for n in range(k, k + 6000)
    )


@settings(deadline=None)
@given(st.integers(0, 200), st.floats(0.01, 150))
def test_poisson_tail_equals_the_sum(k: int, mean: float) -> None:
    """Against the exact sum, in the far tail too."""
    assert float(poisson_tail(np.array([k]), np.array([mean]))[0]) == pytest.approx(
        exact_poisson(k, mean), rel=1e-8, abs=1e-13
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 120), st.floats(0.05, 80), st.floats(0.2, 50))
def test_negative_binomial_tail_equals_the_sum(k: int, mean: float, size: float) -> None:
    """Against the exact sum."""
    tail = float(negative_binomial_tail(np.array([k]), np.array([mean]), np.array([size]))[0])
    assert tail == pytest.approx(exact_negative_binomial(k, mean, size), rel=1e-7, abs=1e-12)


@settings(deadline=None)
@given(st.floats(1e-3, 1e5))
def test_log_gamma(x: float) -> None:
    """Against the standard library's."""
    assert float(log_gamma(np.array([x]))[0]) == pytest.approx(math.lgamma(x), rel=1e-10, abs=1e-10)


def test_count_tail_takes_poisson_where_variance_is_the_mean() -> None:
    """No overdispersion: Poisson."""
    tails = count_tail(np.array([7.0, 7.0]), np.array([3.0, 3.0]), np.array([3.0, 6.0]))
    assert tails == pytest.approx([exact_poisson(7, 3.0), exact_negative_binomial(7, 3.0, 3.0)])


def test_upper_is_the_last_count_without_alarm() -> None:
    """P(Y > upper) <= alpha < P(Y > upper − 1)."""
    mean, variance = np.array([0.2, 3.0, 80.0]), np.array([0.2, 9.0, 200.0])
    upper = upper_count(mean, variance, 0.01)
    assert (count_tail(upper + 1, mean, variance) <= 0.01).all()
    assert (count_tail(upper, mean, variance) > 0.01).all()


@settings(max_examples=60, deadline=None)
@given(st.floats(0.02, 500), st.floats(1.0, 20.0), st.sampled_from([0.2, 0.01, 0.005, 1e-4]))
def test_upper_of_any_count_distribution(mean: float, spread: float, alpha: float) -> None:
    """The smallest whole number, whatever the first guess."""
    m, v = np.array([mean]), np.array([mean * spread])
    upper = upper_count(m, v, alpha)
    assert float(count_tail(upper + 1, m, v)[0]) <= alpha
    assert upper[0] == 0 or float(count_tail(upper, m, v)[0]) > alpha


def test_a_tail_does_not_depend_on_its_neighbours() -> None:
    """One value alone, or among ten thousand others: the same bits."""
    rng = np.random.default_rng(8)
    k, mean = rng.poisson(9.0, 10_000).astype(float), rng.uniform(0.1, 60.0, 10_000)
    variance = np.where(np.arange(10_000) % 3, mean * 2.5, mean)
    whole = count_tail(k, mean, variance)
    some = slice(4000, 4007)
    assert count_tail(k[some], mean[some], variance[some]).tolist() == whole[some].tolist()


@pytest.mark.parametrize(
    ("t", "freedom", "p"), [(0.0, 5.0, 0.5), (2.0345153, 33.0, 0.025), (12.706205, 1.0, 0.025)]
)
def test_student_tail(t: float, freedom: float, p: float) -> None:
    """Against printed tables of Student's distribution."""
    assert float(student_tail(np.array([t]), np.array([freedom]))[0]) == pytest.approx(p, rel=1e-5)


def test_regression_finds_the_group_means() -> None:
    """With one dummy and no ridge the fitted means are the groups' means."""
    x = np.column_stack([np.ones(60), np.arange(60) % 2])
    counts = np.where(np.arange(60) % 2, 8.0, 2.0)[None, :]
    fit = glm.fit(glm.Response.of(counts, np.ones_like(counts)), x, np.full((1, 2), 1e-9))
    mean, _ = fit.predict(np.array([[1.0, 0.0], [1.0, 1.0]]))
    assert mean.ravel() == pytest.approx([2.0, 8.0], rel=1e-6)


def test_regression_of_a_series_does_not_depend_on_the_others() -> None:
    """Batches may be cut anywhere."""
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(200), rng.normal(size=200)])
    counts = rng.poisson(4.0, (300, 200)).astype(float)
    ridge = np.full((300, 2), 1e-3)
    response = glm.Response.of(counts, np.ones_like(counts))
    whole, part = (glm.fit(response[slice(n), slice(None)], x, ridge[:n]).beta[:2] for n in (300, 2))
    assert whole.tolist() == part.tolist()


def weekday_counts(days: int = 371, mean: float = 6.0, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """(counts (days, 1), day numbers): Poisson counts, half as many at weekends, ending on a Sunday."""
    numbers = np.arange(MONDAY - days + 7, MONDAY + 7)
    means = np.where((numbers + 3) % 7 >= 5, mean / 2, mean)
    return np.random.default_rng(seed).poisson(means).astype(float)[:, None], numbers


def test_farrington_sees_a_burst() -> None:
    """Five times the usual count is a surprise, the days before are not."""
    counts, days = weekday_counts()
    counts[-1] = 30
    p = create("farrington").judge(counts, days, counts.shape[0] - 7).p.ravel()
    assert p[-1] < 1e-4
    assert np.median(p[:-1]) > 0.05


def test_farrington_learns_the_weekday() -> None:
    """Weekends at half the rate are expected at half the rate."""
    counts, days = weekday_counts(days=735)
    expected = create("farrington").judge(counts, days, counts.shape[0] - 7).expected.ravel()
    assert expected[:5].mean() == pytest.approx(6.0, rel=0.15)
    assert expected[5:].mean() == pytest.approx(3.0, rel=0.2)


def test_farrington_needs_26_weeks() -> None:
    """A shorter history judges nothing."""
    counts, days = weekday_counts(days=26 * 7 + 7)
    assert np.isnan(create("farrington").judge(counts, days, counts.shape[0] - 7).p).all()


def test_farrington_ignores_handfuls() -> None:
    """Fewer than five items in four days are never a surprise."""
    counts, days = weekday_counts(mean=0.6)
    counts[-8:] = 0
    counts[-1] = 4
    assert np.isnan(create("farrington").judge(counts, days, counts.shape[0] - 1).p).all()


def test_the_baseline_never_holds_the_days_it_judges() -> None:
    """Neither the judged week nor the guard band of two weeks moves the expectation."""
    counts, days = weekday_counts()
    before = create("farrington").judge(counts, days, counts.shape[0] - 7).expected
    counts[-21:] += 40
    after = create("farrington").judge(counts, days, counts.shape[0] - 7).expected
    assert after.tolist() == before.tolist()


def test_past_outbreaks_are_down_weighted() -> None:
    """A week of tenfold counts last spring hardly raises the expectation."""
    counts, days = weekday_counts()
    calm = create("farrington").judge(counts, days, counts.shape[0] - 7).expected.mean()
    counts[-150:-143] += 60
    shaken = create("farrington").judge(counts, days, counts.shape[0] - 7).expected.mean()
    assert shaken < 1.25 * calm


@pytest.mark.parametrize(("period", "bulk"), [(7, 200), (7, 5000), (1, 500), (1, 100_000)])
def test_a_bulk_entry_does_not_hide_what_follows(period: int, bulk: int) -> None:
    """One period into which a register wrote months at once: the upper bound of later ones stays where it was."""
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 5, (220, 1)).astype("float64") if period == 7 else weekday_counts(700)[0]
    days = 17_000 + period * np.arange(counts.shape[0])
    detector = create("farrington", period_days=period)
    start = counts.shape[0] - 30
    calm = detector.judge(counts, days, start).upper(0.01)
    counts[start - 60] = bulk
    shaken = detector.judge(counts, days, start).upper(0.01)
    assert (shaken <= 2 * calm + 3).all()
    assert (shaken >= calm - 3).all()


@pytest.mark.parametrize("mean", [2e5, 2e6, 3e8])
def test_large_counts_are_judged_like_others(mean: float) -> None:
    """Half as much again is found, a week like all others is not."""
    rng = np.random.default_rng(4)
    counts = np.round(mean * (1 + 0.02 * rng.standard_normal((150, 1))))
    counts[-1] = round(1.5 * mean)
    found = create("farrington", period_days=7).judge(counts, 17_000 + 7 * np.arange(150), 140)
    assert found.p[-1, 0] < 1e-6
    assert np.median(found.p[:-1]) > 0.05
    np.testing.assert_allclose(found.expected[:, 0], mean, rtol=0.05)


@pytest.mark.parametrize("variance", [1.0, 5.0, 400.0])
def test_the_tail_of_large_counts_joins_the_exact_one(variance: float) -> None:
    """Just below and just above the mean from which on a formula stands for the sum."""
    mean = np.array([LARGE * 0.999, LARGE * 1.001])
    k = np.round(mean + 2.3 * np.sqrt(variance * mean))
    exact, formula = count_tail(k, mean, variance * mean)
    assert formula == pytest.approx(exact, rel=0.02)


def test_an_unobserved_day_is_not_judged() -> None:
    """Missing is not zero, and no verdict either."""
    counts, days = weekday_counts()
    counts[-2] = np.nan
    p = create("farrington").judge(counts, days, counts.shape[0] - 7).p.ravel()
    assert np.isnan(p[-2])
    assert not np.isnan(p[-1])


def test_missing_days_do_not_lower_the_expectation() -> None:
    """A month of outage in the baseline is left out, not counted as calm."""
    counts, days = weekday_counts(days=735)
    whole = create("farrington").judge(counts, days, counts.shape[0] - 7).expected.mean()
    counts[300:330] = np.nan
    holed = create("farrington").judge(counts, days, counts.shape[0] - 7).expected.mean()
    assert holed == pytest.approx(whole, rel=0.05)


def test_sparse_series_are_judged_by_the_week() -> None:
    """One item a fortnight; six in a week are a surprise, though no day has more than one."""
    rng = np.random.default_rng(2)
    days = np.arange(MONDAY - 728, MONDAY + 7)
    counts = (rng.random((days.size, 1)) < 1 / 14).astype(float)
    counts[-6:] = 1
    verdict = create("farrington").judge(counts, days, counts.shape[0] - 1)
    assert verdict.p.item() < 0.001
    assert verdict.expected.item() == pytest.approx(1 / 14, rel=0.6)


def test_more_unobserved_past_changes_nothing() -> None:
    """The verdict does not depend on where the empty beginning of a series was cut."""
    counts, days = weekday_counts(mean=0.2)
    counts[-7:] = 1
    short = create("farrington").judge(counts, days, counts.shape[0] - 1)
    longer = np.vstack([np.full((9, 1), np.nan), counts])
    numbers = np.arange(days[0] - 9, days[-1] + 1)
    padded = create("farrington").judge(longer, numbers, longer.shape[0] - 1)
    assert padded.p.item() == pytest.approx(short.p.item(), rel=1e-9)


def test_weekly_counts() -> None:
    """Period of seven days: five times the usual week is a surprise."""
    rng = np.random.default_rng(4)
    counts = rng.poisson(10.0, (200, 2)).astype(float)
    counts[-1, 0] = 50
    days = MONDAY + 7 * np.arange(-199, 1)
    p = create("farrington", 7).judge(counts, days, 199).p
    assert p[0, 0] < 1e-5
    assert p[0, 1] > 0.01


def test_false_alarms_keep_their_promise() -> None:
    """At p < .01 about one quiet period in a hundred alarms."""
    rng = np.random.default_rng(11)
    counts = rng.negative_binomial(4.0, 0.4, (260, 150)).astype(float)
    p = create("farrington", 7).judge(counts, MONDAY - 7 * np.arange(260)[::-1], 240).p
    assert 0.003 < (p < 0.01).mean() < 0.02


def test_ears_c1_is_mean_plus_deviations() -> None:
    """Baseline of the seven days before; normal tail."""
    counts = np.array([3, 5, 4, 6, 2, 4, 4, 12], dtype=float)[:, None]
    verdict = create("ears_c1").judge(counts, np.arange(8), 7)
    z = (12 - 4) / np.std([3, 5, 4, 6, 2, 4, 4], ddof=1)
    assert verdict.expected.item() == pytest.approx(4.0)
    assert verdict.p.item() == pytest.approx(math.erfc(z / math.sqrt(2)) / 2)


def test_ears_c1_draws_its_line_at_three_deviations() -> None:
    """upper at alpha = 1 − Φ(3) is the mean plus three standard deviations."""
    counts = np.array([3, 5, 4, 6, 2, 4, 4, 12], dtype=float)[:, None]
    upper = create("ears_c1").judge(counts, np.arange(8), 7).upper(math.erfc(3 / math.sqrt(2)) / 2)
    assert upper.item() == pytest.approx(4 + 3 * np.std(counts[:7], ddof=1))


def test_ears_c1_needs_seven_observed_days() -> None:
    """Too early, or a hole among the seven: not judged."""
    counts = np.full((12, 1), 4.0)
    counts[2] = np.nan
    p = create("ears_c1").judge(counts, np.arange(12), 0).p.ravel()
    assert np.isnan(p[:10]).all()
    assert not np.isnan(p[10:]).any()


def test_ears_c2_leaves_two_periods_out() -> None:
    """The two periods before the judged one are not in its baseline."""
    counts = np.array([3, 5, 4, 6, 2, 4, 4, 90, 90, 12], dtype=float)[:, None]
    verdict = create("ears_c2").judge(counts, np.arange(10), 9)
    assert verdict.expected.item() == pytest.approx(4.0)
    assert verdict.variance.item() == pytest.approx(np.var([3, 5, 4, 6, 2, 4, 4], ddof=1))


def test_ears_c3_adds_what_came_before() -> None:
    """Three days of C2 = 2 each: C3 = 3, though no day alone is unusual; worked by hand from the formula."""
    base = [3.0, 5, 3, 5, 3, 5, 4] + [4.0] * 2
    sd = np.std(base[:7], ddof=1)
    counts = np.array(base, dtype=float)
    for _ in range(3):
        past = counts[-9:-2]
        counts = np.append(counts, past.mean() + 2 * past.std(ddof=1))
    verdict = create("ears_c3").judge(counts[:, None], np.arange(counts.size), counts.size - 1)
    assert sd > 0.5
    assert verdict.p.item() == pytest.approx(math.erfc(3 / math.sqrt(2)) / 2, rel=1e-6)


def rising(weeks: int = 260, series: int = 40, seed: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Quiet weekly counts that double in two years, and their days."""
    mean = np.exp(2.0 + np.log(2) * np.arange(weeks) / 104)[:, None]
    counts = np.random.default_rng(seed).poisson(np.broadcast_to(mean, (weeks, series))).astype(float)
    return counts, MONDAY - 7 * np.arange(weeks)[::-1]


@pytest.mark.parametrize("name", ["farrington", "scan", "ewma", "cusum"])
def test_a_trend_is_no_alarm(name: str) -> None:
    """Where a static mean would alarm every week, the charts on the regression's residuals keep quiet."""
    counts, days = rising()
    detector = create(name, 7)
    raised = alarms(detector.judge(counts, days, 210), counts[210:], detector.alpha)
    static = counts[210:] > counts[:210].mean(axis=0) + 3 * counts[:210].std(axis=0)
    assert raised.mean() < 0.03 < static.mean()


@pytest.mark.parametrize("name", ["scan", "ewma", "cusum"])
def test_a_slow_rise_is_found_before_any_week_stands_out(name: str) -> None:
    """Four weeks at 1.7 times the usual: found, though the default detector's single weeks are hardly unusual."""
    rng = np.random.default_rng(12)
    counts = rng.poisson(12.0, (200, 30)).astype(float)
    counts[-4:] = np.round(counts[-4:] * 1.7)
    detector = create(name, 7)
    raised = alarms(
        detector.judge(counts, MONDAY - 7 * np.arange(200)[::-1], 196), counts[196:], detector.alpha
    )
    assert raised.any(axis=0).mean() > 0.7


def test_a_cusum_starts_again_after_an_alarm() -> None:
    """One huge week does not alarm for the months after it."""
    counts = np.random.default_rng(6).poisson(10.0, (160, 20)).astype(float)
    counts[130] = 80
    detector = create("cusum", 7)
    raised = alarms(
        detector.judge(counts, MONDAY - 7 * np.arange(160)[::-1], 130), counts[130:], detector.alpha
    )
    assert raised[0].all()
    assert raised[1:].mean() < 0.03


def test_an_ewma_ignores_what_was_not_observed() -> None:
    """A hole between the bursts is neither a zero nor an end."""
    counts = np.random.default_rng(7).poisson(10.0, (160, 1)).astype(float)
    counts[-3:, 0] = [19, np.nan, 19]
    days = MONDAY - 7 * np.arange(160)[::-1]
    holed = create("ewma", 7).judge(counts, days, 159).p.item()
    counts[-2] = 0
    assert holed < create("ewma", 7).judge(counts, days, 159).p.item()


def test_a_burst_that_is_over_does_not_alarm_again() -> None:
    """The two-period window counts only where the newest period is unusual by itself."""
    counts, days = weekday_counts()
    counts[-2] = 40
    p = create("farrington").judge(counts, days, counts.shape[0] - 2).p.ravel()
    assert p[0] < 1e-4
    assert p[1] > 0.05


def test_two_middling_periods_together_are_a_surprise() -> None:
    """Neither of two weeks alone alarms; the second does because of both."""
    rng = np.random.default_rng(4)
    counts = rng.poisson(10.0, (200, 1)).astype(float)
    counts[-2:] = 17
    days = MONDAY + 7 * np.arange(-199, 1)
    p = create("farrington", 7).judge(counts, days, 198).p.ravel()
    assert p[0] > 0.01 > p[1]


def test_the_published_ones_need_a_year() -> None:
    """52 weeks and half a window before the first verdict; a year that was not observed is no year."""
    counts = np.random.default_rng(5).poisson(9.0, (70, 2)).astype(float)
    counts[:30, 1] = np.nan
    for name in ("farrington_1996", "farrington_flexible"):
        p = create(name, 7).judge(counts, MONDAY + 7 * np.arange(70), 0).p
        assert np.isnan(p[:55]).all()
        assert not np.isnan(p[60:, 0]).any()
        assert np.isnan(p[60:63, 1]).all()


def test_unknown_detector_lists_the_known() -> None:
    """A typo is answered with what there is."""
    with pytest.raises(UnknownDetector, match="farrington"):
        create("farington")
