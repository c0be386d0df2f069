"""Y from numeric indicators: z against the past and the class, what stands and until when, and what is not known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.models import IndicatorSettings, Judgement
from signals.calendar import day_number
from signals.coverage import Observation, observe
from signals.index import index_values
from signals.indicators import liquidity_days, liquidity_parts
from signals.readings import due, following
from tests.mention_tables import DAY, INDICATORS, INDICES, days, month_ends, readings

RULES = Judgement()
PAST = IndicatorSettings(
    id="overdue_rate",
    name="逾期率",
    unit="%",
    units={},
    period="month",
    bad="high",
    scale_floor=0.5,
    weight=1.0,
    due_days=15,
)
PLATFORMS = pd.DataFrame({"platform_id": ["p", *(f"q{n}" for n in range(6))], "category": "网贷"})
MONTHS = month_ends(date(2024, 6, 1), date(2025, 3, 31))
CALM = [2.0, 2.2, 1.8, 2.0, 2.1, 1.9, 2.0, 2.0, 2.0]
"""Nine months, June to February; their median is 2, their spread below the floor of .5."""


def rows(
    values: list[float], platform: str = "p", *, late: int = 0, name: str = "overdue_rate"
) -> pd.DataFrame:
    """A monthly series from June 2024 on, each figure known `late` + 10 days after its month."""
    return pd.DataFrame(
        [
            {
                "platform_id": platform,
                "name": name,
                "period_end": month,
                "value": value,
                "available_day": month + timedelta(days=10 + late),
            }
            for month, value in zip(MONTHS, values, strict=False)
        ]
    )


def by_day(told: pd.DataFrame, indicator: IndicatorSettings = PAST, **more: Any) -> pd.Series:
    """Impulse of platform p by day, February to June 2025."""
    found = liquidity_days(told, PLATFORMS, [indicator], date(2025, 2, 1), date(2025, 6, 30), **more)
    return found[found["platform_id"] == "p"].set_index("day")["impulse"]


def test_far_on_the_bad_side_of_its_past_counts_beyond_one() -> None:
    """Median 2, floor .5: 4 is z = 4, and w·(z − 1) = 3."""
    impulse = by_day(rows([*CALM, 4.0]))
    assert impulse[date(2025, 4, 9)] == 0.0
    assert impulse[date(2025, 4, 10)] == pytest.approx(3.0)


def test_the_good_side_counts_nothing() -> None:
    """A fall of what is bad when high, and a rise of what is bad when low."""
    assert by_day(rows([*CALM, 0.0]))[date(2025, 4, 10)] == 0.0
    low = PAST.model_copy(update={"bad": "low"})
    assert by_day(rows([*CALM, 4.0]), low)[date(2025, 4, 10)] == 0.0
    assert by_day(rows([*CALM, 0.0]), low)[date(2025, 4, 10)] == pytest.approx(3.0)


def test_an_indicator_may_begin_to_warn_elsewhere() -> None:
    """With a z_from of its own, that one counts and not the common one: z = 4 is 4 − 2.5."""
    own = PAST.model_copy(update={"z_from": 2.5})
    assert by_day(rows([*CALM, 4.0]), own)[date(2025, 4, 10)] == pytest.approx(1.5)
    told = rows([*CALM, 4.0])
    parts = liquidity_parts(told, PLATFORMS, [own], "p", date(2025, 4, 10))
    assert parts["impulse"].sum() == pytest.approx(1.5), "the explanation says the same"


def test_a_ratio_is_judged_by_how_many_times_it_changed() -> None:
    """A tenth of the usual ratio is as far off whatever the usual one is, and 0 is a figure like any other."""
    few = PAST.model_copy(update={"shape": "ratio", "bad": "low", "scale_floor": 1.0})
    for usual in (0.8, 0.02):
        found = by_day(rows([usual] * 9 + [usual / 10]), few)[date(2025, 4, 10)]
        assert found == pytest.approx(np.log(10) - 1, abs=1e-3)
    assert by_day(rows([0.8] * 9 + [0.0]), few)[date(2025, 4, 10)] == RULES.z_max - RULES.z_from


def test_more_of_the_same_is_cut() -> None:
    """One absurd figure says no more than z_max."""
    assert by_day(rows([*CALM, 1e9]))[date(2025, 4, 10)] == RULES.z_max - RULES.z_from


def test_stands_until_the_next_is_due_then_is_not_observed() -> None:
    """February's figure, known on 10 March, stands through 15 April (March is due then); later: NaN, never 0."""
    impulse = by_day(rows(CALM))
    assert impulse[date(2025, 4, 15)] == 0.0
    assert impulse[date(2025, 4, 16) :].isna().all()
    assert impulse.index[-1] == date(2025, 6, 30), "it stays in scope"


def test_before_the_first_reading_nothing_is_in_scope() -> None:
    """No row at all: 未接入, not 0."""
    told = rows(CALM).assign(available_day=date(2025, 3, 5))
    assert by_day(told).index[0] == date(2025, 3, 5)


