"""Floors and denials."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd

from signals.floors import apply_denials, event_ids, floors, removed_mentions
from tests.mention_tables import DAY, EVENTS, THRESHOLDS, at


def claim(document: int, event_id: str = "withdrawal_difficulty", **changes: Any) -> dict[str, Any]:
    """One row of floor_events: a news report of its own story and publisher."""
    return {
        "platform_id": "p",
        "available_at": at(),
        "event_id": event_id,
        "polarity": "asserted",
        "official": False,
        "story_id": document,
        "publisher": f"媒体{document}",
        "author": None,
        "kind": "news",
        "document_id": document,
        **changes,
    }


def standing(*rows: dict[str, Any]) -> dict[int, str]:
    """Day offset -> name of the floor that stands."""
    frame = pd.DataFrame(rows)
    frame["available_at"] = pd.to_datetime(frame["available_at"], utc=True)
    found = floors(frame, THRESHOLDS)
    return {(day - DAY).days: name for day, name in zip(found["day"], found["name"], strict=True)}


def clarification(day: int, hour: float = 12.0, **changes: Any) -> dict[str, Any]:
    """An official denial."""
    return claim(99, "clarification", official=True, kind="regulatory", available_at=at(day, hour), **changes)


def test_an_official_case_is_a_floor_for_48_hours() -> None:
    """It stands at the end of its day and of the next."""
    assert standing(claim(1, "case_filed", official=True, kind="regulatory")) == {
        0: "official",
        1: "official",
    }


def test_the_press_alone_files_no_case() -> None:
    """立案 in the news without an official source is no official floor."""
    assert standing(claim(1, "case_filed")) == {}


def test_the_platforms_own_stop_is_official() -> None:
    """停止兑付 announced by the platform itself raises the floor, its word on 立案 does not."""
    assert standing(claim(1, "redemption_suspended", kind="disclosure")) == {0: "official", 1: "official"}
    assert standing(claim(1, "case_filed", kind="disclosure")) == {}


def test_two_stories_of_independent_publishers() -> None:
    """Two stories, two publishers: the floor stands."""
    assert standing(claim(1), claim(2)) == {0: "withdrawal", 1: "withdrawal"}


def test_one_story_copied_widely_is_no_floor() -> None:
    """Forty sites with one story are one story."""
    assert standing(*(claim(n, story_id=1) for n in range(40))) == {}


def test_two_stories_of_one_publisher_are_no_floor() -> None:
    """Independence is asked of publishers too."""
    assert standing(claim(1, publisher="甲报"), claim(2, publisher="甲报")) == {}


def test_five_complainants_raise_it() -> None:
    """Five distinct complainants do, four do not, nor one person five times."""
    five = [claim(n, kind="complaint", author=f"a{n}") for n in range(5)]
    assert standing(*five) == {0: "withdrawal", 1: "withdrawal"}
    assert standing(*five[:4]) == {}
    assert standing(*(claim(n, kind="complaint", author="a") for n in range(5))) == {}


def test_evidence_must_fall_within_48_hours() -> None:
    """Two reports three days apart never stand together."""
    assert standing(claim(1), claim(2, available_at=at(3))) == {}


def test_evidence_gathers_over_two_days() -> None:
    """Yesterday's report and today's stand together today."""
    assert standing(claim(1), claim(2, available_at=at(1))) == {1: "withdrawal"}


def test_questions_and_denials_raise_nothing() -> None:
    """Only asserted claims count."""
    assert standing(claim(1, polarity="asked"), claim(2, polarity="denied"), claim(3)) == {}


def test_an_official_denial_takes_the_floor_away() -> None:
    """From the clarification on, the denied reports no longer carry a floor; the day before keeps it."""
    assert standing(claim(1), claim(2), clarification(1)) == {0: "withdrawal"}


def test_the_platforms_own_denial_does_not() -> None:
    """Unproven words of the platform take nothing out."""
    own = claim(99, "clarification", kind="disclosure", available_at=at(1))
    assert standing(claim(1), claim(2), own) == {0: "withdrawal", 1: "withdrawal"}


def test_new_stories_after_the_denial_count() -> None:
    """A denial covers what was said before it."""
    later = [claim(n, available_at=at(3)) for n in (3, 4)]
    assert standing(claim(1), clarification(1), *later) == {3: "withdrawal", 4: "withdrawal"}


def test_copies_of_a_denied_story_stay_denied() -> None:
    """The rumour retold does not come back."""
    retold = [claim(n, story_id=1, available_at=at(3)) for n in (3, 4)]
    assert standing(claim(1), clarification(1), *retold, claim(5, available_at=at(3))) == {}


def test_complaints_and_officials_outlast_a_denial() -> None:
    """Each complaint is somebody's own experience; an official case is not a rumour."""
    five = [claim(n, kind="complaint", author=f"a{n}") for n in range(5)]
    assert standing(*five, clarification(1)) == {0: "withdrawal", 1: "withdrawal"}


