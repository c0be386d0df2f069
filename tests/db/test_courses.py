"""Days of many platforms, complaints by status, and what the database says of itself."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from db import read, write
from db.roles import SYSTEM
from db.session import Database
from signals.model import Document, Kind
from tests.db.builders import (
    LATER,
    NOW,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    document,
    mention,
    store,
)


def day(platform: str, back: int, level: str, t_star: float | None) -> dict[str, object]:
    return {
        "platform_id": platform,
        "day": TODAY - timedelta(days=back),
        "t": t_star,
        "t_star": t_star,
        "q": t_star,
        "scope": 1.0,
        "coverage": 0.9,
        "level": level,
        "level_before_grey": None,
        "since": TODAY,
        "provisional": False,
        "reason": "",
        "floor": None,
        "state": {},
        "threshold_version": 1,
        "settings_hash": "x",
    }


def save(database: Database, rows: list[dict[str, object]], as_of: object = NOW) -> None:
    with database.writing() as session:
        write.save_platform_days(session, pd.DataFrame(rows), as_of)  # type: ignore[arg-type]


def test_days_are_the_latest_versions_of_the_platforms_asked_for(database: Database) -> None:
    """Ordered by platform and day; an unknown T* is NaN; others' days and days outside stay out."""
    with database.writing() as session:
        add_platforms(session, "a", "b", "c")
    save(
        database,
        [
            day("a", 1, "正常", 5.0),
            day("b", 0, "数据不足", None),
            day("c", 0, "红", 90.0),
            day("a", 9, "红", 80.0),
        ],
    )
    save(database, [day("a", 1, "蓝", 30.0)], LATER)
    with database.reading() as session:
        found = read.level_days(session, ["b", "a"], TODAY - timedelta(days=3), TODAY)
    assert list(zip(found["platform_id"], found["level"], strict=True)) == [("a", "蓝"), ("b", "数据不足")]
    assert found["t_star"].iloc[0] == 30.0
    assert pd.isna(found["t_star"].iloc[1])
    assert found["day"].map(type).eq(date).all()


def test_no_platform_is_no_row(database: Database) -> None:
    """With the columns that a page expects."""
    with database.reading() as session:
        assert "t_star" in read.level_days(session, [], TODAY, TODAY)


def complaint(number: int, status: str | None, **more: object) -> Document:
    fields = {"status": status} if status else {}
    return document(number, kind=Kind.COMPLAINT, fields=fields, **more)


@pytest.fixture
def complained(database: Database) -> Database:
    """Three complaints about a (two being handled), one about the fictional b; one piece of news."""
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a")
        add_platforms(session, "b", demo=True)
        statuses = ("处理中", "处理中", None, "已完成")
        store(session, [complaint(n, status) for n, status in enumerate(statuses)] + [document(9)])
    items = analyse_all(database)
    with database.writing() as session:
        rows = [
            write.AnalysisRow(item.id, [mention("b" if item.document.external_id == "3" else "a")])
            for item in items
        ]
        write.save_analysis(session, rows, version="2", as_of=LATER)
    return database


def statuses(database: Database, **filters: object) -> dict[str | None, int]:
    with database.reading() as session:
        found = read.complaint_statuses(session, TODAY - timedelta(days=3), TODAY, **filters)  # type: ignore[arg-type]
    return dict(zip(found["status"], found["count"], strict=True))


def test_complaints_are_counted_by_what_their_source_says(complained: Database) -> None:
    """No status is no status, not 处理中; news are no complaints."""
    assert statuses(complained, platform_id="a") == {"处理中": 2, None: 1}
    assert statuses(complained) == {"处理中": 2, "已完成": 1, None: 1}
    assert statuses(complained, demo=False) == {"处理中": 2, None: 1}


def test_complaints_outside_the_days_are_not_counted(complained: Database) -> None:
    """The days are those on which they became available."""
    with complained.reading() as session:
        assert read.complaint_statuses(session, TODAY + timedelta(days=1), TODAY + timedelta(days=9)).empty


def test_what_waits_is_told_apart(database: Database) -> None:
    """Documents, platform-days by stage with the earliest, and people's requests."""
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a", "b")
        store(session, [document(1), document(2)])
        yesterday = TODAY - timedelta(days=1)
        write.add_pending(session, "index", [("a", yesterday), ("b", TODAY)])
        write.add_pending(session, "warn", [("a", TODAY)])
        write.ask(session, "collect", {"source_id": "news"}, SYSTEM, NOW)
    with database.reading() as session:
        found = read.waiting(session)
    assert (found.documents, found.days, found.first_day) == (2, {"index": 2, "warn": 1}, yesterday)
    assert (found.requests, found.oldest) == (1, NOW)


def test_nothing_waits_in_an_empty_database(database: Database) -> None:
    """And its size and make are known all the same."""
    with database.reading() as session:
        assert read.waiting(session) == read.Waiting(0, {}, None, 0, None)
        assert read.stored_bytes(session) > 50_000
        assert read.server_version(session).split()[0] in {"SQLite", "PostgreSQL"}
        assert read.newest_run(session) is None


def test_troubled_runs_are_those_to_look_into(database: Database) -> None:
    """Failed and partial ones since a moment, newest first; good ones and old ones are not among them."""
    with database.writing() as session:
        add_source(session)
        states = [("old", "failed", -3), ("good", "done", 0), ("bad", "failed", 1), ("some", "partial", 2)]
        for slot, state, hours in states:
            at = NOW + timedelta(hours=hours)
            run = write.start_run(session, "news", slot, at)
            assert run is not None
            write.finish_run(
                session, run, now=at, state=state, counts=write.StoreCounts(), error=f"错误{slot}"
            )
    with database.reading() as session:
        found = read.troubled_runs(session, NOW)
        assert read.newest_run(session) == NOW + timedelta(hours=2)
    assert list(found["error"]) == ["错误some", "错误bad"]
    assert list(found["source_name"]) == ["来源news"] * 2
