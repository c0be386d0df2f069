"""Composite T from index values (METHOD section 5)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.calendar import day_numbers
from signals.composite import Composite, Rules, composite
from tests.mention_tables import DAY, INDICES, THRESHOLDS

RULES = Rules(THRESHOLDS, INDICES)
IDS = [index.id for index in INDICES]
NAN = float("nan")


def rows(
    day: int, values: Mapping[str, float], *, arrived: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """index_values of platform p on a day; NaN = in scope, not observed; `arrived` = level part with mentions."""
    level = arrived or {}
    return pd.DataFrame(
        [
            {
                "platform_id": "p",
                "day": DAY + timedelta(day),
                "index_id": index_id,
                "value": value,
                "level_part": level.get(index_id, 0.0 if math.isnan(value) else value / 100),
                "surprise_part": NAN if math.isnan(value) else 0.0,
                "accumulated": 0.0,
                "saturation": 1.0,
                "count": int(index_id in level),
                "expected": NAN,
                "observed": not math.isnan(value),
            }
            for index_id, value in values.items()
        ]
    )


def composed(*frames: pd.DataFrame, day: int = 0) -> Composite:
    """The composite of platform p on one day."""
    return composite(pd.concat(frames), ["p"], day_numbers([DAY + timedelta(day)]), RULES)


def test_nothing_observed_is_not_zero() -> None:
    """In scope, but no source ever answered: T is unknown, while what arrived all the same counts."""
    silent = dict.fromkeys(IDS, NAN)
    assert math.isnan(composed(rows(0, silent)).t.item())
    assert composed(rows(0, silent, arrived={"C": 0.5})).t.item() > 0


def test_q_is_the_weighted_quadratic_mean() -> None:
    """Q = (Σ w·I²/W)^½ over the indices in scope."""
    whole = composed(rows(0, {"R": 30.0, "C": 60.0}))
    assert whole.q.item() == pytest.approx(math.sqrt((0.2 * 900 + 0.22 * 3600) / 0.42))
    assert whole.scope.item() == pytest.approx(0.42 / sum(THRESHOLDS.weights.values()))


def test_one_extreme_index_alone_reaches_orange() -> None:
    """.65·max(R, K, C): with all in scope and only K at 100, T is 65."""
    assert composed(rows(0, {k: 100.0 * (k == "K") for k in IDS})).t.item() == pytest.approx(65.0)


def test_the_single_index_rule_is_for_r_k_c() -> None:
    """N alone at 100 gives its weight's share only."""
    whole = composed(rows(0, {k: 100.0 * (k == "N") for k in IDS}))
    assert whole.t.item() == pytest.approx(100 * math.sqrt(0.12 / sum(THRESHOLDS.weights.values())))


def test_without_scope_t_is_nan() -> None:
    """Nothing configured: unknown, not calm."""
    whole = composed(rows(5, {"R": 1.0}))
    assert math.isnan(whole.t.item())
    assert whole.scope.item() == 0
    assert whole.coverage.item() == 0


def test_coverage_is_observed_weight_in_scope() -> None:
    """R observed, C not: .20/.42."""
    assert composed(rows(0, {"R": 10.0, "C": NAN})).coverage.item() == pytest.approx(0.2 / 0.42)


def test_unobserved_keeps_its_last_value_decaying() -> None:
    """One day later the value has decayed by its own half-life."""
    whole = composed(rows(-1, {"R": 10.0, "C": 80.0}), rows(0, {"R": 10.0, "C": NAN}))
    assert whole.used[0, 0, IDS.index("C")] == pytest.approx(80 * 2 ** (-1 / 14))
    assert whole.carried[0, 0, IDS.index("C")]


def test_after_three_days_it_is_gone() -> None:
    """Carried for carry_days at most; then 0, with its weight still in W."""
    frames = [rows(-4, {"R": 50.0, "C": 80.0}), *(rows(n, {"R": 50.0, "C": NAN}) for n in range(-3, 1))]
    whole = composed(*frames)
    assert whole.q.item() == pytest.approx(math.sqrt(0.2 * 2500 / 0.42))


def test_what_was_observed_today_excludes_the_carried() -> None:
    """`seen` knows only today's."""
    whole = composed(rows(-1, {"R": 10.0, "C": 80.0}), rows(0, {"R": 10.0, "C": NAN}))
    assert whole.seen.item() == pytest.approx(max(math.sqrt(0.2 * 100 / 0.42), 0.65 * 10))


def test_evidence_counts_even_where_sources_are_silent() -> None:
    """A rise is not delayed by missing data: mentions that came on an unobserved day count with their level part."""
    whole = composed(rows(0, {"R": 10.0, "K": NAN}, arrived={"K": 0.9}))
    assert whole.used[0, 0, IDS.index("K")] == pytest.approx(90.0)
    assert whole.coverage.item() == pytest.approx(0.2 / 0.42)


scores = st.dictionaries(st.sampled_from(IDS), st.floats(0, 100), min_size=1)


@settings(deadline=None)
@given(scores, st.sets(st.sampled_from(IDS)))
def test_an_outage_never_raises_t(values: dict[str, float], silent: set[str]) -> None:
    """T on a day with silent sources is at most T of the day before, all else equal."""
    today = {k: NAN if k in silent else v for k, v in values.items()}
    before = composed(rows(-1, values), day=-1).t.item()
    assert composed(rows(-1, values), rows(0, today)).t.item() <= before + 1e-9


@settings(deadline=None)
@given(scores, st.sampled_from(IDS), st.floats(0, 100))
def test_t_grows_with_every_index(values: dict[str, float], index: str, more: float) -> None:
    """Raising one index never lowers T."""
    if index in values:
        higher = {**values, index: min(values[index] + more, 100.0)}
        assert composed(rows(0, higher)).t.item() >= composed(rows(0, values)).t.item() - 1e-9
