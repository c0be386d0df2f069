"""Pending days, requests, heartbeat, thresholds, facts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db import read, write
from db.read import NoThresholds, PendingRow, WorkerInfo
from db.roles import command_line
from db.session import Database
from settings.loader import FOLDER, read_thresholds
from tests.db.builders import LATER, NOW, TODAY, add_platforms, days, platform_day_rows


@pytest.fixture
def ready(database: Database) -> Database:
    """Platforms a and b are watched."""
    with database.writing() as session:
        add_platforms(session, "a", "b")
    return database


def test_pending_gives_the_earliest_day(ready: Database) -> None:
    """A stage computes from there on; the other stage has work of its own."""
    with ready.writing() as session:
        write.add_pending(session, "index", [("a", TODAY), ("a", days(5)[0]), ("b", TODAY)])
        write.add_pending(session, "warn", [("b", days(3)[0])])
    with ready.reading() as session:
        assert read.pending(session, "index") == {"a": days(5)[0], "b": TODAY}
        assert read.pending(session, "warn") == {"b": days(3)[0]}


def test_clearing_goes_up_to_a_day(ready: Database) -> None:
    """What lies after the computed day still waits."""
    with ready.writing() as session:
        write.add_pending(session, "index", [("a", day) for day in days(3)] + [("b", TODAY)])
        write.clear_pending(session, "index", {"a": days(3)[1]})
        assert read.pending(session, "index") == {"a": TODAY, "b": TODAY}


def test_work_that_arrives_meanwhile_is_not_lost(ready: Database) -> None:
    """A stage clears what it saw: asked again while it computed, the day waits again."""
    with ready.writing() as session:
        write.add_pending(session, "index", [("a", TODAY), ("b", TODAY)])
    with ready.reading() as session:
        seen = read.pending_rows(session, "index")
    with ready.writing() as session:
        write.add_pending(session, "index", [("a", TODAY), ("a", days(2)[0])])
    with ready.writing() as session:
        write.clear_pending(session, "index", {"a": TODAY, "b": TODAY}, seen=seen)
    with ready.reading() as session:
        assert read.pending_rows(session, "index") == [
            PendingRow("a", days(2)[0], 1),
            PendingRow("a", TODAY, 2),
        ]


def test_clearing_only_named_platforms(ready: Database) -> None:
    """A group of platforms done says nothing about the others."""
    with ready.writing() as session:
        write.add_pending(session, "index", [("a", TODAY), ("b", TODAY)])
        seen = read.pending_rows(session, "index")
        write.clear_pending(session, "index", {"a": TODAY}, seen=seen)
        assert read.pending(session, "index") == {"b": TODAY}


def test_a_request_goes_its_way(ready: Database) -> None:
    """Asked by a page, taken once, reported on, done."""
    with ready.writing() as session:
        number = write.ask(session, "collect", {"source_id": "s"}, command_line("分析员"), NOW)
        (waiting,) = read.waiting_requests(session)
        assert (waiting.id, waiting.what, waiting.arguments) == (number, "collect", {"source_id": "s"})
        assert write.take_request(session, number, NOW)
        assert not write.take_request(session, number, NOW)
        assert read.waiting_requests(session) == []
        write.report_progress(session, number, 0.5, "一半")
        write.finish_request(session, number, LATER, True, "完成 12 条")
    with ready.reading() as session:
        row = read.requests(session).iloc[0]
    assert (row["state"], row["progress"], row["message"]) == ("done", 1.0, "完成 12 条")
    assert row["finished_at"].to_pydatetime() == LATER


def test_clicking_twice_asks_once(ready: Database) -> None:
    """The same request still waiting is not asked again; another one is."""
    with ready.writing() as session:
        first = write.ask(session, "collect", {"source_id": "s"}, command_line("甲"), NOW)
        assert write.ask(session, "collect", {"source_id": "s"}, command_line("乙"), NOW) == first
        assert write.ask(session, "collect", {"source_id": "t"}, command_line("乙"), NOW) != first
        write.take_request(session, first, NOW)
        assert write.ask(session, "collect", {"source_id": "s"}, command_line("甲"), NOW) != first


def test_requests_of_a_dead_worker_wait_again(ready: Database) -> None:
    """A request is carried out although the worker that took it was killed."""
    with ready.writing() as session:
        number = write.ask(session, "forget_source", {}, command_line("甲"), NOW)
        write.take_request(session, number, NOW)
        assert write.reopen_requests(session) == 1
        assert [request.id for request in read.waiting_requests(session)] == [number]


def test_failed_request_keeps_its_reason(ready: Database) -> None:
    """The page shows why."""
    with ready.writing() as session:
        number = write.ask(session, "import", {}, command_line("甲"), NOW)
        write.take_request(session, number, NOW)
        write.report_progress(session, number, 0.25, None)
        write.finish_request(session, number, LATER, False, "文件为空")
        row = read.requests(session).iloc[0]
    assert (row["state"], row["progress"], row["message"]) == ("failed", 0.25, "文件为空")


def test_heartbeat_is_one_row(ready: Database) -> None:
    """The last word of the leading worker."""
    with ready.writing() as session:
        assert read.worker_status(session) == WorkerInfo()
        write.beat(session, holder="w1", now=NOW)
        write.beat(session, holder="w1", now=LATER, stage="analyse", done=3, total=9, message="…")
    with ready.reading() as session:
        assert read.worker_status(session) == WorkerInfo("w1", LATER, "analyse", 3, 9, "…")


def test_thresholds_are_seeded_once(ready: Database) -> None:
    """Version 1 comes from levels.toml and is read back as it is; a later start adds none."""
    thresholds = read_thresholds(FOLDER / "levels.toml")
    with ready.writing() as session:
        with pytest.raises(NoThresholds, match="阈值"):
            read.active_thresholds(session, NOW)
        assert write.seed_thresholds(session, thresholds, NOW) == 1
        assert write.seed_thresholds(session, thresholds, LATER) == 1
    with ready.reading() as session:
        assert read.active_thresholds(session, NOW) == (1, thresholds)
        assert read.active_thresholds(session, NOW - timedelta(days=900)) == (1, thresholds)


def test_facts_are_remembered(ready: Database) -> None:
    """The last value counts."""
    with ready.writing() as session:
        assert read.fact(session, "salt") is None
        write.set_fact(session, "salt", "x")
        write.set_fact(session, "salt", "y")
        assert read.fact(session, "salt") == "y"


def test_data_as_of_is_the_newest_computation(ready: Database) -> None:
    """What the pages print as 数据截至."""
    with ready.writing() as session:
        assert read.data_as_of(session) is None
        write.save_platform_days(session, platform_day_rows("a", days(3)), NOW)
        write.save_platform_days(session, platform_day_rows("b", [days(2)[0]]), LATER)
        assert read.data_as_of(session) == LATER
