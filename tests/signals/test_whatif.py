"""Previews against the pipeline's own functions: the same indices, other thresholds, the same levels day by day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.models import LevelLines, Override, Overrides, Thresholds
from signals.calendar import day_number
from signals.composite import Rules, _dense
from signals.evaluation.grid import UNSEEN
from signals.evaluation.preview import course, preview
from signals.evaluation.walk import ABSENT
from signals.evaluation.whatif import History, flip_table, judge, told_by_names
from signals.model import LADDER, Level
from signals.warn import Evidence, Warned, warn_scoped
from tests.mention_tables import INDICES, THRESHOLDS

START = date(2025, 1, 1)
CARRY = THRESHOLDS.carry_days
CATEGORIES: dict[str, str | None] = {"a": "网贷", "b": "网贷", "c": "支付", "d": None}
RANK = {**{level.value: level.rank for level in LADDER}, Level.UNKNOWN.value: UNSEEN}


def on(number: int) -> date:
    return START + timedelta(number)


def stored(seed: int, count: int, *, dark: float = 0.05) -> pd.DataFrame:
    """index_values: bursts, outages, indices never connected, mentions on days not observed."""
    rng = np.random.default_rng(seed)
    rows = []
    for place, platform in enumerate(CATEGORIES):
        burst = np.zeros(count + CARRY)
        for begin in rng.integers(0, count + CARRY, 3):
            burst[begin : begin + int(rng.integers(1, 20))] += rng.uniform(15, 70)
        silent = rng.random(count + CARRY) < dark
        for k, index in enumerate(INDICES):
            if (place + k + seed) % 5 == 4:
                continue
            for n in range(-CARRY, count):
                seen = not silent[n + CARRY] and rng.random() > dark
                value = min(float(rng.gamma(1.5, 9) + burst[n + CARRY]), 100.0)
                came = int(rng.random() > 0.5)
                rows.append((platform, on(n), index.id, value if seen else np.nan, seen, value / 100, came))
    columns = ["platform_id", "day", "index_id", "value", "observed", "level_part", "count"]
    return pd.DataFrame(rows, columns=columns).assign(
        surprise_part=0.0, expected=np.nan, accumulated=0.0, saturation=1.0
    )


def floor_events(seed: int, count: int) -> pd.DataFrame:
    """Claims and an official filing now and then."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(1, 30):
        official = rng.random() < 0.15
        at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=float(rng.uniform(0, count)))
        rows.append(
            {
                "platform_id": str(rng.choice(list("abc"))),
                "available_at": at,
                "event_id": "case_filed" if official else "withdrawal_difficulty",
                "polarity": "asserted",
                "official": official,
                "story_id": number,
                "publisher": f"媒体{number % 7}",
                "author": None,
                "kind": "regulatory" if official else "news",
                "document_id": number,
                "content_hash": f"h{number}",
            }
        )
    return pd.DataFrame(rows).assign(available_at=lambda f: pd.DatetimeIndex(f["available_at"]).as_unit("us"))


def lined(orange: float, yellow: float = 40.0) -> LevelLines:
    return LevelLines(
        blue=THRESHOLDS.blue,
        yellow=THRESHOLDS.yellow.model_copy(update={"enter": yellow, "window_days": 4, "need_days": 1}),
        orange=THRESHOLDS.orange.model_copy(update={"enter": orange}),
        red=THRESHOLDS.red.model_copy(update={"leave_days": 5}),
        leave_margin=2.0,
    )


def edited(**changes: Any) -> Thresholds:
    """Other weights for all, other lines for a class, other floors for a platform."""
    floor = THRESHOLDS.floors["withdrawal"].model_copy(update={"score": 64.0})
    own = Overrides(
        category={"网贷": Override(lines=lined(48.0))},
        platform={"b": Override(floors={"withdrawal": floor}), "c": Override(weights={"R": 0.5, "C": 0.5})},
    )
    weights = {**THRESHOLDS.weights, "K": 0.3, "S": 0.04}
    return THRESHOLDS.model_copy(update={"weights": weights, "overrides": own, **changes})


def walked(evidence: Evidence, thresholds: Thresholds, days: list[date]) -> Warned:
    """By the pipeline's own functions."""
    return warn_scoped(evidence, CATEGORIES, days, Rules(thresholds, INDICES), auto_sign_off=True)


