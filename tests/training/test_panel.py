"""Learners of the monthly panel see no outcome before it was public."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("lightgbm")
pytest.importorskip("sklearn")

from training.panel import Fit, boosted, logistic, looking_ahead, walk_forward

MONTHS = pd.date_range("2017-01-31", periods=12, freq="ME")


def panel(platforms: int = 60) -> pd.DataFrame:
    """A feature that tells the failures of 2017-08 on exactly."""
    rng = np.random.default_rng(3)
    rows = []
    for n in range(platforms):
        x, bad = rng.normal(), n % 6 == 0
        for month in MONTHS:
            failed = pd.Timestamp("2017-08-20") if bad else pd.NaT
            known = month + pd.Timedelta(days=10)
            if bad and failed <= known:
                continue
            rows.append((f"p{n:02d}", month, known, failed, x + 3 * bad))
    return pd.DataFrame(rows, columns=["platform", "month", "known", "failed", "x"])


def scores(rows: pd.DataFrame, learn: Fit) -> pd.Series:
    """Walk-forward scores of 90 days."""
    found = walk_forward(rows[["x"]], rows["month"], rows["known"], rows["failed"], 90, learn)
    return pd.Series(found, index=rows.index)


@pytest.mark.parametrize("learn", [logistic(1.0), boosted])
def test_nothing_is_learnt_before_the_first_outcome_is_public(learn: Fit) -> None:
    """Failures of 2017-08-20 can teach the month whose horizon has passed by then, not the one before."""
    rows = panel()
    found = scores(rows, learn)
    assert (found[rows["known"] < pd.Timestamp("2017-08-20")] == 0).all()
    assert (found[rows["month"] == MONTHS[-1]] != 0).any()


def test_later_rows_change_no_earlier_score() -> None:
    """Cut off after October: the same scores before."""
    rows = panel()
    whole = scores(rows, logistic(1.0))
    early = rows[rows["month"] <= MONTHS[9]]
    pd.testing.assert_series_equal(whole[early.index], scores(early, logistic(1.0)))


def test_looking_ahead_judges_a_platform_by_others() -> None:
    """A label that only the platform itself carries cannot be learnt."""
    rows = panel()
    found = looking_ahead(rows[["x"]], rows["platform"], rows["known"], rows["failed"], 90, logistic(1.0))
    bad = rows["failed"].notna().to_numpy()
    assert found[bad].mean() > found[~bad].mean()
