"""What holds for every replay, and the ranking figures against scikit-learn."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.evaluation.episodes import episodes, standing
from signals.evaluation.evaluate import Plan, evaluate
from signals.evaluation.grid import grid
from signals.evaluation.ranking import Ranking
from signals.evaluation.usefulness import Confusion
from tests.signals.replays import failed, frame

FAST = Plan(draws=0, random_draws=1)
DAYS = 130
days = st.lists(st.tuples(st.sampled_from("nbyor?"), st.integers(1, 30)), min_size=1, max_size=12).map(
    lambda runs: "".join(letter * length for letter, length in runs)[:DAYS].ljust(DAYS, "n")
)
replays = st.dictionaries(st.sampled_from("甲乙丙丁"), days, min_size=1)
lists = st.lists(st.tuples(st.sampled_from("甲乙丙丁"), st.integers(-5, DAYS + 5)), min_size=1, max_size=5)


def values(rows: pd.DataFrame, listed: pd.DataFrame) -> dict[str, float]:
    """Metric -> value of ours."""
    found = evaluate(grid(rows), listed, None, FAST).figures
    ours = found[found["method"] == "trustwatch"]
    return dict(zip(ours["metric"], ours["value"], strict=True))


def same(one: dict[str, float], two: dict[str, float]) -> None:
    assert one.keys() == two.keys()
    np.testing.assert_allclose(list(one.values()), list(two.values()), rtol=0, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(replays, lists)
def test_figures_stay_within_their_ranges(platforms: dict[str, str], listed: list[tuple[str, int]]) -> None:
    """Shares in 0..1, lead times in 1..90, episodes add up."""
    found = values(frame(platforms), failed(*listed))
    for name in (
        "pod",
        "alarm_day_share",
        "auroc",
        "auprc",
        "week_hit_rate",
        "week_false_rate",
        "prevalence",
    ):
        assert np.isnan(found[name]) or 0 <= found[name] <= 1
    assert np.isnan(found["lead_median"]) or 1 <= found["lead_median"] <= 90
    assert found["hits"] <= found["failures"] <= len(platforms)
    assert found["false_alarms"] + found["undecided_episodes"] <= found["episodes"]
    assert all(
        value <= 1 + 1e-12
        for name, value in found.items()
        if name.startswith("usefulness@") and value == value
    )


@settings(max_examples=15, deadline=None)
@given(replays, lists)
def test_a_later_calendar_changes_nothing(platforms: dict[str, str], listed: list[tuple[str, int]]) -> None:
    """Replay and failures a day later: the same figures."""
    rows, later = frame(platforms), frame(platforms)
    later["day"] = [day + timedelta(1) for day in later["day"]]
    moved = failed(*((name, day + 1) for name, day in listed))
    same(values(rows, failed(*listed)), values(later, moved))


@settings(max_examples=15, deadline=None)
@given(replays, lists)
def test_names_change_nothing(platforms: dict[str, str], listed: list[tuple[str, int]]) -> None:
    """Relabelled platforms, in another order: the same figures."""
    new = dict(zip("甲乙丙丁", ("z9", "y8", "x7", "w6"), strict=True))
    renamed = {new[name]: letters for name, letters in platforms.items()}
    same(
        values(frame(platforms), failed(*listed)),
        values(frame(renamed), failed(*((new[name], day) for name, day in listed))),
    )


@settings(max_examples=15, deadline=None)
@given(replays, lists, st.sampled_from("甲乙丙丁"), st.integers(0, DAYS - 1))
def test_one_more_episode_never_lowers_pod(
    platforms: dict[str, str], listed: list[tuple[str, int]], name: str, day: int
) -> None:
    """An alarm between two calm days adds an episode: no failure loses its warning by it."""
    letters = platforms.get(name, "n" * DAYS)
    around = letters[max(day - 1, 0) : day + 2]
    if any(letter in "or?" for letter in around):
        return
    before, after = (
        {**platforms, name: letters},
        {**platforms, name: letters[:day] + "o" + letters[day + 1 :]},
    )
    one, two = values(frame(before), failed(*listed)), values(frame(after), failed(*listed))
    assert np.isnan(one["pod"]) or two["pod"] >= one["pod"]
    assert two["episodes"] >= one["episodes"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_an_alarm_stands_as_long_as_nothing_else_is_seen(cells: list[tuple[bool, bool]]) -> None:
    """Day by day as a person would say it, and episodes are exactly its runs."""
    alarm, seen = (np.array([[one[k] for one in cells]]) for k in (0, 1))
    state, expected = False, []
    for is_alarm, is_seen in cells:
        state = is_alarm if is_seen else state
        expected.append(state)
    assert standing(alarm, seen)[0].tolist() == expected
    found = episodes(alarm, seen, 100)
    inside = np.zeros(len(cells), dtype=bool)
    for start, end in zip(found.start - 100, found.end - 100, strict=True):
        assert not inside[max(start - 1, 0) : end + 1].any()  # runs neither touch nor overlap
        inside[start : end + 1] = True
    assert inside.tolist() == expected


def test_a_perfect_signal_has_every_figure_at_its_best() -> None:
    """Orange exactly in the 90 days before each failure."""
    platforms = {"甲": "n" * 30 + "o" * 90 + "n" * 140, "乙": "n" * 260}
    found = values(frame(platforms), failed(("甲", 120)))
    assert found["pod"] == found["auroc"] == found["auprc"] == 1
    assert found["nsr"] == found["false_alarms"] == 0
    assert found["usefulness@0.9"] > 0.8  # the week in which day 30 falls began calm


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=40))
def test_areas_agree_with_scikit_learn(rows: list[tuple[bool, int, int]]) -> None:
    """Ties and weights included."""
    metrics = pytest.importorskip("sklearn.metrics")
    label, score, weight = (np.array(column) for column in zip(*rows, strict=True))
    auroc, auprc = Ranking(label, score.astype(float)).areas(weight)
    positive, negative = weight[label].sum(), weight[~label].sum()
    if not positive:
        assert np.isnan(auroc)
        assert np.isnan(auprc)
        return
    assert auprc == pytest.approx(metrics.average_precision_score(label, score, sample_weight=weight))
    if negative:
        assert auroc == pytest.approx(metrics.roc_auc_score(label, score, sample_weight=weight))


def test_usefulness_is_zero_where_the_better_constant_answer_is_given() -> None:
    """Never an alarm at small μ, always an alarm at large μ."""
    never, always = Confusion(0, 0, 10, 90), Confusion(10, 90, 0, 0)
    assert never.usefulness(0.5) == pytest.approx(0)
    assert always.usefulness(0.95) == pytest.approx(0)
    assert always.usefulness(0.5) < 0
