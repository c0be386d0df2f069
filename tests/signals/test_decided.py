"""What a replay decides, against the stage that decides day by day: levels, T, T* and every sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.models import Thresholds
from signals.calendar import day_numbers
from signals.composite import Rules
from signals.evaluation.decided import decide
from signals.evaluation.grid import RANKS
from signals.warn import Evidence, warn_scoped
from tests.mention_tables import EVENTS, INDICES, THRESHOLDS
from tests.signals.test_whatif import CATEGORIES, edited, floor_events, on, stored


def facts(seed: int, count: int) -> pd.DataFrame:
    """What sentences may tell, of most days."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = [
        {
            "platform_id": platform,
            "day": on(n),
            "mentions90": int(rng.integers(0, 3)),
            "publishers": int(rng.integers(0, 5)),
            "event": rng.choice([None, "withdrawal_difficulty"]),
        }
        for platform in CATEGORIES
        for n in range(count)
        if rng.random() < 0.9
    ]
    return pd.DataFrame(rows)


def surprised(values: pd.DataFrame, seed: int) -> pd.DataFrame:
    """With counts above their baseline on some days."""
    rng = np.random.default_rng(seed)
    size = len(values)
    return values.assign(
        surprise_part=np.where(rng.random(size) < 0.2, rng.uniform(0, 1, size), 0.0),
        expected=np.where(rng.random(size) < 0.8, rng.uniform(0, 3, size), np.nan),
    )


@pytest.mark.parametrize("thresholds", [THRESHOLDS, edited()], ids=["for all", "by scope"])
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**16))
def test_every_day_is_decided_as_day_by_day(thresholds: Thresholds, seed: int) -> None:
    """Bursts, outages, floors, a failed platform, days left out: the same levels, scores and sentences."""
    days = [on(n) for n in range(70) if n % 23 != 5]
    evidence = Evidence(
        values=surprised(stored(seed, 70), seed),
        floor_events=floor_events(seed, 70),
        failed_since={"b": days[0] + timedelta(30)},
        facts=facts(seed, 70),
    )
    rules = Rules(thresholds, INDICES, EVENTS)
    stepped = warn_scoped(evidence, CATEGORIES, days, rules, auto_sign_off=True).platform_days
    decided = decide(evidence, CATEGORIES, day_numbers(days), rules)
    shape = (len(CATEGORIES), len(days))
    for name in ("t", "t_star", "scope", "coverage"):
        expected = stepped[name].to_numpy("float64").reshape(shape).T
        np.testing.assert_array_equal(getattr(decided, name), expected, err_msg=name)
    levels = np.array([RANKS[word] for word in stepped["level"]]).reshape(shape).T
    np.testing.assert_array_equal(decided.level, levels)
    said = [decided.reason(d, p) for p in range(shape[0]) for d in range(shape[1])]
    assert said == stepped["reason"].tolist()
