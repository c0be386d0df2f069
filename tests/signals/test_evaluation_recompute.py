"""Recomputed T and alarms against the functions that the product itself decides with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.models import Thresholds
from signals.composite import Rules
from signals.evaluation.grid import Floats, grid
from signals.evaluation.recompute import Material, alarms, lifted, material, remembered, score
from signals.level_state import DayInput, State
from signals.levels import step
from signals.model import Level
from signals.warn import Evidence, warn
from tests.mention_tables import INDICES, THRESHOLDS
from tests.signals.replays import on, replay

runs = st.lists(
    st.tuples(st.sampled_from([0, 20, 52, 57, 62, 70, 77, 90]), st.integers(1, 25)), min_size=1, max_size=8
)
series = runs.map(lambda told: np.repeat([t for t, _ in told], [n for _, n in told]).astype(np.float64))


def walked(t: Floats, at_once: np.ndarray | None = None) -> tuple[list[bool], list[float]]:
    """(orange or above, T*) of each day by signals.levels."""
    state: State | None = None
    alarm, star = [], []
    for n, value in enumerate(t.tolist()):
        official = bool(at_once is not None and at_once[n])
        today = DayInput(on(n), value, value, 1.0, 1.0, official=official, always_signed=True)
        done = step(state, today, THRESHOLDS)
        state = done.state
        alarm.append(state.level.rank >= Level.ORANGE.rank)
        star.append(done.t_star)
    return alarm, star


def plain(t: Floats, at_once: np.ndarray | None = None) -> Material:
    """One fully observed platform."""
    shape = (1, t.size)
    return Material(
        replay({"甲": "n" * t.size}), (), np.zeros((*shape, 0)), np.zeros((1, 0), dtype=bool), np.full(shape, np.nan),
        np.zeros(shape, dtype=bool) if at_once is None else at_once[None, :], np.ones(shape, dtype=bool), 1.0,
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(series, st.integers(0, 60))
def test_alarms_are_those_of_the_state_machine(t: Floats, official: int) -> None:
    """Day by day, an official floor on one day included."""
    at_once = np.arange(t.size) == official
    t = np.where(at_once, np.maximum(t, 80), t)
    assert alarms(t[None, :], plain(t, at_once), THRESHOLDS)[0].tolist() == walked(t, at_once)[0]


@settings(max_examples=60, deadline=None)
@given(series)
def test_memory_is_that_of_the_state_machine(t: Floats) -> None:
    """T* of every day."""
    np.testing.assert_allclose(remembered(t[None, :], THRESHOLDS)[0], walked(t)[1], atol=1e-9)


def values(seed: int, days: int = 60) -> pd.DataFrame:
    """index_values rows as the index stage gives them: three platforms, some indices never there, some days not
    observed."""
    rng = np.random.default_rng(seed)
    rows = []
    for place, platform in enumerate("甲乙丙"):
        for k, index in enumerate(INDICES):
            if (place + k) % 5 == 4:
                continue
            for n in range(days):
                seen = rng.random() > 0.03
                value = float(rng.gamma(2, 15 if n > 30 else 5)) if seen else np.nan
                rows.append((platform, on(n), index.id, min(value, 100.0), seen, value / 100, 0))
    columns = ["platform_id", "day", "index_id", "value", "observed", "level_part", "count"]
    return pd.DataFrame(rows, columns=columns).assign(
        surprise_part=0.0, expected=np.nan, accumulated=0.0, saturation=1.0
    )


def as_replayed(rows: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """The same as index_values.csv, by the warning stage itself."""
    days = [on(n) for n in range((max(rows["day"]) - on(0)).days + 1)]
    rules = Rules(thresholds, INDICES)
    found = warn(Evidence(rows), list("甲乙丙"), days, rules, auto_sign_off=True).platform_days
    wide = rows.pivot(index=["platform_id", "day"], columns="index_id", values="value").reset_index()
    told = found.merge(wide, on=["platform_id", "day"], how="left")
    return told.rename(columns={"platform_id": "platform", "t": "T"})


def other() -> Thresholds:
    """Other weights, share and lines."""
    weights = {**THRESHOLDS.weights, "R": 0.4, "S": 0.02}
    lines = {
        name: getattr(THRESHOLDS, name).model_copy(update={"enter": line})
        for name, line in (("orange", 52.0), ("yellow", 40.0))
    }
    return THRESHOLDS.model_copy(update={"weights": weights, "single_index_share": 0.8, **lines})


@pytest.mark.parametrize("seed", range(3))
def test_a_replay_made_with_other_thresholds_is_foretold_from_its_indices(seed: int) -> None:
    """T exactly; the alarms where the platform was observed."""
    rows = values(seed)
    before, after = as_replayed(rows, THRESHOLDS), as_replayed(rows, other())
    given_ = material(before, grid(before), Rules(THRESHOLDS, INDICES))
    assert given_.agrees == 1
    foretold, wanted = score(given_, other()), grid(after)
    np.testing.assert_allclose(foretold, wanted.t, atol=1e-9)
    alarm = alarms(foretold, given_, other())
    both = given_.fit & wanted.seen
    assert (alarm == (wanted.level >= Level.ORANGE.rank))[both].mean() > 0.97


def test_a_floor_shows_as_t_above_the_indices() -> None:
    """It stays, and an official one acts at once."""
    rows = as_replayed(values(1), THRESHOLDS)
    rows.loc[(rows["platform"] == "甲") & (rows["day"] == on(20)), "T"] = 80.0
    given_ = material(rows, grid(rows), Rules(THRESHOLDS, INDICES))
    place = given_.grid.platforms.index("甲")
    assert given_.floor[place, 20] == 80
    assert given_.at_once[place].nonzero()[0].tolist() == [20]
    assert score(given_, THRESHOLDS)[place, 20] == 80


def test_floors_keep_the_level_they_stand_for() -> None:
    """60 reached orange and 80 red: they still do when the lines rise, and never fall."""
    after = THRESHOLDS.model_copy(
        update={
            "orange": THRESHOLDS.orange.model_copy(update={"enter": 66.0}),
            "red": THRESHOLDS.red.model_copy(update={"enter": 82.0}),
        }
    )
    assert lifted(np.array([55.0, 60.0, 80.0]), THRESHOLDS, after).tolist() == [55, 66, 82]
    lower = THRESHOLDS.model_copy(update={"orange": THRESHOLDS.orange.model_copy(update={"enter": 50.0})})
    assert lifted(np.array([60.0]), THRESHOLDS, lower).tolist() == [60]
