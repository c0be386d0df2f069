"""Points of T* by cause, day by day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.loader import load
from signals.calendar import day_numbers
from signals.composite import Rules, composite
from signals.explain import explain
from signals.shares import MEMORY, RAISED, daily_shares

FIRST = date(2026, 3, 1)
SETTINGS = load()
RULES = Rules(SETTINGS.thresholds, SETTINGS.indices, SETTINGS.events)
IDS = [index.id for index in SETTINGS.indices]


def values(heights: dict[tuple[int, str], float]) -> pd.DataFrame:
    """Index values by (day, index); NaN = not observed."""
    rows = [
        {
            "platform_id": "a",
            "day": FIRST + timedelta(days=day),
            "index_id": index,
            "value": height,
            "level_part": height / 100,
            "surprise_part": 0.0,
            "accumulated": 1.0,
            "count": 1,
            "observed": not np.isnan(height),
        }
        for (day, index), height in heights.items()
    ]
    return pd.DataFrame(rows).astype({"observed": bool})


def decided(found: pd.DataFrame, count: int, memory: float = 0.0) -> pd.DataFrame:
    """platform_days as the warning stage would have it, without floors, `memory` points above T."""
    days = [FIRST + timedelta(days=n) for n in range(count)]
    whole = composite(found.assign(platform_id=""), [""], day_numbers(days), RULES)
    t = whole.t[:, 0]
    return pd.DataFrame({"day": days, "t": t, "t_star": t + memory, "floor": None})


def test_the_parts_are_the_bars_of_the_explanation() -> None:
    """One reckoning: the stacked chart and the day's waterfall cannot disagree."""
    found = values({(0, "K"): 80.0, (0, "C"): 40.0, (0, "N"): 10.0})
    days = decided(found, 1, memory=5.0)
    shares = daily_shares(found, days, RULES).iloc[0]
    bars = {bar.id: bar.share for bar in explain(found, days.iloc[0], RULES).bars}
    for index in ("K", "C", "N"):
        assert shares[index] == pytest.approx(bars[index])
    assert shares[RAISED] == pytest.approx(bars.get("single", 0.0))
    assert shares[MEMORY] == pytest.approx(bars["memory"])


heights = st.one_of(st.just(float("nan")), st.floats(0, 100))


@settings(max_examples=40)
@given(
    st.dictionaries(st.tuples(st.integers(0, 5), st.sampled_from(IDS)), heights, min_size=1), st.floats(0, 20)
)
def test_the_parts_add_up_to_t_star(cells: dict[tuple[int, str], float], memory: float) -> None:
    """Property: nothing is lost, nothing is negative, unknown stays unknown."""
    found = values(cells)
    days = decided(found, 6, memory)
    shares = daily_shares(found, days, RULES)
    parts = shares.drop(columns="day").to_numpy("float64")
    known = days["t_star"].notna().to_numpy()
    assert (parts[known] >= -1e-9).all()
    assert np.allclose(parts[known].sum(axis=1), days["t_star"][known])
    assert np.isnan(parts[~known]).all()


def test_revised_indices_are_scaled_to_what_was_decided() -> None:
    """T was 20 when it was decided; indices that were raised since do not push it up."""
    found = values({(0, "K"): 90.0, (0, "C"): 90.0})
    days = pd.DataFrame({"day": [FIRST], "t": [20.0], "t_star": [30.0]})
    shares = daily_shares(found, days, RULES).iloc[0]
    assert shares["K"] + shares["C"] == pytest.approx(20.0)
    assert shares[RAISED] == pytest.approx(0.0)
    assert shares[MEMORY] == pytest.approx(10.0)


def test_no_day_is_an_empty_table_with_its_columns() -> None:
    """A platform without a computed day."""
    nothing = pd.DataFrame({"day": [], "t": [], "t_star": []})
    assert list(daily_shares(values({(0, "K"): 1.0}), nothing, RULES)) == ["day", *IDS, RAISED, MEMORY]
