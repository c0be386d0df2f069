"""Open items of D: late disclosure, told from a file that nobody imported, and commitments unfulfilled."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from settings.models import Indicators, IndicatorSettings, Judgement
from signals.coverage import observe
from signals.index import index_values
from signals.open_items import open_item_days, standing_days, standing_parts
from tests.mention_tables import DAY, INDICES, KINDS, days, month_ends, source_days

RULES = Judgement()
MONTHLY = IndicatorSettings(
    id="balance",
    name="待收余额",
    unit="万元",
    units={},
    period="month",
    bad="low",
    weight=1.0,
    due_days=15,
    late_days=30,
)
MILESTONES = IndicatorSettings(
    id="overdue_milestones",
    name="逾期承诺事项",
    unit="项",
    units={},
    period="month",
    bad="high",
    weight=0.25,
    feeds="D",
    due_days=15,
)
NAMES = ["p", *(f"q{n}" for n in range(7))]
PLATFORMS = pd.DataFrame({"platform_id": NAMES, "category": "网贷"})
MONTHS = month_ends(date(2024, 10, 1), date(2025, 6, 30))
LIMIT = date(2025, 3, 31) + timedelta(15 + 30)
"""March is due on 15 April; a month after that it is late."""


def monthly(
    platform: str, upto: date, name: str = "balance", value: float = 100.0
) -> list[tuple[object, ...]]:
    """Every month's figure up to `upto`, known ten days after the month."""
    return [(platform, name, month, value, month + timedelta(10)) for month in MONTHS if month <= upto]


def table(*rows: list[tuple[object, ...]]) -> pd.DataFrame:
    """Readings."""
    columns = ["platform_id", "name", "period_end", "value", "available_day"]
    return pd.DataFrame([row for each in rows for row in each], columns=columns)


def others(upto: date) -> list[tuple[object, ...]]:
    """The seven others, who all report."""
    return [row for name in NAMES[1:] for row in monthly(name, upto)]


def open_days(told: pd.DataFrame, *indicators: IndicatorSettings) -> pd.Series:
    """Impulse of p by day from April to August; no row = nothing open."""
    found = open_item_days(told, PLATFORMS, list(indicators), date(2025, 4, 1), date(2025, 8, 31))
    return found[found["platform_id"] == "p"].set_index("day")["impulse"]


def test_a_figure_that_stops_coming_is_an_open_item_until_it_comes() -> None:
    """February was p's last month; from the day after the limit on it is late, until all comes on 20 June."""
    told = table(
        monthly("p", date(2025, 2, 28)),
        [("p", "balance", month, 90.0, date(2025, 6, 20)) for month in MONTHS[-4:-1]],
        others(date(2025, 6, 30)),
    )
    late = open_days(told, MONTHLY)
    assert late.index[0] == LIMIT + timedelta(1)
    assert late.index[late.index < date(2025, 7, 25)][-1] == date(2025, 6, 19)
    assert late.iloc[0] == pytest.approx(np.sqrt(RULES.late_severity))


def test_nobody_is_late_when_the_file_was_not_imported() -> None:
    """All eight stop at February: our own omission raises nothing."""
    told = table(monthly("p", date(2025, 2, 28)), others(date(2025, 2, 28)))
    assert open_days(told, MONTHLY).empty


def test_few_others_prove_nothing() -> None:
    """Four who report are too few to call the fifth late."""
    told = table(monthly("p", date(2025, 2, 28)), others(date(2025, 6, 30)))
    assert open_days(told[told["platform_id"].isin(NAMES[:5])], MONTHLY).empty


def test_who_never_reported_is_not_late() -> None:
    """Nothing is expected of a platform without any figure."""
    assert open_days(table(others(date(2025, 6, 30))), MONTHLY).empty


def test_late_days_none_calls_nobody_late() -> None:
    """The default: an indicator says so if its absence means something."""
    told = table(monthly("p", date(2025, 2, 28)), others(date(2025, 6, 30)))
    assert open_days(told, MONTHLY.model_copy(update={"late_days": None})).empty


