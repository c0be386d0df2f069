"""The warning stage: frames in, platform days and flips out."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from signals.warn import DAY_COLUMNS, FLIP_COLUMNS, Evidence, Rules, Warned, warn
from tests.mention_tables import DAY, EVENTS, INDICES, THRESHOLDS, at, days

RULES = Rules(THRESHOLDS, INDICES, EVENTS)
NAN = float("nan")


def values(scores: dict[str, list[float]]) -> pd.DataFrame:
    """index_values where every index of platform p has the same score on each day; NaN = not observed."""
    rows = [
        {
            "platform_id": platform,
            "day": DAY + timedelta(n),
            "index_id": index.id,
            "value": score,
            "level_part": 0.0 if score != score else score / 100,
            "surprise_part": 0.0,
            "accumulated": 1.0,
            "saturation": 1.0,
            "count": 0,
            "expected": NAN,
            "observed": score == score,
        }
        for platform, course in scores.items()
        for n, score in enumerate(course)
        for index in INDICES
    ]
    return pd.DataFrame(rows)


def official(day: int = 0, hour: float = 10.0) -> pd.DataFrame:
    """An official case filed against p."""
    row: dict[str, Any] = {
        "platform_id": "p",
        "available_at": at(day, hour),
        "event_id": "case_filed",
        "polarity": "asserted",
        "official": True,
        "story_id": 1,
        "publisher": "警方",
        "author": None,
        "kind": "regulatory",
        "document_id": 1,
    }
    return pd.DataFrame([row]).assign(
        available_at=lambda frame: pd.to_datetime(frame["available_at"], utc=True)
    )


def levels(warned: Warned, platform: str = "p") -> list[str]:
    """The levels shown, day by day."""
    found = warned.platform_days
    return found.loc[found["platform_id"] == platform, "level"].tolist()


def test_one_row_per_platform_and_day() -> None:
    """Platforms without any values get a row too: grey, T NaN."""
    warned = warn(Evidence(values({"p": [10.0] * 3})), ["p", "q"], days(3), RULES)
    assert tuple(warned.platform_days.columns) == DAY_COLUMNS
    assert len(warned.platform_days) == 6
    assert levels(warned, "q") == ["数据不足"] * 3
    assert warned.platform_days.loc[warned.platform_days["platform_id"] == "q", "t"].isna().all()


def test_flips_are_changes_only() -> None:
    """Two days of T = 62: yellow and orange wait for the second day, one flip."""
    warned = warn(Evidence(values({"p": [10.0, 62.0, 62.0, 62.0]})), ["p"], days(4), RULES)
    assert tuple(warned.flips.columns) == FLIP_COLUMNS
    assert warned.flips[["day", "level_from", "level_to"]].values.tolist() == [[days(3)[2], "正常", "橙"]]


def test_days_in_steps_equal_days_at_once() -> None:
    """The stored state carries everything: day by day gives what the whole span gives."""
    course = [10.0, 62.0, 62.0, 0.0, NAN, NAN, NAN, NAN, NAN, 30.0, 30.0, 80.0]
    frame = values({"p": course})
    whole = warn(Evidence(frame), ["p"], days(len(course)), RULES).platform_days
    prior, rows = None, []
    for day in days(len(course)):
        past = frame[(frame["day"] <= day) & (frame["day"] >= day - timedelta(3))]
        one = warn(Evidence(past, prior=prior), ["p"], [day], RULES).platform_days
        stored = one.assign(state=[json.loads(json.dumps(state)) for state in one["state"]])
        prior = stored[["platform_id", "day", "state"]]
        rows.append(one)
    pd.testing.assert_frame_equal(pd.concat(rows, ignore_index=True), whole)


def test_an_official_floor_flips_today() -> None:
    """During the day only official floors flip; the state stored is the one before the day."""
    before = warn(Evidence(values({"p": [10.0]})), ["p"], [DAY], RULES).platform_days
    today = DAY + timedelta(1)
    frame = values({"p": [10.0, 70.0]})
    evidence = Evidence(frame, floor_events=official(1), prior=before)
    warned = warn(evidence, ["p"], [today], RULES, today=today)
    row = warned.platform_days.iloc[0]
    assert (row["level"], row["provisional"], row["floor"], row["t"]) == ("红", True, "official", 80.0)
    assert row["state"] == before["state"].iloc[0]
    assert row["reason"].startswith("官方或平台公告：")


def test_other_rises_wait_for_midnight() -> None:
    """The same T that would raise a finished day leaves a provisional one alone."""
    frame = values({"p": [62.0, 62.0]})
    today = DAY + timedelta(1)
    assert levels(warn(Evidence(frame), ["p"], days(2), RULES, today=today)) == ["正常", "正常"]
    assert levels(warn(Evidence(frame), ["p"], days(2), RULES)) == ["正常", "橙"]


def test_sign_off_lets_red_fall() -> None:
    """Without a sign-off red stays; with one in the low run it falls."""
    course = [90.0, 90.0, *[0.0] * 60]
    frame = values({"p": course})
    signed = pd.DataFrame({"platform_id": ["p"], "day": [DAY + timedelta(50)]})
    assert levels(warn(Evidence(frame), ["p"], days(62), RULES))[-1] == "红"
    assert "红" not in levels(warn(Evidence(frame, sign_offs=signed), ["p"], days(62), RULES))[-5:]


def test_failed_platforms_stay_off_normal() -> None:
    """From the day of the failed status on."""
    frame = values({"p": [40.0, 40.0, *[0.0] * 150]})
    failed = warn(Evidence(frame, failed_since={"p": DAY}), ["p"], days(152), RULES)
    assert levels(failed)[-1] == "蓝"
    later = warn(Evidence(frame, failed_since={"p": date(2099, 1, 1)}), ["p"], days(152), RULES)
    assert levels(later)[-1] == "正常"


def test_calm_is_said_as_no_mentions() -> None:
    """With facts handed in, a calm platform nobody mentioned says so."""
    told = pd.DataFrame({"platform_id": ["p"], "day": [DAY], "mentions90": [0]})
    warned = warn(Evidence(values({"p": [0.0]}), facts=told), ["p"], [DAY], RULES)
    assert warned.platform_days["reason"].tolist() == ["正常（90天无提及）"]


def test_grey_names_the_level_before() -> None:
    """数据不足 keeps the last level."""
    warned = warn(Evidence(values({"p": [30.0, 30.0, *[NAN] * 5]})), ["p"], days(7), RULES)
    last = warned.platform_days.iloc[-1]
    assert (last["level"], last["level_before_grey"]) == ("数据不足", "蓝")
    assert "此前：蓝" in last["reason"]


@pytest.mark.parametrize(("platforms", "span"), [([], days(1)), (["p"], [])])
def test_nothing_to_do(platforms: list[str], span: list[date]) -> None:
    """Empty requests give empty frames with their columns."""
    warned = warn(Evidence(values({"p": [1.0]})), platforms, span, RULES)
    assert warned.platform_days.empty
    assert tuple(warned.flips.columns) == FLIP_COLUMNS


def test_input_is_left_alone() -> None:
    """Frames handed in are not changed."""
    frame, events = values({"p": [10.0, 70.0]}), official()
    copies = frame.copy(deep=True), events.copy(deep=True)
    warn(Evidence(frame, floor_events=events), ["p"], days(2), RULES)
    pd.testing.assert_frame_equal(frame, copies[0])
    pd.testing.assert_frame_equal(events, copies[1])
