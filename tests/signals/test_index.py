"""Index values from roll-ups and observation."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from signals.coverage import Observation, observe
from signals.index import COLUMNS, index_values
from tests.mention_tables import DAY, FED_BY_MENTIONS, INDICES, days, roll_ups, source_days

P = SimpleNamespace(id="p", category="支付", demo=False)
EMPTY = roll_ups([])


def observation(count: int, *, silent: tuple[int, ...] = ()) -> Observation:
    """`count` days from DAY on, one source of all kinds, silent on some."""
    span = days(count)
    rows = source_days(span, silent=[span[n] for n in silent])
    declaration = {"id": "s", "kinds": ["regulatory", "news", "social", "complaint", "disclosure"]}
    return observe([{**declaration, "covers": "all"}], rows, [P], INDICES, span[0], span[-1])


def test_one_row_per_index_in_scope_and_day() -> None:
    """Quiet but observed days are there, with value 0: 0 means observed, none."""
    values = index_values(EMPTY, observation(3), INDICES, DAY, DAY + timedelta(2))
    assert tuple(values.columns) == COLUMNS
    assert len(values) == 3 * len(FED_BY_MENTIONS)
    assert values["observed"].all()
    assert (values["value"] == 0).all()


def test_out_of_scope_has_no_row() -> None:
    """Days without source_days are not in scope: no row, rather than a calm one."""
    assert index_values(EMPTY, observation(1), INDICES, DAY + timedelta(5), DAY + timedelta(6)).empty


def test_unobserved_is_nan_and_tells_what_arrived() -> None:
    """Value NaN, observed False; the level part of what did arrive stays readable."""
    rolled = roll_ups([("p", DAY + timedelta(1), "K", 0.7, 1)])
    values = index_values(
        rolled, observation(2, silent=(1,)), INDICES, DAY + timedelta(1), DAY + timedelta(1)
    )
    k = values.set_index("index_id").loc["K"]
    assert np.isnan(k["value"])
    assert not k["observed"]
    assert k["level_part"] == pytest.approx(1 - np.exp(-0.7))


def test_value_joins_level_and_surprise() -> None:
    """I = 100·(1 − (1−L)(1−A)) holds in every observed row."""
    rng = np.random.default_rng(0)
    span = days(420)
    rows = [
        ("p", day, "C", float(n) / 5, int(n)) for day, n in zip(span, rng.poisson(3, 420), strict=True) if n
    ]
    rows[-1] = ("p", span[-1], "C", 6.0, 30)
    values = index_values(roll_ups(rows), observation(420), INDICES, span[-5], span[-1])
    expected = 100 * (1 - (1 - values["level_part"]) * (1 - values["surprise_part"]))
    assert values["value"].tolist() == pytest.approx(expected.tolist())
    last = values[(values["index_id"] == "C") & (values["day"] == span[-1])].iloc[0]
    assert last["surprise_part"] > 0.5
    assert last["expected"] == pytest.approx(3, rel=0.4)


def test_a_day_alone_equals_the_day_in_a_batch() -> None:
    """Computing a year at once or one day gives the same numbers for that day."""
    rng = np.random.default_rng(1)
    span = days(400)
    rows = [
        ("p", day, "N", float(n) / 3, int(n)) for day, n in zip(span, rng.poisson(2, 400), strict=True) if n
    ]
    batch = index_values(roll_ups(rows), observation(400), INDICES, span[200], span[-1])
    alone = index_values(roll_ups(rows), observation(400), INDICES, span[-1], span[-1])
    same_day = batch[batch["day"] == span[-1]].reset_index(drop=True)
    pd.testing.assert_frame_equal(same_day, alone, rtol=1e-9)


def test_other_platforms_rows_are_ignored() -> None:
    """Roll-ups of platforms that are not asked for change nothing."""
    rolled = roll_ups([("q", DAY, "N", 1.0, 1)])
    assert (index_values(rolled, observation(1), INDICES, DAY, DAY)["accumulated"] == 0).all()