def test_the_figures_of_one_month_are_one_disclosure() -> None:
    """Two indicators missing since February: one item, not two."""
    second = MONTHLY.model_copy(update={"id": "yield"})
    both = [row for name in NAMES[1:] for row in monthly(name, date(2025, 6, 30), "yield")]
    told = table(
        monthly("p", date(2025, 2, 28)),
        monthly("p", date(2025, 2, 28), "yield"),
        others(date(2025, 6, 30)),
        both,
    )
    assert open_days(told, MONTHLY, second).max() == pytest.approx(np.sqrt(RULES.late_severity))


def test_each_unfulfilled_commitment_counts_while_it_stands() -> None:
    """Three reported for March: 3·√σ from 10 April until April's figure says none."""
    told = table(
        [("p", "overdue_milestones", date(2025, 3, 31), 3.0, date(2025, 4, 10))],
        [("p", "overdue_milestones", date(2025, 4, 30), 0.0, date(2025, 5, 10))],
    )
    items = open_days(told, MILESTONES)
    assert items.to_dict() == {date(2025, 4, 10) + timedelta(n): pytest.approx(3 * 0.5) for n in range(30)}


def test_the_future_changes_no_past_day() -> None:
    """Cut at any day, what was open before is the same."""
    told = table(
        monthly("p", date(2025, 2, 28)),
        [("p", "balance", date(2025, 3, 31), 90.0, date(2025, 6, 20))],
        others(date(2025, 6, 30)),
    )
    whole = open_item_days(told, PLATFORMS, [MONTHLY], date(2025, 4, 1), date(2025, 8, 31))
    for cut in (
        date(2025, 5, 15),
        date(2025, 5, 16),
        date(2025, 6, 19),
        date(2025, 6, 20),
        date(2025, 7, 12),
    ):
        known = told[[day <= cut for day in told["available_day"]]]
        early = open_item_days(known, PLATFORMS, [MONTHLY], date(2025, 4, 1), cut)
        kept = whole[[day <= cut for day in whole["day"]]].reset_index(drop=True)
        pd.testing.assert_frame_equal(early, kept, check_dtype=False)


def test_d_counts_an_item_in_full_while_open_and_lets_it_age_from_its_close() -> None:
    """Open: √σ; closed on a day: the plateau of 30 days, then halving in 60."""
    told = table(
        [("p", "overdue_milestones", date(2025, 2, 28), 1.0, DAY)],
        [("p", "overdue_milestones", date(2025, 3, 31), 0.0, DAY + timedelta(30))],
    )
    indicators = Indicators(judgement=RULES, indicator=(MILESTONES,))
    span = days(130)
    stands = standing_days(told, PLATFORMS, indicators, INDICES, (span[0], span[-1]))
    watched = pd.DataFrame({"id": ["p"], "category": "网贷", "demo": False})
    source = {"id": "s", "kinds": KINDS, "covers": "all"}
    seen = observe([source], source_days(span), watched, INDICES, span[0], span[-1])
    empty = pd.DataFrame(columns=["platform_id", "day", "index_id", "impulse", "count"])
    found = index_values(empty, seen, INDICES, span[0], span[-1], readings_days=stands)
    d = found[found["index_id"] == "D"].set_index("day")["accumulated"]
    assert d[DAY + timedelta(29)] == pytest.approx(0.5)
    assert d[DAY + timedelta(30 + 30)] == pytest.approx(0.5)
    assert d[DAY + timedelta(30 + 30 + 60)] == pytest.approx(0.25)


def test_parts_name_the_late_disclosure() -> None:
    """The explanation is told which item is open."""
    told = table(monthly("p", date(2025, 2, 28)), others(date(2025, 6, 30)))
    indicators = Indicators(judgement=RULES, indicator=(MONTHLY,))
    parts = standing_parts(told, PLATFORMS, indicators, "p", date(2025, 6, 1))
    (late,) = parts[parts["index_id"] == "D"].to_dict("records")
    assert (late["indicator"], late["against"], late["value"]) == ("late:month", "open", 1.0)