def test_too_short_a_past_is_not_judged() -> None:
    """Five earlier months are too few: in scope, and NaN."""
    told = rows(CALM).iloc[-6:]
    assert by_day(told)[date(2025, 3, 12)] != by_day(told)[date(2025, 3, 12)]
    assert by_day(rows(CALM).iloc[-7:])[date(2025, 3, 12)] == 0.0


def test_a_revision_counts_from_the_day_it_came() -> None:
    """March is set right from 2 to 4 on 5 May: only from then on."""
    revised = rows([*CALM, 2.0])
    more = revised.iloc[[-1]].assign(value=4.0, available_day=date(2025, 5, 5))
    impulse = by_day(pd.concat([revised, more]))
    assert impulse[date(2025, 5, 4)] == 0.0
    assert impulse[date(2025, 5, 5)] == pytest.approx(3.0)


def test_the_past_is_judged_as_revised_by_then() -> None:
    """A correction of history moves the baseline from its own day on."""
    told = rows([*CALM, 4.0])
    history = told.iloc[:-1].assign(value=4.0, available_day=date(2025, 4, 20))
    impulse = by_day(pd.concat([told, history]))
    assert impulse[date(2025, 4, 19)] == pytest.approx(3.0)
    assert impulse[date(2025, 4, 20)] == 0.0


def test_a_late_figure_of_an_old_month_replaces_nothing() -> None:
    """The newest period known stands, whatever comes after it."""
    told = rows([*CALM, 4.0])
    told.loc[told["period_end"] == date(2025, 2, 28), "available_day"] = date(2025, 4, 14)
    assert by_day(told)[date(2025, 4, 14)] == pytest.approx(3.0)


def test_against_the_class_of_the_day() -> None:
    """Six of the class at 2, p at 4: z = 4 against what stands; four others are too few to judge by."""
    peer = PAST.model_copy(update={"against": ("class",)})
    told = pd.concat([rows([2.0] * 10, f"q{n}") for n in range(6)] + [rows([2.0] * 9 + [4.0])])
    assert by_day(told, peer)[date(2025, 4, 10)] == pytest.approx(3.0)
    few = told[told["platform_id"].isin(["p", "q0", "q1", "q2", "q3"])]
    assert by_day(few, peer).isna().all()


def test_other_classes_are_no_peers() -> None:
    """Insurance platforms say nothing of a lender."""
    peer = PAST.model_copy(update={"against": ("class",)})
    told = pd.concat([rows([2.0] * 10, f"q{n}") for n in range(6)] + [rows([2.0] * 9 + [4.0])])
    mixed = PLATFORMS.assign(category=["网贷"] + ["保险"] * 6)
    found = liquidity_days(told, mixed, [peer], date(2025, 4, 10), date(2025, 4, 10))
    assert found.set_index("platform_id")["impulse"].isna()["p"]


def test_half_of_the_weight_must_be_readable() -> None:
    """Of two indicators one has ended: at half of the weight the rest speaks, below it nothing does."""
    second = PAST.model_copy(update={"id": "yield", "weight": 1.0})
    told = pd.concat([rows([*CALM, 4.0]), rows(CALM[:8], name="yield")])
    found = liquidity_days(told, PLATFORMS, [PAST, second], date(2025, 4, 12), date(2025, 4, 12))
    assert found["impulse"].tolist() == [pytest.approx(3.0)]
    heavier = second.model_copy(update={"weight": 1.5})
    found = liquidity_days(told, PLATFORMS, [PAST, heavier], date(2025, 4, 12), date(2025, 4, 12))
    assert found["impulse"].isna().all()


def test_amounts_are_judged_by_orders_of_magnitude() -> None:
    """A balance halved is the same news at a million and at a billion; an outflow after inflows is judged too."""
    amount = PAST.model_copy(update={"shape": "log", "bad": "low", "scale_floor": 0.1})
    small, large = (
        by_day(rows([x * k for x in (*[10.0] * 9, 5.0)]), amount)[date(2025, 4, 10)] for k in (1e2, 1e6)
    )
    assert small == pytest.approx(large, rel=1e-3)
    assert small == pytest.approx(min(np.log(2) / 0.1, RULES.z_max) - 1, rel=1e-2)
    assert by_day(rows([*[300.0] * 9, -300.0]), amount)[date(2025, 4, 10)] == RULES.z_max - 1


@pytest.mark.parametrize(
    ("period", "end", "next_end"),
    [
        ("month", date(2024, 1, 31), date(2024, 2, 29)),
        ("month", date(2025, 12, 31), date(2026, 1, 31)),
        ("week", date(2025, 3, 2), date(2025, 3, 9)),
        ("day", date(2025, 3, 2), date(2025, 3, 3)),
    ],
)
def test_periods_follow_the_calendar(period: str, end: date, next_end: date) -> None:
    """Months of any length, weeks and days."""
    indicator = PAST.model_copy(update={"period": period})
    assert following(day_number(end), indicator) == day_number(next_end)
    assert due(day_number(end), indicator) == day_number(end) + 15


