"""What every registered index and detector must hold; a new one is tested without touching this file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from settings.models import IndexSettings
from signals.coverage import Observation, observe
from signals.detectors import REGISTRY, alarms, create
from signals.index import COLUMNS, index_values
from signals.indices import mark_crises, resolve, resolve_impulses
from signals.open_items import standing_days
from signals.weight import weigh
from tests.mention_tables import (
    DAY,
    EVENTS,
    FED_BY_MENTIONS,
    INDICATORS,
    INDICES,
    KINDS,
    at,
    days,
    event,
    mention,
    readings,
    roll_ups,
    source_days,
    table,
)

SPAN = 60
COLUMNS_OF_DAILY = ["platform_id", "day", "impulse", "count", "raw"]
every_index = pytest.mark.parametrize("index", FED_BY_MENTIONS, ids=lambda index: index.id)
"""Of Y, which no mention feeds, tests/signals/test_indicators.py tells."""
every_value = pytest.mark.parametrize("index", INDICES, ids=lambda index: index.id)
every_detector = pytest.mark.parametrize("name", sorted(REGISTRY))
every_period = pytest.mark.parametrize("period", [1, 7])


def mentions(seed: int = 0, count: int = 120) -> pd.DataFrame:
    """Random weighed mentions of two platforms over SPAN days, of all kinds and some events."""
    rng = np.random.default_rng(seed)
    names = ["penalty", "withdrawal_difficulty", "disclosure_late", "clarification"]
    rows = [
        mention(
            n,
            platform_id=str(rng.choice(["p", "q"])),
            available_at=at(int(rng.integers(SPAN)), float(rng.uniform(0, 24))),
            kind=str(rng.choice(KINDS)),
            publisher=f"媒体{rng.integers(8)}",
            author=f"a{rng.integers(20)}",
            channel=str(rng.choice(["web", "weibo"])),
            story_id=int(rng.integers(60)),
            negative=float(rng.uniform()),
            severity=float(rng.uniform()),
            events=event(str(rng.choice(names))) if rng.uniform() < 0.5 else [],
            unresolved=bool(rng.uniform() < 0.3),
        )
        for n in range(count)
    ]
    return prepared(table(rows))


def prepared(frame: pd.DataFrame) -> pd.DataFrame:
    """With the columns an index function may rely on."""
    return mark_crises(frame.assign(weight=weigh(frame)), EVENTS)


def daily(index: IndexSettings, frame: pd.DataFrame) -> pd.DataFrame:
    """The roll-up of one index, rows in a fixed order."""
    return resolve(index.function)(frame).sort_values(["platform_id", "day"], ignore_index=True)


@every_index
def test_index_has_the_declared_shape_and_range(index: IndexSettings) -> None:
    """Impulses are finite and >= 0, counts whole and at most raw, one row per platform and day."""
    frame = daily(index, mentions())
    assert list(frame.columns) == COLUMNS_OF_DAILY
    assert np.isfinite(frame["impulse"]).all()
    assert (frame["impulse"] >= 0).all()
    assert (frame["count"] >= 0).all()
    assert (frame["count"] <= frame["raw"]).all()
    assert (frame["raw"] >= 1).all()
    assert not frame.duplicated(["platform_id", "day"]).any()
    assert all(type(day) is date for day in frame["day"])


@every_index
def test_index_never_looks_ahead(index: IndexSettings) -> None:
    """With the future cut off, every past day is identical."""
    frame = mentions()
    cut = DAY + timedelta(SPAN // 2)
    past = prepared(frame[frame["day"] <= pd.Timestamp(cut)].drop(columns=["weight", "crisis"]))
    whole = daily(index, frame)
    kept = whole[[day <= cut for day in whole["day"]]].reset_index(drop=True)
    pd.testing.assert_frame_equal(daily(index, past), kept)


@every_index
def test_index_ignores_row_order(index: IndexSettings) -> None:
    """Shuffled rows give bit-identical roll-ups."""
    frame = mentions()
    shuffled = frame.sample(frac=1, random_state=3).reset_index(drop=True)
    pd.testing.assert_frame_equal(daily(index, shuffled), daily(index, frame), rtol=0, atol=0)


@every_index
def test_index_leaves_its_input_alone(index: IndexSettings) -> None:
    """The mention table is not changed."""
    frame = mentions()
    before = frame.copy(deep=True)
    resolve(index.function)(frame)
    pd.testing.assert_frame_equal(frame, before)


@every_index
def test_index_of_nothing_is_nothing(index: IndexSettings) -> None:
    """An empty table gives an empty roll-up with the same columns."""
    frame = resolve(index.function)(prepared(table([])))
    assert frame.empty
    assert list(frame.columns) == COLUMNS_OF_DAILY


@every_index
def test_index_of_the_same_every_day_is_constant(index: IndexSettings) -> None:
    """Identical days (bar the 72-hour rule of S) give identical rows; no drift."""
    kind = index.kinds[0]
    rows = [
        mention(n, available_at=at(3 * n), kind=kind, author=f"a{n}", events=event("disclosure_late"))
        for n in range(10)
    ]
    frame = daily(index, prepared(table(rows)))
    assert len(frame) == 10
    assert frame["impulse"].nunique() == 1


@every_index
def test_mention_impulses_add_up_to_the_days(index: IndexSettings) -> None:
    """What explain() splits is what the roll-up sums."""
    frame = mentions()
    impulses = resolve_impulses(index.function)(frame)
    assert impulses.index.equals(frame.index)
    assert impulses.sum() == pytest.approx(daily(index, frame)["impulse"].sum())


def observation(span: list[date]) -> Observation:
    """Two platforms under one source that always answers."""
    platforms = [SimpleNamespace(id=name, category="支付", demo=False) for name in ("p", "q")]
    declaration = {"id": "s", "kinds": KINDS, "covers": "all"}
    return observe([declaration], source_days(span), platforms, INDICES, span[0], span[-1])


def rolled(span: list[date], seed: int = 0) -> pd.DataFrame:
    """Random roll-ups of both platforms for all indices."""
    rng = np.random.default_rng(seed)
    return roll_ups(
        (platform, day, index.id, float(count) / 4, int(count))
        for platform in ("p", "q")
        for index in FED_BY_MENTIONS
        for day, count in zip(span, rng.poisson(1.5, len(span)), strict=True)
        if count
    )


PEERS = ["p", "q", *(f"peer{n}" for n in range(6))]
PLATFORMS = pd.DataFrame({"platform_id": PEERS, "category": "网贷"})


def read(span: list[date], told: pd.DataFrame | None = None) -> pd.DataFrame:
    """What indicators say over the span: monthly figures of eight platforms, half a year of them before it."""
    told = readings(PEERS, span[0], span[-1]) if told is None else told
    return standing_days(told, PLATFORMS, INDICATORS, INDICES, (span[0], span[-1]))


@every_value
def test_values_are_gap_free_and_in_range(index: IndexSettings) -> None:
    """A row for every day and platform in scope, quiet ones too; value 0..100, parts 0..1."""
    span = days(240)
    frame = index_values(
        rolled(span), observation(span), [index], span[0], span[-1], readings_days=read(span)
    )
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == 2 * len(span)
    assert frame["value"].between(0, 100).all()
    assert frame["level_part"].between(0, 1).all()
    assert frame["surprise_part"].between(0, 0.8).all()
    assert (frame["saturation"] >= index.c).all()


@every_value
def test_values_never_look_ahead(index: IndexSettings) -> None:
    """Neither later roll-ups nor later observation nor later readings and revisions change a past day by one bit."""
    span = days(300)
    past = span[:260]
    told = readings(PEERS, span[0], span[-1])
    whole = index_values(
        rolled(span), observation(span), [index], span[200], span[-1], readings_days=read(span, told)
    )
    rows = rolled(span)
    early = rows[[day <= past[-1] for day in rows["day"]]]
    known = told[[day <= past[-1] for day in told["available_day"]]]
    cut = index_values(
        early, observation(past), [index], span[200], past[-1], readings_days=read(past, known)
    )
    kept = whole[[day <= past[-1] for day in whole["day"]]].reset_index(drop=True)
    pd.testing.assert_frame_equal(cut, kept, rtol=0, atol=0)


@every_value
def test_values_ignore_row_order(index: IndexSettings) -> None:
    """Shuffled roll-ups and readings give the same values."""
    span = days(100)
    rows, told = rolled(span), readings(PEERS, span[0], span[-1])
    straight, shuffled = (
        index_values(frame, observation(span), [index], span[50], span[-1], readings_days=read(span, numbers))
        for frame, numbers in (
            (rows, told),
            (rows.sample(frac=1, random_state=1), told.sample(frac=1, random_state=2)),
        )
    )
    pd.testing.assert_frame_equal(straight, shuffled, rtol=0, atol=0)


def counts(period: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Counts of five series over 60 weeks, with some unobserved periods, and day numbers; the last is all zero."""
    rng = np.random.default_rng(seed)
    periods = 420 // period if period == 1 else 80
    values = rng.negative_binomial(2, 0.3, (periods, 5)).astype(float)
    values[rng.random(values.shape) < 0.03] = np.nan
    values[:, -1] = 0
    return values, 19_500 + period * np.arange(periods)


