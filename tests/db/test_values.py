"""Computed values: versions of what differs, and what was known at a moment."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from db import read, write
from db.roles import Actor, Role
from db.schema import Flip, IndexDay, IndexValue, PlatformDay
from db.session import Database
from tests.db.builders import (
    LATER,
    NOW,
    TODAY,
    add_platforms,
    count,
    days,
    flip_rows,
    index_value_rows,
    platform_day_rows,
)

MONTH = (TODAY - timedelta(days=30), TODAY)


@pytest.fixture
def ready(database: Database) -> Database:
    """Platforms a and b are watched."""
    with database.writing() as session:
        add_platforms(session, "a", "b")
    return database


def roll_ups(platform_id: str, wanted: list[date], impulse: float = 1.0) -> pd.DataFrame:
    """Rows for replace_index_days."""
    rows = [
        {"platform_id": platform_id, "day": day, "index_id": "N", "impulse": impulse, "count": 2, "raw": 3}
        for day in wanted
    ]
    return pd.DataFrame(rows, columns=["platform_id", "day", "index_id", "impulse", "count", "raw"])


def test_same_values_are_no_new_version(ready: Database) -> None:
    """A step run twice writes nothing twice, rounding noise included."""
    rows = index_value_rows("a", days(10))
    with ready.writing() as session:
        assert write.save_index_values(session, rows, NOW) == 10
        assert write.save_index_values(session, rows, LATER) == 0
        noisy = rows.assign(value=rows["value"] * (1 + 1e-13))
        assert write.save_index_values(session, noisy, LATER) == 0
        assert count(session, IndexValue) == 10


def test_changed_value_is_a_new_version(ready: Database) -> None:
    """Only the row that differs; the former version stays readable as of its time."""
    rows = index_value_rows("a", days(3))
    with ready.writing() as session:
        write.save_index_values(session, rows, NOW)
        rows.loc[1, "value"] = np.nan
        assert write.save_index_values(session, rows, LATER) == 1
    with ready.reading() as session:
        now = read.index_values(session, "a", *MONTH)
        then = read.index_values(session, "a", *MONTH, as_of=NOW)
        never = read.index_values(session, "a", *MONTH, as_of=NOW - timedelta(days=1))
    assert now["value"].isna().tolist() == [False, True, False]
    assert then["value"].tolist() == [30.0, 30.0, 30.0]
    assert never.empty


def test_missing_becomes_observed_and_back(ready: Database) -> None:
    """NaN is not 0: both directions are changes."""
    with ready.writing() as session:
        for value, expected in ((np.nan, 1), (0.0, 1), (0.0, 0), (np.nan, 1)):
            moment = NOW + timedelta(minutes=count(session, IndexValue))
            rows = index_value_rows("a", [TODAY], value=value)
            assert write.save_index_values(session, rows, moment) == expected


def test_repeating_a_moment_overwrites_it(ready: Database) -> None:
    """A run repeated with the same as_of leaves one version, the last."""
    with ready.writing() as session:
        write.save_platform_days(session, platform_day_rows("a", [TODAY]), NOW)
        write.save_platform_days(session, platform_day_rows("a", [TODAY], t=50.0), NOW)
        assert count(session, PlatformDay) == 1
    with ready.reading() as session:
        assert read.platform_days(session, "a", TODAY, TODAY)["t"].tolist() == [50.0]


def test_state_is_compared_by_content(ready: Database) -> None:
    """The state dictionary is part of the version, whatever the order of its keys."""
    with ready.writing() as session:
        first = platform_day_rows("a", [TODAY]).assign(state=[{"x": 1.0, "y": [1, 2]}])
        write.save_platform_days(session, first, NOW)
        same = first.assign(state=[{"y": (1, 2), "x": 1}])
        assert write.save_platform_days(session, same, LATER) == 0
        assert write.save_platform_days(session, first.assign(state=[{"x": 2.0}]), LATER) == 1


def test_days_may_come_as_timestamps(ready: Database) -> None:
    """The number side speaks datetime64; a day is stored as the day it is, and numpy numbers as numbers."""
    rows = index_value_rows("a", days(3))
    rows["day"] = pd.to_datetime(rows["day"])
    rows["count"] = rows["count"].astype(np.int32)
    with ready.writing() as session:
        assert write.save_index_values(session, rows, NOW) == 3
        assert write.save_index_values(session, index_value_rows("a", days(3)), LATER) == 0
    with ready.reading() as session:
        assert read.index_values(session, "a", *MONTH)["day"].tolist() == days(3)


def test_a_missing_column_is_named(ready: Database) -> None:
    """A stage that forgets a column fails at once."""
    with pytest.raises(KeyError, match="observed"), ready.writing() as session:
        write.save_index_values(session, index_value_rows("a", [TODAY]).drop(columns="observed"), NOW)


def test_undone_flip_is_withdrawn(ready: Database) -> None:
    """A day computed again without its flip: the flip no longer stands, and the record of it remains."""
    computed = [("a", day) for day in days(5)]
    with ready.writing() as session:
        both = flip_rows("a", [days(5)[1], days(5)[3]])
        assert write.save_flips(session, both, NOW, computed=computed) == 2
        assert write.save_flips(session, both, LATER, computed=computed) == 0
        assert write.save_flips(session, both.iloc[:1], LATER, computed=computed) == 1
        assert write.save_flips(session, both.iloc[:1], LATER, computed=computed) == 0
        assert count(session, Flip) == 3
    with ready.reading() as session:
        assert read.flips(session)["day"].tolist() == [days(5)[1]]


def test_flips_of_other_days_stay(ready: Database) -> None:
    """Only computed days are judged; an empty result withdraws just those."""
    with ready.writing() as session:
        write.save_flips(session, flip_rows("a", days(2)), NOW, computed=[])
        empty = flip_rows("a", days(2)).iloc[:0]
        assert write.save_flips(session, empty, LATER, computed=[("a", TODAY), ("b", TODAY)]) == 1
    with ready.reading() as session:
        assert read.flips(session)["day"].tolist() == [days(2)[0]]


def test_flip_that_returns_stands_again(ready: Database) -> None:
    """Withdrawn, then produced once more by a further correction."""
    rows, moment = flip_rows("a", [TODAY]), NOW
    with ready.writing() as session:
        for part in (rows, rows.iloc[:0], rows):
            assert write.save_flips(session, part, moment, computed=[("a", TODAY)]) == 1
            moment += timedelta(hours=1)
    with ready.reading() as session:
        assert len(read.flips(session)) == 1


def test_flips_are_filtered(ready: Database) -> None:
    """By platform, by day, and demo apart from real."""
    with ready.writing() as session:
        add_platforms(session, "d", demo=True)
        for name in ("a", "b", "d"):
            write.save_flips(session, flip_rows(name, days(3)), NOW, computed=[])
    with ready.reading() as session:
        assert len(read.flips(session)) == 9
        assert set(read.flips(session, demo=True)["platform_id"]) == {"d"}
        assert set(read.flips(session, demo=False)["name"]) == {"平台a", "平台b"}
        newest_first = read.flips(session, platform_id="a", start=days(2)[0])
        assert newest_first["day"].tolist() == [TODAY, days(2)[0]]
        assert len(read.flips(session, end=days(3)[0])) == 3


def test_roll_ups_are_replaced_whole(ready: Database) -> None:
    """The given keys become exactly the given rows; other days and platforms are not touched."""
    with ready.writing() as session:
        everything = pd.concat([roll_ups("a", days(3)), roll_ups("b", days(3))])
        keys = [(name, day) for name in "ab" for day in days(3)]
        write.replace_index_days(session, everything, platform_days_keys=keys)
        write.replace_index_days(
            session, roll_ups("a", [TODAY], 9.0), platform_days_keys=[("a", TODAY), ("a", days(2)[0])]
        )
        assert count(session, IndexDay) == 5
    with ready.reading() as session:
        found = read.index_days(session, ["a"], *MONTH)
    assert found[["day", "impulse"]].values.tolist() == [[days(3)[0], 1.0], [TODAY, 9.0]]


def test_roll_ups_outside_their_keys_are_refused(ready: Database) -> None:
    """Rows that would pile up on days nobody cleared are a bug of the caller."""
    with pytest.raises(ValueError, match="outside"), ready.writing() as session:
        write.replace_index_days(session, roll_ups("a", days(2)), platform_days_keys=[("a", TODAY)])


def test_prior_day_is_the_last_one_before(ready: Database) -> None:
    """Gaps do not matter, versions do; a platform without a past is not in it."""
    with ready.writing() as session:
        write.save_platform_days(session, platform_day_rows("a", days(9)[:3]), NOW)
        newer = platform_day_rows("a", [days(9)[2]], t=55.0)
        write.save_platform_days(session, newer, LATER)
    with ready.reading() as session:
        found = read.prior_days(session, ["a", "b"], TODAY)
        first = read.prior_days(session, ["a", "b"], days(9)[0])
    assert found[["platform_id", "day", "t"]].values.tolist() == [["a", days(9)[2], 55.0]]
    assert found["state"].tolist() == [{"peak": 40.0}]
    assert first.empty


def test_values_of_many_platforms(ready: Database) -> None:
    """One statement for a group, in the order of platform and day."""
    with ready.writing() as session:
        for name in ("b", "a"):
            write.save_index_values(session, index_value_rows(name, days(2)), NOW)
    with ready.reading() as session:
        found = read.values_between(session, ["b", "a", "nobody"], *MONTH)
        none = read.values_between(session, [], *MONTH)
    assert list(zip(found["platform_id"], found["day"], strict=True)) == [
        (name, day) for name in "ab" for day in days(2)
    ]
    assert none.empty
    assert none["value"].dtype == float


def test_sign_offs_are_listed(ready: Database) -> None:
    """Who consented, when and why."""
    with ready.writing() as session:
        write.add_sign_off(session, "a", TODAY, Actor("王主任", Role.APPROVER), "已核实兑付", NOW)
    with ready.reading() as session:
        row = read.sign_offs(session, ["a", "b"]).iloc[0]
    assert (row["platform_id"], row["day"], row["who"], row["why"]) == (
        "a",
        TODAY,
        "王主任",
        "已核实兑付",
    )
