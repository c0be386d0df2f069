"""全行业: sums over platforms judged against their own baseline, and the intensity of policy."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from settings.loader import load
from settings.models import INDUSTRY
from signals.coverage import Observation, observe
from signals.index import index_values
from signals.industry import (
    industry_values,
    of_industry,
    policy_index,
    sum_readings,
    sum_roll_ups,
)
from signals.warn import Evidence, Rules, warn
from tests.mention_tables import (
    DAY,
    EVENTS,
    FED_BY_MENTIONS,
    INDICES,
    KINDS,
    THRESHOLDS,
    days,
    roll_ups,
    source_days,
)

SETTINGS = load().industry
NAMES = ("p", "q", "r")
WITH_POLICY = [*INDICES, policy_index(SETTINGS)]
YEAR = days(280)
READ = ["platform_id", "day", "index_id", "impulse", "count"]


def observation(
    span: list[date], *, only: tuple[str, ...] = NAMES, silent: tuple[date, ...] = ()
) -> Observation:
    """Three platforms; a source of all kinds speaks of some, another one, silent at times, `only` of the others."""
    platforms = [SimpleNamespace(id=name, category="网贷", demo=False) for name in NAMES]
    sources = [
        {"id": "s", "kinds": KINDS, "covers": [name for name in NAMES if name not in only]},
        {"id": "t", "kinds": KINDS, "covers": list(only)},
    ]
    rows = pd.concat([source_days(span), source_days(span, source="t", silent=silent)])
    return observe(sources, rows, platforms, WITH_POLICY, span[0], span[-1])


def rolled(span: list[date], seed: int = 0) -> pd.DataFrame:
    """Random roll-ups of three platforms."""
    rng = np.random.default_rng(seed)
    return roll_ups(
        (name, day, index.id, float(count) / 3, int(count))
        for name in NAMES
        for index in FED_BY_MENTIONS
        for day, count in zip(span, rng.poisson(1.0, len(span)), strict=True)
        if count
    )


def documents(span: list[date], seed: int = 3, *, last_week: int | None = None) -> pd.DataFrame:
    """Regulators' documents by day, about five a week; `last_week`: so many a day in the last seven days."""
    counts = np.random.default_rng(seed).poisson(5 / 7, len(span))
    if last_week is not None:
        counts[-7:] = last_week
    return pd.DataFrame({"day": span, "count": counts}).query("count > 0")


def values(span: list[date], start: date, **more: object) -> pd.DataFrame:
    """The industry's rows from `start` to the end of the span."""
    told = {"policy": documents(span), **more}
    return industry_values(
        rolled(span),
        observation(span),
        INDICES,
        SETTINGS,
        (start, span[-1]),
        **told,  # type: ignore[arg-type]
    )


def test_impulses_and_counts_are_sums() -> None:
    """Of a day and index over all platforms; the rows belong to the reserved id."""
    rows = rolled(days(5))
    summed = sum_roll_ups(rows, INDUSTRY).set_index(["day", "index_id"])
    whole = rows.groupby(["day", "index_id"])[["impulse", "count", "raw"]].sum()
    pd.testing.assert_frame_equal(
        summed[["impulse", "count", "raw"]].sort_index(), whole, check_dtype=False, atol=1e-9
    )
    assert set(summed["platform_id"]) == {INDUSTRY}


def test_the_order_of_rows_changes_no_bit() -> None:
    """Sums are taken in a fixed order."""
    rows = rolled(days(60))
    shuffled = rows.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        sum_roll_ups(rows, INDUSTRY), sum_roll_ups(shuffled, INDUSTRY), rtol=0, atol=0
    )


def test_the_industry_is_judged_like_one_platform() -> None:
    """Its own allowance and detector: as the summed roll-ups of a single platform would be."""
    found = values(YEAR, YEAR[-10])
    alone = sum_roll_ups(rolled(YEAR), "p")
    platform = [SimpleNamespace(id="p", category="网贷", demo=False)]
    source = {"id": "s", "kinds": KINDS, "covers": "all"}
    seen = observe([source], source_days(YEAR), platform, INDICES, YEAR[0], YEAR[-1])
    single = index_values(alone, seen, INDICES, YEAR[-10], YEAR[-1]).assign(platform_id=INDUSTRY)
    kept = found[found["index_id"] != SETTINGS.policy.id].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, single, check_dtype=False)


def test_half_of_the_platforms_must_be_observed() -> None:
    """One of three silent: observed; two of three silent: NaN, whatever the others say."""
    span = days(40)
    for only, seen in ((("p",), True), (("p", "q"), False)):
        together = of_industry(observation(span, only=only, silent=(span[-1],)), INDUSTRY)
        assert together.platform_ids == (INDUSTRY,)
        for index in FED_BY_MENTIONS:
            k = together.index_ids.index(index.id)
            assert together.in_scope[0, :, k].all()
            assert together.observed[0, -1, k] == seen