Judge = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def judge(name: str, period: int) -> Judge:
    """expected, variance and p stacked."""

    def run(values: np.ndarray, numbers: np.ndarray, start: int) -> np.ndarray:
        verdict = create(name, period).judge(values, numbers, start)
        return np.stack([verdict.expected, verdict.variance, verdict.p])

    return run


@every_detector
@every_period
def test_detector_has_the_declared_shape_and_range(name: str, period: int) -> None:
    """(judged, series); expected >= 0, p in [0, 1] or NaN, upper at or above zero."""
    values, numbers = counts(period)
    verdict = create(name, period).judge(values, numbers, len(values) - 30)
    assert verdict.expected.shape == verdict.p.shape == verdict.upper(0.01).shape == (30, 5)
    assert (verdict.expected[~np.isnan(verdict.expected)] >= 0).all()
    judged = verdict.p[~np.isnan(verdict.p)]
    assert judged.size
    assert ((judged >= 0) & (judged <= 1)).all()
    assert (np.isnan(verdict.expected) | (verdict.upper(0.01) >= 0)).all()


@every_detector
@every_period
def test_detector_never_looks_ahead(name: str, period: int) -> None:
    """With the future cut off, every past verdict is identical."""
    values, numbers = counts(period)
    start, cut = len(values) - 40, len(values) - 15
    whole = judge(name, period)(values, numbers, start)[:, : cut - start]
    early = judge(name, period)(values[:cut], numbers[:cut], start)
    np.testing.assert_array_equal(whole, early)