def history(evidence: Evidence, days: list[date], *, by_names: Warned | None = None) -> History:
    """What a preview reads of it; `by_names`: the stored platform_days, with the names of floors."""
    count = (days[-1] - START).days + 1
    numbers = day_number(START) + np.arange(-CARRY, count)
    judged = np.isin(day_number(START) + np.arange(count), [day_number(day) for day in days])
    floor, names = np.full((count, len(CATEGORIES)), -1), tuple(THRESHOLDS.floors)
    if by_names is not None:
        for row in by_names.platform_days.dropna(subset="floor").to_dict("records"):
            place = (row["day"] - START).days, list(CATEGORIES).index(row["platform_id"])
            floor[place] = names.index(row["floor"])
    failed = np.array(
        [[evidence.failed_since.get(name, date.max) <= on(n) for name in CATEGORIES] for n in range(count)]
    )
    return History(
        categories=CATEGORIES,
        first=day_number(START),
        dense=_dense(evidence.values, list(CATEGORIES), numbers, Rules(THRESHOLDS, INDICES)),
        judged=np.repeat(judged[:, None], len(CATEGORIES), axis=1),
        floor=floor,
        floor_names=names,
        failed=failed,
        floor_events=None if by_names is not None else evidence.floor_events,
    )


def assert_same(given_: History, thresholds: Thresholds, wanted: Warned) -> None:
    """T, T*, level of every day, and every flip."""
    (found,) = judge(given_, [thresholds], INDICES)
    rows = wanted.platform_days
    place = pd.Index(list(CATEGORIES)).get_indexer(pd.Index(rows["platform_id"]))
    day = np.array([(one - START).days for one in rows["day"]])
    np.testing.assert_allclose(found.t[day, place], rows["t"], atol=1e-9)
    np.testing.assert_allclose(found.t_star[day, place], rows["t_star"], atol=1e-9)
    assert found.level[day, place].tolist() == [RANK[word] for word in rows["level"]]
    told = flip_table(given_, found)
    flips = wanted.flips
    assert told[["platform_id", "day"]].values.tolist() == flips[["platform_id", "day"]].values.tolist()
    assert told["level_to"].tolist() == [RANK[word] for word in flips["level_to"]]
    assert told["level_from"].tolist() == [RANK[word] for word in flips["level_from"]]


def case(seed: int, count: int, dark: float, gap: int) -> tuple[Evidence, list[date]]:
    """Evidence over `count` days; days from the tenth on are passed over for `gap` days."""
    days = [on(n) for n in range(count) if not 10 <= n < 10 + gap]
    failed = {"b": on(count // 2)}
    return Evidence(stored(seed, count, dark=dark), floor_events(seed, count), failed_since=failed), days


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.05, 0.4, 0.8]), st.sampled_from([0, 1, 6]))
def test_a_preview_is_what_the_pipeline_would_decide(seed: int, dark: float, gap: int) -> None:
    """Exceptions, floors from events, outages, days passed over, a failed platform: level for level, flip for flip."""
    evidence, days = case(seed, 30, dark, gap)
    for thresholds in (THRESHOLDS, edited()):
        assert_same(history(evidence, days), thresholds, walked(evidence, thresholds, days))


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_stored_names_of_floors_do_where_only_scores_changed(seed: int) -> None:
    """Nothing is searched in mentions then: the name that each day keeps is enough."""
    evidence, days = case(seed, 25, 0.05, 0)
    before = walked(evidence, THRESHOLDS, days)
    assert told_by_names([THRESHOLDS, edited()])
    assert_same(history(evidence, days, by_names=before), edited(), walked(evidence, edited(), days))


def test_other_conditions_of_a_floor_need_the_events() -> None:
    """So do another order of scores and another floor that acts at once."""
    for changes in ({"min_stories": 1}, {"score": 90.0}, {"at_once": True}, {"hours": 24}):
        floor = THRESHOLDS.floors["withdrawal"].model_copy(update=changes)
        other = THRESHOLDS.model_copy(update={"floors": {**THRESHOLDS.floors, "withdrawal": floor}})
        assert not told_by_names([THRESHOLDS, other])
        own = THRESHOLDS.model_copy(
            update={"overrides": Overrides(platform={"a": Override(floors={"withdrawal": floor})})}
        )
        assert not told_by_names([THRESHOLDS, own])


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 24))
def test_no_day_knows_what_comes_after_it(seed: int, cut: int) -> None:
    """Cut off after any day, what was shown until then is the same."""
    evidence, days = case(seed, 25, 0.1, 0)
    (whole,) = judge(history(evidence, days), [edited()], INDICES)
    shorter = replace(evidence, values=evidence.values[evidence.values["day"] < on(cut)])
    (part,) = judge(history(shorter, days[:cut]), [edited()], INDICES)
    assert np.array_equal(part.level, whole.level[:cut])
    assert np.array_equal(part.t, whole.t[:cut], equal_nan=True)


