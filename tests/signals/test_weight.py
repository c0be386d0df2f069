"""Weight of one mention (METHOD section 2)."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.weight import UnknownPolarity, weigh
from tests.mention_tables import at, mention, table


def test_is_the_product_of_its_factors() -> None:
    """v = r·n·π·ω·√(σ·ρ) for a lone mention."""
    rows = [mention(1, relevance=0.5, negative=0.8, polarity="conditional", severity=0.9, reach=0.4)]
    assert weigh(table(rows)).tolist() == pytest.approx([0.5 * 0.8 * 0.3 * math.sqrt(0.36)])


def test_unknown_severity_and_reach_are_point_three() -> None:
    """NaN severity (no event) and NaN reach (unknown publisher) both stand for .3."""
    rows = [mention(1, severity=float("nan"), reach=float("nan"))]
    assert weigh(table(rows)).tolist() == pytest.approx([0.3])


@pytest.mark.parametrize(
    ("polarity", "factor"),
    [
        ("asserted", 1),
        ("asked", 0.5),
        ("conditional", 0.3),
        ("historical", 0.1),
        ("denied", 0),
        ("advert", 0),
    ],
)
def test_polarity_scales(polarity: str, factor: float) -> None:
    """Each polarity has METHOD's factor."""
    assert weigh(table([mention(1, polarity=polarity)])).tolist() == pytest.approx([factor])


def test_an_official_quotation_stands_whole() -> None:
    """Quoted words weigh as their speaker: fully in an official document, half elsewhere."""
    rows = [mention(1, polarity="quoted", official=True), mention(2, polarity="quoted")]
    assert weigh(table(rows)).tolist() == pytest.approx([1.0, 0.5])


def test_unknown_polarity_is_refused() -> None:
    """A polarity outside the enumeration is an error and never a guess."""
    with pytest.raises(UnknownPolarity, match="rumoured"):
        weigh(table([mention(1, polarity="rumoured")]))


def test_independent_publishers_of_a_story_are_damped() -> None:
    """The j-th independent publisher weighs .75^j, the most salient first whatever the row order."""
    rows = [mention(n, story_id=7, reach=reach) for n, reach in ((1, 0.25), (2, 1.0), (3, 0.49))]
    assert weigh(table(rows)).tolist() == pytest.approx([0.5 * 0.75**2, 1.0, 0.7 * 0.75])


def test_a_story_totals_under_four() -> None:
    """Copies on forty sites stay below 1/(1 − .75)."""
    assert weigh(table(mention(n, story_id=7) for n in range(40))).sum() < 4


def test_the_same_publisher_again_weighs_nothing() -> None:
    """A repeat by one publisher adds nothing to its story."""
    rows = [mention(n, story_id=7, publisher="同一家", available_at=at(0, 9 + n)) for n in range(3)]
    assert weigh(table(rows)).tolist() == pytest.approx([1.0, 0.0, 0.0])


def test_copies_after_72_hours_weigh_nothing() -> None:
    """The window begins with the story's first mention."""
    rows = [
        mention(1, story_id=7),
        mention(2, story_id=7, available_at=at(3, 11)),
        mention(3, story_id=7, available_at=at(3, 13)),
    ]
    assert weigh(table(rows)).tolist() == pytest.approx([1.0, 0.75, 0.0])


def test_yesterday_keeps_its_place() -> None:
    """A bigger publisher today does not change what was said yesterday: finished days are immutable."""
    early = mention(1, story_id=7, reach=0.25)
    late = mention(2, story_id=7, reach=1.0, available_at=at(1))
    alone, both = weigh(table([early])), weigh(table([early, late]))
    assert both.tolist() == pytest.approx([alone.iloc[0], 0.75])


def test_an_official_mirror_collapses_into_the_original() -> None:
    """A second official site with the same text is no second voice."""
    rows = [mention(n, story_id=7, official=True, kind="regulatory") for n in range(2)]
    assert weigh(table(rows)).tolist() == pytest.approx([1.0, 0.0])


def test_a_denied_mention_takes_no_place() -> None:
    """What weighs nothing must not push others back in their story's order."""
    rows = [mention(1, story_id=7, polarity="denied"), mention(2, story_id=7)]
    assert weigh(table(rows)).tolist() == pytest.approx([0.0, 1.0])