def test_the_parts_of_a_day_add_up_to_it() -> None:
    """What the explanation shows is what the index took, indicator by indicator and reference by reference."""
    platforms = PLATFORMS["platform_id"].tolist()
    told = readings(platforms, DAY, DAY + timedelta(60), seed=5)
    whole = liquidity_days(told, PLATFORMS, INDICATORS.indicator, DAY, DAY + timedelta(60))
    seen = whole.dropna()
    assert (seen["impulse"] > 0).any()
    for row in seen.iloc[::40].itertuples():
        parts = liquidity_parts(told, PLATFORMS, INDICATORS.indicator, row.platform_id, row.day)
        assert parts["impulse"].sum() == pytest.approx(row.impulse, abs=1e-9)
        assert set(parts["against"]) <= {"past", "class"}


figures = st.lists(
    st.tuples(
        st.sampled_from(["p", "q0", "q1", "q2", "q3", "q4", "q5"]),
        st.integers(0, len(MONTHS) - 1),
        st.floats(-50, 50),
        st.integers(0, 90),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(figures, st.integers(0, 149))
def test_nothing_rests_on_the_future(drawn: list[tuple[str, int, float, int]], cut: int) -> None:
    """With all that came after a day taken away, every day up to it is the same to the bit, whatever was revised."""
    both = PAST.model_copy(update={"against": ("past", "class")})
    told = pd.DataFrame(
        [
            (platform, "overdue_rate", MONTHS[month], value, MONTHS[month] + timedelta(late + 1))
            for platform, month, value, late in drawn
        ],
        columns=["platform_id", "name", "period_end", "value", "available_day"],
    )
    start, last = date(2025, 2, 1), date(2025, 2, 1) + timedelta(cut)
    whole = liquidity_days(told, PLATFORMS, [both], start, date(2025, 6, 30))
    known = told[[day <= last for day in told["available_day"]]]
    early = liquidity_days(known, PLATFORMS, [both], start, last)
    kept = whole[[day <= last for day in whole["day"]]].reset_index(drop=True)
    pd.testing.assert_frame_equal(early.reset_index(drop=True), kept, check_dtype=False, rtol=0, atol=0)


def nobody(span: list[date]) -> Observation:
    """Platform p without any source of documents."""
    answers = pd.DataFrame(columns=["source_id", "day", "kind", "answered", "items", "expected"])
    watched = pd.DataFrame({"id": ["p"], "category": "网贷", "demo": False})
    return observe([], answers, watched, INDICES, span[0], span[-1])


def values(told: pd.DataFrame, span: list[date]) -> pd.DataFrame:
    """Y of platform p over the span."""
    empty = pd.DataFrame(columns=["platform_id", "day", "index_id", "impulse", "count"])
    stands = liquidity_days(told, PLATFORMS, [PAST], span[0] - timedelta(203), span[-1])
    found = index_values(empty, nobody(span), INDICES, span[0], span[-1], readings_days=stands)
    return found[found["index_id"] == "Y"].set_index("day")


def test_y_is_the_saturated_impulse() -> None:
    """L = 1 − exp(−3/2)."""
    span = days(30, date(2025, 4, 1))
    y = values(rows([*CALM, 4.0]), span)
    assert y["value"][date(2025, 4, 9)] == 0.0
    assert y["value"][date(2025, 4, 10)] == pytest.approx(100 * (1 - np.exp(-1.5)))
    assert y["accumulated"][date(2025, 4, 12)] == pytest.approx(3.0), "it stands, it does not gather"


def test_what_stays_bad_is_not_forgiven() -> None:
    """A platform far above its class for ten months reads at their end as in the first of them."""
    told = pd.concat(
        [
            rows([12.0] * 10).assign(name="highest_yield"),
            *(rows([6.0] * 10, f"q{n}").assign(name="highest_yield") for n in range(6)),
        ]
    )
    of_class = PAST.model_copy(update={"id": "highest_yield", "against": ("class",)})
    span = days(270, date(2024, 7, 15))
    stands = liquidity_days(told, PLATFORMS, [of_class], span[0], span[-1])
    empty = pd.DataFrame(columns=["platform_id", "day", "index_id", "impulse", "count"])
    found = index_values(empty, nobody(span), INDICES, span[0], span[-1], readings_days=stands)
    y = found[(found["index_id"] == "Y") & (found["platform_id"] == "p")].set_index("day")["value"]
    assert y[span[-1]] == y[span[0]] > 50


def test_stale_y_is_nan_and_in_scope() -> None:
    """Nothing imported any more: not observed, never a calm 0."""
    span = days(30, date(2025, 4, 1))
    y = values(rows(CALM), span)
    assert y["observed"][date(2025, 4, 15)]
    assert not y["observed"][date(2025, 4, 16) :].any()
    assert y["value"][date(2025, 4, 16) :].isna().all()
    assert len(y) == 30