def test_flips_added_and_removed_are_the_difference_of_both() -> None:
    """Each with its platform and day; counts by platform add up to the list."""
    evidence, days = case(3, 45, 0.05, 0)
    found = preview(history(evidence, days), THRESHOLDS, edited(), INDICES)
    keys = ["platform_id", "day", "level_from", "level_to"]
    before, after = (
        {
            (row["platform_id"], row["day"], RANK[row["level_from"]], RANK[row["level_to"]])
            for row in walked(evidence, one, days).flips.to_dict("records")
        }
        for one in (THRESHOLDS, edited())
    )
    told = {
        change: set(rows[keys].itertuples(index=False, name=None))
        for change, rows in found.flips.groupby("change")
    }
    assert told == {"added": after - before, "removed": before - after}
    counted = found.platforms.set_index("platform_id")
    assert counted[["added", "removed"]].sum().to_dict() == {
        "added": len(after - before),
        "removed": len(before - after),
    }
    assert counted["flips_after"].sum() == len(after)
    assert found.months["after"].sum() == counted["alarms_after"].sum()
    assert found.measures is None


def test_the_same_thresholds_change_nothing() -> None:
    """No flip, the same alarms."""
    evidence, days = case(5, 45, 0.1, 0)
    found = preview(history(evidence, days), THRESHOLDS, THRESHOLDS, INDICES)
    assert found.flips.empty
    assert found.months["before"].tolist() == found.months["after"].tolist()


def bursts(heights: dict[str, tuple[int, float]], count: int = 60) -> History:
    """Fully observed platforms, calm but for five days from a day on at a height."""
    shape = (count + CARRY, len(CATEGORIES), len(INDICES))
    value = np.full(shape, 5.0)
    for name, (begin, height) in heights.items():
        value[CARRY + begin : CARRY + begin + 5, list(CATEGORIES).index(name)] = height
    grid = np.zeros((count, len(CATEGORIES)), dtype=bool)
    from signals.composite import Dense

    dense = Dense(np.ones(shape, dtype=bool), value, np.zeros(shape))
    return History(CATEGORIES, day_number(START), dense, ~grid, np.full(grid.shape, -1), (), grid)


def test_lead_time_and_pod_against_a_list() -> None:
    """a warns at 65 from its second day under both lines, b at 57 only under the lower one; c fails unwarned."""
    given_ = bursts({"a": (10, 65.0), "b": (20, 57.0)})
    lower = THRESHOLDS.model_copy(update={"orange": THRESHOLDS.orange.model_copy(update={"enter": 55.0})})
    failed = pd.DataFrame(
        {"platform_id": ["a", "b", "c"], "problem_date": [on(31), on(51), on(51)], "reason": ["跑路"] * 3}
    )
    found = preview(given_, THRESHOLDS, lower, INDICES, failed)
    assert found.measures is not None
    told = found.measures.set_index("metric")
    assert told.loc["failures"].tolist() == [3, 3]
    assert told.loc["hits"].tolist() == [1, 2]
    assert told.loc["pod"].tolist() == pytest.approx([1 / 3, 2 / 3])
    assert told.loc["lead_median"].tolist() == [20, 25]
    assert found.months.to_dict("records") == [
        {"month": "2025-01", "before": 1, "after": 2},
        {"month": "2025-02", "before": 0, "after": 0},
        {"month": "2025-03", "before": 0, "after": 0},
    ]


def test_a_platform_s_course_lists_its_judged_days() -> None:
    """For the chart of before and after."""
    given_ = bursts({"a": (10, 65.0)})
    given_.judged[:5, 0] = False
    (found,) = judge(given_, [THRESHOLDS], INDICES)
    told = course(given_, found, "a")
    assert told["day"].iloc[0] == on(5)
    assert told["level"].max() == Level.ORANGE.rank
    assert ABSENT not in told["level"].tolist()