def test_stories_of_other_platforms_do_not_mix() -> None:
    """The order within a story is per platform."""
    rows = [mention(1, story_id=7), mention(1, story_id=7, platform_id="q")]
    assert weigh(table(rows)).tolist() == pytest.approx([1.0, 1.0])


def test_complainants_are_not_damped() -> None:
    """Mass complaints are no copies, even where a story was put on them."""
    rows = [mention(n, kind="complaint", author=f"a{n}", story_id=7) for n in range(5)]
    assert weigh(table(rows)).tolist() == pytest.approx([1.0] * 5)


def test_a_template_repeated_by_one_author_counts_once() -> None:
    """One author, one text: once. One author, two texts: twice."""
    rows = [
        mention(1, kind="complaint", author="a", content_hash="x"),
        mention(2, kind="complaint", author="a", content_hash="x", available_at=at(2)),
        mention(3, kind="complaint", author="a", content_hash="y"),
    ]
    assert weigh(table(rows)).tolist() == pytest.approx([1.0, 0.0, 1.0])


def test_authorless_complaints_count_up_to_the_usual_rate() -> None:
    """Distinct texts without an author are distinct complainants, up to the source's usual daily rate."""
    rows = [mention(n, kind="complaint", publisher="投诉台") for n in range(5)]
    assert weigh(table(rows).assign(daily_rate=3.0)).sum() == pytest.approx(3.0)


def test_unnamed_voices_of_one_channel_are_one() -> None:
    """Without publisher and author, independence cannot be told."""
    rows = [mention(n, story_id=7, publisher=None) for n in range(3)]
    assert sorted(weigh(table(rows))) == pytest.approx([0.0, 0.0, 1.0])


def test_empty_table() -> None:
    """No mentions, no weights."""
    assert weigh(table([])).empty


@settings(deadline=None)
@given(st.permutations(range(6)))
def test_row_order_changes_nothing(order: list[int]) -> None:
    """The weight of a mention depends on the set of mentions only."""
    rows = [mention(n, story_id=n // 3, reach=0.2 + n / 10, publisher=f"媒体{n % 2}") for n in range(6)]
    shuffled = weigh(table(rows[n] for n in order))
    expected = weigh(table(rows))
    assert [shuffled.iloc[order.index(n)] for n in range(6)] == expected.tolist()


def test_input_is_left_alone() -> None:
    """Weighing does not touch the table."""
    rows = table(mention(n, story_id=1) for n in range(3))
    before = rows.copy(deep=True)
    weigh(rows)
    pd.testing.assert_frame_equal(rows, before)


def test_an_edited_complaint_counts_once() -> None:
    """The later version of a complaint is no second complainant, whatever it says now."""
    rows = [
        mention(1, kind="complaint", content_hash="a", author="u"),
        mention(2, kind="complaint", content_hash="b", author="u", available_at=at(2)),
        mention(3, kind="complaint", content_hash="c", author="u", available_at=at(3)),
    ]
    edited = table(rows).assign(root_id=[math.nan, 1.0, math.nan])
    assert weigh(edited).tolist() == pytest.approx([1.0, 0.0, 1.0])


def test_an_edit_that_turns_into_a_complaint_counts() -> None:
    """What the first version only denied is claimed by the second: it is new."""
    rows = [
        mention(1, kind="complaint", content_hash="a", polarity="denied"),
        mention(2, kind="complaint", content_hash="b", available_at=at(2)),
    ]
    assert weigh(table(rows).assign(root_id=[math.nan, 1.0])).tolist() == pytest.approx([0.0, 1.0])


def test_an_edited_article_repeats_its_publisher() -> None:
    """Within its story a later version weighs nothing; of a platform it newly names it is the first report."""
    rows = [
        mention(1, story_id=1, publisher="甲报"),
        mention(2, story_id=1, publisher="甲报", available_at=at(2)),
        mention(2, story_id=1, publisher="甲报", available_at=at(2), platform_id="other"),
    ]
    assert weigh(table(rows).assign(root_id=[math.nan, 1.0, 1.0])).tolist() == pytest.approx([1.0, 0.0, 1.0])


def test_what_is_purged_keeps_its_weight() -> None:
    """Text and author are gone: weighed anew, a finished day would change. What was never weighed is weighed."""
    purged = table([mention(1), mention(2), mention(3)]).assign(
        purged=[True, True, False], weight=[0.25, math.nan, 0.25]
    )
    assert weigh(purged).tolist() == pytest.approx([0.25, 1.0, 1.0])