@every_detector
@every_period
def test_detector_treats_series_alone(name: str, period: int) -> None:
    """Neither the order nor the number of the series changes a verdict by one bit."""
    values, numbers = counts(period)
    straight = judge(name, period)(values, numbers, len(values) - 20)
    backwards = judge(name, period)(values[:, ::-1], numbers, len(values) - 20)
    np.testing.assert_array_equal(backwards[:, :, ::-1], straight)
    alone = judge(name, period)(values[:, 1:2], numbers, len(values) - 20)
    np.testing.assert_array_equal(alone, straight[:, :, 1:2])


@every_detector
@every_period
def test_detector_judges_a_period_alike_however_many_it_judges(name: str, period: int) -> None:
    """The last periods judged by themselves, or among many: the same verdicts."""
    values, numbers = counts(period)
    many = judge(name, period)(values, numbers, len(values) - 25)
    few = judge(name, period)(values, numbers, len(values) - 5)
    np.testing.assert_array_equal(few, many[:, -5:])


@every_detector
@every_period
def test_detector_never_judges_what_was_not_observed(name: str, period: int) -> None:
    """A missing count has no p, and is not taken for a zero: the verdicts of other series stay as they are."""
    values, numbers = counts(period)
    holed = values.copy()
    holed[-3:, 0] = np.nan
    before, after = (judge(name, period)(each, numbers, len(values) - 5) for each in (values, holed))
    assert np.isnan(after[2, -3:, 0]).all()
    np.testing.assert_array_equal(before[:, :, 1:], after[:, :, 1:])


