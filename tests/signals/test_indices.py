"""The sub-indices: what each is fed by, and how the registry answers."""

from __future__ import annotations

import pandas as pd
import pytest

from signals.calendar import day_number
from signals.indices import UnknownIndexFunction, mark_crises, resolve, roll_up
from signals.weight import weigh
from tests.mention_tables import DAY, EVENTS, INDICES, at, event, mention, table


def rolled(*rows: dict[str, object]) -> pd.DataFrame:
    """Roll-ups of weighed mentions, by index and day."""
    mentions = table(rows)
    return roll_up(mentions.assign(weight=weigh(mentions)), INDICES, EVENTS).set_index("index_id")


@pytest.mark.parametrize(
    ("kind", "fed"),
    [
        ("regulatory", {"R"}),
        ("news", {"N", "S"}),
        ("social", {"N", "S"}),
        ("complaint", {"C"}),
        ("disclosure", {"D"}),
    ],
)
def test_each_kind_feeds_its_indices(kind: str, fed: set[str]) -> None:
    """A negative mention without an event reaches just the indices of its kind."""
    assert set(rolled(mention(1, kind=kind)).index) == fed


@pytest.mark.parametrize("kind", ["regulatory", "news", "social", "complaint", "disclosure"])
def test_crisis_events_of_any_kind_feed_k(kind: str) -> None:
    """K hears every kind."""
    assert rolled(mention(1, kind=kind, events=event("overdue"))).loc["K", "impulse"] == pytest.approx(1.0)


def test_a_clarification_is_no_crisis() -> None:
    """Events marked crisis = false stay out of K."""
    assert "K" not in rolled(mention(1, events=event("clarification"))).index


def test_a_denied_event_is_no_crisis() -> None:
    """K takes claims, not denials."""
    assert "K" not in rolled(mention(1, events=event("fraud", "denied"), polarity="denied")).index


def test_counts_leave_copies_and_mild_mentions_out() -> None:
    """The surprise part counts negative claims of their own; raw counts all."""
    news = rolled(
        mention(1, story_id=1),
        mention(2, story_id=1, publisher="媒体1"),
        mention(3, negative=0.2),
        mention(4, polarity="historical"),
    ).loc["N"]
    assert (news["count"], news["raw"]) == (1, 4)


def test_failed_withdrawals_weigh_more_among_complaints() -> None:
    """Severity .8 at least: √(.8/.2) = 2."""
    plain = rolled(mention(1, kind="complaint", severity=0.2)).loc["C", "impulse"]
    stuck = rolled(mention(1, kind="complaint", severity=0.2, events=event("withdrawal_difficulty")))
    assert stuck.loc["C", "impulse"] == pytest.approx(2 * plain)


def test_unresolved_complaints_weigh_a_quarter_more() -> None:
    """Unresolved after 15 days × 1.25."""
    assert rolled(mention(1, kind="complaint", unresolved=True)).loc["C", "impulse"] == pytest.approx(1.25)


def test_d_hears_regulators_on_disclosure_only() -> None:
    """A regulatory mention feeds D when it claims late disclosure, not when it fines."""
    late = rolled(mention(1, kind="regulatory", events=event("disclosure_late")))
    fined = rolled(mention(1, kind="regulatory", events=event("penalty")))
    assert "D" in late.index
    assert "D" not in fined.index


def test_spread_counts_publishers_of_copies_too() -> None:
    """Forty copies: their weight is damped, their number is what S counts."""
    spread = rolled(*(mention(n, story_id=1) for n in range(40))).loc["S"]
    assert spread["count"] == 40
    assert spread["impulse"] < 4


def test_spread_grows_with_channels() -> None:
    """Three channels: × (1 + .5·2)."""
    rows = [mention(n, channel=channel) for n, channel in enumerate(("web", "weibo", "wechat"))]
    assert rolled(*rows).loc["S", "impulse"] == pytest.approx(3 * 2.0)


def test_a_publisher_spreads_once_in_72_hours() -> None:
    """The same voice on the days of one three-day block adds once."""
    rows = [mention(n, publisher="甲报", available_at=at(n)) for n in range(6)]
    blocks = {(day_number(DAY) + n) // 3 for n in range(6)}
    assert rolled(*rows).loc[["S"], "impulse"].gt(0).sum() == len(blocks)


def test_unknown_function_says_what_to_do() -> None:
    """A wrong name in indices.toml is named with its remedy."""
    with pytest.raises(UnknownIndexFunction, match=r"indices\.toml.*nowhere"):
        resolve("signals.indices.nowhere:daily")
    with pytest.raises(UnknownIndexFunction, match="weekly"):
        resolve("signals.indices.spread:weekly")


def test_crisis_mark_needs_one_standing_claim() -> None:
    """One asserted crisis among denied ones is enough."""
    hits = [{"id": "fraud", "polarity": "denied"}, {"id": "overdue", "polarity": "asserted"}]
    assert mark_crises(table([mention(1, events=hits)]), EVENTS)["crisis"].tolist() == [True]