def test_readings_are_summed_and_blind_below_half() -> None:
    """Y over platforms: the sum of what is observed, NaN where most who report are not; open items just add up."""
    nan = float("nan")
    told = pd.DataFrame(
        [
            ("p", DAY, "Y", 1.0, 1),
            ("q", DAY, "Y", 2.0, 1),
            ("r", DAY, "Y", nan, 0),
            ("p", DAY + timedelta(1), "Y", 1.0, 1),
            ("q", DAY + timedelta(1), "Y", nan, 0),
            ("r", DAY + timedelta(1), "Y", nan, 0),
            ("p", DAY, "D", 0.5, 1),
        ],
        columns=READ,
    )
    found = sum_readings(told, INDICES, INDUSTRY).set_index(["day", "index_id"])["impulse"]
    assert found[DAY, "Y"] == 3.0
    assert np.isnan(found[DAY + timedelta(1), "Y"])
    assert found[DAY, "D"] == 0.5


def test_policy_is_the_weeks_documents_against_weeks_of_the_past() -> None:
    """Five documents a week, then five a day: about the usual is expected, and the surprise is near its top."""
    found = values(YEAR, YEAR[-30], policy=documents(YEAR, last_week=5))
    policy = found[found["index_id"] == SETTINGS.policy.id].set_index("day")
    assert policy["count"][YEAR[-1]] == 35
    assert policy["expected"][YEAR[-1]] == pytest.approx(5, rel=0.4)
    assert policy["value"][YEAR[-1]] > 60
    assert policy["value"][YEAR[-8]] < 40
    assert policy["value"].between(0, 80).all()


def test_a_short_history_judges_no_policy() -> None:
    """Less than half a year of weeks: nothing is expected, and nothing surprises."""
    span = days(60)
    found = values(span, span[-5], policy=documents(span, last_week=9))
    policy = found[found["index_id"] == SETTINGS.policy.id]
    assert (policy["value"] == 0).all()
    assert policy["expected"].isna().all()
    assert policy["observed"].all()


def test_policy_of_a_week_in_the_dark_is_not_observed() -> None:
    """Fewer than four observed days of the week, or today itself unobserved: NaN."""
    dark = tuple(YEAR[-7:-2])
    seen = observation(YEAR, silent=dark)
    found = industry_values(
        rolled(YEAR), seen, INDICES, SETTINGS, (YEAR[-8], YEAR[-1]), policy=documents(YEAR)
    )
    policy = found[found["index_id"] == SETTINGS.policy.id].set_index("day")["value"]
    assert not np.isnan(policy[YEAR[-8]])
    assert policy[list(dark)].isna().all()
    assert np.isnan(policy[YEAR[-1]]), "two days of seven tell nothing of a week"


def test_the_industry_never_looks_ahead() -> None:
    """Cut at a day, every earlier row of every index and of policy is the same to the bit."""
    cut = YEAR[-6]
    early = [day for day in YEAR if day <= cut]
    whole = values(YEAR, YEAR[-20])
    rows, told = rolled(YEAR), documents(YEAR)
    past = industry_values(
        rows[[day <= cut for day in rows["day"]]],
        observation(early),
        INDICES,
        SETTINGS,
        (YEAR[-20], cut),
        policy=told[[day <= cut for day in told["day"]]],
    )
    kept = whole[[day <= cut for day in whole["day"]]].reset_index(drop=True)
    pd.testing.assert_frame_equal(past, kept, rtol=0, atol=0)


def test_a_day_alone_equals_the_day_in_a_batch() -> None:
    """The nightly step says what the whole computation says."""
    whole = values(YEAR, YEAR[-20])
    alone = values(YEAR, YEAR[-1])
    same = whole[whole["day"] == YEAR[-1]].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, same, rtol=1e-9)


def test_without_policy_there_is_no_policy_row() -> None:
    """Whoever does not count regulators' documents is told nothing of them."""
    assert SETTINGS.policy.id not in set(values(YEAR[:50], YEAR[40], policy=None)["index_id"])


def test_policy_does_not_enter_the_industrys_level() -> None:
    """The same state machine gives the level, from the sub-indices; policy is shown beside it, and may be named."""
    found = values(YEAR, YEAR[-20])
    rules = Rules(THRESHOLDS, INDICES, EVENTS)
    both = [
        warn(Evidence(frame), [INDUSTRY], YEAR[-10:], rules).platform_days
        for frame in (found, found[found["index_id"] != SETTINGS.policy.id])
    ]
    assert len(both[0]) == 10
    pd.testing.assert_frame_equal(*(frame.drop(columns="reason") for frame in both))