def test_removed_mentions_name_the_denial() -> None:
    """What the stage must take out, and by which document."""
    frame = pd.DataFrame([claim(1), claim(2, platform_id="q"), clarification(1)])
    frame["available_at"] = pd.to_datetime(frame["available_at"], utc=True)
    removed = removed_mentions(frame)
    assert removed[["document_id", "platform_id", "denied_by"]].values.tolist() == [[1, "p", 99]]
    assert removed["denied_at"].tolist() == [pd.Timestamp(at(1))]


def test_denials_keep_the_rows_and_the_input() -> None:
    """Same rows in the same order, input untouched."""
    frame = pd.DataFrame([clarification(1), claim(1)], index=[7, 3])
    frame["available_at"] = pd.to_datetime(frame["available_at"], utc=True)
    before = frame.copy(deep=True)
    result = apply_denials(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert result["denied_at"].isna().tolist() == [True, False]
    assert result.index.tolist() == [7, 3]


def test_old_claims_are_out_of_a_denials_reach() -> None:
    """A clarification reaches 30 days back."""
    frame = pd.DataFrame([claim(1, available_at=at() - timedelta(days=31)), clarification(0)])
    frame["available_at"] = pd.to_datetime(frame["available_at"], utc=True)
    assert apply_denials(frame)["denied_at"].isna().all()


def test_a_denial_that_names_an_event_leaves_the_others() -> None:
    """An office that denies 跑路 says nothing on withdrawals."""
    named = claim(99, "lost_contact", polarity="denied", official=True, kind="regulatory", available_at=at(1))
    rumour = claim(3, "lost_contact")
    frame = pd.DataFrame([claim(1), claim(2), rumour, clarification(1), named])
    frame["available_at"] = pd.to_datetime(frame["available_at"], utc=True)
    assert removed_mentions(frame)["document_id"].tolist() == [3]
    assert standing(claim(1), claim(2), clarification(1), named) == {0: "withdrawal", 1: "withdrawal"}


def test_a_general_denial_means_a_run() -> None:
    """传言不实 alone takes out claims of a run, not a reported data breach."""
    frame = pd.DataFrame([claim(1, "lost_contact"), claim(2, "data_breach"), clarification(1)])
    frame["available_at"] = pd.to_datetime(frame["available_at"], utc=True)
    assert removed_mentions(frame)["document_id"].tolist() == [1]


def test_the_earliest_denial_counts() -> None:
    """A second clarification does not put the first one off."""
    second = claim(98, "clarification", official=True, kind="regulatory", available_at=at(2))
    frame = pd.DataFrame([claim(1), second, clarification(1)])
    frame["available_at"] = pd.to_datetime(frame["available_at"], utc=True)
    assert removed_mentions(frame)["denied_by"].tolist() == [99]


def test_the_stage_is_told_which_events_to_fetch() -> None:
    """All events of floors, clarifications, and what they may deny."""
    assert {"case_filed", "redemption_suspended", "withdrawal_difficulty"} < set(event_ids(THRESHOLDS))
    assert "clarification" in event_ids(THRESHOLDS)
    assert set(event_ids(THRESHOLDS)) < set(event_ids(THRESHOLDS, EVENTS))
    assert "redemption_resumed" not in event_ids(THRESHOLDS, EVENTS)