@every_detector
@every_period
def test_detector_judges_by_a_baseline_without_the_judged_count(name: str, period: int) -> None:
    """A hundred more in the judged period: the same expectation and variance, a p no higher."""
    values, numbers = counts(period)
    more = values.copy()
    more[-1] += 100
    before, after = (judge(name, period)(each, numbers, len(values) - 1) for each in (values, more))
    np.testing.assert_array_equal(before[:2], after[:2])
    both = ~np.isnan(before[2]) & ~np.isnan(after[2])
    assert (after[2][both] <= before[2][both]).all()


@every_detector
@every_period
def test_detector_draws_its_line_where_it_alarms(name: str, period: int) -> None:
    """An alarm is a count above `upper`, and nothing else is."""
    values, numbers = counts(period)
    detector = create(name, period)
    verdict = detector.judge(values, numbers, len(values) - 30)
    seen, upper = values[-30:], verdict.upper(detector.alpha)
    judged = ~np.isnan(verdict.p)
    raised = alarms(verdict, seen, detector.alpha)
    np.testing.assert_array_equal(raised[judged], (seen > np.floor(upper + 1e-9))[judged])


@every_detector
@every_period
def test_detector_expects_ten_times_as_much_of_tenfold_counts(name: str, period: int) -> None:
    """Scale: expectations follow the counts; down-weighting and the priors may move them a little."""
    values, numbers = counts(period)
    one, ten = (judge(name, period)(values * factor, numbers, len(values) - 10)[0] for factor in (1, 10))
    known = ~np.isnan(one) & (one > 1)
    assert known.any()
    np.testing.assert_allclose(ten[known], 10 * one[known], rtol=0.25)


@every_detector
@every_period
def test_detector_of_zeros_is_silent(name: str, period: int) -> None:
    """No items ever: no alarm, and no expectation to speak of."""
    values, numbers = counts(period)
    verdict = create(name, period).judge(np.zeros_like(values), numbers, len(values) - 20)
    assert not alarms(verdict, np.zeros((20, 5)), 0.5).any()
    assert (verdict.expected[~np.isnan(verdict.expected)] < 0.1).all()


@every_detector
@every_period
def test_detector_leaves_its_input_alone(name: str, period: int) -> None:
    """Counts are not changed."""
    values, numbers = counts(period)
    before = values.copy()
    create(name, period).judge(values, numbers, len(values) - 5)
    np.testing.assert_array_equal(values, before)


@every_detector
@every_period
def test_detector_of_nothing(name: str, period: int) -> None:
    """No series, and no periods, give empty verdicts."""
    values, numbers = counts(period)
    assert create(name, period).judge(values[:, :0], numbers, len(values) - 5).p.shape == (5, 0)
    assert create(name, period).judge(values[:0], numbers[:0], 0).p.shape == (0, 5)


@every_detector
@every_period
def test_detector_of_a_constant_is_calm(name: str, period: int) -> None:
    """The same count every period is never a surprise."""
    values, numbers = counts(period)
    verdict = create(name, period).judge(np.full_like(values, 6.0), numbers, len(values) - 20)
    assert not (verdict.p < 0.01).any()
    assert verdict.expected[~np.isnan(verdict.expected)] == pytest.approx(6.0, rel=0.1)
