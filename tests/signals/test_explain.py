"""Shares of a T that add up (METHOD section 5)."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.coverage import observe
from signals.explain import Explanation, explain
from signals.index import index_values
from signals.indices import roll_up
from signals.open_items import standing_days, standing_parts
from signals.warn import Evidence, Rules, warn
from signals.weight import weigh
from tests.mention_tables import (
    DAY,
    EVENTS,
    INDICATORS,
    INDICES,
    KINDS,
    THRESHOLDS,
    at,
    days,
    event,
    mention,
    readings,
    source_days,
    table,
)

RULES = Rules(THRESHOLDS, INDICES, EVENTS)


PEERS = ["p", *(f"peer{n}" for n in range(6))]
PLATFORMS = pd.DataFrame({"platform_id": PEERS, "category": "支付"})


def explained(
    rows: list[dict[str, Any]],
    *,
    silent: tuple[int, ...] = (),
    span: int = 3,
    told: pd.DataFrame | None = None,
) -> Explanation:
    """The whole way from mentions and readings to the explanation of the last of `span` days."""
    mentions = table(rows)
    mentions = mentions.assign(weight=weigh(mentions))
    calendar = days(span)
    platform = SimpleNamespace(id="p", category="支付", demo=False)
    observation = observe(
        [{"id": "s", "kinds": KINDS, "covers": "all"}],
        source_days(calendar, silent=[calendar[n] for n in silent]),
        [platform],
        INDICES,
        calendar[0],
        calendar[-1],
    )
    rolled = roll_up(mentions, INDICES, EVENTS)
    days_told = parts = None
    if told is not None:
        days_told = standing_days(told, PLATFORMS, INDICATORS, INDICES, (calendar[0], calendar[-1]))
        parts = standing_parts(told, PLATFORMS, INDICATORS, "p", calendar[-1])
    values = index_values(rolled, observation, INDICES, calendar[0], calendar[-1], readings_days=days_told)
    values = values[values["platform_id"] == "p"]
    floor_events = mentions.explode("events").dropna(subset="events")
    floor_events = floor_events.assign(
        event_id=[hit["id"] for hit in floor_events["events"]], polarity="asserted"
    )
    warned = warn(Evidence(values, floor_events=floor_events), ["p"], calendar, RULES)
    day = warned.platform_days.iloc[-1]
    recent = values[[one >= calendar[-1] - timedelta(days=3) for one in values["day"]]]
    return explain(recent, day, RULES, mentions, parts)


def adds_up(tree: Explanation) -> None:
    """Bars to T*, index shares to their parts, mentions to the level part."""
    assert sum(bar.share for bar in tree.bars) == pytest.approx(tree.t_star, abs=1e-9)
    without_memory = sum(bar.share for bar in tree.bars if bar.kind != "memory")
    assert without_memory == pytest.approx(tree.t, abs=1e-9)
    for index in tree.indices:
        assert index.level + index.surprise == pytest.approx(index.share, abs=1e-9)
        told = sum(one.share for one in (*index.mentions, *index.indicators)) + index.rest
        assert told == pytest.approx(index.level, abs=1e-9)
        assert index.rest >= -1e-9
        assert all(one.share > 0 for one in (*index.mentions, *index.indicators))


kinds = st.sampled_from(KINDS)
events = st.sampled_from(["penalty", "withdrawal_difficulty", "data_breach", "disclosure_late"])
mentions_of_days = st.lists(st.tuples(st.integers(0, 2), kinds, events, st.floats(0.05, 1)), max_size=12)


@settings(max_examples=20, deadline=None)
@given(mentions_of_days, st.booleans())
def test_shares_add_up(told: list[tuple[int, str, str, float]], outage: bool) -> None:
    """Whatever was said, observed or carried over an outage, floors and memory included."""
    rows = [
        mention(n, available_at=at(day), kind=kind, events=event(name), negative=negative)
        for n, (day, kind, name, negative) in enumerate(told)
    ]
    adds_up(explained(rows, silent=(2,) if outage else ()))


@settings(max_examples=12, deadline=None)
@given(mentions_of_days, st.integers(0, 1000), st.floats(-30, 60), st.booleans())
def test_shares_add_up_with_readings(
    told: list[tuple[int, str, str, float]], seed: int, last: float, outage: bool
) -> None:
    """Numeric indicators among the mentions: Y down to the reading and its reference, D down to the open item."""
    rows = [
        mention(n, available_at=at(day), kind=kind, events=event(name), negative=negative)
        for n, (day, kind, name, negative) in enumerate(told)
    ]
    figures = readings(PEERS, DAY, DAY + timedelta(2), seed=seed)
    newest = (figures["platform_id"] == "p") & (figures["period_end"] == figures["period_end"].max())
    figures.loc[newest, "value"] = figures.loc[newest, "value"] + last
    adds_up(explained(rows, silent=(2,) if outage else (), told=figures))


def test_the_tree_names_the_indicator_and_its_reference() -> None:
    """A jump of the overdue rate is told by its name, against what it was judged, its value and its z."""
    figures = readings(PEERS, DAY, DAY + timedelta(2))
    newest = (figures["platform_id"] == "p") & (figures["period_end"] == figures["period_end"].max())
    figures.loc[newest & (figures["name"] == "overdue_rate"), "value"] = 90.0
    (y,) = (one for one in explained([], told=figures).indices if one.index_id == "Y")
    first = y.indicators[0]
    assert (first.indicator, first.value) == ("overdue_rate", 90.0)
    assert {one.against for one in y.indicators if one.indicator == "overdue_rate"} == {"past", "class"}
    assert first.z == INDICATORS.judgement.z_max
    assert y.rest == pytest.approx(0, abs=1e-9)


def test_index_share_follows_the_formula() -> None:
    """w·I²/(W·Q) with W the weight in scope: all but Y, which no indicator feeds here."""
    tree = explained([mention(1, available_at=at(2), kind="complaint", reach=0.25)])
    (complaints,) = (one for one in tree.indices if one.index_id == "C")
    q = sum(one.share for one in tree.indices)
    weights = THRESHOLDS.weights
    weight = weights["C"] / (sum(weights.values()) - weights["Y"])
    assert complaints.share == pytest.approx(weight * complaints.value**2 / q)


def test_stronger_and_younger_mentions_share_more() -> None:
    """Proportional to v·g(age): N halves in 7 days."""
    rows = [mention(1, available_at=at(0)), mention(2, available_at=at(2))]
    (news,) = (one for one in explained(rows).indices if one.index_id == "N")
    old, new = sorted(news.mentions, key=lambda one: one.document_id)
    assert old.share / new.share == pytest.approx(2 ** (-2 / 7))
    assert news.rest == pytest.approx(0, abs=1e-9)


def test_mentions_not_handed_in_are_the_rest() -> None:
    """An index whose mentions are older than those shown says so instead of inflating them."""
    rows = [mention(1, available_at=at(0)), mention(2, available_at=at(2))]
    whole = explained(rows)
    frame = table(rows[1:]).assign(weight=1.0)
    assert whole.indices
    values = pd.DataFrame(
        [
            {
                "day": DAY,
                "index_id": "N",
                "value": 60.0,
                "level_part": 0.6,
                "surprise_part": 0.0,
                "accumulated": 4.0,
                "saturation": 1.0,
                "count": 1,
                "observed": True,
            }
        ]
    )
    frame = frame.assign(day=pd.Timestamp(DAY))
    (news,) = explain(values, {"day": DAY, "t": 60.0, "t_star": 60.0, "floor": None}, RULES, frame).indices
    assert news.mentions[0].share == pytest.approx(news.level / 4)
    assert news.rest == pytest.approx(news.level * 3 / 4)


def test_a_floor_is_a_bar_of_its_own() -> None:
    """An official case over calm indices: the floor carries what they do not."""
    row = mention(
        1, available_at=at(2), kind="regulatory", official=True, events=event("case_filed"), reach=0.1
    )
    (floor,) = (bar for bar in explained([row]).bars if bar.kind == "floor")
    assert floor.id == "official"
    assert floor.share > 0


def test_memory_is_a_bar_of_its_own() -> None:
    """Days after the peak, what T no longer shows is memory."""
    rows = [
        mention(n, kind="complaint", author=f"a{n}", events=event("withdrawal_difficulty")) for n in range(6)
    ]
    tree = explained(rows, span=6)
    assert any(bar.kind == "memory" and bar.share > 0 for bar in tree.bars)


def test_without_scope_there_is_nothing_to_explain() -> None:
    """T* NaN: no bars."""
    empty = pd.DataFrame(columns=["day", "index_id"])
    tree = explain(empty, {"day": DAY, "t": np.nan, "t_star": np.nan, "floor": None}, RULES)
    assert tree.bars == ()
